// Package kf is the channel of 微信客服, by which merchants reach us from WeChat.
//
// # What people see
//
// Who opens the account, by its link or by the QR code on a terminal, is
// greeted with a menu. An answer is one message: the steps, then a question
// with its answers to tap, 已解决, 没解决 and 转人工, then what not to do. A wish
// for a person hands the session over in WeCom itself, to a servicer who takes
// customers or to the queue; what is known of the case is said before, because
// 微信客服 has no place for notes. Outside the hours, or with nobody there, it
// becomes a ticket and the bot goes on. While a person serves, the bot is
// silent; when that person ends the session, the customer is told so, and the
// next message is the bot's. A ticket is for one case and a day: who waits with
// one is handed over when a servicer comes, or else with their next message.
//
// # 配置步骤(管理后台 work.weixin.qq.com/wework_admin)
//
//  1. 我的企业 → 企业信息:企业要已认证(否则 95003);复制「企业ID」→
//     DECLINE61_WECOM_CORP_ID。
//  2. 应用管理 → 自建 → 创建应用,专门给微信客服用:它的回调地址要填本程序,一个应用只有
//     一个回调地址,所以不能和给员工用的应用(/wecom/app)共用。可见范围要包含所有接待人员。复制 Secret → DECLINE61_WECOM_KF_SECRET。
//     2023-12-01 起「微信客服」系统应用自己的 Secret 不能再用。
//  3. 应用管理 → 微信客服 → 客服账号 → 创建账号,设头像、名称;接待人员:添加客服。
//     接待方式不要选一律人工接待:那样只要有人在线,新会话都直接给人,机器人一句也发不出
//     (95018)。
//  4. 微信客服 → API → 可调用接口的应用:勾选第 2 步的应用(否则 48002)。
//  5. 微信客服 → API → 通过API管理微信客服账号:选中该账号(否则 95004、95017)。
//  6. 第 2 步应用 → 接收消息 → 设置API接收:URL 填 https://你的域名/wecom/kf;
//     Token、EncodingAESKey 点随机获取 → DECLINE61_WECOM_CALLBACK_TOKEN、
//     DECLINE61_WECOM_ENCODING_AES_KEY(43 位,不要带等号)。这一对值和 /wecom/app 的应用
//     共用:第二个应用处填同样的值,不要再点随机获取。先把它们写进配置并
//     decline61 serve,再点保存:企业微信保存时立即访问该地址验证,1 秒内要答复。
//  7. 同一应用 → 企业可信IP:填本机出口 IP(否则 60020;doctor 会显示企业微信看到的 IP)。
//     要先完成第 6 步,或设置可信域名,才能填。
//  8. decline61 doctor:按提示改到没有问题。
//  9. 用微信扫客服账号的二维码:20 秒内应看到欢迎语;发「刷卡显示61」,再点「转人工」。
//
// 终端贴纸:每台终端一个链接([ContactWays],scene 如 pos61,scene_param 是终端号),做成
// 二维码贴在机身。终端号任何人都能改,只作为提示转给客服,标明未核实。
//
// # 上线前在真实企业逐项确认
//
// 下面各项没有文档,或各处说法不一;程序按括号里的方式应对,假的企业微信
// ([decline61/bot/wecom/wecomtest])可以切换:
//
//   - 重复 msgid 的错误码(重试时,任何不属于已知原因的拒绝都当作已发出)
//   - 无效 cursor 的错误码(任何不属于已知原因的拒绝都从头再读,旧消息不回)
//   - 一次回调三次投递的间隔,是否只在超时后重试(都不依赖)
//   - 不带 token 拉取的频率上限(只在启动、每 2 分钟一次、token 过期时不带)
//   - sync_msg 是否严格按时间排序(乱序 10 分钟以内都能接住)
//   - 状态 1、2 能否由接口直接结束(不用这个功能)
//   - 会话 48 小时自动结束是否有事件(没有也能发现:客户下一条消息时查状态)
//   - 菜单的 tail_content 在手机上是否显示在选项下方
//   - 表情的 msgtype(不认识的类型一律不回)
//   - 重复 msgid 与超过 5 条同时发生时先报哪个
//   - 欢迎语、结束语、转接语用事件 code 发送,是否都不占 5 条
//   - 48 小时内再次扫码是否没有 welcome_code(没有就不发欢迎语;发「菜单」随时能看到)
//
// # How it keeps its word
//
// A callback says only that an account has something. That is kept before WeCom
// is told that it has arrived; pulling goes on beside, one page after the other,
// and a page's messages are kept with the cursor behind them in one transaction.
// Every account is pulled at each start, after each callback and now and then
// without one. A message's msgid is its id, so pages that come twice change
// nothing. Without a cursor, at the first start or when WeCom has lost it, all
// of the three days that WeCom keeps is read, and what is more than ten minutes
// older than what was known then counts as history. All messages of those ten
// minutes are kept, not only each customer's newest: they get one answer
// together anyway.
//
// Our messages carry a msgid made from what they answer, of which WeCom takes
// each only once: after an unknown outcome the same is sent again, and nothing
// is seen twice. A session's state is read before each message. WeCom allows
// five messages for each of a customer's; an answer takes one, or two where its
// steps have more than 1,024 bytes: a text, and below it a menu that is left out
// when the quota is low. A greeting, closing words and the confirmation of a
// transfer go by the code of their event, and are lost if they fail: the next
// message does without them. The confirmation is also lost with the answer to
// the transfer, which has its code; the staff is told all the same.
//
// A message that its customer takes back is not kept if both are pulled
// together; else its answer is not sent, while its masked words stay in the
// conversation.
//
// Of what is not text only is seen that it came: no media id, file name or
// place is kept. Beside the conversation a customer's standing is kept: whether
// a person serves them, ticket, language, QR code, messages taken back. It
// changes once a page is kept; should the process die in between, who serves is
// found out with the session's state, which is read before each message.
package kf

// Package app is the channel of a self-built WeCom app (企业微信自建应用), for
// colleagues who have no AI bot, and the way of notices with buttons. Merchants
// are outside the company and cannot reach it.
//
// Messages come by callback and are answered by message/send: plain text,
// because WeChat does not show an app's markdown, with a card of buttons below.
// A text that has to be sent again is sent with WeCom's duplicate check, which
// knows messages by their words; the last line of each, "机器人回答，可能有误 ·
// 10:05:33 #12", keeps two honest answers with the same words apart.
// A member gets no more than WeCom shows him in a minute; what is beyond waits.
//
// [Channel.Notify] shows a notice with the buttons 接单 and 已解决. Config.Press
// is told who pressed which, and changes the card by [Channel.Update]: a group
// webhook can have no buttons.
//
// # 配置步骤
//
//  1. 管理后台 work.weixin.qq.com → 应用管理 → 应用 → 自建 → 创建应用,填名称,
//     选可见范围(要用的同事)。
//  2. 应用页面复制 AgentId,填 DECLINE61_WECOM_APP_AGENT_ID;点 Secret 的「查看」,
//     填 DECLINE61_WECOM_APP_SECRET(最好写进文件,用 ..._SECRET_FILE)。
//  3. 我的企业 → 企业信息 → 企业ID,填 DECLINE61_WECOM_CORP_ID。
//  4. 应用 → 接收消息 → 设置API接收:Token 和 EncodingAESKey 点「随机获取」,填
//     DECLINE61_WECOM_CALLBACK_TOKEN 和 DECLINE61_WECOM_ENCODING_AES_KEY(43 个字符)。
//  5. 运行 decline61 serve,然后在同一页 URL 填 https://您的域名/wecom/app,勾选
//     「用户发送的普通消息」「自定义菜单操作」「进入应用」「模板卡片事件」,保存:企业
//     微信当场验证。失败时看日志里的一行,它写明哪个值不对。
//  6. 应用 → 企业可信IP:填服务器的出口地址,否则发消息报 60020。
//  7. 可选:应用 → 自定义菜单,类型「点击事件」,key 填要说的话,如「转人工」「帮助」。
//  8. decline61 doctor:关于企业微信的每一行都是 ok,或写明怎么改。
//  9. 手机或电脑端 → 工作台 → 打开应用,发「商户刷卡显示61」。
//
// # 在自己的企业里还要确认的(文档没有写,或各处说法不同)
//
//   - 回调三次重试的间隔:无论多久,同一条只答一次。
//   - 重复消息检查是否连按钮卡片也算:卡片各有 task_id,重发也不会新增。
//   - 超过每人每分钟 30 条时是否真的不提示:我们在这之前就排队。
package app

// Package aibot is the channel of WeCom's AI bot (企业微信智能机器人), for
// colleagues: alone with it or in a group, over the long connection or over the
// JSON callback, whichever the company allows. Merchants are outside the company
// and cannot reach it; they have 微信客服.
//
// # What colleagues see
//
// An answer begins within a second and is finished in place: what it means, what
// to do, the steps with who does each, then the evidence for and against each
// cause with the ids of its entries, what to ask the merchant, and the codes
// that are taken for this one. Buttons below have the answers to the bot's
// question, or 已解决, 还是不行 and 转人工. In a group each member has a
// conversation of his own. Pictures and files get a sentence that says what to
// send instead.
//
// # What is promised
//
// No stream spins for ever: each ends with words within five minutes, one before
// WeCom ends it. What is not known by then, and what WeCom no longer takes in
// the stream (846605, 846608, a connection that broke), comes as a message of
// its own: over the long connection by aibot_send_msg, by the callback through
// the response_url of the last message, which takes one within an hour. After a
// restart, polls of streams that were open before are answered from the store.
//
// The frame that ends a stream is tried again until WeCom takes or refuses it,
// and half of what WeCom lets us say in a chat is kept for last words. What WeCom
// refuses with a card is tried without, and then pushed.
//
// A stream's last words may be sent twice and are seen once, because they
// replace each other. Where the connection broke before they were acknowledged,
// the answer is pushed over the next one and begins by saying that it may be
// above already; after a restart nothing is known of that, and it does not. A pushed message whose acknowledgement got lost may be
// seen twice: WeCom has no look-up for it, and twice is better than never.
// Over the long connection WeCom repeats nothing: what is said while there is no
// connection is lost, and who said something that could not be kept is asked to
// say it again. By the callback a button is answered through the response_url,
// of the press or else of the last message, so that buttons are shown only while
// there is one. In a group a button counts for who has asked, and a message of
// its own begins with whom it answers.
//
// WeCom keeps one long connection for a bot. When another program takes it, this
// one says so in its log and in /readyz, stays away for a minute, comes back
// once, and then stays away for an hour.
//
// # 配置步骤(长连接,不需要公网地址)
//
//  1. 企业微信客户端 → 工作台 → 智能机器人 → 创建机器人 → 手动创建(管理员也可在
//     管理后台 → 安全与管理 → 管理工具 → 智能机器人)。
//  2. 选「API 模式创建」→ 连接方式选「使用长连接」。
//  3. 复制 Bot ID,填 DECLINE61_WECOM_BOT_ID;复制 Secret,填
//     DECLINE61_WECOM_BOT_SECRET(最好写进只有自己可读的文件,用 ..._SECRET_FILE)。
//  4. 「可见范围」加入要用机器人的同事或部门,保存。
//  5. decline61 doctor:关于企业微信的每一行都是 ok,或写明怎么改。
//  6. decline61 serve。同一个机器人只在一台机器上运行:再开一个会把前一个挤掉。
//  7. 在客户端搜索机器人的名字,打开单聊,发「商户刷卡显示61,换卡也不行」;
//     群里:群设置 → 添加机器人,然后 @机器人 提问。
//
// # 配置步骤(URL 回调,公司禁用长连接时)
//
//  1. 同上第 1 步,连接方式选「使用 URL 回调」。
//  2. Token 和 EncodingAESKey 点「随机获取」,填 DECLINE61_WECOM_BOT_TOKEN 和
//     DECLINE61_WECOM_BOT_ENCODING_AES_KEY(43 个字符,末尾没有等号)。
//  3. 先运行 decline61 serve,再在 URL 填 https://您的域名/wecom/bot,点保存:企业微信
//     当场验证,一秒内要答上。失败时看日志里的一行,它写明哪个值不对。
//  4. 可见范围、doctor、试用同上第 4、5、7 步。
//
// # 在自己的企业里还要确认的(文档没有写,或各处说法不同)
//
//   - 流式消息最长 6 分钟还是 10 分钟:我们 5 分钟内结束,两种都够。
//   - 长连接上反馈事件能否空回复:我们不回复。
//   - 新建的机器人给的 userid 是明文还是加密的 open_userid:两种都能用,只是
//     控制台里显示的不同。
//   - 卡片按钮事件(URL 回调)是否带 response_url:有就用它,没有就用上一条消息的。
//   - 被挤下线后旧连接是立刻断开,还是只应答心跳:两种都已处理。
//   - 外部联系人能否使用智能机器人:没有找到可以的依据,商户请用微信客服。
package aibot

package text

import (
	"strings"
	"sync"
	"unicode/utf8"
)

// The tables that Codes works from. To teach it a new way of speaking, add the
// words here and the sentence to TestCodes.

// role is what a word beside a number says about it.
type role int

const (
	none role = iota
	// before a number
	money      // an amount follows: 刷了
	identifier // a number of something else follows: 尾号
	noun       // a code follows, whatever it is: 错误码
	screen     // likewise, but with a letter in it only one that is known: 显示
	shows      // a code follows, if it is one that is known: 报
	lead       // a code is likely: 又是
	copula     // likewise, but what stands before it is asked too: 金额是
	half       // nothing against a code: 一个
	pass       // nothing for it: 了
	negation   // 不是
	// behind a number; noun, shows, lead, half as above
	unit        // 61元, 61 个
	measure     // 61本: a unit only when written together
	question    // likely, and turns a negation round: 不是61吗
	conjunction // 61和65
	ordinal     // 61号
	when        // 61时
)

// lexicon finds words at the end or at the start of a text.
type lexicon struct {
	rows    []entries
	roles   map[string]role
	longest int // bytes
}

// entries is one row of a lexicon: words, separated by white space, with _ for
// a space inside one.
type entries struct {
	role  role
	words string
}

func newLexicon(rows []entries) *lexicon {
	l := &lexicon{rows: rows, roles: make(map[string]role, 512)}
	for _, row := range rows {
		for w := range strings.FieldsSeq(row.words) {
			w = strings.ReplaceAll(w, "_", " ")
			l.roles[w] = row.role
			l.longest = max(l.longest, len(w))
		}
	}
	return l
}

// endOf gives the longest word that s ends in. A Latin word is found only whole.
func (l *lexicon) endOf(s string) (string, role) {
	for i := max(0, len(s)-l.longest); i < len(s); i++ {
		if !utf8.RuneStart(s[i]) || i > 0 && isLetter(rune(s[i])) && isLetter(rune(s[i-1])) {
			continue
		}
		if role, ok := l.roles[s[i:]]; ok {
			return s[i:], role
		}
	}
	return "", none
}

// startOf gives the longest word that s starts with.
func (l *lexicon) startOf(s string) (string, role) {
	for i := min(l.longest, len(s)); i > 0; i-- {
		if i < len(s) && (!utf8.RuneStart(s[i]) || isLetter(rune(s[i])) && isLetter(rune(s[i-1]))) {
			continue
		}
		if role, ok := l.roles[s[:i]]; ok {
			return s[:i], role
		}
	}
	return "", none
}

// knownCodes are the numeric codes of the UnionPay table and its ISO relatives.
var knownCodes = wordSet(`00 01 02 03 04 05 06 07 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23 25 30 31 33 34 35 36
	37 38 39 40 41 42 43 44 45 51 52 53 54 55 56 57 58 59 60 61 62 63 64 65 66 67 68 75 76 77 79 90 91 92 93 94 95
	96 97 98 99`)

// approvals are no declines; a bare 16 is rather a 61 with its digits swapped,
// a bare 10 or 11 an hour. They need a label.
var approvals = wordSet("10 11 16")

// kinds of codes with letters
const (
	sureLetters  = 1 + iota // nothing else looks like them
	vagueLetters            // words, terms or model names look like them
)

var letterCodes = map[string]int{
	"a0": sureLetters, "a1": sureLetters, "a2": sureLetters, "a3": sureLetters, "a4": sureLetters,
	"a5": sureLetters, "a6": sureLetters, "a7": sureLetters, "c1": sureLetters,
	"z1": sureLetters, "z3": sureLetters, "y1": sureLetters, "y3": sureLetters,
	"t1": vagueLetters, "t2": vagueLetters, "t3": vagueLetters, "l1": vagueLetters,
	"ts": vagueLetters, "er": vagueLetters,
}

// What may be written together with the digits of a code: E61, 61error. The
// machine's name may too, but is no label.
var (
	codePrefixes    = wordSet("e r err error code rc resp response declined decline daima cuowuma bao xianshi")
	machinePrefixes = wordSet("pos mpos")
	codeSuffixes    = wordSet("code error err errors declined decline ma")
)

// codePhrases are display texts that mean a code without its number, word by
// word with alternatives. Chinese ones do not fix a code (old terminals show
// 交易金额超限 for 13), so there are none.
var codePhrases = []struct{ code, words string }{
	{"61", exceeds + " " + limitKind + " amount|amt limit|lim|limits|lmt"},
	{"61", exceeds + " the " + limitKind + " amount|amt limit|lim|limits|lmt"},
	{"61", exceeds + " " + limitKind + " amount|amt"},
	{"61", exceeds + " " + limitKind + " limit|lim|limits|lmt"},
	{"61", limitKind + " amount|amt limit|lim exceeded"},
	{"61", limitKind + " amount|amt|limit exceeded"},
	{"65", exceeds + " " + limitKind + " frequency|freq|count limit|lim|limits|lmt"},
	{"65", exceeds + " the " + limitKind + " frequency|freq|count limit|lim|limits|lmt"},
	{"65", exceeds + " " + limitKind + " frequency|freq|count"},
	{"65", limitKind + " frequency|freq|count limit|lim exceeded"},
	{"65", limitKind + " frequency|freq|count exceeded"},
	{"65", exceeds + " frequency|freq limit|lim"},
	{"65", "activity limit exceeded"},
}

const (
	exceeds   = "exceeds|exceed|exceeded|exceeding|exc|exp|over"
	limitKind = "approval|appr|withdrawal|withdraw|w/d|wd|wdl"
)

// before is asked for the word that stands before a number.
var before = sync.OnceValue(func() *lexicon {
	return newLexicon([]entries{
		{money, `刷 刷了 刷的 刷过 刷个 收 收了 收的 收个 收到 花 花了 付 付了 卖 卖了 买 买了 扣 扣了
			扣款 退 退了 退款 转 转了 转账 充 充值 存 存了 取 取了 拿 拿了 打 打了 赚 赚了 亏 亏了
			欠 赔 找 找零 消费 消费了 支付 支付了 收款 收款了 付款 到账 入账 金额 总额 余额 额度
			价格 价 单价 定价 售价 原价 手续费 费率 费用 押金 年费 税 利润 工资 租金 房租 营业额
			流水 业绩 支出 付出 取出 卖出 花费 花出 收钱 付钱 花钱 多少钱 多收 多刷 多扣 一共 共
			总共 合计 总计 累计 只 仅 只有 仅有 才 差 少 满 约 大约 大概 将近 接近 超过 超出 不到
			至少 最多 最少 不足 每 各 剩 还剩 剩下 有 共有 差不多 不止 前 近 提额到 调到 降到 涨到
			每天 每月 每次 一笔 一单 一天 一个月 每人 人均 平均 百分之 分之 客单价 打折 限额到 元 块
			万 单笔 当日 卡里 卡上 卡内 账上 账户里 手里 优惠后 折后 减后 优惠 减 电量 信号 温度
			气温 身高 体重 收入 应收 实收 得 每笔 您 券 账单 分数 paid pay pays charge charged
			charging amount amounts total totals sum cost costs price priced spent sold sale_of
			refund refunded balance fee fees tip tips rmb cny usd hkd eur gbp yuan over under only
			nearly almost top out_of approximately around roughly than least most worth bought buy owe owes`},
		{identifier, `商户号 商户编号 商编 终端号 终端编号 参考号 检索号 检索参考号 流水号 凭证号 凭证
			批次号 批次 批号 订单号 订单 单号 票号 卡号 账号 门牌 公交 手机号 手机 电话 号码 尾号
			尾数 末尾 后四位 末四位 后两位 后2位 后几位 末两位 最后两位 最后四位 前两位 编号 序列号
			号 序号 固件 店铺 门店 机身号 型号 版本 版本号 桌号 房号 包间 包厢 房间 桌 房 座位 座 楼
			层 栋 幢 单元 店号 工号 员工 身份证 身份证号 qq qq号 微信号 验证码 密码 安全码 校验码
			动态码 授权码 激活码 邀请码 取件码 条码 条形码 桌码 台码 机器码 编码 识别码 物料码
			聚合码 pin码 短信码 手机码 会员码 核销码 券码 团购码 兑换码 个人码 商家码 商户码 微信码
			支付码 设备码 串码 sn码 尺码 鞋码 数码 邮编 区号 国道 高速 路 街 巷 弄 大道 车牌 第 年龄
			今年 岁 周 星期 页 参数 年 月 sn mid tid rrn stan batch trace invoice inv order ref
			reference room table store shop unit suite apt floor level page line ticket item section
			article chapter route bus gate lane call press dial ext extension version ver v step
			part day age aged serial phone tel telephone last_4 last4 last_four last_digits last_two
			ending ending_in ends_in id order_number phone_number card_number account_number
			terminal_number terminal_id merchant_number merchant_id i_am i'm im he_is she_is we_are
			they_are you_are windows win android ios iphone model mcc bin`},
		{noun, `代码 代号 错误代码 错误码 错码 报错码 报错代码 应答码 应答代码 应答 返回码 返回代码
			状态码 状态代码 响应码 响应代码 响应 拒绝码 提示码 失败码 失败代码 原因码 故障码
			故障代码 异常码 异常代码 回应码 交易代码 交易码 显示码 码 错误 报错 报错误 错误号
			错误编号 错误提示 错误信息 提示错误 显示错误 显示代码 报错信息 提示信息 返回信息
			应答信息 拒绝原因 失败原因 39域 域39 f39 de39 bit39 field39 code codes error errors err
			response responses resp rc reason_code status_code message msg decline_code
			declined_code error_code response_code error_message field_39 de_39 bit_39 errcode
			errorcode rspcode rsp respcode responsecode retcode returncode resultcode result_code
			daima dai_ma cuowuma cuowu_ma cuowudaima cuowu yingdama yingda_ma fanhuima fanhui_ma
			baocuo bao_cuo`},
		{screen, `显示 显示了 提示 返回 返回了 xianshi xian_shi tishi ti_shi`},
		{shows, `报 爆 报的 报了 跳 跳出 跳出来 跳了 弹 弹出 弹出来 弹了 出 出来 出现 出现了 出了 显
			失败 交易失败 刷卡失败 支付失败 付款失败 被拒 被拒绝 拒绝 拒付 拒收 拒 故障 异常 超限
			超限额 超额 超了 过期 无效 余额不足 额度不足 密码错误 密码错 超时 不通过 不成功 通不过
			没成功 未成功 没通过 未通过 不给过 受限 受限制的卡 挂失卡 被窃卡 系统异常 无效商户
			无效卡 无效交易 重复交易 卡过期 线路异常 不允许此卡交易 终端无效 交换中心异常 打出
			打出来 打印 打印出 蹦 蹦出 蹦出个 蹦了 返 回 回了 回的 回覆 回复 印着 印 打着 亮 亮着
			机器给 pos给 pos机给 机器说 pos说 批准 没收卡 此卡有误 不承兑 伪卡 原交易 一致 重复 不符
			没收 未登记 declined decline declines declining refused rejected rejects failed fail
			fails failing failure failures reason status says say said saying shows show showing
			showed shown displays display displayed displaying returned returns return returning
			throws throwing threw came_back comes_back comes_up came_up coming_up pops_up popped_up
			not_approved reads reading errored timeout timed_out prints printed invalid_transaction
			invalid_amount invalid_account no_such_issuer refer_to_issuer do_not_honor do_not_honour
			security_violation hard_capture pick_up pickup nsf issuer_timeout duplicate_transaction
			bao tiao chu chuxian fanhui shibai jujue chaoxian`},
		{lead, `又是 还是 也是 都是 总是 老是 全是 仍是 仍然是 依旧是 依然是 一直是 一直 老 总 又 还 也
			都 全 仍 仍然 依然 依旧 是不是 是否 有没有 会不会是 不会是 不只是 不光是 不仅是 不仅
			什么是 啥是 什么叫 啥叫 何为 关于 有关 解决 处理 避免 遇到 遇见 碰到 碰上 看到 看见
			第一笔 第一笔就 金额就 密码就 上一单 刚才一单 刚刚一单 上一笔 这笔 那笔 两个 几个 好几个
			一刷 突然 交易 卡在 刷就 刷了就 刷完就 一刷就 付款就 支付就 收款就 消费就 刷卡 刷卡时
			刷信用卡 插卡 挥卡 拍卡 闪付 扫码 pos pos机 刷卡机 机器 机子 终端 屏幕 屏 屏幕上 机器上
			小票 小票上 上面 写着 写 说 说是 就说 变 变成 变成了 成 为什么 为什么是 为啥 为啥是 为何
			咋 怎么 怎么又 怎么是 怎么老 怎么还 这个 那个 请问 问下 问一下 一下 而是 换卡 换张卡
			换了卡 换机器 张 台 次 卡 行 后 之后 以后 先 一会 一会儿 有时 有时候 偶尔 经常 有个 数字
			大概是 大约是 刷不了 刷不过 刷不出 刷不成 收不了款 收不了 过不了 用不了 不能刷 银联
			拉卡拉 收钱吧 随行付 万事达 运通 云闪付 visa mastercard amex jcb unionpay clover square
			verifone ingenico pax does do why what what's whats what_is how about mean means meaning
			get gets getting got see sees seeing saw give gives gave giving gave_me gives_me
			keep_getting keeps_getting keep keeps still always again same another resolve fix fixing
			avoid stop contactless stripe qr tap chip swipe nfc yet bypass get_around prevent solve
			pre-auth preauth wallet pay_at terminal machine reader screen card cards all both clear
			pos_machine receipt slip receive received every_time just dou ka jiu haoxiang hao_xiang
			xiang shi haishi youshi yeshi doushi yizhi lao ji posji jiqi shuaka chaka weishenme
			weisha zenme`},
		{copula, `是 为 等于 就 就是 只是 is was were be being are it's its isn't_it that's thats of`},
		{half, `里 过 收款码 付款码 二维码 限额 限额了 个 一个 了个 出个 那 这 的是 今天 昨天 刚才 刚刚
			刚 现在 早上 上午 中午 下午 晚上 我 我们 咱 咱们 的 和 跟 与 或 或者 你好 您好 老师 师傅
			客服 求助 急 在吗 亲 老板 上 是个 然后 结果 a an the this that these and or hi hey hello
			urgent asap help please pls but then now so if on with to my for vs from got_a ni hao
			nihao`},
		{pass, `了 着 来 到 去 不了 没了 不过 不行 不能 no number number_is nr`},
		{negation, `不 不是 不是个 不是说 并不是 而不是 也不是 又不是 都不是 不再 不再是 没 没有 未 并非
			而非 非 不算 not isn't isnt wasn't wasnt not_a not_the doesn't doesnt didn't didnt don't
			dont aren't never nor instead_of rather_than without bushi meiyou`},
	})
})

// behind is asked for the word that follows a number.
var behind = sync.OnceValue(func() *lexicon {
	return newLexicon([]entries{
		{unit, `元 块 块钱 元钱 圆 角 毛 刀 美元 美金 港币 港元 欧元 日元 人民币 万 万元 千 百 亿 折 个
			张 台 笔 次 遍 天 年 岁 周岁 人 位 名 分 分钟 秒 秒钟 小时 点 点钟 刻 日 月 月份 左右
			以上 以下 以内 多 几 件 斤 公斤 公里 米 度 倍 条 路 楼 层 室 栋 年前 年后 期间 多块 来块
			多个 来个 多张 多笔 多次 线 号线 号店 号楼 号机 号桌 号房 号院 号门 号台 号柜 号铺 号车
			号员工 号店员 % w k rmb yuan cny usd hkd eur dollars dollar bucks buck cards
			card_readers times people persons customers clients guests transactions sales orders
			payments seconds second secs sec minutes minute mins min hours hour hrs days day weeks
			week months month years year percent pct of inch inches euro euros pounds quid terminals
			machines items item pcs pieces points degrees thousand hundred million billion am pm
			o'clock km kg g ml stores shops branches attempts tries receipts tickets st nd rd th
			street avenue ave road lu celsius fahrenheit hao kuai wan ge zhang ci tian tai bi fen
			dian`},
		{measure, `只 双 套 杯 桌 间 床 座 平 支 枝 本 头 股 环 场 组 排 轮 门 道 项 户 家 店 超市
			便利店 餐厅 饭店 酒店 房 区 村 队 班 届 周 单 批 口 节 章 页 级 版 期 款 型 式 段 集 首
			回 趟 局 箱 瓶 份 克 吨 寸 包 袋 盒 桶 碗 盘 幢 弄 单元 厅 街 键 毫米 乘以 除以 去玩
			去哪玩 玩 放几天 旅游 出游 送孩子 开头 汽油 同城 广场 大道 入账 到账 假 假期 放假 快乐
			上班 营业 活动 有活动 国际儿童节 黄金周 长假 小长假 儿童节 劳动节 国庆 辆 艘 架 匹 棵 朵
			颗 粒 滴 手 面 世纪 信用卡管家 码头 码数 码牌 码子 码鞋 码的鞋 域`},
		// words that begin like a unit and are none
		{noun, `码 号码 号错 号错误 号代码 号报错 号提示 错误 错误码 错误代码 报错 报错码 代码 错码
			应答码 返回码 号码错 code codes error errors err declined decline response resp message
			msg cuowu cuowu_ma cuowu_daima daima baocuo`},
		{shows, `错 出错 超限 超限额 超额 限额 交易 交易失败 金额 金额超限 金额太大 拒绝 被拒 拒付 拒收
			失败 提示 余额 余额不足 可用余额 额度 密码 密码错 密码错误 卡过期 已过期 过期 无效 受限
			系统 没收 挂失 被窃 被盗 作弊 操作有误 没有 无此 无记录 查无 查不到 找不到 格式 功能
			不支持 取消 争议 重新 未激活 睡眠 冻结 违反 强行 原始 原交易 联机 脱机 批准 有缺陷 安全
			受理方 账户 账号 对账 重传 日切 日终 正在 伪卡 特殊 磁道 扣款 手续费 转账 资金 此卡有误
			重复 线路 交换中心 不允许 发卡方 此卡 该卡 卡片 终端 次数 次数超限 笔数 笔数超限 单笔
			单日 单次 单月 当日 当天累计 日累计 日限 月累计 月限 日限额 月限额 超出 超过 异常 故障
			不足 超时 字样 支付失败 刷卡失败 发卡 持卡人 无效卡 受限制 限制 exceeds exceed exceeded
			exceeding exc exp expired invalid incorrect wrong refused rejected failed failure fail
			insufficient not_sufficient over_limit do_not limit amount_limit activity withdrawal
			restricted refer pick pick-up pickup merchant approved honor honour system malfunction
			not_permitted permitted not_allowed not_supported requested too_many capture retain hold
			pin nsf timeout timed duplicate unable offline original format success blocked
			inoperative no_reply invalid_pin suspected security lost_card stolen stolen_card no_such
			use_chip insert_chip issuer mac dormant chaoxian shibai wuxiao guoqi mima qing`},
		{lead, `怎 怎么 怎么办 怎么回事 怎么弄 怎样 咋 咋办 咋回事 咋整 咋弄 啥 啥意思 什么 什么意思 是
			是什么 是啥 一直 老是 老 总是 总 又 还 也 这 这个 这种 这是 如何 为什么 为啥 为何 就 都
			不 能 可以 要 该 有啥 有什么 到底 究竟 代表 表示 指 指的 含义 意思 原因 问题 解决 处理
			刷不 过不 没钱 请 求 急 谢谢 麻烦 了 啦 呀 啊 哦 的意思 的含义 的原因 的问题 的错误 的错
			的提示 的情况 的时候 后 之后 以后 出现 只有 只是 只能 分析 解析 天天 个人卡 点击 换 刷
			插 我 报 跳 mean meaning meant what what's whats why how is was on again keeps keep came
			comes came_up comes_up showed shows shown says gives stands means refers happens goes
			needs appears appeared pops popped please pls plz help thanks thx instead rather
			every_time each_time when after still at_the in_red even although though because zenme
			zenmeban zenmehuishi shi shenme shi_shenme sha shasi yisi za zaban zazheng ma ne le
			weishenme ruhe jiejue`},
		{question, `吗 嘛 么 吧 呢`},
		{half, `的 里 上 那 在 用 会 次日 单边账 分期 分别 分享 分不 多久 年限 家里 位置 人工 成功 层面
			门店 平时 平台 套现 升级 支付 支持 手续 包括 本来 本卡 本机 本店 首先 多少 几次 面板
			路由 条件 项目 回来 天后 台湾 千万别 千万不 百度 万一 次次 折腾 头疼 头大 店里 店员 手机
			but now today with in from for all at so then a an it i my we this that to if the
			declines card pos pos机 visa urgent asap only`},
		{conjunction, `和 跟 与 或 或者 还是 以及 还有 、 / , & vs or and`},
		{ordinal, `号`},
		{when, `时`},
	})
})

// joins is asked for what stands between two codes: conjunction where a
// negation before the first holds for the second as well.
var joins = sync.OnceValue(func() *lexicon {
	return newLexicon([]entries{
		{conjunction, `和 跟 与 或 或者 以及 还有 、 / & and or nor`},
		{lead, `, 是 而是 就是 还是 变 变成 变成了 又 又是 后来是 then but vs he`},
	})
})

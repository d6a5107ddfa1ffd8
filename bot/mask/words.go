package mask

import (
	"slices"
	"strings"
	"sync"
)

// flag says what a word means for the numbers near it.
type flag uint32

const (
	cardNo flag = 1 << iota // its number is a card number
	card                    // cards are spoken of
	label                   // its number is one of the business
	exact                   // but only if it has the label's length
	tail                    // the last digits of a card follow
	cvvWord
	pinWord
	codeWord
	expiryWord
	idWord
	phoneWord
	fill   // may stand between a word and its number
	copula // says that the one is the other: 是
	join   // may stand between two parts of one number
	list   // stands between two numbers of a kind
	wrong  // what is spoken of is a failure, not a value
	count  // 四位, 第一组
	unsure // means what it may mean only beside what bears it out
	entry  // typed into the machine: 输
	back   // the side of a card that bears the CVV
	sms    // a message of a bank
	month  // Aug; its number says which
	money  // amounts follow
	paper  // expires as a card does: 合同

	secretWord = cvvWord | pinWord | codeWord | expiryWord
	named      = cardNo | card | label | tail | secretWord | idWord | phoneWord
)

// vocabulary is every word that decides something. Words are written in the
// form that fold gives (half width, small letters, simplified); a space in them
// matches any spaces, hyphens and underscores, or nothing. The longest word
// wins, which is how 刷卡 and 会员卡号 are kept from being 卡 and 卡号.
var vocabulary = []struct {
	is    flag
	n     int // the length of a label's number, 0 if it has none of its own
	words string
}{
	{cardNo, 0, `卡号 卡号码 卡的号码 银行卡号 银行卡号码 信用卡号 信用卡号码 储蓄卡号 借记卡号 贷记卡号 卡片号 卡片号码 主账号 银行账号 银行卡账号
		ka号 k号 卡hao kahao 卡h card_number card_no card_num card# card_id account_number pan pan号 pan码 primary_account_number 完整卡号 全卡号`},
	{card, 0, `卡 卡片 这卡 银行卡 信用卡 储蓄卡 借记卡 贷记卡 ka卡 银行ka 信用ka 银联 visa mastercard master unionpay amex jcb card bank_card debit_card credit_card
		账号 账户 户头`},
	// Words with 卡 in them that say nothing about a number near them.
	{0, 0, `刷卡 插卡 换卡 读卡 挥卡 拔卡 贴卡 过卡 划卡 拍卡 用卡 持卡 办卡 发卡 开卡 销卡 打卡 卡纸 卡住 卡死 卡了 卡顿 卡机 卡槽 卡座 卡口 卡单 发卡行 发卡方 持卡人 刷ka 刷ka卡
		card_reader card_swipe card_declined cardholder 卡种 卡类型 卡bin 卡余额 卡组织 磁条卡 芯片卡 电话卡 手机卡`},

	{label, 0, `订单 订单号 订单号码 订单编号 订单流水 订单流水号 单号 单据号 运单号 快递单号 物流单号 快递 运单 商户单号 商户订单号 商家订单号 平台单号 支付单号 微信单号 微信支付单号 支付宝单号
		交易单号 交易号 交易编号 交易订单号 外部单号 退款单号 服务单号 维修单号 工单 工单号 案件号 受理号 受理编号 投诉编号 申请号 查询号 票号 小票号 发票号 发票号码 发票代码 合同号 合同编号 协议号
		编号 序号 批号 工号 报修单 受理单 账单 条码 条形码 追踪号 跟踪号 序列号 机身号 机身码 机器号 机具号 机具编号 设备号 设备编号 出厂号 产品序列号 卡序列号 psam卡号 psam号
		营业执照 营业执照号 统一社会信用代码 信用代码 注册号 税号 机构号 机构代码 联行号 行号 对公账号 对公账户 企业账号 门店号 门店编号 店铺编号 代理商编号 代理编号
		会员卡号 会员卡 会员号 sim卡号 流量卡号 流量卡 物联卡号 物联卡 物联网卡号 加油卡号 储值卡号 购物卡号 礼品卡号 公交卡号 qq qq号 微信号
		order order_no order_number order_id order# ref ref_no reference reference_no reference_number ref_number invoice invoice_no invoice_number serial serial_no serial_number
		receipt receipt_no receipt_number po_number barcode tracking tracking_no tracking_number transaction_id transaction_no transaction_number txn_id txn_no ticket ticket_no ticket_number case_no case_number case_id
		sn s/n sn码 sn号 imei imei号 imei码 imsi iccid mac meid udid uuid`},
	{label | exact, 15, `商户 商家 商店 merchant`},
	{label, 15, `商户号 商户号码 商户编号 商户编码 商户代码 商户id 商编 商家号 商家编号 mid merchant_no merchant_id merchant_number`},
	{label | exact, 8, `终端 机器 terminal`},
	{label, 8, `终端号 终端号码 终端编号 终端编码 终端代码 终端机号 终端id tid terminal_no terminal_id terminal_number`},
	{label, 12, `参考号 参考号码 系统参考号 交易参考号 检索号 检索参考号 rrn retrieval_reference_number`},
	{label, 6, `流水 流水号 系统流水 系统流水号 交易流水 交易流水号 银行流水 银行流水号 终端流水号 pos流水号 批次 批次号 凭证 凭证号 凭证号码 授权号 授权码 预授权码
		trace trace_no trace_number stan batch batch_no batch_number voucher voucher_no auth_code auth_no approval_code approval_no authorization_code authorisation_code`},

	{paper, 0, `合同 证书 执照 营业执照 协议 优惠 优惠券 费率 活动 套餐 押金 流量 流量卡 保修 质保 许可证 证件 会员 会员卡 certificate contract license licence coupon voucher warranty`},
	{money, 0, `金额 流水金额 交易金额 分别收 分别收了 分别刷 分别刷了 分别付了 sales amounts totals`},

	{tail | join | card, 0, `尾号 卡尾号 卡号尾号 尾数 末尾 卡号后 卡后`},

	{cvvWord, 0, `cvv cvv2 cvv码 cvv2码 cvv号 cvc cvc2 cvc码 cvn cvn2 cvn码 cvd 安全码 卡安全码 安全码cvv 安全代码 信用卡安全码 安全号 安全吗 安全妈 卡背面 卡片背面 卡的背面 卡反面 卡片反面 卡背后 卡背面数字 背面数字 背面的数字
	 后面三位数 后面的三位数 末三位数
	 后面3位数 后面的3位数
		三位码 三位数码 三位安全数 后面那三位 后面那3位 背面的数 卡后三位 卡后3位
		正面四位 正面四位数 正面4位 正面4位数 三位安全码 3位安全码 三位数安全码 3位数安全码 四位安全码 4位安全码
		security_code security_number security_digits card_cvv card_cvc cvv_code cvv_number cvv_no cvc_code cvc_number cid csc back_of_card back_of_the_card back_of_my_card code_on_the_back number_on_the_back numbers_on_the_back digits_on_the_back card_security_code card_verification card_verification_code card_verification_value card_code`},
	{cvvWord | fill | join | unsure, 0, `后三位 后3位 最后三位 最后3位 末三位 末3位 后三码 后3码 末三码 末3码 三码 后三位码 后三个数 last_three last_3 last_three_digits last_3_digits`},
	{cvvWord | back | unsure, 0, `背面 反面 背后 卡背 卡后面 卡的后面 卡反面 卡的反面 卡后头 卡后边 on_the_back on_back`},
	{back, 0, `背部 卡背面 后背 签名条 签名栏 签名处 签名区 签名旁 签名旁边 签字条 签字栏 签字处 签名 正面 卡正面 安全 security back behind signature_strip signature_panel reverse`},
	{pinWord, 0, `密码 卡密码 卡密 银行卡密码 信用卡密码 取款密码 交易密码 支付密码 查询密码 登录密码 操作员密码 主管密码 六位密码 六位数密码 6位密码 6位数密码 4位密码 四位密码 pin pin码 pin号 pin_code pin_number pin_no
		口令 passcode password passwd passwort pwd pw mima 密ma 蜜码 取现密码 提现密码 passwrd pswd card_pin atm_pin 米码 蜜吗`},
	{codeWord, 0, `验证码 短信验证码 手机验证码 动态验证码 登录验证码 支付验证码 交易验证码 银行验证码 一次性验证码 校验码 短信校验码 动态码 动态密码 动态口令 动态口令码 短信码 短信密码 一次性密码 确认码 验证号 验证号码 验证数字 验正码 认证码 yzm yanzhengma 验证ma
		otp otp码 otp_code one_time_code one_time_password one_time_passcode verification_code verification_number verify_code sms_code text_code passcode_sms 2fa_code login_code confirmation_code`},
	{codeWord | fill | unsure, 0, `code`},
	{sms, 0, `短信 sms text message texted`},
	{expiryWord, 0, `有效期 有效期限 有效期至 有效期到 卡有效期 有效日期 有效至 有效到 效期 卡效期 有效年月 失效日期 失效期 exp expiry expires expire expiration exp_date exp_dt expiry_date expiration_date valid_thru valid_through valid_until good_thru valid_to expires_on expires_end month/year mm/yy mmyy yymm yy/mm month_year exp_month exp_year expiry_month expiry_year expiration_month expiration_year expire_date card_expiry card_exp card_expiry_date valid_from valid_till valid_up_to expires_in expires_at expires_end_of good_till 月年 年月 有效月年`},
	{expiryWord | unsure, 0, `到期 到期日 到期日期 到期时间 到期年月 过期时间 过期日 过期日期 过期年月 过期 runs_out good_until year`},
	{month, 1, `jan january`}, {month, 2, `feb february`}, {month, 3, `mar march`}, {month, 4, `apr april`}, {month, 5, `may`}, {month, 6, `jun june`},
	{month, 7, `jul july`}, {month, 8, `aug august`}, {month, 9, `sep sept september`}, {month, 10, `oct october`}, {month, 11, `nov november`}, {month, 12, `dec december`},
	{month, 10, `十月`}, {month, 11, `十一月`}, {month, 12, `十二月`},
	{idWord, 0, `身份证 身份证号 身份证号码 身份证件号 身份证件号码 公民身份号码 证件号 证件号码 身份号码 身份zheng 身份证编号 sfz sfzh id_card id_card_number id_number id_no id_card_no identity_card identity_number national_id resident_id`},
	{phoneWord, 0, `手机 手机号 手机号码 电话 电话号 电话号码 联系电话 联系方式 联系 号码 预留手机 预留手机号 手机尾号 微信 微信同号 whatsapp tel tel_no telephone phone phone_no phone_number mobile mobile_no mobile_number cell call 打给 打电话 回电 回我`},

	{fill | entry, 0, `输 输了 输入 输入了 输的 填 填了 填的 填写 填写的 填入 敲 敲了 试 试了 试过 打了 写的 写了 entered enter typed type keyed put tried used`},
	{fill | copula | join, 0, `是 为 就是 就是这个 是这个 即 即为 也是 都是 应该是 好像是 可能是 大概是 我记得是 我的是 他的是 她的是 写的是 显示的是 输的是 输入的是 填的是 设的是 用的是 改成 改为 改成了 改为了 设成 设为 换成 设置成 设置为 一直是 就写 is are was were equals as ends_with starts_with begins_with`},
	{fill | copula, 0, `这是 这个是 那是 那个是 这就是 的是`},
	{fill, 0, `分别是 分别为 分别 叫 号 号码 数字 码 格式 格式是 一直 以前 之前 现在 平时 平常 本来 原先 刚 刚刚 才 就 大约 这串 串 发我 发我了 发他了 发来 发来的 给我 念 读 上 的数 的数字 那个数 我 我的 他 他的 她的 你 您 您的 你的 客人 客人的 顾客 顾客的 客户 客户的 持卡人的 给 给你 给您 发 发你 发您 发给你 发给您 发你了 发给你了 发过来 告诉你 告诉您 报给你 报你 念给你 这个 那个 那 那串 上面 上面的 上的 印的 印着 这里 在这 在这里 如下 以下 见下 好像 应该 大概 可能 我记得 收到 收到了 收到的 刚收到 刚收到的 刚才收到 刚才的 刚刚的 来了 到了 目前 原来的 原来 原 新 新的 旧 旧的 本次 本次的 登录 请看 看 一下 短信 银行发的 银行 工行 建行 农行 中行 招行 交行 邮储 嗯 呃 额 啊 哦 噢 呢 哈 麻烦 查下 查一下 帮查 帮忙查 帮我查 请查 请查收 no num number the my your his her of for it me at on to only still always now really i you we from of_my`},
	{fill | join, 0, `嗯 呃 额 啊 哦 噢 唔 哎 那个 这个 那串 完了 就是 还有 另外 后半截 前半截 后半段 前半段 后半 前半 后半部分 前半部分 上半截 下半截 上半段 下半段 后段 前段 中段 中间段 尾段 首段 头几位 头 开始 打头 起头 收尾 结束 尾巴 的 然后 然后是 接着 接着是 接下来 接下来是 再 再是 再来 再接 再加 后面 后面是 再然后 再然后是 再后面 再后面是 再往后 再往后是 往后 往后是 后面跟着 后面跟着是 后面几位 后面几位是 后边 后边是 后头 后头是 先是 先 中间 中间是 最后 最后是 最后面 最后面是 最后几位 最后几位是 前几位 前几位是 结尾 结尾是 下面 下面是 下一段 下一段是 下一组 下一组是 其余 其余的 其余是 余下的 余下是 停顿 停一下 前面 前面是 开头 开头是 前 后 末 末尾 首 头 尾 加 加上 跟着 跟着是 接 紧接着 之后 之后是 其次 剩下 剩下的 剩下是 剩下的是 剩余 余下 还有 完了是 那么 空格 空一格 空 杠 横杠 横线 短横 中杠 下划线 斜杠 逗号 顿号 冒号 句号 减号 加号 星号 井号 点
		then and_then followed_by next after after_that after_this afterwards later comes goes begin begins beginning start starts starting middle in_the_middle center end ends ending and_ends finally finish finishes with first last final
		first_part second_part third_part fourth_part last_part first_half second_half part the_rest rest remaining plus comma uh um erm uhh umm hmm so dash hyphen space minus dot slash`},
	{fill | list | join, 0, `和 与 及 以及 跟 或 或者 还是 and or`},
	{fill | wrong, 0, `不是`},
	{wrong, 0, `错 错误 错了 不对 不正确 有误 失败 过期 超时 失效 无效 不符 输错 忘 忘了 忘记 锁 锁了 被锁 没 没有 不能 不要 不用 无需 无 次数 wrong error incorrect invalid failed expired tries attempts not`},
}

// countedBy are what digits before 位 and the like are counted with: 后四位 is
// no number.
const countedBy = "位组段"

// whichDigits and countedDigits stand before and after such a count in English.
var (
	whichDigits   = map[string]bool{"first": true, "last": true, "next": true, "middle": true, "final": true, "other": true, "remaining": true, "leading": true}
	countedDigits = map[string]bool{"digit": true, "digits": true, "number": true, "numbers": true, "figures": true}
)

// ordinalOf are what can follow 第一.
const ordinalOf = "组段节行排部串截次张笔个步遍"

// afterNumeral are what follows a number in words that is none of ours: a
// group of Chinese digits ends before the last digit when one of these follows,
// as in 七八九一直不行. The digit is a group of its own and may or may not belong.
const afterNumeral = "直下张次样笔个般定会共些起切旦边方维台家天年月日号元块十百千万亿点条种名"

// units make a small number a quantity; ten and more make a numeral of Chinese
// digits before them.
const (
	units  = "次张笔个月日号年点分秒天位遍台家折层楼级度岁折人条种小周%"
	powers = "十百千万亿拾佰仟"
	coins  = "元块圆"
)

// currency stands before or after an amount.
const currency = "¥$€£₩"

// latinBefore are the letters that may touch a mobile number without making it
// the number of something else: wx13800000000, but not SNK13800000000.
var latinBefore = map[string]bool{
	"tel": true, "phone": true, "mobile": true, "mob": true, "cell": true, "call": true, "wx": true,
	"vx": true, "v": true, "t": true, "m": true, "p": true, "q": true, "sj": true, "dh": true, "weixin": true,
	"wechat": true, "whatsapp": true, "contact": true, "at": true,
}

// simplified holds the traditional characters that occur in the vocabulary.
var simplified = runePairs("號号驗验證证碼码訂订單单戶户參参終终銀银儲储動动態态簡简訊讯編编機机電电話话後后帳账帐账貸贷記记車车會会員员門门類类為为說说這这個个時时間间額额錢钱塊块萬万億亿開开頭头輸输錯错誤误給给發发過过還还對对與与訊讯據据憑凭條条稅税執执業业協协議议測测審审連连續续線线隨随機机確确認认識识別别簽签欄栏於于從从兩两張张筆笔點点週周")

func runePairs(s string) map[rune]rune {
	rs := []rune(s)
	m := make(map[rune]rune, len(rs)/2)
	for i := 0; i+1 < len(rs); i += 2 {
		m[rs[i]] = rs[i+1]
	}
	return m
}

// word is an entry of the vocabulary as the scan needs it.
type word struct {
	runes []rune
	is    flag
	n     int
}

// wordsByRune holds the vocabulary by first rune, the longest words first.
var wordsByRune = sync.OnceValue(func() (by struct {
	ascii [128][]word
	other map[rune][]word
}) {
	by.other = make(map[rune][]word)
	for _, v := range vocabulary {
		for _, s := range strings.Fields(v.words) {
			w := word{[]rune(strings.ReplaceAll(s, "_", " ")), v.is, v.n}
			if r := w.runes[0]; r < 128 {
				by.ascii[r] = addWord(by.ascii[r], w)
			} else {
				by.other[r] = addWord(by.other[r], w)
			}
		}
	}
	longestFirst := func(a, b word) int { return len(b.runes) - len(a.runes) }
	for _, ws := range by.ascii {
		slices.SortStableFunc(ws, longestFirst)
	}
	for _, ws := range by.other {
		slices.SortStableFunc(ws, longestFirst)
	}
	return by
})

// addWord adds w; a word that is in the vocabulary twice means both.
func addWord(ws []word, w word) []word {
	for i := range ws {
		if slices.Equal(ws[i].runes, w.runes) {
			ws[i].is |= w.is
			return ws
		}
	}
	return append(ws, w)
}

// wordAt finds the longest word that begins at g[i], and its end.
func wordAt(g []glyph, i int) (*word, int) {
	by := wordsByRune()
	var ws []word
	if r := g[i].r; r < 128 {
		if isLatin(r) && i > 0 && isLatin(g[i-1].r) {
			return nil, i
		}
		ws = by.ascii[r]
	} else {
		ws = by.other[r]
	}
	for k := range ws {
		if end := ws[k].match(g, i); end > 0 {
			return &ws[k], end
		}
	}
	return nil, i
}

// match returns the end of w at g[i], or 0. Spaces inside a Chinese word don't
// hide it, and an English one must not go on: pin is none in pinpad.
func (w *word) match(g []glyph, i int) int {
	const gap = 3 // how many spaces at most
	for k, r := range w.runes {
		if r == ' ' {
			for n := 0; n < gap && i < len(g) && strings.ContainsRune(" _-.", g[i].r); n++ {
				i++
			}
			continue
		}
		if k > 0 && isHan(r) && isHan(w.runes[k-1]) {
			for n := 0; n < gap && i < len(g) && g[i].r == ' '; n++ {
				i++
			}
		}
		if i >= len(g) || g[i].r != r {
			return 0
		}
		i++
	}
	last := w.runes[len(w.runes)-1]
	if isLatin(last) && i < len(g) && isLatin(g[i].r) || last == '2' && twoDigitsAt(g, i) {
		return 0
	}
	return i
}

// twoDigitsAt reports whether one or two digits are at g[i] and no more: the 2
// in cvv228 is no part of the word.
func twoDigitsAt(g []glyph, i int) bool {
	const near = 6
	n := 0
	for end := i; end < len(g) && end < i+near && (g[end].script != noDigit || strings.ContainsRune(" -,", g[end].r)); end++ {
		if g[end].script != noDigit {
			n++
		}
	}
	return n == 1 || n == 2
}

package text

// wordClass is what a word of a message is for the reading of evidence.
type wordClass uint8

const (
	wNone wordClass = iota
	wFill           // says nothing, and hides the words inside it: 到账金额, 行业, 试过了

	// modifiers of a clause
	wNot      // 不, not
	wNotYet   // 没, haven't
	wAlso     // 也, 都, too
	wHedge    // 好像, maybe
	wShould   // 应该: a hedge, or what an amount ought to be
	wUnknown  // 不知道
	wUntried  // 没试过
	wUnused   // 没刷过
	wAsk      // 是不是, should i: what follows is a question
	wAskTail  // 吗: all of the clause is a question
	wWhy      // 为什么, 怎么办: takes what it asks about for granted
	wHow      // 怎么, how
	wMuch     // 什么, 多少: asks about things in general
	wOr       // or
	wPrompt   // 请插卡: what the screen asks for
	wIf       // 如果
	wHearsay  // 网上说: no more than a supposition
	wWish     // 想, 建议
	wHope     // 希望, 上次: nothing that is so now
	wBut      // 但是: a clause ends here
	wAt       // 在, 去, at
	wTesting  // 试试: an intention until a result follows
	wOnlyThen // 才能过: a result, whatever 要 or 必须 stood before it

	// results of trying something
	wOK      // 能刷, works
	wFine    // 正常, no problem
	wClear   // 不61
	wFail    // 不行, declined
	wSame    // 一样, 这样
	wOver    // 超限: what 61 says
	wCode61  // 61
	wCode    // another code
	wError   // another reason: 密码错, different code
	wUseless // 没用: a failure, or a terminal that is not used
	wDone    // 刷过: worked, if it was elsewhere

	// things that are tried or spoken of
	wChange    // 换了, makes another card of the card, bank or 张 after it
	wCard      // 卡
	wSheet     // 张, 一张
	wSheets    // 两张, 几张
	wBank      // 建行, and any bank that has a name
	wOther     // 别的卡, 其他客人
	wOthers    // 别的, 其余: other cards, perhaps
	wSome      // 有的卡, 刚才那个客人: another card, if it worked
	wOwn       // 我自己的卡: another card, if the case is about a customer's
	wMany      // 所有卡, two banks' cards
	wSeveral   // 好几个, with a person or a card
	wEvery     // 全都, 一笔都: every card, perhaps
	wNoCard    // no other card
	wOnly      // 就这一张
	wThis      // 这张卡
	wBankCard  // 建行的卡
	wSwipe     // 刷卡: any mode
	wInsert    // 插卡
	wChip      // 芯片, the thing
	wTap       // 挥卡
	wStripe    // 磁条
	wNoChip    // 没芯片
	wQR        // 扫码
	wWallet    // 支付宝, apple pay: a way of paying, if something was paid
	wKeyed     // 手输卡号
	wHowPaid   // 怎么刷的
	wPreauth   // 预授权
	wPreauthOK // 预授权完成
	wDeposit   // 押金, 退房: 完成 beside it is that of a pre-authorisation
	wComplete  // 完成, if the message is about pre-authorisation
	wRefund    // 退货
	wSale      // 普通消费
	wSaleWord  // 消费, as a thing to compare with
	wDo        // 做, 办
	wForeign   // 外卡
	wForeigner // 老外
	wPlace     // 香港, 美国
	wNetwork   // visa, jcb
	wLocal     // 国内卡
	wElse      // 隔壁店, next door
	wShop      // 超市: elsewhere, or the merchant himself
	wMachine2  // 另一台机器

	// the machine
	wMachine
	wScreen  // 屏幕, 小票
	wNew     // 新机器, says it alone
	wNewish  // 刚换, 才开通: of the machine if it stands beside
	wOpened  // 昨天才开通
	wFirst   // 第一次用
	wFresh   // 新的
	wLong    // 半年, 好久
	wIdle    // 闲置
	wRarely  // 一年也就: idle, if wTimes or wUse follows
	wTimes   // 用一两次
	wUse     // 用, at the end
	wSeldom  // 平时很少用
	wShopNew // 刚开业
	wAlways  // 一直, 平时
	wPast    // 昨天, 之前
	wJust    // 刚才
	wNow     // 今天, 现在: what was said of 昨天 is over
	wInUse   // 在用
	wNever   // 没出过问题

	// the amount
	wAmount   // 金额
	wAmountOK // 不是金额的问题
	wBill     // 账单
	wRight    // 没错
	wWrong    // 输错
	wDiffers  // 不一致
	wUnlike   // 不符: differs, if from the bill
	wChecked  // 核对过
	wMiskey   // 多按
	wExtra    // 多了个
	wTypo     // extra zero, says it alone
	wZero     // 零
	wPoint    // 小数点
	wDigit    // 一位
	wInto     // 输成
	wInstead  // instead of
	wPaste    // 粘进
	wOught    // 本来
	wType     // 输了
	wNumber

	// who says what
	wBankWord // 银行, issuer
	wBankApp  // 手机银行
	wSMS      // 短信
	wPhone    // 手机上
	wApp      // app
	wAcquirer // 收单机构, 服务商
	wMerchant // 商户: who is limited, by the acquirer
	wBrand    // 拉卡拉: an acquirer, or the name on the terminal
	wBack     // 后台
	wMessage  // 消息, 提示 as a noun
	wSay      // 说
	wAsked    // 问了, 联系了
	wShow     // 提示, 显示
	wNothing  // 什么都没说
	wSilent   // no text: says it alone
	wLimit    // 限额
	wAdjust   // 调高, 设成
	wLower    // 调低: a limit, by the bank
	wTransfer // 转账: not a card
	wExceed   // 超过
	wRisk     // 风控
	wBalance  // 余额不足

	// other nouns
	wPerson // 客人
	wSelf   // 我们店
	wSmall  // 小额: that works says nothing
	wCardNo // 卡号
	wTopic  // 手续费, 功能: what is asked about in general
	wThing  // 额度, 网络: a result beside it is none of the card's
	wClasses
)

// evidenceWords lists the words of each class, between bars. The longest word
// that fits is taken; Latin words must stand alone. A $ behind a word wants the
// end of the clause there (了 and the like may follow), a ^ before it the start.
var evidenceWords = [...]struct {
	class wordClass
	words string
}{
	{wFill, "新店员|新店长|新店铺系统|超过预授权限额|超预授权限额|输完密码|输过密码|" +
		"到账短信|支行|分行|哪行|行号|行长|行情|好几次|了几次|了几笔|好几笔|好几回|了几回|过几次|过几笔|了好几笔|" +
		"了好几次|连续几次|连着几次|插卡的地方|插卡那里|插卡区|插卡位置|照你说的|按你说的|照你们说的|按照你说的|你说的|" +
		"按你们说的|你们说的|不小心|不留神|一不小心|不管|不论|无论|不注意|没注意|任何|这个月|本月|每个月|换新卡|换了新卡|" +
		"换过新卡|换新的卡|补卡|换发|云闪付|不同的|不同|更新|感应区|没收|只能刷|只能|外国名|外国名字|外文|外卖|指挥|" +
		"退货金额|原始金额|原交易金额|原金额|原单|无效商户|无效交易|无效|无此|一起|起来|核对|校对|面对|对账|针对|绝对|" +
		"反对|应对|对公|对私|对面|派对|对于|对着|对应|比对|不错|差错|错误码|错误代码|错误提示|报错码|错误信息|试过了|" +
		"试过|试了|试一下|试下|查过了|查过|看过|看过了|检查过|检查过了|说过|说过了|打过|报过|去过|来过|找过|重启过|" +
		"重启过了|换过了纸|换纸|换了纸|换了张纸|超过了|经过了|过了一会|过了几|过了会|过了两|过了半|又过了|不可能|可能性|" +
		"的话费|看不懂|什么样|没关系|没办法|没法子|没辙|没想到|没什么|到账金额|结算金额|提现金额|对账金额|流水金额|" +
		"退款金额|金额限制|行业|行李|旅行|现行|进行|行为|银行家|正常情况|正常来说|正常的话|按正常|忘了说|忘记说|没说清|" +
		"没说错|输错密码|按错密码|输错卡号|输密码|输了密码|输入密码|输个密码|输好密码|流量卡|卡机构|卡槽|卡纸|卡住|卡死|" +
		"卡顿|卡里|卡背|卡面|卡组织|卡种|卡类|sim卡|会员卡|公交卡|预付卡|制卡|办卡|卡余额|信用卡中心|银行卡中心|插卡槽|" +
		"插卡口|插卡器|插卡处|未插入有效卡|未插入卡|没插好|插不进去|插不进|插不了|芯片坏|" +
		"芯片脏|芯片损坏|插电|插头|插座|插网线|碰到|碰见|碰上|磁条坏|磁条损坏|磁条消磁|磁条卡坏|消磁|磁条脏|扫码枪|" +
		"扫码器|扫码盒|扫码登录|扫码加|手输金额|手动输入金额|手输错|外卡机|外卡收单|外卡业务|外卡功能|外卡权限|" +
		"外卡手续费|外卡限额|外卡费率|外卡通道|外卡pos|支持外卡|开通外卡|开外卡|外卡服务|收外卡|能刷外卡|受理外卡|" +
		"外卡受理|预授权撤销|撤销预授权|取消预授权|预授权限额|消费者|消费次数|消费金额|消费记录|境外消费|跨境消费|" +
		"超出消费|刷卡消费限|消费签购单|消费额|系统异常|网络异常|通讯异常|通信异常|线路异常|状态异常|设备异常|机器异常|" +
		"机器出问题|短信验证码|验证码|短信码|别人说|人家说|他们说|其他问题|别的问题|其他办法|别的办法|别的方法|其他方法|" +
		"换个方法|换个方式|其他功能|其他信息|其他原因|别的原因|其他方式|换台|换了台|换一台|换机|换人|换手机|换网|换个网|" +
		"换货|换算|有风险吗|没风险吗|老商户|错误消息|同意|这样子办|刚刚好|好的|正好|刚好|不好意思|你好|您好|行啊|" +
		"中国银行业|其实|想问|想请问|想咨询|想知道|想了解|我想问|请问|麻烦问|问一下|问下|咨询一下|不想|可想而知|没想|" +
		"想不通|想不明白|要求|主要|重要|需求|只要|要紧|要命|着急|别急|别的不|别提|特别|分别|级别|差别|识别|得不到|来得及|" +
		"是不是本|真的|确实|的确|居然|竟然|突然|忽然|那么|这么|怎么样|什么的|要么|多么|" +
		"refuses to|refused to|declined to|declines to|refusing to|tap water|^is a|^is an|^is from|read ok|reads ok|" +
		"reads fine|read fine|read correctly|original amount|refund amount|and|so far|well|hi|hello|please|ok so|hey|" +
		"error message|error messages|error code|error codes|good morning|good afternoon|good evening|good day|" +
		"chip reader|card reader|no chip|chip is damaged|chip is broken|chip damaged|scan gun|amex express|the us|" +
		"thank you|as soon as|how are you|want to know|want to ask|wanted to ask|wanted to know|refund policy|" +
		"refund limit|works with us|work day|in the meantime|at all|for now|after all|all the time|all day|every time|" +
		"each time|first time|the first"},
	{wNot, "" +
		"不太|不大|不是很|不怎么|无法|没法|不|不是|并不是|也不是|不会|并不|唔|唔系|不要|" +
		"non|not|isn't|isnt|wasn't|wasnt|aren't|arent|weren't|don't|dont|doesn't|doesnt|won't|wont|can't|cant|cannot|" +
		"couldn't|couldnt|wouldn't|no|without|neither|nor|do not|does not|will not|can not|would not|is not|was not|" +
		"are not"},
	{wNotYet, "" +
		"没来得及|还没来得及|来不及|没任何|没有任何|无任何|什么都没|什么也没|啥都没|啥也没|一点都没|没|没有|并没有|还没|" +
		"还没有|未|尚未|无|冇|没能|没收到|没有收到|没看到|没看见|没接到|没见|没见到|没有看到|未收到|莫得|" +
		"haven't got|hasn't got|don't have|doesn't have|didn't bring|did not bring|haven't|havent|hasn't|hasnt|didn't|" +
		"didnt|never|have not|has not|did not|hadn't"},
	{wAlso, "" +
		"连|也|都|全|全部|全是|都是|也是|还是|还|仍|仍然|依然|照样|照旧|依旧|均|也都|又|又是|老是|就|居然也|同样|都会|" +
		"也会|总是|一律|" +
		"even|too|also|both|either|as well|still|again|all"},
	{wHedge, "" +
		"怀疑|我猜|猜是|估摸|好像|好象|可能|貌似|大概|似乎|估计|也许|感觉|觉得|或许|恐怕|听说|据说|印象中|差不多|八成|" +
		"应当|说不定|应该吧|可能是|吧$|" +
		"i suspect|i think|think|maybe|probably|seems|seem|seemed|seemingly|perhaps|might|apparently|i guess|i believe|" +
		"looks like|possibly|likely|kind of|afaik|as far as i know|pretty sure|i suppose|haoxiang|keneng"},
	{wShould, "" +
		"应该是|应该|" +
		"should be"},
	{wUnknown, "" +
		"忘了是|忘记是|忘了怎么|忘记怎么|没注意$|没留意$|没注意看|没怎么注意|忘了$|忘记了$|忘记$|不知道|不清楚|不晓得|" +
		"不确定|不记得|记不清|记不清了|记不得|说不准|不好说|没看|没问|不太清楚|不大清楚|不是很清楚|不懂|唔知|唔知道|" +
		"搞不清|分不清|没法确认|不能确定|无法确定|" +
		"don't know|dont know|do not know|not sure|no idea|unsure|can't tell|cannot tell|idk|don't remember|" +
		"do not remember|can't remember|didn't check|did not check|haven't checked|not certain|no clue|didn't ask"},
	{wUntried, "" +
		"没试|没试过|没有试|没有试过|还没试|还没试过|还没有试|未试|没尝试|没有尝试|没来得及试|没敢试|没试着|" +
		"haven't tried|have not tried|havent tried|hasn't tried|has not tried|didn't try|did not try|didnt try|not tried|" +
		"never tried|untried|haven't tested|not tested|not been tried|yet to try|not yet tried|no chance to try"},
	{wUnused, "" +
		"没开了|没开过$|没开过机了|没开张|没开过张|没碰过$|没摸过$|没充过电|没拿出来|没启动|没启动过|没通电|没通过电|没咋用|没咋开|没咋开过|没怎么开|没怎么开机|没开机了|" +
		"没刷卡|没刷过卡|没有开机|没有动过|没有动|没有刷|没有用过|不用了|不怎么用|不用|没开机|没开过机|没动过|没使用过|" +
		"没使用|未使用|没有使用|没营业|没动|没刷|没刷过|没有刷过|没用过|没使过|没怎么刷|没怎么用|没插过|没去过|没换过"},
	{wAsk, "" +
		"不一定|未必|不见得|说不好|是不是|是否|能不能|可不可以|行不行|要不要|会不会|好不好|对不对|有没有|用不用|该不该|" +
		"需不需要|需要不需要|能否|可否|有无|成不成|得不得|还是说|可以不可以|能过不|能刷不|行不$|能不$|可以不$|好使不$|" +
		"没错吧|可唔可以|系咪|" +
		"don't think|do not think|dont think|doubt|^is|not necessarily|^should|^can|^could|^shall|^may|^will|^would|" +
		"^does|^do|^do i|^did you|^did it|^did the|^is it|^is this|^is that|^is the|^is there|^is he|^is she|^is my|^are|" +
		"^was it|^was the|^has the|^has it|^has he|^have you|^have i|^is another|^is any|whether|or not"},
	{wAskTail, "吗|么$|吗$|没$|没有$|咩"},
	{wWhy, "" +
		"为什么|为啥|为何|怎么回事|咋回事|什么原因|啥原因|什么情况|啥情况|怎么办|咋办|咋整|怎么处理|怎么弄|怎么解决|" +
		"怎么搞|什么意思|啥意思|什么鬼|怎么会|咋会|怎么还|怎么也|怎么都|咋都|咋还|咋也|什么问题|哪里的问题|哪里出问题|" +
		"怎么破|怎么了|咋了|点解|点算|" +
		"why|what's wrong|whats wrong|what to do|what do i do|what should i do|what can i do|what now|how come|" +
		"what does it mean|what does that mean|what is going on|what's going on|what happened|how to fix|how do i fix|" +
		"what is the reason|what's the problem|what's the reason"},
	{wHow, "" +
		"怎么|咋|如何|怎样|" +
		"how|how do|how to|how can"},
	{wMuch, "" +
		"几次|几笔|几回|多少次|多少笔|什么|啥|哪|哪里|多少|多大|多久|几点|谁|最多|最高|最大|区别|一般|" +
		"what|which|who|where|how much|how long|how many|difference|max|maximum"},
	{wOr, "" +
		"或者|或|" +
		"or"},
	{wPrompt, "" +
		"叫用芯片|要用芯片|请刷卡|请插卡|请挥卡|请插入|请使用|请用|请插|请插入芯片|请插芯片|请使用芯片|请用芯片|让插芯片|" +
		"叫我用芯片|叫我插卡|叫插卡|叫我插|让我插卡|提示插卡|显示插卡|提示挥卡|要求插|要求插卡|等待插卡|等待刷卡|" +
		"please insert|please tap|please swipe|asking to insert|asks to insert|asks me to insert|asking for|says insert|" +
		"says to insert|says use chip|use chip|use the chip|please use chip|insert card prompt|insert prompt|" +
		"insert your card|to insert card|says swipe|says please"},
	{wIf, "" +
		"挥的话|插的话|扫的话|刷的话|换的话|会怎样|会怎么样|会如何|有啥后果|有什么后果|如果|如果说|要是|假如|假设|假使|" +
		"若是|若|万一|倘若|的话|" +
		"what happens|if|in case|suppose|supposing|unless|assuming|even if|what if"},
	{wHearsay, "" +
		"以为|还以为|你说|你们说|你们教|刚才你说|客服说让|客服让|网上说|网上看|网上查|百度说|百度上说|抖音说|抖音上说|" +
		"人家告诉|别人告诉|听人说|朋友说|同行说|说明书|网友说|" +
		"thought|google says|the internet says|i read that|i heard that|they say"},
	{wWish, "" +
		"支持|不支持|不支援|能受理|让他|让客人|叫他|叫客人|让顾客|让她|请客人|请他|让客户|最后|只好|干脆|就用|想|打算|" +
		"准备|建议|需要|等会|等下|待会|等一下|要不|不如|不妨|要|先去|能让|可以让|必须|应不应该|让他去|叫他去|" +
		"please ask|ask the customer|ask him|ask her|ask them|will|finally|in the end|told him to|tell him to|" +
		"asked him to|ask him to|told her to|want to|wants to|wanna|going to|gonna|plan to|planning to|let me|let's|lets|" +
		"will try|i'll|we'll|he'll|should|would|could|need to|needs to|have to|has to|must|advise|recommend|recommended|" +
		"suggest|suggested|about to|asked for|wants|want|please try|try"},
	{wHope, "" +
		"朋友店|朋友店里|朋友的店|同行那|同行店里|别的店说|其他店说|他们店|希望|但愿|最好|巴不得|上次|上回|那次|前一次|" +
		"昨天那个|昨天那张|上个月那个|前几天那个|前几天那张|之前那个客人|" +
		"hope|hopefully|wish|last time|the other day"},
	{wTesting, "试试|试试看|试一试|试一下看"},
	{wBut, "" +
		"但是|但|可是|不过|然而|然后|结果|后来|所以|因此|因为|而且|并且|另外|同时|接着|于是|虽然|尽管|只不过|不知道啊|" +
		"不知道呀|反而|" +
		"but|however|though|although|then|because|so|while|whereas|yet|except|after that|otherwise|only that"},
	{wAt, "" +
		"在|去|拿去|拿到|" +
		"at|at the|at a|in the"},
	{wOK, "" +
		"成了$|" +
		"能刷|能刷过|能刷了|能过|能过了|能用|能用了|能付|能成功|能行|能成|能刷成功|能支付|能交易|可以刷|可以用|可以过|" +
		"可以的|可以了|可以付|可以成功|可以支付|可以$|刷得了|刷得过|刷得出|刷的过|刷得起|刷过去|刷过去了|刷过了|刷成功|" +
		"刷成功了|刷成了|刷出来了|刷上了|刷得出来|刷的出来|过了|过去了|就过|都过$|一刷就过|秒过|通过|通过了|成功|成功了|" +
		"行了|行的|行$|能$|成$|就行|都行|也行|就好|就好了|好了|好使|好用|付成功|付款成功|交易成功|支付成功|付上了|得咗|" +
		"得行|" +
		"pass|get through|gets through|are accepted|got through|paid fine|works|work|worked|working|went through|" +
		"goes through|go through|going through|gone through|approved|approves|accepted|accepts|is accepted|successful|" +
		"succeeds|succeeded|success|passes|passed|does work|did work|cleared|jiu guo le|guo le|keyi|jiu keyi"},
	{wFine, "" +
		"没问题|没有问题|没啥问题|没什么问题|没毛病|没事|没这事|没有事|没事儿|正常|正常刷|正常用|正常使用|好好的|" +
		"还好好的|没报错|没出错|没影响|没坏|是好的|都好的|ok的|ok了|" +
		"no trouble|no troubles|without any problem|without problems|without a problem|without problem|no difficulty|ok|" +
		"okay|fine|no problem|no problems|no issue|no issues|no error|no errors|all good|is good|was good|are good|" +
		"looks good|went ok|mei shi|mei wenti"},
	{wOnlyThen, "才能过|才行|才可以|才能刷|才过|才成功|才好使|才能用|才能成功|才刷得|才能付|才过了"},
	{wFail, "" +
		"没有任何反应|没任何反应|没有反应|毫无反应|一点反应没有|不允许|不被允许|不准交易|no response|does nothing|doesn't respond|no reaction|doesn't recognise|doesn't recognize|won't recognise|won't recognize|not permitted|not allowed|" +
		"不能$|有问题|有毛病|有点问题|什么都没反应|啥都没反应|一点反应都没有|什么反应都没有|不中$|没成|识别不了|识别不到|" +
		"读不到|没读到|没读着|认不出|一直用不了|都用不了|天天用不了|读取失败|读不出来|不行|不得行|不行了|不可以|不能刷|" +
		"不能用|不能过|不能付|刷不了|刷不过|刷不过去|刷不出|刷不出来|刷不成|刷不起|刷不上|刷不动|刷不|过不了|过不去|" +
		"不成功|没成功|没有成功|没过|没过去|没刷成|没刷过去|没刷成功|没刷上|没刷出来|失败|失败了|被拒|被拒绝|拒绝|拒了|" +
		"拒付|用不了|付不了|付不出|付不起|付不上|付款失败|支付失败|交易失败|交易不了|不好使|不管用|不成$|不灵|没效果|" +
		"没反应|没法刷|无法刷|无法使用|无法支付|无法交易|没法用|报错|出错|不让刷|不给刷|刷唔到|唔得|唔过|唔掂|不通过|" +
		"没通过|没有通过|扫不了|扫不出|扫不上|做不了|做不成|做不出|冻结不了|不识别|读不出|读不了|不读|收不了|收不到款|" +
		"不过$|不过关|退不了|退不回|没戏|刷不得|不认|出问题|刷唔过|过唔到|不成了|" +
		"stopped working|stops working|stopped|declined|decline|declines|declining|fail|fails|failed|failing|failure|" +
		"rejected|rejects|reject|refused|refuses|refusing|denied|error|errors|no luck|no good|no joy|bounces|bounced|" +
		"won't take|doesn't take|not taking|not accepting|doesn't accept|won't accept|can't take|cannot take|can't read|" +
		"won't read|couldn't pay|could not pay|can't pay|doesnt work|no go|no dice|problem|bu xing|ye bu xing|" +
		"shua bu liao|ye buxing|shibai"},
	{wSame, "" +
		"都是$|全是$|全都是$|也都是$|" +
		"一样|这样|也这样|都这样|老样子|那样|一个样|也是$|还是$|照样$|同样的|这个提示|这个问题|这情况|这种情况|一模一样|" +
		"it happens|happens|happening|same|the same|same thing|same error|same problem|same result|same issue|same code|" +
		"same message|likewise|ditto|this happens|this problem|this issue|identical"},
	{wOver, "" +
		"金额超限|超限额了|超限|超限额|超限了|超额|交易金额超限|超出限额|超过限额|超过了限额|限额超了|超出金额限制|" +
		"金额太大|超过上限|额度超限|超了限额|" +
		"over limit|over the limit|exceeds limit|exceeds the limit|limit exceeded|over-limit|exceeds amount limit|" +
		"exceeds withdrawal limit|exceed limit|exceeded limit|exceeded the limit|amount limit"},
	{wError, "" +
		"别的错|别的错误|其他错误|其他的错|别的代码|其他代码|不同的代码|不同代码|别的提示|其他提示|别的码|其他码|" +
		"另一个代码|另外的代码|别的毛病|其他报错|密码错|密码错误|密码不对|过期|无效卡|无效卡号|次数超限|超出次数|次数|" +
		"受限制的卡|受限|交易超时|超时|不同的错|" +
		"different code|another code|different error|another error|other error|other errors|another message|" +
		"different message|wrong pin|incorrect pin|expired|invalid card|timeout|timed out|other code"},
	{wUseless, "" +
		"没用|没用了|没有用|白费|没卵用|" +
		"useless|no use|no help|didn't help"},
	{wDone, "" +
		"付掉了|付款了|刷过|刷了|用过|用了|付过|付了|消费过|消费了|买过|刷了一笔|刷过一笔|" +
		"used it|used|paid|bought|spent"},
	{wChange, "" +
		"换|换了|换过|换过了|换成|换用|换为|改用|换刷|另换|再换|又换|换了换|换的|换掉|改刷|" +
		"huan|huan le"},
	{wCard, "" +
		"银联卡|银联信用卡|储值卡|附属卡|社保卡|新卡|新办的卡|新办卡|新的卡|卡|卡片|银行卡|信用卡|储蓄卡|借记卡|贷记卡|" +
		"工资卡|芯片卡|的卡|信用咔|" +
		"chip card|chip cards|new card|brand new card|new debit card|new credit card|old card|ka|card|cards|credit card|" +
		"credit cards|debit card|debit cards"},
	{wSheet, "" +
		"张|一张|1张|个卡|个银行卡|" +
		"zhang"},
	{wSheets, "两张|2张|三张|四张|五张|六张|七张|八张|几张|好几张|多张|好多张|若干张|十几张|十张|俩张"},
	{wBank, "" +
		"工行|工商|工商银行|农行|农业银行|中行|中国银行|建行|建设银行|交行|交通银行|招行|招商|招商银行|邮储|邮政|" +
		"邮政储蓄|邮储银行|浦发|浦发银行|中信|中信银行|光大|光大银行|民生|民生银行|平安|平安银行|兴业|兴业银行|广发|" +
		"广发银行|华夏|华夏银行|北京银行|上海银行|农商|农商行|农商银行|农信|农信社|信用社|江苏银行|宁波银行|" +
		"icbc|ccb|abc bank|boc|cmb"},
	{wOther, "" +
		"换个客人|换客人|换了个客人|换一个客人|其它的卡|卡换过了|卡换过|卡换了|卡也换了|卡都换了|卡也换过了|前后的客人|" +
		"前后客人|前面的人|后面的人|前面的都|换卡|别的卡|别的银行卡|别的信用卡|别的储蓄卡|其他卡|其它卡|其他的卡|" +
		"其他银行卡|其他信用卡|其他银行的卡|其他银行|别的银行|别的银行的卡|别家银行|别家银行的卡|另一家银行|别行|" +
		"别行的卡|他行卡|他行的卡|其他行|别人的卡|别人的|别人|其他人|别的人|其他客人|别的客人|其他顾客|别的顾客|其他客户|" +
		"别的客户|其他人的卡|其他客人的卡|别的客人的卡|前面几个客人|前面客人|前面的客人|前面的顾客|前面几位|前面几位客人|" +
		"前几个客人|前几位客人|上一个客人|上一位客人|上个客人|前一个客人|前一位客人|后面的客人|后面几个客人|后面客人|" +
		"下一个客人|下个客人|下一位客人|另一个客人|另一位客人|另外一个客人|另外的客人|别的会员|另外的卡|另外几张|" +
		"另外两张|另外一张|另外一张卡|另一张|另一张卡|别张|别张卡|第二张|第2张|第二张卡|其余的卡|余下的卡|同行别的卡|" +
		"换别人的卡|" +
		"everyone else's cards|everyone else's card|his wife's card|her husband's card|friend's card|switching cards|" +
		"changing cards|swapping cards|switched cards|changed cards|changing the card|another card|other card|" +
		"other cards|a different card|different card|different cards|second card|2nd card|other customers|other customer|" +
		"another customer|other people|other people's cards|other people's card|someone else's card|next customer|" +
		"next customers|previous customer|previous customers|customers before|customer before|other banks' cards|" +
		"other bank's card|other bank cards|other bank card|other banks|another bank|another bank's card|different bank|" +
		"different bank's card|one more card|other guests|another guest|other clients|a new card|other cardholders|" +
		"another visa|bie de ka|huan ka|qita ka|other customer's card|other customers' cards|another credit card|" +
		"another debit card|other credit cards|other debit cards|another customer's card"},
	{wOthers, "" +
		"其余|其余的|其它|其它的|其他的|别家的|别家的都|别的|其他|" +
		"the rest|others|the others|everyone else|everybody else|everything else|anyone else"},
	{wSome, "后面一位|前面一位|下一位|另一位|旁边那位|" +
		"有的卡|有些卡|有的客人|刚刚那个客人|刚才那个客人|前面那个客人|刚才的客人|上一桌|那几张|" +
		"some cards|some customers"},
	{wOwn, "" +
		"我自己的卡|我自己的|自己的卡|我的卡|老板的卡|老板自己的卡|店员的卡|同事的卡|朋友的卡|老婆的卡|我老婆的卡|" +
		"员工的卡|" +
		"my own card|my own|my card|our own card|my wife's card|a colleague's card|colleague's card|staff card"},
	{wMany, "" +
		"刷啥都|刷什么都|刷谁的都|刷谁的卡|刷谁都|刷哪张|刷哪张都|刷哪个卡|刷啥卡|刷什么卡|拿谁的卡|换啥都|谁的都|谁的卡都|whose card|doesn't matter whose card|does not matter whose card|no matter whose card|doesn't matter which card|doesn't matter what card|no matter what card|whichever card|regardless of card|regardless of the card|regardless of which card|regardless of whose card|whatever card we try|irrespective of card|everyone who pays|everybody who pays|everyone who tries|everybody who tries|everyone is getting|everyone gets|everybody gets|everybody is getting|any card we try|any card i try|" +
		"哪家银行都|哪个银行都|哪家银行的卡都|哪个银行的卡都|哪家的卡都|哪家都一样的卡|谁刷都|谁来都|谁来刷都|谁来刷|" +
		"每个人的卡|每个人|全部客人|所有银行的卡|不同的卡|不同的人|不同客人|不同的客人|不同卡|所有card|每张card|七八张卡|" +
		"所有卡|所有的卡|所有银行卡|所有信用卡|每张卡|每一张卡|什么卡都|什么卡也|啥卡都|啥卡也|哪张卡都|哪个卡都|任何卡|" +
		"任何一张卡|全部卡|全部的卡|谁的卡|所有客人|每个客人|所有人|所有顾客|所有客户|每个顾客|各种卡|各家银行|各个银行|" +
		"各银行|各行的卡|不同银行|两家银行|两个银行|几家银行|几个银行|好几家银行|好几个银行|多家银行|三家银行|三个银行|" +
		"不管什么卡|不管哪张|不管啥卡|无论什么卡|无论哪张|不论什么卡|怎么换都|换什么卡|换啥卡|换哪张|换谁|张张|" +
		"好几个客人|几个客人|多个客人|三个客人|两个客人|好几位客人|连着几个客人|" +
		"two more cards|three more cards|several more cards|two others|three others|every customer's card|" +
		"everyone's card|every card|all cards|all the cards|all our cards|all of the cards|any card|each card|" +
		"multiple cards|several cards|many cards|two cards|three cards|four cards|a few cards|couple of cards|both cards|" +
		"different banks|two banks|three banks|two different cards|three different cards|two different banks|" +
		"every customer|all customers|all credit cards|whatever card|no matter which card|every single card|" +
		"all my customers|several customers|two customers|every bank|all banks|suoyou ka|suoyou de ka"},
	{wSeveral, "" +
		"几个|好几个|多个|两个|三个|四个|好几位|几位|连续几个|连着几个|" +
		"several|multiple"},
	{wEvery, "一笔都|一单都|全都|谁都|一张都|一个都|笔笔|每一笔都|每笔都"},
	{wNoCard, "" +
		"没有一张|没一张|没有哪张|" +
		"nobody's card|no one's card|no card|no cards|none of the cards|none of them|no other card|no other cards|" +
		"neither card"},
	{wOnly, "" +
		"只有这一个客户|只有这个客户|就这个客户|就这一个客户|就他一个人|单单这一张|单单这一张卡|单这张|只有一个客人的卡|" +
		"只有一个客人|只带了一张|只带一张|就带了一张|只带了一张卡|没带第二张|只有这张|只有这一张|只有这个卡|只有这张卡|" +
		"只有这一张卡|就这张|就这一张|就这张卡|就这一张卡|就这1张|就这个卡|就这卡|就他这张|就她这张|单单这张|唯独这张|" +
		"偏偏这张|偏这张|只是这张|只这张|只有他的|只有她的|就他的|就他这|只有他这|只有这个客人|只有这位|只有这个顾客|" +
		"只有这一个客人|就这个客人|就这位|就这一个客人|就这个顾客|就他一个|就他一人|只有他|只有她|只有一张卡|就一张卡|" +
		"就一个客人|仅这张|仅此一张|就他$|只有那张|就那张|那一张|" +
		"one card only|only has one card|only has this card|has only one card|only brought one card|only have one card|" +
		"only has the one card|just this guy|only this guy|just this guy's card|only this guest|only this guy's card|" +
		"just this guest|only this|only this card|just this card|only one card|just one card|only this one|just this one|" +
		"only his card|only her card|only the one card|just the one card|this card only|only that card|only that one|" +
		"only with this|the only card|only for this card|only on this card|just the one|only one customer|" +
		"only this customer|just this customer|only his|only her|just his card|only the foreign card"},
	{wThis, "" +
		"这张|这张卡|这一张|这卡|该卡|此卡|那张|那张卡|他的卡|她的卡|他这张|客人的卡|客户的卡|顾客的卡|他这卡|同一张|" +
		"同一张卡|同一个卡|这个卡|同卡|同张卡|原来的卡|原来那张|" +
		"his card|her card|this card|the card|that card|same card|the same card|customer's card|customers card|" +
		"guest's card|their card|its card|cardholder's card|this one|that one|it's card"},
	{wSwipe, "" +
		"刷卡|刷实体卡|" +
		"shuaka"},
	{wInsert, "" +
		"改插卡|插也|插就|插晶片|插卡|插芯片|插入芯片|插进去|插一下|插了|插的|改插|插ic|插芯|插实体卡|实体卡插|插卡的|" +
		"插入|" +
		"tried chip|tried the chip|try chip|trying the chip|used the chip|using the chip|dip|inserting the chip|" +
		"inserted the chip|insert the chip|put the chip in|chaka|insert|inserted|inserting|inserts|insertion|dipped|" +
		"dipping|chip and pin|chip & pin|chip+pin|chip/pin|chip card inserted"},
	{wChip, "" +
		"芯片|晶片|" +
		"chip|the chip"},
	{wTap, "" +
		"手表付款|手表支付|手表付|手表付的|手表碰|手表碰的|手表碰一下|手表滴|手表闪付|手表挥|手表贴|手表靠|手表感应|用手表|拿手表|手环付款|手环支付|手环刷|手环付|用手环|with her watch|with his watch|with a watch|with their watch|with the watch|with my watch|smartwatch|smart watch|his apple watch|her apple watch|with apple watch|with an apple watch|used apple watch|using apple watch|by watch|used his watch|used her watch|using his watch|using her watch|watch payment|tapped his watch|tapped her watch|tapped watch|" +
		"碰了一下|碰了下|碰下|挥了一下|拍了一下|挥了下|贴了一下|靠了一下|闪了一下|挥了|碰了碰|滴一下|嘀一下|贴着刷|" +
		"靠近刷|直接挥|就挥|挥也|挥卡|挥一下|挥一挥|挥的|拍卡|拍一下|闪付|手机闪付|碰一下|碰一碰|一碰|碰的|手机碰|碰机器|" +
		"贴一下|靠一下|感应|感应支付|非接|非接触|手机nfc|手表刷|" +
		"nfc|huika|paika|shanfu|tap|taps|tapped|tapping|contactless|paywave|paypass|tap to pay|tap-to-pay|tap and pay|" +
		"phone pay|wave|waved"},
	{wStripe, "" +
		"磁条|刷磁条|刷磁|划卡|划磁条|划磁|划一下|划的|磁条卡|拉磁条|" +
		"swipe|swiped|swiping|magstripe|mag stripe|magnetic stripe|magnetic strip|mag strip|mag-stripe"},
	{wNoChip, "没芯片|没有芯片|无芯片|没带芯片|不带芯片|老式磁条"},
	{wQR, "" +
		"扫的|扫我们的码|扫我的码|扫他的码|扫我们|扫我|扫他|扫客人|扫顾客|扫手机|扫码|扫马|扫的码|扫了码|扫二维码|二维码|" +
		"付款码|收款码|收钱码|静态码|动态码|扫一扫|微信付|微信扫|微信付款|支付宝付|支付宝支付|支付宝扫|支付宝付款|被扫|" +
		"主扫|" +
		"saoma|qr|qr code|qr-code|qrcode|qr codes|scan|scanned|scanning"},
	{wWallet, "" +
		"支付宝|微信支付|苹果pay|苹果支付|华为pay|小米pay|三星pay|手机pay|" +
		"alipay|wechat pay|wechatpay|apple pay|applepay|huawei pay|mi pay|google pay|samsung pay"},
	{wKeyed, "" +
		"手输|手输的|手输卡号|手工输入卡号|手动输入卡号|手动输卡号|手工输卡号|输卡号|输的卡号|输入卡号|键入卡号|手敲卡号|" +
		"手动输的卡号|" +
		"keyed in|key in|keyed by hand|keyed the card|keyed card|card keyed|manually keyed|manually entered|manual entry|" +
		"manually typed|hand keyed|hand-keyed|key entered|key-entered|typed the card number|typed in the card|" +
		"entered the card number|card number by hand|card number manually|keyed the number|card number keyed|moto"},
	{wHowPaid, "" +
		"怎么刷的|是怎么刷的|怎么付的|什么方式刷的|用什么方式刷|" +
		"how it was read|how the card was read|how he paid|how she paid|how it was paid|how they paid|how it was entered"},
	{wPreauth, "" +
		"预授权|预受权|予授权|预授劝|予受权|预售权|冻结押金|押金冻结|" +
		"yushouquan|pre-auth|preauth|pre auth|pre-auths|pre-authorisation|pre-authorization|preauthorization|" +
		"preauthorisation|pre authorization|pre authorisation|pre-authorised|pre-authorized|deposit hold|" +
		"authorization hold|authorisation hold|auth hold"},
	{wDeposit, "" +
		"押金|退房|离店|入住|定金|" +
		"deposit|check out|check-out|checkout|checks out|hotel"},
	{wPreauthOK, "" +
		"完成金额|超过冻结|比冻结的|比冻结多|比冻结金额|高于冻结|大于冻结|多于冻结|比押金多|比押金高|比预授权多|比预授权的|比预授权高|比预授权金额|比预授权大|超过预授权|超过了预授权|超出预授权|超预授权|高于预授权|大于预授权|closing out a stay|close out a stay|closing out the stay|close out the stay|closing a stay|closing out a room|closing out the room|closing the folio|close the folio|closing a folio|closing out a folio|settle the stay|settling the stay|settling a stay|over the hold|more than the hold|above the hold|exceeds the hold|higher than the hold|exceeded the hold|bigger than the hold|larger than the hold|greater than the hold|exceed the hold|over the pre-auth|more than the pre-auth|above the pre-auth|exceeds the pre-auth|higher than the pre-auth|over the preauth|more than the preauth|above the preauth|capturing the hold|capture the hold|checking out a guest|checking a guest out|checkout amount is over|checkout amount is more|checkout amount over|final capture|" +
		"授权完成|预授权完成|预受权完成|予授权完成|预售权完成|予受权完成|做完成|完成类交易|是完成交易|做完成交易|" +
		"pre-auth completion|preauth completion|pre auth completion|preauthorization completion|" +
		"preauthorisation completion|pre-authorization completion|pre-authorisation completion|checkout completion|" +
		"yushouquan wancheng|sale completion|completion"},
	{wComplete, "" +
		"完成|完成交易|" +
		"complete|completing|completed|completes|capture|captured|capturing"},
	{wRefund, "" +
		"是退货|是退款|退不了货|退不了款|退货|退款|" +
		"refund|refunds|refunding|refunded|return transaction"},
	{wSale, "" +
		"普通消费|正常消费|消费交易|是消费|做消费|做的消费|一般消费|普通的消费|直接消费|就消费|^消费$|" +
		"it's a sale|is a sale|was a sale|just a normal sale|it was a sale|regular sale|normal sale|ordinary sale|" +
		"plain sale|just a sale|straight sale|sale transaction|regular purchase|normal purchase|ordinary purchase|" +
		"simple sale|ordinary sales|a normal sale|a plain sale"},
	{wSaleWord, "" +
		"消费|" +
		"sale|sales|purchase|purchases"},
	{wDo, "" +
		"做|办|操作|办理|" +
		"it's a|it is a|this is a|it was a|doing|do a|did a|processing|process|tried a|ran a|running a"},
	{wForeign, "" +
		"国外的$|境外的$|外国的$|^国外的$|^境外的$|是国外的$|是境外的$|^外国的$|外币信用卡|外卡|境外卡|国外卡|外国卡|" +
		"国外的卡|境外的卡|外国的卡|境外银行卡|国外银行卡|境外信用卡|国外信用卡|境外银行|国外银行|外国银行|境外发行|" +
		"国外发行|境外发的|国外发的|国外办的|老外的卡|老外卡|外宾的卡|外宾卡|外币卡|国外的visa|国外visa|外国人的卡|港卡|" +
		"港澳卡|外卡的|" +
		"is foreign|tourists' cards|tourists' card|non-chinese card|non-local card|foreign-card|waika|jingwai ka|" +
		"laowai de ka|foreign card|foreign cards|foreign-issued|foreign issued|overseas card|overseas cards|" +
		"international card|international cards|issued abroad|issued overseas|issued outside|non-domestic card|" +
		"foreign bank|overseas bank|card from abroad|card from overseas|foreign visa|foreign credit card|" +
		"foreign debit card|foreign mastercard|cross-border card|tourist's card|tourist card|foreigner's card|" +
		"foreign one|card is foreign|overseas visa|us card|us-issued|us visa|us bank|uk card|us credit card"},
	{wForeigner, "" +
		"老外|外国人|外国客人|外宾|外国游客|外国顾客|外国客户|外籍|境外客人|外商|" +
		"tourist's|tourists|foreigner|foreign customer|foreign customers|foreign guest|foreign guests|tourist|" +
		"foreign tourist|foreign customer's|foreign guest's"},
	{wPlace, "" +
		"港澳|香港|澳门|台湾|美国|英国|日本|韩国|新加坡|马来西亚|泰国|俄罗斯|德国|法国|澳大利亚|澳洲|加拿大|欧洲|越南|" +
		"印尼|印度|菲律宾|意大利|西班牙|国外|境外|海外|外国|" +
		"in the us|from the us|in the usa|from the usa|usa|american|uk|in the uk|british|japan|japanese|korea|korean|" +
		"hong kong|macau|taiwan|singapore|russia|russian|germany|german|france|french|australia|australian|canada|" +
		"canadian|malaysia|malaysian|thailand|thai|abroad|overseas|europe|european|india|indian|foreign|international|" +
		"dubai"},
	{wNetwork, "" +
		"visa卡|万事达|万事达卡|master卡|美国运通|美国运通卡|运通|运通卡|jcb卡|大来卡|" +
		"visa|mastercard|master|amex|american express|jcb|diners|discover"},
	{wLocal, "" +
		"内地卡|内地的卡|大陆的卡|大陆卡|内地的银行卡|内地银行卡|国内卡|国内的卡|国内银行的卡|国内银行卡|国内信用卡|" +
		"境内卡|境内的卡|内卡|本地卡|本地的卡|本地银行|本地银行的卡|中国的卡|中国卡|中国人的卡|国内的|国内发的|国内银行|" +
		"普通银联卡|人民币卡|" +
		"not foreign|isn't foreign|is not foreign|is local|is domestic|not a foreign one|local card|local cards|" +
		"domestic card|domestic cards|domestic|domestically issued|locally issued|local bank|local bank card|" +
		"local bank's card|chinese card|chinese cards|chinese bank card|local one"},
	{wElse, "" +
		"换个店|换家店|换了家店|换了个店|换一家店|到哪都|在哪都|去哪都|哪儿都|哪家都|到处都|走到哪都|别人店|别人的店|" +
		"人家店|别店|别家机器|别家的机器|别家的店|别家的pos|隔壁的机器|隔壁机器|隔壁店|隔壁|隔壁家|隔壁家店|隔壁商家|" +
		"别家|别家店|别的店|其他店|其它店|别的商店|别的商户|其他商户|别处|别的地方|其他地方|其它地方|另一家店|另外一家店|" +
		"另一家|另外一家|人家店里|别人家|别人店里|其他商家|别的商家|另一个店|别的超市|其他超市|别的饭店|对面店|对面那家|" +
		"旁边店|旁边的店|旁边那家|" +
		"shop across the street|across the street|across the road|the shop opposite|shop opposite|down the street|" +
		"a shop nearby|everywhere else|everywhere|two other shops|two other stores|other terminals in town|elsewhere|" +
		"somewhere else|other shop|other shops|another shop|another store|other stores|other store|next door|next-door|" +
		"another merchant|other merchants|other places|another place|different shop|different store|a different shop|" +
		"anywhere else|the neighbour's|another restaurant|another hotel|the shop next door|the store next door|" +
		"bie de dian|biejia|gebi"},
	{wShop, "" +
		"超市|商场|加油站|饭店|餐厅|药店|便利店|菜场|酒店|" +
		"supermarket|gas station|petrol station|restaurant|mall|the mall|grocery|grocery store|pharmacy"},
	{wMachine2, "" +
		"另外一台|另一台|另外一台机器|另一台机器|别的机器|其他机器|别的pos|另一台pos|另外那台|那台机器|换台机器|" +
		"换了台机器|换个机器|换一台机器|换了一台机器|换机器|" +
		"another terminal|other terminal|another machine|the other machine|other machine|the other terminal|" +
		"second terminal"},
	{wMachine, "" +
		"机器|机子|pos机|终端|设备|刷卡机|大机|小机|电签|机具|刷卡器|老机器|这机|" +
		"pos|terminal|machine|device|reader|card machine|pos terminal|pos machine|the terminal|card terminal|jiqi"},
	{wScreen, "" +
		"屏幕|小票|单子|签购单|" +
		"screen|slip|display|receipt|on screen"},
	{wNew, "" +
		"才用两天|才用几天|刚用几天|才用了几天|刚用了几天|才用一天|刚用一天|才用一周|刚用一周|刚用一个星期|才用一个星期|" +
		"用了没几天|刚用没几天|才用没几天|新入网|刚入网|新机器|新机子|新机|新pos|新pos机|新终端|新设备|新装|新装的|" +
		"新装机|刚装|刚装的|刚装好|才装|才装的|刚安装|新安装|刚装机|第一天用|第一天使用|头一天用|第一天刷|头天用|新机刚|" +
		"新大机|今天装的|昨天装的|昨天才装|今天才装|上周装的|上周刚装|" +
		"brand new|brand-new|new terminal|new machine|new card machine|new pos|new device|new reader|just installed|" +
		"newly installed|installed yesterday|installed today|installed last week|just been installed|just got installed|" +
		"first day with|first day using|first day of use|xin jiqi|xin zhuang"},
	{wNewish, "" +
		"刚换|刚换的|刚换了|才换|才换的|刚买|刚买的|刚办|刚办的|才办|才办的|刚激活|才激活|刚领|刚领的|刚拿到|才拿到|刚到|" +
		"刚到的|才到|新办|新办的|新买|新买的|新换|新换的|新换了|换了新|新申请|新申请的|刚申请|刚申请的|刚下来|刚寄来|" +
		"新到|新到的|新领|新领的|刚更换|刚给换|刚开通|刚开通的|才开通|才开通的|刚启用|刚用上|" +
		"just got|just bought|just received|just replaced|just activated|just started using|activated yesterday|" +
		"activated today|first time using|arrived today|arrived yesterday|just arrived|got a new|replaced yesterday|" +
		"just opened|just set up|newly activated"},
	{wOpened, "" +
		"今天开通|昨天开通|今天刚开通|昨天才开通|今天才开通|昨天刚开通|前天才开通|上周才开通|上周刚开通|今天才激活|" +
		"昨天才激活|昨天刚激活|今天刚激活|今天刚启用|昨天刚启用|昨天才启用|今天才启用|昨天才办好|今天才办好|昨天才到手|" +
		"今天刚到手|昨天刚到手"},
	{wFirst, "第一次用|第一次使用|头一次用|头一回用|第一回用"},
	{wFresh, "" +
		"新的|是新的|全新的|全新|" +
		"is new|is brand new"},
	{wLong, "" +
		"一段时间|好一段时间|两个月|三个月|四个月|五个月|六个月|八个月|十个月|两三个月|三四个月|俩月|个月|太久|这么久|久|" +
		"半年|大半年|半年多|几个月|好几个月|好久|很久|好长时间|很长时间|长时间|长期|1年|2年|3年|5年|两年|三年|多年|一年|" +
		"几年|好些日子|好多天|一阵子|挺久|老久|很长一段时间|好一阵|" +
		"months|month|weeks|long time|a long time|a while|half a year|years|year|ages|a year"},
	{wIdle, "" +
		"hasn't been turned on in|hasn't been on for|been off for|in a drawer|in the drawer|gathering dust|collecting dust|" +
		"停业|关门|歇业|没开门|没开业|放仓库|放仓库里|放在仓库|放柜子|放着|闲置|放了|搁了|吃灰|停用|沉睡|休眠|搁置|闲着|" +
		"积灰|放着没|长期未用|" +
		"hasn't been switched on|hasn't been turned on|not been turned on|closed for|were closed|was closed|we closed|" +
		"unused|idle|not been used|n't been used|hasn't been used|haven't been used|haven't used|hasnt been used|" +
		"havent used|have not used|has not been used|wasn't used|not used|sat in|sitting|sat in a drawer|not switched on|" +
		"hadn't used|not been switched on"},
	{wRarely, "" +
		"一年也就|一年就|一年只|一年才|一年到头就|一年到头也就|每年就|每年也就|每年只|每年才|一年里就|一年里也就|半年才|" +
		"几个月才|好几个月才|一年最多|半年也就|一年也|一年难得|" +
		"only use it|only used it|only use this|only use the|only used|only gets used|we only use|only use our|" +
		"only comes out|only bring it out|only switch it on|only turn it on|only take it out|hardly used|used only|" +
		"use it only"},
	{wTimes, "" +
		"用一次|用一两次|用两次|用两三次|用个一两次|用个两三次|用三次|用三四次|用个几次|用一回|用一两回|用两回|" +
		"用两三回|用三四回|用个几回|用那么几次|用不了几次|用不到几次|用没几次|刷一次|刷一两次|刷两次|刷两三次|刷三四次|" +
		"用那么几天|用不了几回|开一次|开一两次|开机一次|开机一两次|用1次|用2次|用1两次|" +
		"use it once|use it twice|used once|used twice|christmas|xmas|once a year|twice a year|a few times a year|" +
		"few times a year|couple of times a year|a couple of times a year|in season|in the season|in high season|" +
		"in summer|in the summer|in winter|in the winter|harvest|harvest time|easter|new year|the holidays|holidays|" +
		"every few months|one month a year|a few weeks a year|two weeks a year|a month a year"},
	{wUse, "用$"},
	{wSeldom, "" +
		"平时不怎么用|平时很少用|平时难得用|平时基本不用|平时都不用$|平时不用$|平时不开$|平时都不开$|难得用一次|难得用一回|" +
		"好久才用一次|很久才用一次|过年才用|过年才开|旺季才用|旺季才开|过节才用|逢年过节才用|节假日才用|赶集才用|展会才用|" +
		"季节性才用|" +
		"seldom used|rarely used|hardly ever used|rarely use it|hardly ever use it|seldom use it|almost never use it"},
	{wShopNew, "" +
		"刚开业|刚刚开业|刚开张|刚刚开张|新开业|新开张|新店|新开的店|新开的小店|才开业|才开张|昨天开业|昨天刚开业|今天开业|" +
		"今天刚开业|今天开张|昨天开张|刚开店|刚开的店|第一天营业|第一天开业|第一天开张|第一天开门|头一天营业|头一天开业|" +
		"开业第一天|开业第二天|开业第三天|开业头一天|开业没几天|开业才|开张第一天|开张第二天|开张没几天|刚营业|才营业|试营业|" +
		"营业第一天|开业第1天|开业第2天|开业第3天|" +
		"we just opened|we've just opened|we have just opened|just opened the shop|just opened our shop|" +
		"just opened the store|just opened our store|just opened a shop|just opened for business|shop just opened|" +
		"store just opened|our shop opened|our store opened|we opened yesterday|we opened today|we opened last week|" +
		"we only opened|opened our shop|newly opened shop|newly opened store|our new shop|our new store|" +
		"first day of business|first day open|first day we are open|opening day|second day of business|" +
		"second day open|brand new shop|brand new store|new shop here"},
	{wAlways, "" +
		"一直|一直都|一直以来|平时|平时都|平常|平常都|向来|从来|从来都|每天|每天都|天天|天天都|始终|" +
		"all morning|all week|always|usually|normally|every day|everyday|daily|yizhi|pingshi"},
	{wPast, "" +
		"上个星期|上礼拜|上个礼拜|昨天|前天|昨晚|上午|早上|今早|今天早上|今天上午|昨天下午|昨天晚上|昨儿|之前|以前|" +
		"前几天|上周|上星期|上个月|这几天|前阵子|前些天|前面几笔|前几笔|上一笔|前一笔|前面一笔|前两天|原来|原先|中午|" +
		"前面都|前面|一个小时前|半小时前|本来还|" +
		"till noon|until noon|until an hour ago|until this morning|yesterday|this morning|earlier|last week|before|" +
		"until today|till today|until now|till now|last night|an hour ago|few minutes ago|up to now|previously|" +
		"last month|zuotian|until yesterday|before that|this afternoon|earlier today"},
	{wJust, "" +
		"刚才|刚刚|刚|" +
		"just now|a minute ago"},
	{wNow, "" +
		"今天|现在|这次|这会|今儿|目前|眼下|" +
		"now|today|this time|jintian|xianzai"},
	{wInUse, "" +
		"天天刷|每天都刷|每天都在刷|用了3年|用了2年|用了5年|用了三年|用了好几年|用了几年|用了两年|用了一年|用了多年|" +
		"用好几年|用了很久|用很久了|用了五年|用了四年|用了十年|用了半年|在用|都在用|一直用$|一直用着|天天用|天天在用|" +
		"每天用|每天在用|每天都用|每天都在用|经常用|正常在用|正常用着|用着呢|日常在用|" +
		"used every day|use it every day|used daily|in daily use|use it daily|in normal use|been using it|" +
		"using it every day|using it daily|used all day"},
	{wNever, "" +
		"没出过毛病|没出过错|没有出过毛病|没有坏过|没出过问题|没出现过|没遇到过|没碰到过|没有过|没这样过|没有出现过|" +
		"没有出过问题|头一回遇到|第一次遇到|第一次出现|头一次遇到|头一次出现|从没有过|没坏过|从没出过|" +
		"first time we see this|first time i see this|first time this happens|first time it happens|" +
		"first time this happened|never happened|never had|never seen this|had no problems|never had this|" +
		"never had a problem|never had problems|never had any"},
	{wAmount, "" +
		"金额|钱数|数目|价钱|数额|" +
		"jine|amount|the amount|the sum|total"},
	{wAmountOK, "" +
		"不是金额的问题|不是金额问题|跟金额没关系|和金额没关系|跟金额无关|" +
		"not the amount|nothing to do with the amount"},
	{wBill, "" +
		"账单|应收金额|订单金额|实际金额|应付金额|发票|" +
		"bill|invoice|the check"},
	{wRight, "" +
		"对|对的|是对的|没错|没有错|没错的|没输错|没按错|没打错|没敲错|没点错|没算错|不会错|正确|无误|一致|相符|对得上|" +
		"对得起来|吻合|核对无误|一分不差|" +
		"equals|equal to|correct|right|matches|match|matched|agrees|identical to|accurate|double checked|double-checked"},
	{wWrong, "" +
		"错|错了|输错|输错了|按错|按错了|打错|打错了|敲错|敲错了|点错|点错了|算错|写错|搞错|搞错了|弄错|弄错了|输入错|" +
		"输入错误|录错|有误|错误|不对|不正确|输多|输多了|输大|输大了|输少|输少了|按多|按多了|打多了|敲多了|输反了|记错|" +
		"记错了|" +
		"fat-fingered|typo|shu cuo|shucuo|an cuo|ancuo|da cuo|wrong|wrongly|incorrect|incorrectly|mistyped|mis-typed|" +
		"miskeyed|mis-keyed|mistake|not right|is off|wrong place|too many"},
	{wDiffers, "" +
		"不一致|对不上|对不起来|不一样|不吻合|大十倍|大10倍|多十倍|十倍|10倍|比账单大|比账单多|" +
		"doesn't match|does not match|differs|didn't match|don't match|different from|not match|10 times|ten times"},
	{wUnlike, "不符|不相符|不匹配"},
	{wChecked, "" +
		"确认过|确认过了|确认了|核对过|核对过了|核对了|核对好|核对好了|对过|对过了|" +
		"checked|verified"},
	{wMiskey, "" +
		"连按|多跳|多跳了|忘打|忘了打|忘输|漏输|多按|多按了|多打|多打了|多输|多敲|多敲了|多摁|多摁了|多加|多加了|多写|" +
		"多点|多点了|多录|少按|少按了|少打|少打了|少输|少输了|少写|少点|少点了|漏按|漏了|漏打|忘了按|忘按|没按|没点|误按|" +
		"错按|手抖按|" +
		"duo an|duo an le|missed|forgot|forgot the|added|typed|extra|an extra|one extra|hit|pressed"},
	{wExtra, "多了|多了个|多了一个|多出|多出来|多出一个|多一个|少了|少了个|少个|少了一个|数错"},
	{wTypo, "" +
		"没打小数点|没输小数点|没加小数点|没敲小数点|没有打小数点|没有输小数点|没有加小数点|没打点$|小数点没打$|小数点没按$|小数点没点$|小数点没输$|小数点没加$|小数点忘了$|without the decimal point|without a decimal point|left out the decimal point|left the decimal point out|dropped the decimal point|without the decimal|left out the decimal|skipped the decimal point|skipped the decimal|didn't type the decimal|didn't put the decimal|didn't key the decimal|" +
		"输错钱|按错钱|打错钱|刷错钱|多个零|多个0|当金额|当成金额|当成了金额|输到金额栏|输进金额栏|输到金额|按重了|" +
		"输错数|数字输错|数输错|按错数|" +
		"one zero too much|extra zero|one zero too many|a zero too many|zero too many|extra 0|an extra zero|extra zeros|" +
		"one too many zeros"},
	{wZero, "" +
		"零|个零|一个零|两个零|俩零|" +
		"ling|yi ge ling|zero|zeros|zeroes|nought"},
	{wPoint, "" +
		"小数点|小数|点位|角分|" +
		"decimal|decimal point|decimals|xiaoshudian"},
	{wDigit, "一位|位数|两位|1位"},
	{wInto, "" +
		"输成|输成了|按成|按成了|打成|打成了|敲成|敲成了|录成|录成了|写成|写成了|弄成|弄成了|摁成|摁成了|变成|变成了|" +
		"成了|上成了|输入成|输入成了|搞成|搞成了|刷成|点成|点成了|敲进|" +
		"seems as"},
	{wInstead, "instead of|rather than"},
	{wPaste, "" +
		"粘进|粘到|粘贴到|粘贴进|粘在|贴进|贴到|复制到|复制进|拷到|扫进|扫到|录进|录到|填进|填到|" +
		"pasted into|pasted in|scanned into|barcode into|barcode went into|went into|ended up in|pasted the barcode in|" +
		"barcode number in"},
	{wOught, "" +
		"should've been|shouldve been|should of been|ought to be|ought to have been|meant to be|" +
		"要付|该付|要收|该收|要刷|该刷|本来|本来是|本来要|本应|应该收|应收|应付|原本|实际|实际是|其实是|其实只|应该刷|" +
		"应该输|账单是|账单上|账单才|只该|只收|" +
		"should have been|supposed to be|was meant to be|the bill is|the bill was|bill is|bill was"},
	{wType, "" +
		"输入|输了|按了|打了|敲了|摁了|录了|输入了|结果输|却输|却按|机器上是|" +
		"keyed|entered|punched|punched in|rang up|rang|put in|put"},
	{wBankWord, "" +
		"汇丰|汇丰银行|星展|星展银行|渣打|渣打银行|花旗|花旗银行|银行|发卡行|发卡银行|开户行|银行客服|银行那边|银行方面|" +
		"银行人员|发卡方|银行工作人员|" +
		"hsbc|citi|citibank|barclays|dbs|bank|his bank|her bank|the bank|customer's bank|issuer|card issuer|issuing bank|" +
		"bank's|their bank|the issuer|banks"},
	{wBankApp, "" +
		"手机银行|银行app|银行的app|银行手机app|掌上银行|网银|银行卡app|招行app|建行app|工行app|农行app|中行app|交行app|" +
		"招商银行app|掌上生活|云闪付app|卡的app|" +
		"bank app|banking app|bank's app|mobile banking|his app|her app|customer's app|app of the bank|app of his bank"},
	{wSMS, "" +
		"短信|银行短信|条短信|简讯|信息提醒|微信提醒|银行微信|短消息|" +
		"duanxin|sms|text message|text messages|a text|any text|text from|bank text|bank's text|the text from|texts|" +
		"texted|push notification|bank message|bank messages"},
	{wPhone, "" +
		"手机|手机上|手机里|客人手机|顾客手机|他手机|" +
		"his phone|her phone|customer's phone|phone"},
	{wApp, "" +
		"app里|app上|软件里|小程序|" +
		"app|the app"},
	{wAcquirer, "" +
		"收单|收单机构|收单行|收单方|收单公司|收单app|收单机构app|服务商|支付公司|支付机构|业务员|客户经理|代理商|代理|" +
		"办机的|装机的|商户app|商户通|收款app|商家app|商户后台app|pos公司|第三方支付|机构app|" +
		"acquirer|acquirer's|the acquirer|processor|payment provider|payment company|provider|psp|merchant app|" +
		"merchant portal|acquiring bank|merchant services|our provider|pos provider|portal|dashboard"},
	{wMerchant, "" +
		"商户|我的商户|商户号|店铺|" +
		"merchant account|our merchant"},
	{wBrand, "" +
		"拉卡拉|银联商务|通联|富友|瑞银信|盛付通|汇付|随行付|嘉联|乐刷|星驿付|海科|现代金控|合利宝|开店宝|杉德|快钱|" +
		"付临门|银盛|易生|联动|收钱吧|美团|云付|国通|" +
		"square|stripe inc|worldpay|adyen|sumup|lakala"},
	{wBack, "" +
		"后台|商户后台|收单后台|机构后台|" +
		"back office|backend|back end|merchant backend"},
	{wMessage, "" +
		"消息|通知|提示|提醒|推送|动静|信息|" +
		"message|messages|notice|notices|notification|notifications|alert|alerts|warning"},
	{wSay, "" +
		"说|说是|发来|发了|通知说|告知|回复|称|讲|写着|写的|弹出|弹|弹了|问|核实|打电话|电话|来电|收到|收到了|提醒说|" +
		"解释|答复|告诉|查到|看到|查了|看了|来了|过来|" +
		"says|said|say|saying|told|tells|called|calls|notified|asked|asking|flagged|flags|sent|got|received|gets|shows|" +
		"show|showed|showing|warned|tell|replied|reported|mentions|mentioned|sends"},
	{wAsked, "" +
		"联系|联系了|联系过|问了|问过|打给|咨询了|找了|打了电话给|" +
		"contacted|i asked|we asked"},
	{wShow, "" +
		"显示|跳出|跳|报|写|出|出现|提示说|返回|出来|代码|码|" +
		"code|reads"},
	{wNothing, "" +
		"看不出问题|看不出什么|没看到限制|没有限制|没限制|查不到限制|什么提示都没|什么提示也没|一点提示都没|什么都没说|" +
		"什么都没有|啥都没有|没说什么|没说啥|" +
		"nothing"},
	{wSilent, "" +
		"no text|no texts|no sms|no message|no messages|no notification|no notifications|no alert|no alerts|no push|" +
		"no notice|no texts from"},
	{wLimit, "" +
		"今日额度|每日额度|当日额度|今天额度|日额度|单日额度|消费限额|刷卡限额|支付限额|降了我的额度|降了额度|降我额度|" +
		"额度降了|降低限额|限额降|被限额|被限了|被限金额|限额|上限|限制额度|额度限制|额度满|额度满了|额度已满|满额|降额|" +
		"降了额|降低额度|限了额|日累计|当日累计|月累计|限了|限单笔|限制金额|" +
		"limit|limits|limited|capped|cap|daily limit|xiane"},
	{wAdjust, "" +
		"调高|调大|调到|调|改|提高|提额|设成|设的|设置|设|放开|取消|" +
		"raise|increase|change|set|lift|adjust|raised"},
	{wLower, "" +
		"调低|调低了|调低咗|调小|调小了|降|降了|降咗|降低|降低了|降到|降成|减了|减到|减少|减少了|砍了|砍到|压低|压到|" +
		"下调|下调了|下调到|" +
		"cut|lower|lowered|reduced|dropped|decreased|slashed"},
	{wTransfer, "" +
		"转账|转钱|提现|" +
		"transfer|transfers|payout|payouts"},
	{wExceed, "" +
		"超过|超出|超了|达到|超|满了|到了|" +
		"exceed|exceeds|exceeded|over|above|reached|hit the|too high"},
	{wRisk, "" +
		"是不是他刷|是不是他本人|是否他本人|是不是客人本人|是不是自己刷|是不是他|资金安全|账户安全|核实电话|核实交易|" +
		"核实身份|风险|异常|可疑|风控|被风控|冻结|是否本人|是不是本人|是否是本人|本人交易|本人操作|确认本人|核实本人|" +
		"本人在|不是本人|本人核实|盗刷|拦截|被拦|拦了|拦下|欺诈|诈骗|反诈|管控|止付|涉案|" +
		"suspicious|fraud|risk|risky|unusual|suspected|suspect|really him|really her|was it you|was him|was her|was you|" +
		"is it you|verify|fraudulent|security check|blocked|security reasons|risk control|fengkong"},
	{wBalance, "" +
		"额度已用完|余额不足|余额不够|额度不足|额度不够|可用额度不足|可用余额不足|钱不够|没钱|没钱了|透支|额度用完|" +
		"额度用完了|额度不够了|" +
		"insufficient funds|insufficient balance|not enough money|not enough funds|not enough balance|insufficient|" +
		"low balance|nsf|no money|not enough credit|no funds|out of credit"},
	{wPerson, "" +
		"游客|旅客|学生|留学生|客人|顾客|客户|他|她|持卡人|人家|卡主|对方|买家|消费者本人|" +
		"guests|clients|visitor|traveller|customer|customers|guest|he|she|cardholder|client|his|her|the customer"},
	{wSelf, "" +
		"我|我这|我这儿|我这边|把我|给我|给我们|把我们|我们|我店|我家|本店|我是|咱|咱们|我这里|我们店|在我|到我|" +
		"our|we|we are|we're|i am|i'm|my shop|my store|us"},
	{wSmall, "" +
		"小额|小金额|小的|小数额|小笔|几十块|几百块|几块|几百|几十|小点|金额小|少刷点|刷少|" +
		"small|smaller|small amounts|small amount|small sales"},
	{wCardNo, "" +
		"卡号|" +
		"card number|the number|card no"},
	{wTopic, "手续费|费率|费用|功能|业务|权限|个点|点餐|fee|fees|rate|rates|feature"},
	{wThing, "" +
		"密码|支付密码|额度|余额|信号|网络|钱|系统|网|流量|电池|打印|打印机|纸|银联|到账|结算|别的功能|键盘|" +
		"按键|积分|" +
		"wifi|network|signal|balance|credit|money|pin|printer|paper|connection|internet|funds|settlement|battery"},
}

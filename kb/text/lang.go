package text

import (
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Lang says in which of our two languages s is to be answered: "zh" when there
// is a Han character in it, or when its Latin words are mostly pinyin (pos ji
// xianshi 61 zenme ban); otherwise "en" when there are Latin words; "zh" when
// there is nothing to go by, as in "61?" or "POS 61".
func Lang(s string) string {
	for _, r := range s {
		if unicode.Is(unicode.Han, r) {
			return "zh"
		}
	}
	var pinyin, english, either int
	for word := range latinWords(s) {
		switch {
		case len(word) == 1 || wordList().product[word]:
		case wordList().english[word]:
			either++
		case isPinyin(word):
			pinyin++
		default:
			english++
		}
	}
	if pinyin > english || english+either == 0 {
		return "zh"
	}
	return "en"
}

// latinWords yields the words of s in small letters, without tone marks and
// apostrophes (xiàn'é is xiane).
func latinWords(s string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		var word strings.Builder
		for _, r := range norm.NFKD.String(s) {
			switch r = unicode.ToLower(r); {
			case 'a' <= r && r <= 'z':
				word.WriteRune(r)
			case r == '\'', r == '’', unicode.Is(unicode.Mn, r):
			case word.Len() > 0:
				if !yield(word.String()) {
					return
				}
				word.Reset()
			}
		}
		if word.Len() > 0 {
			yield(word.String())
		}
	}
}

// isPinyin reports whether word can be cut into syllables.
func isPinyin(word string) bool {
	const longest = 24 // jiaoyijineshangxian has twenty letters
	if len(word) > longest {
		return false
	}
	var cut [longest + 1]bool // whether word[:i] can be
	cut[0] = true
	for i := 1; i <= len(word); i++ {
		for j := max(0, i-len("zhuang")); j < i && !cut[i]; j++ {
			cut[i] = cut[j] && wordList().syllable[word[j:i]]
		}
	}
	return cut[len(word)]
}

// wordList holds the word lists below as sets, made on first use.
var wordList = sync.OnceValue(func() (w struct{ syllable, english, product map[string]bool }) {
	w.syllable = wordSet(syllables)
	w.english = wordSet(englishNotPinyin)
	w.product = wordSet(productWords)
	return w
})

func wordSet(list string) map[string]bool {
	words := strings.Fields(list)
	set := make(map[string]bool, len(words))
	for _, w := range words {
		set[w] = true
	}
	return set
}

// productWords are written alike in both languages and say nothing.
const productWords = `app apple atm ts er id mid mpos nfc ok pay pos qr rc rrn sim sn tid unionpay visa vip
	wechat wifi alipay mastercard amex jcb wx`

// englishNotPinyin are English words that can be cut into pinyin syllables;
// alone they speak for English, beside pinyin they decide nothing.
const englishNotPinyin = `angle anticipate anyone baba bailing bake balance ban banana bane bang bangle bare base bike bin binding binge
	bite bone buying cage cake came can canceling candidate cane care case cashier chance change chase cheese cheque
	china chute cute damage danger dangle dare data database date dean debate deciding delegate delete deleting
	detailing dice die dine dining dude due dune duo e editing eliminate emulate enhance face facilitate fade fake
	fan fate fence gaining gate gene genie guarantee guidance guide guiding hailing hate he hen hence here house hue
	huge human humanize june keen keeping lace lake lame lance lane langer language late latitude laying lean lice
	licence license lie like line lining long longer lunge lute mace machine machining made mailing make mama man
	manage mane mange manger mangle manipulate mate me mean meantime men menu meta metadata mi mike mile mine mini
	minimize minute mitigate mobile mode more mutate mute name naming nice nine nude pace page pan panda pane papa
	paying pen pie piece pike pile pin pine pixie police populate ran range re rebate rice rise route routine
	routing rude run running sage sailing sake sale same sane sanitize saying see seen sending sense sequence shake
	shame share she side simulate site size song sue suite sun sushi take taken tan tangle taxi tee teen tie time
	timeline timing tinge tune tuning wade wage waiting wake wan wanna wanting woke woman women yo yoga you zen`

// syllables of Mandarin without tones, v for ü; the bare vowels a and o are
// left out, they would make pinyin of too many English words.
const syllables = `ai an ang ao ba bai ban bang bao bei ben beng bi bian biao bie bin bing bo bu ca cai can cang cao
	ce cen ceng cha chai chan chang chao che chen cheng chi chong chou chu chuai chuan chuang chui chun chuo ci
	cong cou cu cuan cui cun cuo da dai dan dang dao de dei deng di dian diao die ding diu dong dou du duan dui
	dun duo e ei en er fa fan fang fei fen feng fo fou fu ga gai gan gang gao ge gei gen geng gong gou gu gua
	guai guan guang gui gun guo ha hai han hang hao he hei hen heng hong hou hu hua huai huan huang hui hun huo
	ji jia jian jiang jiao jie jin jing jiong jiu ju juan jue jun ka kai kan kang kao ke ken keng kong kou ku
	kua kuai kuan kuang kui kun kuo la lai lan lang lao le lei leng li lia lian liang liao lie lin ling liu long
	lou lu luan lue lun luo lv lve ma mai man mang mao me mei men meng mi mian miao mie min ming miu mo mou mu
	na nai nan nang nao ne nei nen neng ni nian niang niao nie nin ning niu nong nou nu nuan nue nuo nv nve ou
	pa pai pan pang pao pei pen peng pi pian piao pie pin ping po pou pu qi qia qian qiang qiao qie qin qing
	qiong qiu qu quan que qun ran rang rao re ren reng ri rong rou ru ruan rui run ruo sa sai san sang sao se
	sen seng sha shai shan shang shao she shei shen sheng shi shou shu shua shuai shuan shuang shui shun shuo si
	song sou su suan sui sun suo ta tai tan tang tao te teng ti tian tiao tie ting tong tou tu tuan tui tun tuo
	wa wai wan wang wei wen weng wo wu xi xia xian xiang xiao xie xin xing xiong xiu xu xuan xue xun ya yan yang
	yao ye yi yin ying yo yong you yu yuan yue yun za zai zan zang zao ze zei zen zeng zha zhai zhan zhang zhao
	zhe zhei zhen zheng zhi zhong zhou zhu zhua zhuai zhuan zhuang zhui zhun zhuo zi zong zou zu zuan zui zun zuo`

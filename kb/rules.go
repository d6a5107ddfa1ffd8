package kb

import "slices"

// Rule is one thing that [Lint] holds. Its texts take numbered arguments.
type Rule struct {
	ID       string
	Severity string // SeverityError where the tables below say nothing
	Fatal    bool   // [Load] refuses a knowledge base that breaks it
	ZH, EN   string
	Fix      Bilingual
}

// Rules returns every rule that lint knows.
func Rules() []Rule { return slices.Clone(rules) }

var (
	rules    = allRules()
	ruleByID = map[string]Rule{}
)

func init() {
	for _, r := range rules {
		ruleByID[r.ID] = r
	}
}

func allRules() []Rule {
	all := slices.Concat(formRules, factRules, textRules)
	for i := range all {
		if all[i].Severity == "" {
			all[i].Severity = SeverityError
		}
	}
	return all
}

// formRules are about the form of the files: what cannot be read, or would be
// read as something else than was meant. Load refuses most of them.
var formRules = []Rule{
	{ID: "not-utf8", Fatal: true,
		ZH: "文件不是 UTF-8 编码", EN: "the file is not UTF-8",
		Fix: Bilingual{"在编辑器里另存为 UTF-8", "save it as UTF-8 in your editor"}},
	{ID: "missing-file", Fatal: true,
		ZH: "缺少文件 %[1]s", EN: "the file %[1]s is missing",
		Fix: Bilingual{"补上 %[1]s,格式见 FORMAT.md", "add %[1]s; FORMAT.md shows its form"}},
	{ID: "missing-list",
		ZH: "缺少文件 %[1]s", EN: "the file %[1]s is missing",
		Fix: Bilingual{"补上 %[1]s,格式见 FORMAT.md", "add %[1]s; FORMAT.md shows its form"}},
	{ID: "no-entries", Fatal: true,
		ZH: "entries/ 和 codes/ 里没有任何 .md 条目", EN: "there is no .md entry in entries/ or codes/",
		Fix: Bilingual{"用 kb new ID 建一个条目", "start one with kb new ID"}},
	{ID: "no-front-matter", Fatal: true,
		ZH: "文件开头没有用两行 --- 括起来的事实部分", EN: "the file does not begin with facts between two lines of ---",
		Fix: Bilingual{"第一行写 ---,事实写完再写一行 ---", "write --- on the first line and again after the facts"}},
	{ID: "yaml-syntax", Fatal: true,
		ZH: "YAML 读不懂:%[1]s", EN: "YAML cannot be read: %[1]s",
		Fix: Bilingual{"检查这一行的引号、括号、冒号和缩进", "check quotes, brackets, colons and indentation on this line"}},
	{ID: "tab", Fatal: true,
		ZH: "用了制表符(Tab)缩进", EN: "indented with a tab",
		Fix: Bilingual{"改成空格", "write spaces instead"}},
	{ID: "wide-colon", Fatal: true,
		ZH: "字段 %[1]s 后面是中文冒号“：”", EN: "the key %[1]s is followed by a full-width colon",
		Fix: Bilingual{"改成英文冒号加一个空格:“%[1]s: ”", "write an ASCII colon and a space: \"%[1]s: \""}},
	{ID: "unknown-key", Fatal: true,
		ZH: "没有 %[1]q 这个字段", EN: "there is no key %[1]q",
		Fix: Bilingual{"改成这些之一,或删掉:%[2]s", "write one of these, or delete it: %[2]s"}},
	{ID: "missing-key", Fatal: true,
		ZH: "缺少字段 %[1]s", EN: "the key %[1]s is missing",
		Fix: Bilingual{"补上 %[1]s,写法见 FORMAT.md", "add %[1]s; FORMAT.md shows how"}},
	{ID: "double-key", Fatal: true,
		ZH: "字段 %[1]q 写了两次,只有一个会生效", EN: "the key %[1]q stands there twice, and only one would count",
		Fix: Bilingual{"删掉一个", "delete one of them"}},
	{ID: "wrong-type", Fatal: true,
		ZH: "这里应该是%[1]s,却是 %[3]s", EN: "this should be %[2]s, not %[3]s",
		Fix: Bilingual{"改成%[1]s", "write %[2]s"}},
	{ID: "bad-value", Fatal: true,
		ZH: "不能写 %[1]q", EN: "%[1]q is not allowed here",
		Fix: Bilingual{"改成这些之一:%[2]s", "write one of: %[2]s"}},
	{ID: "one-line",
		ZH: "这段文字里有换行或制表符", EN: "this text contains a line break or a tab",
		Fix: Bilingual{"改成引号里的一行文字", "write it as one line in quotes"}},
	{ID: "empty-text", Fatal: true,
		ZH: "这里是空的", EN: "this text is empty",
		Fix: Bilingual{"写上文字,或删掉这一项", "write a text, or delete the item"}},
	{ID: "lost-text",
		ZH: "“ #”后面的文字会丢掉:只剩下 %[1]q", EN: "the text after \" #\" is lost: only %[1]q is left",
		Fix: Bilingual{"整段加引号,改成 %[2]q", "put quotes around all of it: write %[2]q"}},
	{ID: "id-file", Fatal: true,
		ZH: "id 是 %[1]q,文件名却是 %[2]s.md", EN: "the id is %[1]q but the file is named %[2]s.md",
		Fix: Bilingual{"改成 id: %[2]s(id 定了就不再改)", "write id: %[2]s (an id never changes)"}},
	{ID: "double-id", Fatal: true,
		ZH: "id %[1]q 已经在 %[2]s 里用了", EN: "the id %[1]q is already used by %[2]s",
		Fix: Bilingual{"换一个没用过的 id", "take an id that was never used"}},

	{ID: "missing-language", Fatal: true,
		ZH: "正文缺少 “# %[1]s 标题” 这一半", EN: "the body has no part \"# %[1]s title\"",
		Fix: Bilingual{"补上 “# %[1]s 标题” 和它的各节", "add \"# %[1]s title\" and its sections"}},
	{ID: "language-order", Fatal: true,
		ZH: "正文应该先是一个 “# zh”,再是一个 “# en”", EN: "the body should have one \"# zh\" and then one \"# en\"",
		Fix: Bilingual{"按这个顺序放,每种语言一次", "put them in this order, each language once"}},
	{ID: "bad-heading", Fatal: true,
		ZH: "这个标题不认识:%[1]q", EN: "this heading is not known: %[1]q",
		Fix: Bilingual{"改成 “# zh 标题”,或 ## 含义、现在做、对顾客说、步骤、别做、预防 之一", "write \"# en title\", or one of ## Meaning, Do now, Tell the customer, Steps, Never, Prevention"}},
	{ID: "section-twice", Fatal: true,
		ZH: "“%[1]s”这一节写了两次", EN: "the section %[1]q stands there twice",
		Fix: Bilingual{"合成一节", "merge them"}},
	{ID: "section-order",
		ZH: "“%[1]s”这一节的位置不对", EN: "the section %[1]q is out of order",
		Fix: Bilingual{"按 含义、现在做、对顾客说、步骤、别做、预防 的顺序各写一次", "write each once: Meaning, Do now, Tell the customer, Steps, Never, Prevention"}},
	{ID: "missing-section", Fatal: true,
		ZH: "缺少“## %[1]s”(另一种语言有“## %[2]s”)", EN: "\"## %[1]s\" is missing (the other language has \"## %[2]s\")",
		Fix: Bilingual{"补上“## %[1]s”,两种语言的各节要一样", "add \"## %[1]s\": both languages have the same sections"}},
	{ID: "empty-section", Fatal: true,
		ZH: "“%[1]s”这一节是空的", EN: "the section %[1]q is empty",
		Fix: Bilingual{"写上内容,或在两种语言里都删掉这一节", "write it, or delete the section in both languages"}},
	{ID: "stray-text", Fatal: true,
		ZH: "这行文字不在任何一节里:%[1]q", EN: "this line belongs to no section: %[1]q",
		Fix: Bilingual{"放到某个 ## 小节下面", "move it under a ## heading"}},
	{ID: "one-paragraph", Fatal: true,
		ZH: "“%[1]s”只能有一段文字", EN: "%[1]q takes one paragraph only",
		Fix: Bilingual{"删掉中间的空行,或缩成一段", "delete the blank line, or shorten it to one paragraph"}},
	{ID: "step-form", Fatal: true,
		ZH: "这行不像一个步骤:%[1]q", EN: "this line is not a step: %[1]q",
		Fix: Bilingual{"改成“1. [收银员] ……”:数字、英文句点、空格、角色", "write \"1. [cashier] ...\": number, full stop, space, role"}},
	{ID: "ban-form", Fatal: true,
		ZH: "这行不是一条“别做”:%[1]q", EN: "this line is not a ban: %[1]q",
		Fix: Bilingual{"改成“- 不要……”,一行一条", "write \"- Do not ...\", one a line"}},
	{ID: "step-role", Fatal: true,
		ZH: "步骤开头没有认识的角色:%[1]q", EN: "the step does not begin with a known role: %[1]q",
		Fix: Bilingual{"开头写谁来做,这些之一:%[2]s", "begin with who does it, one of: %[2]s"}},
	{ID: "step-count", Fatal: true,
		ZH: "中文有 %[1]d 步,英文有 %[2]d 步", EN: "steps in Chinese: %[1]d, in English: %[2]d",
		Fix: Bilingual{"两种语言写一样多的步骤,顺序也一样", "write the same steps in the same order in both languages"}},
	{ID: "step-roles", Fatal: true,
		ZH: "第 %[1]d 步中文由 %[2]s 做,英文由 %[3]s 做", EN: "step %[1]d is done by the %[2]s in Chinese and by the %[3]s in English",
		Fix: Bilingual{"两种语言写同一个角色", "write the same role in both languages"}},
	{ID: "step-facts", Fatal: true,
		ZH: "steps: 下面有 %[1]d 行,正文有 %[2]d 步", EN: "lines under steps: %[1]d, steps in the body: %[2]d",
		Fix: Bilingual{"给正文的每一步写一行 {fix: ..., minutes: ...}", "write one line {fix: ..., minutes: ...} for each step of the body"}},
	{ID: "never-count", Fatal: true,
		ZH: "“别做”中文有 %[1]d 条,英文有 %[2]d 条", EN: "bans in Chinese: %[1]d, in English: %[2]d",
		Fix: Bilingual{"两种语言写一样多,顺序也一样", "write the same bans in the same order in both languages"}},
	{ID: "double-evidence", Fatal: true,
		ZH: "证据 %[1]q 写了两次", EN: "the evidence %[1]q stands there twice",
		Fix: Bilingual{"合成一个,或换一个 id", "merge them, or give one another id"}},
	{ID: "double-route", Fatal: true,
		ZH: "类别 %[1]q 写了两次", EN: "the route %[1]q stands there twice",
		Fix: Bilingual{"合成一个", "merge them"}},
	{ID: "background-topic", Fatal: true,
		ZH: "这行前面没有“# 主题”:%[1]q", EN: "no \"# topic\" stands before this line: %[1]q",
		Fix: Bilingual{"在它上面写一行“# 主题”", "write a line \"# topic\" above it"}},
}

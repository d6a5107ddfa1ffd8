package slack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"decline61/kb"
)

// What Slack and this package call the app's parts.
const (
	Command         = "/decline61"
	HandoffShortcut = "handoff" // callback id of the shortcut on a message
)

// Where Slack sends requests over HTTP, below the base URL.
const (
	EventsPath       = "/slack/events"
	CommandsPath     = "/slack/commands"
	InteractionsPath = "/slack/interactions"
)

// ManifestOptions say which app Slack is to make.
type ManifestOptions struct {
	BaseURL     string  // where Slack reaches serve over HTTP, an https address; "" is Socket Mode
	Name        string  // that people see, "" is DefaultName
	Lang        kb.Lang // of the texts that Slack shows, "" is Chinese
	MentionOnly bool    // channels are read only where the app is mentioned: see [Scopes]
	Guests      bool    // guests of the workspace use it, whom Slack keeps from every app with the agent view
}

// DefaultName is the app's name in Slack unless another one is chosen, and
// DefaultHandle what it is mentioned and invited by where its name cannot be.
const (
	DefaultName   = "61助手"
	DefaultHandle = "decline61"
)

// handle is a name that Slack takes for a bot user, by its own description:
// others may be refused, and with them the whole manifest.
var handle = regexp.MustCompile(`^[a-z0-9._-]+$`)

// Handle is what an app of this name is mentioned and invited by.
func Handle(name string) string {
	if name = strings.ToLower(strings.TrimSpace(name)); handle.MatchString(name) {
		return name
	}
	return DefaultHandle
}

const maxName = 35 // characters; Slack's limit for an app, below that for its bot user

// The permissions of the bot token, each with what it is for: nothing works
// that is not listed, and nothing is listed that is not used.
var botScopes = []struct{ name, gives string }{
	{"app_mentions:read", "questions that mention the app"},
	{"assistant:write", "the suggested questions of the agent view"},
	{"channels:history", "follow-ups and questions without a mention in public channels, and the look for an answer whose sending had an unknown outcome"},
	{"channels:read", "being told of a public channel that the app has joined, and doctor's look at it"},
	{"chat:write", "every answer, and the status while it is thought of"},
	{"commands", Command + " and the shortcut on a message"},
	{"groups:history", "the same as channels:history in private channels"},
	{"groups:read", "the same as channels:read in private channels"},
	{"im:history", "questions in direct messages"},
	{"im:write", "opening a direct message"},
}

// Scopes are the permissions that the bot token needs, in order. With
// mentionOnly the app sees no message of a channel but those that mention it: a
// follow-up in a thread needs a mention, too, no channel can be at All or
// Draft, and an answer whose sending had an unknown outcome cannot be looked up
// in a channel.
func Scopes(mentionOnly bool) []string {
	var all []string
	for _, s := range botScopes {
		if !mentionOnly || !readsChannels(s.name) {
			all = append(all, s.name)
		}
	}
	return all
}

// readsChannels reports whether a scope opens what is said in channels.
func readsChannels(scope string) bool {
	return scope == "channels:history" || scope == "groups:history"
}

func botEvents(mentionOnly bool) []string {
	all := []string{"app_home_opened", "app_mention", "member_joined_channel", "message.im"}
	if !mentionOnly {
		all = append(all, "message.channels", "message.groups")
	}
	return all
}

// The types below are Slack's manifest. slack-go's leave out whatever is false,
// and Slack does not take everything that is missing for false: the Messages
// tab would be read-only, and nobody could write to the bot.
type (
	appManifest struct {
		Display  appDisplay  `json:"display_information"`
		Features appFeatures `json:"features"`
		OAuth    appOAuth    `json:"oauth_config"`
		Settings appSettings `json:"settings"`
	}
	appDisplay struct {
		Name            string `json:"name"`
		Description     string `json:"description"`
		LongDescription string `json:"long_description"`
	}
	appFeatures struct {
		AgentView     *appAgent     `json:"agent_view,omitempty"`
		AppHome       appHome       `json:"app_home"`
		BotUser       appBot        `json:"bot_user"`
		Shortcuts     []appShortcut `json:"shortcuts"`
		SlashCommands []appCommand  `json:"slash_commands"`
	}
	appAgent struct {
		Description string      `json:"agent_description"`
		Prompts     []appPrompt `json:"suggested_prompts"`
	}
	appPrompt struct {
		Title   string `json:"title"`
		Message string `json:"message"`
	}
	appHome struct {
		Home             bool `json:"home_tab_enabled"`
		Messages         bool `json:"messages_tab_enabled"`
		MessagesReadOnly bool `json:"messages_tab_read_only_enabled"`
	}
	appBot struct {
		DisplayName  string `json:"display_name"`
		AlwaysOnline bool   `json:"always_online"`
	}
	appShortcut struct {
		Name        string `json:"name"`
		Type        string `json:"type"`
		CallbackID  string `json:"callback_id"`
		Description string `json:"description"`
	}
	appCommand struct {
		Command      string `json:"command"`
		URL          string `json:"url,omitempty"`
		Description  string `json:"description"`
		UsageHint    string `json:"usage_hint"`
		ShouldEscape bool   `json:"should_escape"`
	}
	appOAuth struct {
		Scopes struct {
			Bot []string `json:"bot"`
		} `json:"scopes"`
	}
	appSettings struct {
		Events struct {
			URL string   `json:"request_url,omitempty"`
			Bot []string `json:"bot_events"`
		} `json:"event_subscriptions"`
		Interactivity struct {
			Enabled bool   `json:"is_enabled"`
			URL     string `json:"request_url,omitempty"`
		} `json:"interactivity"`
		OrgDeploy     bool `json:"org_deploy_enabled"`
		SocketMode    bool `json:"socket_mode_enabled"`
		TokenRotation bool `json:"token_rotation_enabled"`
	}
)

// Manifest is the JSON from which Slack makes the app, with all that this
// package needs: https://api.slack.com/apps?new_app=1, "From a manifest".
func Manifest(o ManifestOptions) ([]byte, error) {
	base, err := o.base()
	if err != nil {
		return nil, err
	}
	name, err := o.name()
	if err != nil {
		return nil, err
	}
	at := func(path string) string {
		if base == "" {
			return ""
		}
		return base + path
	}
	m := appManifest{Display: appDisplay{
		Name: name, Description: manifestWords["description"].In(o.Lang), LongDescription: manifestWords["long description"].In(o.Lang),
	}}

	f := &m.Features
	if !o.Guests {
		f.AgentView = &appAgent{Description: manifestWords["agent description"].In(o.Lang)}
		for _, p := range manifestPrompts {
			f.AgentView.Prompts = append(f.AgentView.Prompts, appPrompt{p.title.In(o.Lang), p.message.In(o.Lang)})
		}
	}
	f.AppHome = appHome{Home: true, Messages: true}
	f.BotUser = appBot{DisplayName: Handle(name), AlwaysOnline: true}
	f.Shortcuts = []appShortcut{{
		Name: manifestWords["shortcut"].In(o.Lang), Type: "message", CallbackID: HandoffShortcut, Description: manifestWords["shortcut description"].In(o.Lang),
	}}
	f.SlashCommands = []appCommand{{
		Command: Command, URL: at(CommandsPath), Description: manifestWords["command description"].In(o.Lang), UsageHint: manifestWords["usage"].In(o.Lang),
		// People and channels come as ids, as they do in messages: one reader for
		// both, and nobody's name among what is kept.
		ShouldEscape: true,
	}}

	m.OAuth.Scopes.Bot = Scopes(o.MentionOnly)
	if o.Guests {
		m.OAuth.Scopes.Bot = slices.DeleteFunc(m.OAuth.Scopes.Bot, func(s string) bool { return s == "assistant:write" })
	}
	m.Settings.Events.URL, m.Settings.Events.Bot = at(EventsPath), botEvents(o.MentionOnly)
	m.Settings.Interactivity.Enabled, m.Settings.Interactivity.URL = true, at(InteractionsPath)
	m.Settings.SocketMode = base == ""

	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(m); err != nil {
		return nil, fmt.Errorf("encoding the manifest: %w", err)
	}
	return b.Bytes(), nil
}

// base is the address below which Slack finds the paths.
func (o ManifestOptions) base() (string, error) {
	if o.BaseURL == "" {
		return "", nil
	}
	u, err := url.Parse(o.BaseURL)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("the base URL is no address that Slack sends requests to: it begins with https:// and ends before any ?, for example https://pos-help.example.com")
	}
	return strings.TrimRight(o.BaseURL, "/"), nil
}

func (o ManifestOptions) name() (string, error) {
	name := strings.TrimSpace(o.Name)
	if name == "" {
		return kb.Bilingual{ZH: DefaultName, EN: DefaultHandle}.In(o.Lang), nil
	}
	if n := utf8.RuneCountInString(name); n > maxName {
		return "", fmt.Errorf("the name has %d characters, and Slack allows %d: choose a shorter one", n, maxName)
	}
	if !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) || strings.ContainsAny(name, "<>&@#") {
		return "", errors.New("the name holds signs that Slack does not show in a name: use letters, digits and spaces")
	}
	return name, nil
}

// manifestWords are the texts of the app's own page, of its menus and of its help.
var manifestWords = map[string]kb.Bilingual{
	"description": {
		ZH: "POS 刷卡失败时,把代码(如 61)发来,马上告诉您什么意思、现在做什么、该谁处理。机器人自动回答,可能有误。",
		EN: "Says what POS decline codes such as 61 mean, what to do now and who has to act. A bot: answers may be wrong.",
	},
	"long description": {
		ZH: `刷卡失败、POS 显示 61 之类的代码时,在这里说一句“刷卡显示61”,就会得到:这个代码什么意思、现在做什么、怎么对顾客说、哪一步该谁做,以及最有用的一个追问。要找人,随时说“转人工”。

回答来自人工审核过的知识库,每条都标明出处;如果运营方启用了大模型,它只负责措辞,并会标注“AI 改写”。回答由机器人自动给出,可能有误,请以收单机构和发卡行的答复为准。

请不要发送卡号、有效期、密码或验证码:发来的会先被遮盖,再作处理,不会保存原文。只保留消息的编号、链接和遮盖后的对话,到期删除。`,
		EN: `When a card sale fails and the terminal shows a code such as 61, write "declined 61" here. You get what the code means, what to do now, what to tell the customer, who has to do which step, and the one question that would tell most. Say "agent" at any time for a person.

Answers come from a knowledge base that people have checked, and name their source; if the operator has turned a language model on, it only words them, and the answer says so. They are given by a bot and may be wrong: the word of the acquirer and the issuer counts.

Please send no card numbers, expiry dates, PINs or one-time codes: they are masked before anything else happens, and never kept. What is kept, until it expires, are ids and links of messages and the masked conversation.`,
	},
	"agent description": {
		ZH: "POS 刷卡失败显示 61 等代码?把代码和情况发来:什么意思、现在做什么、该谁处理。要找人说“转人工”。我是机器人,回答可能有误;请不要发卡号、密码、验证码。",
		EN: "A terminal declined a card with 61 or another code? Send the code and what happened: what it means, what to do now, who has to act. Say \"agent\" for a person. I am a bot and may be wrong; please send no card numbers or PINs.",
	},
	"command description":  {ZH: "问 POS 代码的意思和处理办法,只有您看得到 / Ask about a POS decline code, for your eyes only", EN: "Ask what a POS decline code means and what to do; only you see the answer"},
	"usage":                {ZH: "刷卡显示61,换了张卡也不行", EN: "declined 61, another card fails too"},
	"shortcut":             {ZH: "转人工", EN: "Get a person"},
	"shortcut description": {ZH: "把这条消息和它的对话交给人工客服 / Hand this conversation to a person", EN: "Hand this message and its conversation to a support agent"},
}

// manifestPrompts are what a newcomer can ask with one tap.
var manifestPrompts = []struct{ title, message kb.Bilingual }{
	{kb.Bilingual{ZH: "显示 61", EN: "Declined 61"}, kb.Bilingual{ZH: "刷卡显示61怎么办", EN: "The terminal says declined 61. What now?"}},
	{kb.Bilingual{ZH: "换卡也是 61", EN: "Another card fails too"}, kb.Bilingual{ZH: "刷卡显示61,换了别的银行的卡也是61", EN: "Declined 61, and another bank's card gets 61 too"}},
	{kb.Bilingual{ZH: "别的代码", EN: "Another code"}, kb.Bilingual{ZH: "刷卡显示51是什么意思", EN: "What does decline code 51 mean?"}},
	{kb.Bilingual{ZH: "转人工", EN: "Talk to a person"}, kb.Bilingual{ZH: "转人工", EN: "agent"}},
}

package bot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"decline61/bot/mask"
	"decline61/kb"
)

// Request is one message as other programs send it: a line of ask --jsonl, a
// body of the JSON API.
type Request struct {
	ID           string            `json:"id"`           // of the message
	Conversation string            `json:"conversation"` // optional; requests with the same one continue one dialog
	Text         mask.Text         `json:"text"`         // masked on reading
	Evidence     map[string]string `json:"evidence"`     // optional facts, evidence id -> value
	Lang         kb.Lang           `json:"lang"`         // optional: zh or en
	Found        mask.Found        `json:"-"`            // what masking took out of Text and Evidence
}

// ParseRequest reads a request. Unknown fields are passed over. On an error
// the request still has the ID if one could be read, so that the error can be
// sent back under it.
func ParseRequest(b []byte) (Request, error) {
	b = bytes.TrimPrefix(b, []byte("\ufeff")) // as some editors begin a file
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(b, &fields); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) || fields == nil && json.Valid(b) {
			return Request{}, errors.New(`a request is a JSON object such as {"id":"q1","text":"刷卡显示61"}`)
		}
		return Request{}, fmt.Errorf(`not JSON (%w): a request is an object such as {"id":"q1","text":"刷卡显示61"}`, err)
	}
	if fields == nil {
		return Request{}, errors.New(`a request is a JSON object such as {"id":"q1","text":"刷卡显示61"}`)
	}
	var r Request
	var said string
	for _, f := range []struct {
		name string
		into any
		want string
	}{
		{"id", &r.ID, "a string"},
		{"conversation", &r.Conversation, "a string"},
		{"text", &said, "a string"},
		{"evidence", &r.Evidence, `an object such as {"other_card":"approved"}`},
		{"lang", &r.Lang, `"zh" or "en"`},
	} {
		raw, ok := fields[f.name]
		if !ok {
			continue
		}
		if err := json.Unmarshal(raw, f.into); err != nil {
			return r, fmt.Errorf("field %q must be %s", f.name, f.want)
		}
	}
	r.Text, r.Found = mask.Mask(said)
	r.maskEvidence()
	if r.Lang != "" && r.Lang != kb.ZH && r.Lang != kb.EN {
		return r, fmt.Errorf("field %q must be %s, not %q", "lang", `"zh" or "en"`, mask.Of(string(r.Lang)))
	}
	return r, nil
}

// maskEvidence does for facts what is done for the text: values are words or
// codes of the knowledge base, but what a program puts there may be anything.
func (r *Request) maskEvidence() {
	masked := make(map[string]string, len(r.Evidence))
	for id, value := range r.Evidence {
		id, f := mask.Mask(id)
		value, g := mask.Mask(value)
		masked[id.String()] = value.String()
		r.Found = r.Found.Plus(f).Plus(g)
	}
	if r.Evidence != nil {
		r.Evidence = masked
	}
}

// Reply is an answer as other programs get it. Its shape is a promise.
type Reply struct {
	ID           string            `json:"id"`
	Conversation string            `json:"conversation"`
	Decision     Decision          `json:"decision"`
	Reason       string            `json:"reason"`
	Code         string            `json:"code"`
	Lang         kb.Lang           `json:"lang"`
	Entries      []ReplyEntry      `json:"entries"`
	Causes       []ReplyCause      `json:"causes"`
	Confidence   float64           `json:"confidence"`
	Evidence     map[string]string `json:"evidence"`
	Question     *ReplyQuestion    `json:"question"`
	Steps        []ReplyStep       `json:"steps"`
	Citations    []string          `json:"citations"`
	Lines        []Line            `json:"lines"`
	Text         string            `json:"text"`
	Masked       bool              `json:"masked"`
}

// ReplyEntry is a ranked entry of a reply.
type ReplyEntry struct {
	ID    string  `json:"id"`
	Score float64 `json:"score"`
}

// ReplyCause is a cause with its probability.
type ReplyCause struct {
	ID          string  `json:"id"`
	Probability float64 `json:"probability"`
}

// ReplyQuestion is the question that a reply asks.
type ReplyQuestion struct {
	ID      string        `json:"id"`
	Text    string        `json:"text"`
	Options []ReplyOption `json:"options"`
}

// ReplyOption is one answer offered.
type ReplyOption struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

// ReplyStep is one step of a reply.
type ReplyStep struct {
	ID   string `json:"id"`
	Who  string `json:"who"`
	Text string `json:"text"`
}

// Reply puts an answer to r into its outside shape.
func (a Answer) Reply(r Request) Reply {
	out := Reply{
		ID: r.ID, Conversation: r.Conversation,
		Decision: a.Decision, Reason: a.Reason, Code: a.Code, Lang: a.Lang,
		Entries: []ReplyEntry{}, Causes: []ReplyCause{}, Evidence: map[string]string{},
		Steps: []ReplyStep{}, Citations: []string{}, Lines: []Line{},
		Confidence: round(a.Confidence), Text: a.Text, Masked: r.Found.Any(),
	}
	for _, e := range a.Entries {
		out.Entries = append(out.Entries, ReplyEntry{e.ID, round(e.Score)})
	}
	for _, c := range a.Causes {
		out.Causes = append(out.Causes, ReplyCause{c.ID, round(c.Probability)})
	}
	for _, k := range a.Evidence {
		out.Evidence[k.ID] = k.Value
	}
	if a.Ask != nil {
		q := &ReplyQuestion{ID: a.Ask.ID, Text: a.Ask.Text}
		for _, o := range a.Ask.Options {
			q.Options = append(q.Options, ReplyOption(o))
		}
		out.Question = q
	}
	out.Lines = append(out.Lines, a.Lines...)
	for _, s := range a.Steps {
		out.Steps = append(out.Steps, ReplyStep(s))
		out.Citations = append(out.Citations, s.ID)
	}
	return out
}

// round keeps three digits: more would promise a precision that nobody has.
func round(x float64) float64 { return float64(int(x*1000+0.5)) / 1000 }

// EncodeLine writes v as one line of JSON with its characters as they are.
func EncodeLine(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encoding a reply: %w", err)
	}
	return b.Bytes(), nil
}

package slacktest

import (
	"crypto/rand"
	"encoding/json"
	"time"
	"unicode/utf8"
)

// viewMethods are those of modals and the Home tab.
var viewMethods = map[string]method{
	"views.open":    {nil, openView},
	"views.push":    {nil, openView},
	"views.update":  {nil, updateView},
	"views.publish": {nil, publishView},
}

// View is a modal or a Home tab.
type View struct {
	ID              string
	User            string
	Type            string // "modal" or "home"
	CallbackID      string
	PrivateMetadata string
	ExternalID      string
	Title           string
	Blocks          json.RawMessage
	Hash            string // changes with every update
	Updates         int
	Closed          bool // submitted, or closed by its user
}

// Home is the Home tab of user, nil if none was published.
func (s *Slack) Home(user string) *View {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.homes[user].clone()
}

// Views are the modals that user was shown, the oldest first.
func (s *Slack) Views(user string) []View {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []View
	for _, v := range s.modals {
		if v.User == user {
			all = append(all, *v)
		}
	}
	return all
}

func (v *View) clone() *View {
	if v == nil {
		return nil
	}
	c := *v
	return &c
}

// trigger is what lets an app open a modal: something that a user did just now.
type trigger struct {
	user string
	at   time.Time
	used bool
}

// triggerLife is how long after a click a modal may still open.
const triggerLife = 3 * time.Second

// newTrigger makes one. The caller holds mu.
func (s *Slack) newTrigger(user string) string {
	id := "1." + rand.Text()
	s.triggers[id] = &trigger{user: user, at: s.config.Now()}
	return id
}

func openView(s *Slack, c *call) (object, error) {
	t := s.triggers[c.str("trigger_id")]
	switch {
	case t == nil:
		return nil, fail("invalid_trigger_id")
	case t.used:
		return nil, fail("exchanged_trigger_id")
	case s.config.Now().Sub(t.at) > triggerLife:
		return nil, fail("expired_trigger_id")
	}
	v, err := s.readView(c.raw("view"), "modal")
	if err != nil {
		return nil, err
	}
	t.used = true
	v.ID, v.User = s.nextID("V"), t.user
	s.modals = append(s.modals, v)
	return object{"view": s.viewJSON(v)}, nil
}

func updateView(s *Slack, c *call) (object, error) {
	id, external := c.str("view_id"), c.str("external_id")
	for _, v := range s.modals {
		if v.Closed || v.ID != id && (external == "" || v.ExternalID != external) {
			continue
		}
		if hash := c.str("hash"); hash != "" && hash != v.Hash {
			return nil, fail("hash_conflict")
		}
		next, err := s.readView(c.raw("view"), v.Type)
		if err != nil {
			return nil, err
		}
		v.become(next)
		return object{"view": s.viewJSON(v)}, nil
	}
	return nil, fail("not_found")
}

// become is an update: another content under the same id.
func (v *View) become(next *View) {
	next.ID, next.User, next.Updates = v.ID, v.User, v.Updates+1
	*v = *next
}

func publishView(s *Slack, c *call) (object, error) {
	user := c.str("user_id")
	if s.users[user] == nil {
		return nil, fail("user_not_found")
	}
	next, err := s.readView(c.raw("view"), "home")
	if err != nil {
		return nil, err
	}
	v := s.homes[user]
	if v == nil {
		v = &View{ID: s.nextID("V"), User: user, Updates: -1}
		s.homes[user] = v
	} else if hash := c.str("hash"); hash != "" && hash != v.Hash {
		return nil, fail("hash_conflict")
	}
	v.become(next)
	return object{"view": s.viewJSON(v)}, nil
}

// readView reads and checks a view of a type. The caller holds mu.
func (s *Slack) readView(raw json.RawMessage, kind string) (*View, error) {
	var in struct {
		Type            string          `json:"type"`
		CallbackID      string          `json:"callback_id"`
		PrivateMetadata string          `json:"private_metadata"`
		ExternalID      string          `json:"external_id"`
		Title           *text           `json:"title"`
		Submit          *text           `json:"submit"`
		Close           *text           `json:"close"`
		Blocks          json.RawMessage `json:"blocks"`
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, invalid("view_is_no_json", "view")
	}
	var f problems
	f.want(in.Type == kind, "view.type", "is %q, want %q", in.Type, kind)
	f.want(utf8.RuneCountInString(in.PrivateMetadata) <= 3000, "view.private_metadata", "is longer than 3000")
	f.want(utf8.RuneCountInString(in.CallbackID) <= 255, "view.callback_id", "is longer than 255")
	where := inHome
	if kind == "modal" {
		where = inModal
		f.want(in.Title != nil, "view.title", "is missing")
		f.plain("view.title", in.Title, 24)
		f.plain("view.submit", in.Submit, 24)
		f.plain("view.close", in.Close, 24)
	}
	if err := f.err("invalid_arguments"); err != nil {
		return nil, err
	}
	blocks, err := s.readBlocks(in.Blocks, where)
	if err != nil {
		return nil, err
	}
	v := &View{
		Type: in.Type, CallbackID: in.CallbackID, PrivateMetadata: in.PrivateMetadata, ExternalID: in.ExternalID,
		Blocks: blocks, Hash: s.nextID("hash-"),
	}
	if in.Title != nil {
		v.Title = in.Title.Text
	}
	return v, nil
}

// viewJSON is the view as answers and clicks have it. The caller holds mu.
func (s *Slack) viewJSON(v *View) object {
	o := object{
		"id": v.ID, "team_id": s.config.Team, "type": v.Type, "callback_id": v.CallbackID, "private_metadata": v.PrivateMetadata,
		"external_id": v.ExternalID, "hash": v.Hash, "app_id": appID, "bot_id": botID, "root_view_id": v.ID,
		"state": object{"values": object{}}, "blocks": []object{},
	}
	if len(v.Blocks) > 0 {
		o["blocks"] = v.Blocks
	}
	if v.Type == "modal" {
		o["title"] = object{"type": "plain_text", "text": v.Title}
	}
	return o
}

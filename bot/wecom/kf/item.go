package kf

import (
	"encoding/json"
	"strings"
	"time"
	"unicode"
)

// page is one answer of kf/sync_msg. Items are read one by one: a kind that we
// do not know must not hide those behind it.
type page struct {
	Next string            `json:"next_cursor"`
	More int               `json:"has_more"`
	List []json.RawMessage `json:"msg_list"`
}

// Where an item comes from.
const (
	ofCustomer = 3
	ofSystem   = 4
	ofServicer = 5
)

// item is a message or an event, with the fields that we read. Media ids, file
// names and places are none of them.
type item struct {
	ID       string `json:"msgid"`
	Customer string `json:"external_userid"`
	Seconds  int64  `json:"send_time"`
	Origin   int    `json:"origin"`
	Servicer string `json:"servicer_userid"`
	Type     string `json:"msgtype"`
	Text     struct {
		Content string `json:"content"`
		Menu    string `json:"menu_id"`
	} `json:"text"`
	Event event `json:"event"`
}

// event says itself whom it is about.
type event struct {
	Type        string `json:"event_type"`
	Customer    string `json:"external_userid"`
	Scene       string `json:"scene"`
	SceneParam  string `json:"scene_param"`
	WelcomeCode string `json:"welcome_code"`
	Failed      string `json:"fail_msgid"`
	FailType    int    `json:"fail_type"`
	Servicer    string `json:"servicer_userid"`
	Status      int    `json:"status"`
	Change      int    `json:"change_type"`
	New         string `json:"new_servicer_userid"`
	Code        string `json:"msg_code"`
	Recalled    string `json:"recall_msgid"`
	Reject      int    `json:"reject_switch"`
}

// What session_status_change says.
const (
	changeTaken    = 1 // 接入
	changeMoved    = 2 // 转接
	changeEnded    = 3 // 结束
	changeReopened = 4 // 重新接入
)

func (it item) endsSession() bool {
	return it.Type == "event" && it.Event.Type == "session_status_change" && it.Event.Change == changeEnded
}

func (it item) time() time.Time { return time.Unix(it.Seconds, 0) }

// parseItem reads an item; false is one without the ids that all have, or with
// one that the store would refuse, and all of its page with it.
func parseItem(raw []byte) (item, bool) {
	var it item
	if err := json.Unmarshal(raw, &it); err != nil || it.ID == "" || len(it.ID) > 128 || strings.ContainsFunc(it.ID, unicode.IsControl) {
		return item{}, false
	}
	for _, servicer := range []*string{&it.Servicer, &it.Event.New} {
		if !sound(*servicer) {
			*servicer = ""
		}
	}
	if it.Type == "event" {
		it.Customer = it.Event.Customer
		// What an account's own events are about is no customer.
		return it, it.Customer == "" || sound(it.Customer)
	}
	return it, sound(it.Customer)
}

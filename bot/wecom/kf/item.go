package kf

import (
	"encoding/json"
	"fmt"
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

// statusServing is what servicer_status_change says of who takes customers now.
const statusServing = 1

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

// failure says what a fail_type means.
func failure(kind int) string {
	if why, ok := failures[kind]; ok {
		return why
	}
	return fmt.Sprint("fail_type ", kind)
}

var failures = map[int]string{
	0: "unknown", 1: "客服账号已删除 (the account was deleted)", 2: "应用已关闭 (the app was closed)",
	4: "超过 48 小时 (more than 48 hours after the customer's last message)", 5: "会话已关闭 (the session has ended)",
	6: "超过 5 条 (more than five messages)", 8: "企业未认证 (the company is not verified)",
	10: "客户拒收 (the customer refuses messages)", 11: "无成员登录企业微信 (no member is logged in to WeCom)",
	12: "发送了被禁止的消息类型 (a kind of message that is not allowed)", 13: "安全限制 (held back for security)",
}

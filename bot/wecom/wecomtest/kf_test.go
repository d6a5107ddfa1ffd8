package wecomtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const kfid = DefaultAccount

// kfTest is 微信客服 and a bot that does what the test says.
type kfTest struct {
	*WeCom
	t     testing.TB
	clock *Clock
	bell  *bell
}

func newKfTest(t testing.TB) *kfTest {
	clock := &Clock{}
	w := start(t, Config{Clock: clock})
	for _, id := range []string{"mei", "lan"} {
		w.SetServicer(kfid, ServicerStatus{ID: id})
	}
	return &kfTest{WeCom: w, t: t, clock: clock, bell: newBell(t, w)}
}

// call makes a request about wm1.
func (d *kfTest) call(name string, with answer) answer {
	d.t.Helper()
	body := answer{"open_kfid": kfid}
	switch name {
	case "send_msg":
		body["touser"] = "wm1"
	case "service_state/get", "service_state/trans", "customer/upgrade_service":
		body["external_userid"] = "wm1"
	case "send_msg_on_event", "customer/batchget", "account/list":
		delete(body, "open_kfid")
	}
	for k, v := range with {
		body[k] = v
	}
	return kfCall(d.t, d.WeCom, name, body)
}

func (d *kfTest) send(text string) answer {
	return d.call("send_msg", answer{"msgtype": "text", "text": answer{"content": text}})
}

func (d *kfTest) trans(state int, servicer string) answer {
	return d.call("service_state/trans", answer{"service_state": state, "servicer_userid": servicer})
}

// pull reads all from a cursor on.
func (d *kfTest) pull(cursor string) (items []map[string]any, next string) {
	d.t.Helper()
	for {
		a := want(d.t, "pulling", d.call("sync_msg", answer{"cursor": cursor, "token": d.token()}), 0)
		list, _ := a["msg_list"].([]any)
		for _, i := range list {
			items = append(items, i.(map[string]any))
		}
		cursor = a.str("next_cursor")
		if a["has_more"] != 1.0 {
			return items, cursor
		}
	}
}

// token is a new one from a callback.
func (d *kfTest) token() string {
	d.t.Helper()
	if ack := d.Announce(kfid, 1)[0].Wait(soon(d.t)); !ack.Acknowledged {
		d.t.Fatalf("a callback is not acknowledged: %+v", ack)
	}
	all := d.bell.all()
	return all[len(all)-1].Token
}

// events are those of a kind.
func events(items []map[string]any, kind string) []map[string]any {
	var all []map[string]any
	for _, i := range items {
		if e, ok := i["event"].(map[string]any); ok && e["event_type"] == kind {
			if i["origin"] != 4.0 || i["external_userid"] != nil {
				panic("an event has another origin, or says itself whom it is about")
			}
			all = append(all, e)
		}
	}
	return all
}

// wantState checks where wm1 stands.
func (d *kfTest) wantState(state, quota int) {
	d.t.Helper()
	if s := d.Session(kfid, "wm1"); s.State != state || s.Quota != quota {
		d.t.Errorf("the session is %+v, want state %d and quota %d", s, state, quota)
	}
}

func TestQuota(t *testing.T) {
	d := newKfTest(t)
	want(t, "to a stranger", d.send("您好"), 40096)
	d.Open(kfid, "wm1", "pos61", "T-4711")
	want(t, "before the customer wrote", d.send("您好"), 95018)
	d.Say(kfid, "wm1", "刷卡显示61")
	d.wantState(Unhandled, 5)
	for i := range 5 {
		want(t, "within the quota", d.send(fmt.Sprint("第", i, "条")), 0)
	}
	want(t, "a sixth", d.send("第六条"), 95001)
	d.Say(kfid, "wm1", "还是不行")
	d.wantState(Unhandled, 5)
	want(t, "refilled", d.send("好的"), 0)
	d.clock.Advance(47 * time.Hour)
	want(t, "after 47 hours", d.send("还在吗"), 0)
	d.clock.Advance(61 * time.Minute)
	want(t, "after 48 hours", d.send("还在吗?"), 95002)
	d.wantState(Ended, 3)
	if got := d.Invariants(); len(got) != 1 || !strings.Contains(got[0], "all 5 messages are used") {
		t.Errorf("broken rules: %q", got)
	}
}

func TestContent(t *testing.T) {
	d := newKfTest(t)
	d.Say(kfid, "wm1", "61")
	send := func(m answer) answer { return d.call("send_msg", m) }
	menu := func(items ...answer) answer {
		return answer{"msgtype": "msgmenu", "msgmenu": answer{"head_content": "您好", "list": items, "tail_content": "请选"}}
	}
	click := func(id, content string) answer {
		return answer{"type": "click", "click": answer{"id": id, "content": content}}
	}
	want(t, "empty", d.send(" "), 44004)
	want(t, "2049 bytes", d.send(strings.Repeat("x", 2049)), 45002)
	want(t, "markdown", send(answer{"msgtype": "markdown", "markdown": answer{"content": "x"}}), 40008)
	want(t, "an unknown picture", send(answer{"msgtype": "image", "image": answer{"media_id": "m"}}), 40007)
	want(t, "another account", send(answer{"open_kfid": "wk0", "msgtype": "text", "text": answer{"content": "x"}}), 95000)
	want(t, "no account", send(answer{"open_kfid": "", "msgtype": "text", "text": answer{"content": "x"}}), 95004)
	want(t, "an empty menu", send(menu()), 95008)
	want(t, "a long item", send(menu(click("a", strings.Repeat("六", 43)))), 95009)
	want(t, "the same id twice", send(menu(click("a", "x"), click("a", "y"))), 95009)
	want(t, "a msgid with a slash", send(answer{"msgid": "a/b", "msgtype": "text", "text": answer{"content": "x"}}), 40058)
	d.wantState(Unhandled, 5)
	want(t, "a menu", send(menu(click("solved", "已解决"), click("human", "转人工"))), 0)
	mine := answer{"msgid": "k_1", "msgtype": "text", "text": answer{"content": "一次"}}
	if a := want(t, "with a msgid", send(mine), 0); a.str("msgid") != "k_1" {
		t.Errorf("the msgid comes back as %v", a)
	}
	want(t, "again", send(mine), 40058)
	d.wantState(Unhandled, 3)
	if got := d.Invariants(); len(got) != 0 {
		t.Errorf("a retry breaks rules: %q", got)
	}
	mine["text"] = answer{"content": "another"}
	want(t, "something else under it", send(mine), 40058)
	if got := d.Invariants(); len(got) != 1 {
		t.Errorf("a msgid for two messages breaks %q", got)
	}

	if bad := d.Menu(kfid, "wm1", "nothing"); bad.Err == nil {
		t.Error("an item that is not there can be tapped")
	}
	d.Menu(kfid, "wm1", "human")
	d.Image(kfid, "wm1")
	recalled := d.Say(kfid, "wm1", "错了").ID
	d.Recall(kfid, "wm1", recalled)
	items, _ := d.pull("")
	if text := items[1]["text"].(map[string]any); text["menu_id"] != "human" || text["content"] != "转人工" || items[1]["origin"] != 3.0 {
		t.Errorf("a tap arrives as %v", items[1])
	}
	if items[2]["msgtype"] != "image" {
		t.Errorf("a picture arrives as %v", items[2])
	}
	if e := events(items, "user_recall_msg"); len(e) != 1 || e[0]["recall_msgid"] != recalled {
		t.Errorf("a recall arrives as %v", e)
	}
	if got := d.Complaints(); len(got) != 1 { // markdown is a field that kf does not know
		t.Errorf("complaints: %q", got)
	}
	d.FailSend(kfid, "wm1", "k_1", 10)
	items, _ = d.pull("")
	if e := events(items, "msg_send_fail"); len(e) != 1 || e[0]["fail_msgid"] != "k_1" || e[0]["fail_type"] != 10.0 {
		t.Errorf("a message that failed is told as %v", e)
	}
	if n := len(d.Sent("")); n != 1 {
		t.Errorf("%d messages are seen, want the menu", n)
	}
}

func TestWelcome(t *testing.T) {
	d := newKfTest(t)
	url := want(t, "a contact way", d.call("add_contact_way", answer{"scene": "pos61"}), 0).str("url")
	d.OpenLink("wm1", url+"&scene_param=T-4711")
	d.Open(kfid, "wm2", "", "")
	items, _ := d.pull("")
	entered := events(items, "enter_session")
	if len(entered) != 2 || entered[0]["scene"] != "pos61" || entered[0]["scene_param"] != "T-4711" {
		t.Fatalf("entering is told as %v", entered)
	}
	code := entered[0]["welcome_code"]
	welcome := func(code any) answer {
		return d.call("send_msg_on_event", answer{"code": code, "msgid": "w1", "msgtype": "msgmenu", "msgmenu": answer{
			"head_content": "您好", "list": []answer{{"type": "click", "click": answer{"id": "kb-61", "content": "屏幕显示61"}}},
		}})
	}
	want(t, "a made-up code", welcome("guess"), 95007)
	want(t, "within 20 s", welcome(code), 0)
	want(t, "twice", welcome(code), 95007)
	d.clock.Advance(21 * time.Second)
	want(t, "after 20 s", welcome(entered[1]["welcome_code"]), 95007)
	d.Open(kfid, "wm1", "pos61", "")
	items, _ = d.pull("")
	if e := events(items, "enter_session"); e[2]["welcome_code"] != nil {
		t.Error("who was welcomed an hour ago is welcomed again")
	}
	got := want(t, "customers", d.call("customer/batchget", answer{"external_userid_list": []string{"wm1", "ghost"}, "need_enter_session_context": 1}), 0)
	if list := got["customer_list"].([]any); len(list) != 1 || list[0].(map[string]any)["enter_session_context"] == nil {
		t.Errorf("customers are %v", got)
	}
}

func TestHandoff(t *testing.T) {
	d := newKfTest(t)
	d.Say(kfid, "wm1", "转人工")
	want(t, "0 -> 0", d.trans(0, ""), 95016)
	want(t, "0 -> 4", d.trans(4, ""), 95016)
	want(t, "0 -> 1", d.trans(1, ""), 0)
	want(t, "to a stranger", d.trans(3, "ghost"), 95014)
	d.SetServicer(kfid, ServicerStatus{ID: "lan", Stopped: true})
	want(t, "to one who stopped", d.trans(3, "lan"), 95019)
	queued := want(t, "1 -> 2", d.trans(2, ""), 0)
	want(t, "2 -> 1", d.trans(1, ""), 95016)
	onEvent := func(code any, msgtype string) answer {
		return d.call("send_msg_on_event", answer{"code": code, "msgtype": msgtype, "text": answer{"content": "已转接"}})
	}
	want(t, "a menu by a state's code", onEvent(queued["msg_code"], "msgmenu"), 40008)
	want(t, "the state's code", onEvent(queued["msg_code"], "text"), 0)
	want(t, "writing while it is queued", d.send("请稍等"), 95018)
	served := want(t, "2 -> 3", d.trans(3, "mei"), 0)
	if served["msg_code"] != nil {
		t.Error("the second change gives another code")
	}
	want(t, "to the same", d.trans(3, "mei"), 95016)
	if s := d.call("service_state/get", nil); s["service_state"] != 3.0 || s["servicer_userid"] != "mei" {
		t.Errorf("the state is %v", s)
	}
	d.Speak(kfid, "wm1", "mei", "我来看看")
	d.TakeOver(kfid, "wm1", "lan")
	d.End(kfid, "wm1")
	items, _ := d.pull("")
	changes := events(items, "session_status_change")
	if len(changes) != 2 || changes[0]["change_type"] != 2.0 || changes[1]["change_type"] != 3.0 {
		t.Fatalf("what the API did is told too, or not all that people did: %v", changes)
	}
	if spoken := slices.IndexFunc(items, func(i map[string]any) bool { return i["origin"] == 5.0 }); items[spoken]["servicer_userid"] != "mei" {
		t.Errorf("a servicer's words arrive as %v", items[spoken])
	}
	want(t, "a closing menu", d.call("send_msg_on_event", answer{"code": changes[1]["msg_code"], "msgtype": "msgmenu", "msgmenu": answer{
		"head_content": "满意吗", "list": []answer{{"type": "click", "click": answer{"id": "good", "content": "满意"}}},
	}}), 0)
	want(t, "writing after the end", d.send("再见"), 95013)
	want(t, "changing after the end", d.trans(1, ""), 95013)
	d.Say(kfid, "wm1", "又显示61")
	d.wantState(Unhandled, 5)
	want(t, "the bot again", d.send("您好"), 0)
	d.Speak(kfid, "wm1", "mei", "我在")
	items, _ = d.pull("")
	changes = events(items, "session_status_change")
	last := changes[len(changes)-1]
	if last["change_type"] != 1.0 || last["msg_code"] == nil {
		t.Errorf("a servicer who speaks is told as %v", last)
	}
	want(t, "3 -> 4", d.trans(4, ""), 0)
	want(t, "the code of a state that is over", onEvent(last["msg_code"], "text"), 95013)
	list := want(t, "servicers", d.call("servicer/list", nil), 0)["servicer_list"].([]any)
	if len(list) != 2 || list[1].(map[string]any)["status"] != 1.0 {
		t.Errorf("servicers are %v", list)
	}
	// Writing while it was queued: the bot itself had just put it there.
	if got := d.Invariants(); len(got) != 1 || !strings.Contains(got[0], "in state 2") {
		t.Errorf("broken rules: %q", got)
	}
}

// TestRace: what the bot could not know is no fault of its.
func TestRace(t *testing.T) {
	d := newKfTest(t)
	d.Say(kfid, "wm1", "61")
	d.call("service_state/get", nil)
	d.TakeOver(kfid, "wm1", "mei")
	want(t, "taken over meanwhile", d.send("您好"), 95018)
	if got := d.Invariants(); len(got) != 0 {
		t.Errorf("broken rules: %q", got)
	}
	d.call("service_state/get", nil)
	want(t, "knowing it", d.send("您好"), 95018)
	if got := d.Invariants(); len(got) != 1 {
		t.Errorf("broken rules: %q", got)
	}
	d.AddAccount(Account{ID: "wkPeople", People: true})
	d.SetServicer("wkPeople", ServicerStatus{ID: "mei"})
	d.Say("wkPeople", "wm9", "61")
	if s := d.Session("wkPeople", "wm9"); s.State != Served {
		t.Errorf("with 人工接待 a session begins in state %d", s.State)
	}
}

func TestPull(t *testing.T) {
	d := newKfTest(t)
	for i := range 1203 {
		d.mu.Lock()
		d.says(d.kf.accounts[kfid], fmt.Sprint("wm", i%2+1), fmt.Sprint("m", i), "text", object{"content": "61"})
		d.mu.Unlock()
	}
	d.SetPages(0, 2, 0)
	items, cursor := d.pull("")
	if len(items) != 1203 || items[1]["external_userid"] != "wm2" || len(d.Calls("kf/sync_msg")) != 4 {
		t.Errorf("%d items in %d pages", len(items), len(d.Calls("kf/sync_msg")))
	}
	d.send("一条我们自己的")
	if again, same := d.pull(cursor); len(again) != 0 || same != cursor {
		t.Errorf("after the end there are %d items, cursor %s instead of %s", len(again), same, cursor)
	}
	d.SetPages(500, 0, 3)
	if items, _ := d.pull(""); len(items) != 1203+6 || items[500]["msgid"] != "m497" {
		t.Errorf("with overlapping pages, %d items", len(items))
	}
	d.SetPages(0, 0, 0)
	d.RepeatItem(kfid, "m7")
	if items, _ := d.pull(cursor); len(items) != 1 || items[0]["msgid"] != "m7" {
		t.Errorf("repeated is %v", items)
	}
	sync := func(with answer) answer { return d.call("sync_msg", with) }
	token := d.token()
	want(t, "another token", sync(answer{"token": "guess"}), 95007)
	want(t, "too long a page", sync(answer{"token": token, "limit": 1001}), 40058)
	d.clock.Advance(11 * time.Minute)
	want(t, "an old token", sync(answer{"token": token}), 95007)
	for range 30 {
		want(t, "without a token", sync(answer{"cursor": cursor}), 0)
	}
	want(t, "without a token, too often", sync(answer{"cursor": cursor}), 45009)
	d.ForgetCursors(false)
	want(t, "a forgotten cursor", sync(answer{"cursor": cursor, "token": d.token()}), 40058)
	d.ForgetCursors(true)
	if items, _ := d.pull(cursor); len(items) != 1204 {
		t.Errorf("a cursor that is forgotten quietly gives %d items", len(items))
	}
	d.clock.Advance(73 * time.Hour)
	d.Say(kfid, "wm1", "三天后")
	if items, _ := d.pull(""); len(items) != 1 {
		t.Errorf("after three days, %d items are left", len(items))
	}
	want(t, "an account that is not managed", func() answer {
		d.AddAccount(Account{ID: kfid, Unmanaged: true})
		return sync(nil)
	}(), 95017)
}

// TestEverythingElse: what people do beyond words arrives as what it is.
func TestEverythingElse(t *testing.T) {
	d := newKfTest(t)
	d.Voice(kfid, "wm1")
	d.File(kfid, "wm1")
	d.Location(kfid, "wm1")
	spoken := d.Speak(kfid, "wm1", "mei", "错了").ID
	d.RecallSpoken(kfid, "wm1", "mei", spoken)
	d.Reject(kfid, "wm1", true)
	items, _ := d.pull("")
	var kinds []string
	for _, i := range items {
		kind := i["msgtype"].(string)
		if e, ok := i["event"].(map[string]any); ok {
			kind = e["event_type"].(string)
		}
		kinds = append(kinds, kind)
	}
	if got := strings.Join(kinds, " "); got != "voice file location session_status_change text servicer_recall_msg reject_customer_msg_switch_change" {
		t.Errorf("it arrives as %s", got)
	}
	want(t, "an upgrade without a member", d.call("customer/upgrade_service", answer{"type": 1}), 40058)
	want(t, "an upgrade", d.call("customer/upgrade_service", answer{"type": 1, "member": answer{"userid": "mei", "wording": "您的经理"}}), 0)
	list := want(t, "accounts", d.call("account/list", nil), 0)["account_list"].([]any)
	if len(list) != 1 || list[0].(map[string]any)["manage_privilege"] != true {
		t.Errorf("accounts are %v", list)
	}
	d.SkewCallbacks(time.Hour)
	d.WriteVoice("li").Wait(soon(t))
	d.Fail(Fault{On: "kf/account/list", Code: 60020, Times: -1})
	want(t, "an address that is not on the list", d.call("account/list", nil), 60020)
	want(t, "it stays so", d.call("account/list", nil), 60020)
	d.Heal()
	want(t, "afterwards", d.call("account/list", nil), 0)
	d.CallBack("", "", "")
	l := d.connect(t)
	d.AskWith("li", "li", "voice", map[string]any{"content": "六十一"})
	d.AskAbout("li", "li", "这个呢", "屏幕显示61")
	if one, two := l.read(), l.read(); one.Body.MsgType != "voice" || two.Body.Text.Content != "这个呢" {
		t.Errorf("colleagues are heard as %+v and %+v", one, two)
	}
	d.AddGroup("g1", "li")
	if d.AskWith("g1", "li", "voice", nil).Err == nil || d.Ask("g1", "wang", "61").Err == nil {
		t.Error("in a group anything can be sent by anybody")
	}
}

package wecomtest

import (
	"net/http"
	"net/url"
	"slices"
)

var kfSessionMethods = map[string]method{
	"kf/service_state/get":   {"kf", http.MethodPost, stateGet},
	"kf/service_state/trans": {"kf", http.MethodPost, stateTrans},
	"kf/servicer/list":       {"kf", http.MethodGet, servicerList},
}

// kfAccount finds the account that a request names.
func (w *WeCom) kfAccount(id string) (*desk, error) {
	switch a := w.kf.accounts[id]; {
	case id == "":
		return nil, refuse(95004, "open_kfid missing")
	case a == nil:
		return nil, refuse(95000, "invalid open_kfid")
	case a.Unmanaged:
		return nil, refuse(95017, "the account is not managed by API")
	default:
		return a, nil
	}
}

// kfCustomer finds the account and the session that a request names.
func (w *WeCom) kfCustomer(account, customer string) (*desk, *session, error) {
	a, err := w.kfAccount(account)
	if err != nil {
		return nil, nil, err
	}
	if a.sessions[customer] == nil {
		return nil, nil, refuse(40096, "invalid external userid")
	}
	return a, w.session(a, customer), nil
}

func stateGet(w *WeCom, c *call) (object, error) {
	var in struct {
		Account  string `json:"open_kfid"`
		Customer string `json:"external_userid"`
	}
	if err := w.read(c, &in); err != nil {
		return nil, err
	}
	_, s, err := w.kfCustomer(in.Account, in.Customer)
	if err != nil {
		return nil, err
	}
	s.looked = w.now()
	return object{"service_state": s.State, "servicer_userid": s.Servicer}, nil
}

// transitions are those that the API may make.
var transitions = map[int][]int{Unhandled: {Assistant, Queued, Served}, Assistant: {Queued, Served}, Queued: {Served}, Served: {Served, Ended}}

// stateTrans changes a session's state. No event tells of it.
func stateTrans(w *WeCom, c *call) (object, error) {
	var in struct {
		Account  string `json:"open_kfid"`
		Customer string `json:"external_userid"`
		State    *int   `json:"service_state"`
		Servicer string `json:"servicer_userid"`
	}
	if err := w.read(c, &in); err != nil {
		return nil, err
	}
	a, s, err := w.kfCustomer(in.Account, in.Customer)
	if err != nil {
		return nil, err
	}
	if in.State == nil || *in.State < Unhandled || *in.State > Ended {
		return nil, refuse(40058, "invalid service_state")
	}
	to, from := *in.State, s.State
	allowed := slices.Contains(transitions[from], to) || w.config.EndByAPI && to == Ended && (from == Assistant || from == Queued)
	switch {
	case from == Ended:
		return nil, refuse(95013, "the session has ended")
	case !allowed:
		return nil, refuse(95016, "the session's state cannot be changed so")
	}
	if to == Served {
		switch servicer := a.servicer(in.Servicer); {
		case servicer == nil || servicer.Inactive:
			return nil, refuse(95014, "not a servicer, or not activated")
		case servicer.Stopped || servicer.Suspended:
			return nil, refuse(95019, "the servicer takes no customers")
		case from == Served && s.Servicer == in.Servicer:
			return nil, refuse(95016, "this servicer serves the customer already")
		}
	} else if in.Servicer != "" {
		w.complain("kf/service_state/trans: servicer_userid says nothing with state %d", to)
	}
	w.enter(a, in.Customer, s, to, in.Servicer)
	s.looked = w.now()
	answer := object{}
	switch {
	case to == Ended:
		answer["msg_code"] = w.code(a, in.Customer, "end", Ended, endCode)
	case from <= Assistant && to != Assistant:
		answer["msg_code"] = w.code(a, in.Customer, "state", to, sessionLife)
	}
	return answer, nil
}

func servicerList(w *WeCom, c *call) (object, error) {
	a, err := w.kfAccount(c.query.Get("open_kfid"))
	if err != nil {
		return nil, err
	}
	list := []object{}
	for _, s := range a.servicers {
		if s.Inactive {
			continue
		}
		one := object{"userid": s.ID, "status": 0}
		if s.Stopped || s.Suspended {
			one["status"], one["stop_type"] = 1, 0
		}
		if s.Suspended {
			one["stop_type"] = 1
		}
		list = append(list, one)
	}
	return object{"servicer_list": list}, nil
}

var kfPeopleMethods = map[string]method{
	"kf/account/list":             {"kf", "", accountList},
	"kf/add_contact_way":          {"kf", http.MethodPost, addContactWay},
	"kf/customer/batchget":        {"kf", http.MethodPost, customerBatchGet},
	"kf/customer/upgrade_service": {"kf", http.MethodPost, upgradeService},
}

func accountList(w *WeCom, c *call) (object, error) {
	var in struct {
		Offset int  `json:"offset"`
		Limit  *int `json:"limit"`
	}
	if len(c.body) > 0 {
		if err := w.read(c, &in); err != nil {
			return nil, err
		}
	}
	limit := 100
	if in.Limit != nil {
		limit = *in.Limit
	}
	if in.Offset < 0 || limit < 1 || limit > 100 {
		return nil, refuse(40058, "invalid offset or limit")
	}
	ids := make([]string, 0, len(w.kf.accounts))
	for id := range w.kf.accounts {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	ids = ids[min(in.Offset, len(ids)):]
	ids = ids[:min(limit, len(ids))]
	list := []object{}
	for _, id := range ids {
		a := w.kf.accounts[id]
		list = append(list, object{"open_kfid": id, "name": a.Name, "avatar": "", "manage_privilege": !a.Unmanaged})
	}
	return object{"account_list": list}, nil
}

func addContactWay(w *WeCom, c *call) (object, error) {
	var in struct {
		Account string `json:"open_kfid"`
		Scene   string `json:"scene"`
	}
	if err := w.read(c, &in); err != nil {
		return nil, err
	}
	a, err := w.kfAccount(in.Account)
	if err != nil {
		return nil, err
	}
	if !idLike(in.Scene, 32, "_-") {
		return nil, refuse(40058, "invalid scene")
	}
	key := w.id("scene")
	w.kf.links[key] = link{a.ID, in.Scene}
	return object{"url": "https://work.weixin.qq.com/kfid/kfc0000?" + url.Values{"enc_scene": {key}}.Encode()}, nil
}

func customerBatchGet(w *WeCom, c *call) (object, error) {
	var in struct {
		Customers []string `json:"external_userid_list"`
		Context   int      `json:"need_enter_session_context"`
	}
	if err := w.read(c, &in); err != nil {
		return nil, err
	}
	if len(in.Customers) == 0 || len(in.Customers) > 100 {
		return nil, refuse(40058, "invalid external_userid_list")
	}
	found, invalid := []object{}, []string{}
	for _, id := range in.Customers {
		var one object
		for _, a := range w.kf.accounts {
			if s := a.sessions[id]; s != nil {
				one = object{"external_userid": id, "nickname": "商户 " + id, "avatar": "", "gender": 0, "unionid": "union-" + id}
				if in.Context == 1 && s.scene != nil {
					one["enter_session_context"] = s.scene
				}
			}
		}
		if one == nil {
			invalid = append(invalid, id)
			continue
		}
		found = append(found, one)
	}
	return object{"customer_list": found, "invalid_external_userid": invalid}, nil
}

func upgradeService(w *WeCom, c *call) (object, error) {
	var in struct {
		Account  string `json:"open_kfid"`
		Customer string `json:"external_userid"`
		Type     int    `json:"type"`
		Member   struct {
			ID      string `json:"userid"`
			Wording string `json:"wording"`
		} `json:"member"`
		Group struct {
			ID      string `json:"chat_id"`
			Wording string `json:"wording"`
		} `json:"groupchat"`
	}
	if err := w.read(c, &in); err != nil {
		return nil, err
	}
	if _, _, err := w.kfCustomer(in.Account, in.Customer); err != nil {
		return nil, err
	}
	if in.Type == 1 && in.Member.ID == "" || in.Type == 2 && in.Group.ID == "" || in.Type < 1 || in.Type > 2 {
		return nil, refuse(40058, "invalid type, member or groupchat")
	}
	w.say(Said{Conversation: kfConversation(in.Account, in.Customer), From: System, Type: "upgrade_service", Text: in.Member.ID + in.Group.ID})
	return nil, nil
}

package kf

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"decline61/bot/mask"
	"decline61/bot/wecom"
)

// Account is one 微信客服 account.
type Account struct {
	ID, Name string
	Managed  bool // by the API
}

// Accounts asks for all accounts of the company.
func (c *Channel) Accounts(ctx context.Context) ([]Account, error) { return accounts(ctx, c.client) }

func accounts(ctx context.Context, client *wecom.Client) ([]Account, error) {
	const limit, most = 100, 5000
	var all []Account
	for offset := 0; offset < most; offset += limit {
		var got struct {
			List []struct {
				ID      string `json:"open_kfid"`
				Name    string `json:"name"`
				Managed *bool  `json:"manage_privilege"`
			} `json:"account_list"`
		}
		if err := client.Call(ctx, "kf/account/list", nil, map[string]any{"offset": offset, "limit": limit}, &got); err != nil {
			return nil, fmt.Errorf("kf: asking for accounts: %w", err)
		}
		for _, a := range got.List {
			all = append(all, Account{a.ID, a.Name, a.Managed == nil || *a.Managed})
		}
		if len(got.List) < limit {
			break
		}
	}
	return all, nil
}

// Servicer is somebody who serves an account's customers.
type Servicer struct {
	ID     string
	Online bool // takes customers now
}

// Servicers asks for an account's servicers.
func (c *Channel) Servicers(ctx context.Context, account string) ([]Servicer, error) {
	return servicers(ctx, c.client, account)
}

func servicers(ctx context.Context, client *wecom.Client, account string) ([]Servicer, error) {
	var got struct {
		List []struct {
			ID     string `json:"userid"`
			Status int    `json:"status"`
		} `json:"servicer_list"`
	}
	if err := client.Call(ctx, "kf/servicer/list", url.Values{"open_kfid": {account}}, nil, &got); err != nil {
		return nil, fmt.Errorf("kf: asking for servicers: %w", err)
	}
	var all []Servicer
	for _, s := range got.List {
		if s.ID != "" { // a whole department has none
			all = append(all, Servicer{s.ID, s.Status == 0})
		}
	}
	return all, nil
}

// ContactWay is a link to an account, for a QR code on a terminal.
type ContactWay struct{ Terminal, Link string }

var sceneForm = regexp.MustCompile(`^[0-9A-Za-z_-]{1,32}$`)

// ContactWays makes a link for each terminal: one link of the account with that
// scene, and the terminal's id behind it. Whoever knows a link can write
// another id there, so the bot passes it on as a hint and trusts it in nothing.
// Without terminals it is the link alone.
func ContactWays(ctx context.Context, client *wecom.Client, account, scene string, terminals ...string) ([]ContactWay, error) {
	if !sceneForm.MatchString(scene) {
		return nil, errors.New("kf: a scene is 1 to 32 letters, digits, _ and -")
	}
	for _, t := range terminals {
		if hint(t, 64) == "" {
			return nil, fmt.Errorf("kf: the terminal id %q cannot stand in a link: use up to 64 letters, digits, _, - and ., and nothing that looks like a card number", mask.Of(t).String())
		}
	}
	var got struct {
		URL string `json:"url"`
	}
	if err := client.Call(ctx, "kf/add_contact_way", nil, map[string]any{"open_kfid": account, "scene": scene}, &got); err != nil {
		return nil, fmt.Errorf("kf: making a link: %w", err)
	}
	if _, err := url.Parse(got.URL); err != nil || got.URL == "" {
		return nil, errors.New("kf: making a link: WeCom gives none")
	}
	if len(terminals) == 0 {
		return []ContactWay{{Link: got.URL}}, nil
	}
	join := "&"
	if !strings.Contains(got.URL, "?") {
		join = "?"
	}
	var all []ContactWay
	for _, t := range terminals {
		all = append(all, ContactWay{t, got.URL + join + "scene_param=" + url.QueryEscape(t)})
	}
	return all, nil
}

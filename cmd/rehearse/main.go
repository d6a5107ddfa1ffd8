// Command rehearse lets one person play a merchant in WeChat, a servicer and a
// colleague in WeCom, against the real bot and without a network: it starts a
// WeCom on this machine (decline61/bot/wecom/wecomtest) and decline61 serve
// beside it, sends what is typed, and shows what people would see.
//
//	go run ./cmd/rehearse
//
// With -bot PATH it starts that binary instead of building one.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"decline61/bot/wecom/wecomtest"
)

func main() {
	bot := flag.String("bot", "", "the decline61 binary to start (default: build it)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := rehearse(ctx, *bot, os.Stdin, os.Stdout); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "rehearse:", err)
		os.Exit(1)
	}
}

const help = `直接输入 = 顾客(商户)在微信里说的话;输入数字 = 点菜单里的第几项
  /接入        一位接待人员接入        /说 TEXT   接待人员说话
  /结束        接待人员结束会话        /同事 TEXT 同事问智能机器人
  /help        本帮助                  Ctrl-D     结束
Type what the merchant says; a number taps that item of the menu. See the package comment for the rest.
`

// The people of the rehearsal.
const (
	customer = "wmREHEARSAL"
	servicer = "mei"
	patience = 30 * time.Second
)

// stage is the rehearsal while it runs.
type stage struct {
	wecom *wecomtest.WeCom
	out   io.Writer
	shown map[string]int // how much of a conversation was shown
	menu  []string       // of the latest message that has one
}

// rehearse plays until in ends or ctx is done.
func rehearse(ctx context.Context, binary string, in io.Reader, out io.Writer) error {
	wecom, err := wecomtest.Start(wecomtest.Config{})
	if err != nil {
		return fmt.Errorf("starting a WeCom on this machine: %w", err)
	}
	defer wecom.Close()
	wecom.SetServicer(wecomtest.DefaultAccount, wecomtest.ServicerStatus{ID: servicer})
	folder, err := os.MkdirTemp("", "decline61-rehearsal-")
	if err != nil {
		return fmt.Errorf("making a folder: %w", err)
	}
	defer os.RemoveAll(folder)
	end, err := serve(ctx, wecom, binary, folder, out)
	if err != nil {
		return err
	}
	defer end()

	s := &stage{wecom: wecom, out: out, shown: map[string]int{}}
	fmt.Fprint(out, help)
	wecom.Open(wecomtest.DefaultAccount, customer, "rehearsal", "T-1")
	lines := make(chan string)
	go func() {
		defer close(lines)
		for sc := bufio.NewScanner(in); sc.Scan(); {
			lines <- strings.TrimSpace(sc.Text())
		}
	}()
	last := time.Now()
	for quiet := false; ; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case line, ok := <-lines:
			if !ok {
				quiet, lines = true, nil // what is under way is shown first
				continue
			}
			last = time.Now()
			s.play(line)
		case <-time.After(100 * time.Millisecond):
			if s.show() {
				last = time.Now()
			}
			if quiet && time.Since(last) > 4*time.Second {
				return nil
			}
		}
	}
}

// serve starts the bot against wecom, and gives what ends it.
func serve(ctx context.Context, wecom *wecomtest.WeCom, binary, folder string, out io.Writer) (end func(), err error) {
	if binary == "" {
		binary = filepath.Join(folder, "decline61")
		fmt.Fprintln(out, "building decline61 ...")
		build := exec.CommandContext(ctx, "go", "build", "-o", binary, "decline61/cmd/decline61")
		if said, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("building decline61: %w: %s", err, said)
		}
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("finding a free port: %w", err)
	}
	address := ln.Addr().String()
	ln.Close()
	log, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		return nil, fmt.Errorf("making a log: %w", err)
	}
	c := wecom.Config()
	bot := exec.CommandContext(ctx, binary, "serve", "--listen", address, "--data", folder)
	bot.Env = append(os.Environ(),
		"DECLINE61_WECOM_API_URL="+wecom.URL(), "DECLINE61_WECOM_CORP_ID="+c.CorpID, "DECLINE61_WECOM_KF_SECRET="+c.KfSecret,
		"DECLINE61_WECOM_CALLBACK_TOKEN="+c.Token, "DECLINE61_WECOM_ENCODING_AES_KEY="+c.AESKey,
		"DECLINE61_WECOM_BOT_ID="+c.BotID, "DECLINE61_WECOM_BOT_SECRET="+c.BotSecret, "DECLINE61_WECOM_BOT_URL="+wecom.SocketURL(),
		"DECLINE61_WECOM_WEBHOOK_URL="+wecom.WebhookURL())
	bot.Stdout, bot.Stderr = log, log
	bot.Cancel = func() error { return bot.Process.Signal(syscall.SIGTERM) }
	if err := bot.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", binary, err)
	}
	end = func() {
		_ = bot.Process.Signal(syscall.SIGTERM) // it may be gone
		_ = bot.Wait()
		log.Close()
	}
	wecom.CallBack("http://"+address+"/wecom/kf", "", "")
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		r, err := http.Get("http://" + address + "/readyz")
		if err == nil {
			says, _ := io.ReadAll(r.Body) // what is missing shows next time
			r.Body.Close()
			if strings.Contains(string(says), `"kf": "ok"`) && strings.Contains(string(says), `"aibot": "ok"`) {
				fmt.Fprintf(out, "decline61 serve: http://%s/\n", address)
				return end, nil
			}
		}
		if time.Since(began) > patience || ctx.Err() != nil {
			end()
			said, _ := os.ReadFile(log.Name())
			return nil, errors.Join(errors.New("decline61 serve does not become ready"), ctx.Err(), errors.New(string(said)))
		}
	}
}

// play does what a line says.
func (s *stage) play(line string) {
	account := wecomtest.DefaultAccount
	word, rest, _ := strings.Cut(line, " ")
	switch n, err := strconv.Atoi(line); {
	case line == "":
		return
	case word == "/help":
		fmt.Fprint(s.out, help)
	case word == "/接入":
		s.refused(s.wecom.TakeOver(account, customer, servicer))
	case word == "/说":
		s.refused(s.wecom.Speak(account, customer, servicer, rest))
	case word == "/结束":
		s.refused(s.wecom.End(account, customer))
	case word == "/同事":
		member := wecomtest.DefaultMembers[0]
		s.refused(s.wecom.Ask(member, member, rest))
	case err == nil && n >= 1 && n <= len(s.menu):
		s.refused(s.wecom.Menu(account, customer, s.menu[n-1]))
	default:
		s.refused(s.wecom.Say(account, customer, line))
	}
}

func (s *stage) refused(d *wecomtest.Delivery) {
	if d.Err != nil {
		fmt.Fprintln(s.out, "WeCom:", d.Err)
	}
}

// show writes what people see since the last time, and reports whether there
// was something.
func (s *stage) show() bool {
	any := false
	for _, where := range []struct{ conversation, name string }{
		{"kf/" + wecomtest.DefaultAccount + "/" + customer, "微信客服"},
		{"bot/" + wecomtest.DefaultMembers[0], "智能机器人"},
		{"webhook", "群通知"},
	} {
		sent := s.wecom.Sent(where.conversation)
		for s.shown[where.conversation] < len(sent) {
			m := sent[s.shown[where.conversation]]
			if where.name == "智能机器人" && m.Type == "stream" && !m.Finished {
				break // it is still being written
			}
			s.shown[where.conversation]++
			any = true
			fmt.Fprintf(s.out, "\n[%s]\n%s\n", where.name, m.Text)
			if items := menuOf(m.Body); len(items) > 0 && where.name == "微信客服" {
				s.menu = items
			}
		}
	}
	return any
}

// menuOf lists what can be tapped in a message.
func menuOf(body json.RawMessage) []string {
	var m struct {
		Menu struct {
			List []struct {
				Click struct{ Content string }
			}
		} `json:"msgmenu"`
		List []struct {
			Click struct{ Content string }
		} `json:"list"`
	}
	if json.Unmarshal(body, &m) != nil {
		return nil
	}
	var items []string
	for _, i := range append(m.Menu.List, m.List...) {
		if c := i.Click.Content; c != "" {
			items = append(items, c)
		}
	}
	return items
}

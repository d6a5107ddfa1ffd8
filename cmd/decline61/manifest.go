package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"decline61/bot/slack"
	"decline61/kb"
)

func newManifest(s *settings) *cobra.Command {
	var o slack.ManifestOptions
	var http bool
	var lang string
	cmd := &cobra.Command{
		Use:   "manifest",
		Short: "Write the manifest from which Slack makes the app / 生成 Slack 应用清单",
		Long: `Write the manifest (JSON) from which Slack makes the app, with every permission,
event, command and button that serve uses, and no other. Open
https://api.slack.com/apps?new_app=1, choose "From a manifest", and paste it.

It is for Socket Mode, which needs no address that Slack can reach. With --http
Slack sends its requests to BASE_URL; once serve runs there, let Slack verify
the address under App Manifest.

--mention-only leaves out the permissions to read channels: the bot then sees
only what mentions it, and needs a mention in its own threads, too. --guests
leaves out the agent view: Slack lets no guest of the workspace use an app that
has it, and it cannot be taken out of an app later.

生成创建 Slack 应用用的清单(JSON),只含用得到的权限、事件、命令和按钮:打开
https://api.slack.com/apps?new_app=1,选 From a manifest,粘贴。默认用 Socket
Mode,不需要公网地址;--http 让 Slack 把请求发到 BASE_URL。`,
		Example: `  decline61 manifest
  decline61 manifest --lang en --name "POS help" > manifest.json
  decline61 manifest --http --base-url https://pos-help.example.com`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Lang = kb.Lang(lang); o.Lang != kb.ZH && o.Lang != kb.EN {
				return exit(exitUsage, fmt.Errorf("--lang %q is unknown: use zh or en", lang))
			}
			if !http && cmd.Flags().Changed("base-url") {
				return exit(exitUsage, errors.New("--base-url is for --http: add that, or leave both out for Socket Mode"))
			}
			if http {
				c, err := s.part(cmd, "BASE_URL")
				if err != nil {
					return err
				}
				if o.BaseURL = c.BaseURL; o.BaseURL == "" {
					return exit(exitInvalid, errors.New("BASE_URL is missing: --http needs the address where Slack reaches serve, for example --base-url https://pos-help.example.com; or leave --http out for Socket Mode, which needs none"))
				}
			}
			b, err := slack.Manifest(o)
			if err != nil {
				return exit(exitInvalid, err)
			}
			if _, err := cmd.OutOrStdout().Write(b); err != nil {
				return fmt.Errorf("writing the manifest: %w", err)
			}
			if f, ok := cmd.ErrOrStderr().(*os.File); ok && isTerminal(f) {
				nextSteps(f, http, slack.Handle(o.Name))
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.BoolVar(&http, "http", false, "Slack sends requests to BASE_URL, instead of Socket Mode")
	s.flags(cmd, "BASE_URL")
	f.BoolVar(&o.MentionOnly, "mention-only", false, "leave out the permissions to read channels")
	f.BoolVar(&o.Guests, "guests", false, "leave out the agent view, which guests of the workspace may not use")
	f.StringVar(&o.Name, "name", "", "name of the app, at most 35 characters (default: 61助手, in English decline61)")
	f.StringVar(&lang, "lang", "zh", "language of its texts, zh or en")
	return cmd
}

// nextSteps tells whoever has the manifest on the screen where to put it.
func nextSteps(w io.Writer, http bool, handle string) {
	token, verify := "Basic Information > App-Level Tokens > Generate, scope connections:write: DECLINE61_SLACK_APP_TOKEN (xapp-...)", ""
	if http {
		token, verify = "Basic Information > App Credentials > Signing Secret: DECLINE61_SLACK_SIGNING_SECRET", "; App Manifest > verify the request URL"
	}
	fmt.Fprintf(w, `
next / 下一步:
  1. https://api.slack.com/apps?new_app=1 > From a manifest: paste it as JSON / 以 JSON 粘贴
  2. Install App > Bot User OAuth Token: DECLINE61_SLACK_BOT_TOKEN (xoxb-...)
  3. %s
  4. decline61 doctor; decline61 serve%s
  5. in a channel / 在频道里: /invite @%s
`, token, verify, handle)
}

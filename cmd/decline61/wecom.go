package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"decline61/bot/wecom"
	"decline61/bot/wecom/kf"
)

func newWeCom(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "wecom",
		Short: "What WeCom needs beside serve: links for QR codes / 企业微信:终端二维码的链接",
		Args:  usage(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newWeComLinks(s))
	return cmd
}

func newWeComLinks(s *settings) *cobra.Command {
	var account, scene string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "links [TERMINAL...]",
		Short: "Make links to 微信客服, one for each terminal, for QR codes / 生成每台终端的客服链接",
		Long: `Make a link to an account of 微信客服 for each terminal, to be printed as a QR code
on it: whoever scans it reaches the bot, which then knows as a hint from which
terminal. Without terminals it is one link for all.

为每台终端生成一个微信客服链接,做成二维码贴在机器上;不写终端号则只生成一个通用链接。`,
		Example: `  decline61 wecom links --account wkAJ2GCAAAZSfhHCt7IFSvLKtMPxyJTw T-4711 T-4712`,
		RunE: func(cmd *cobra.Command, terminals []string) error {
			c, err := s.part(cmd, "WECOM_API_URL") // what serve needs beside does not matter
			if err != nil {
				return err
			}
			client, err := wecom.NewClient(wecom.Config{BaseURL: c.WeComAPIURL, CorpID: c.WeComCorpID, Secret: c.WeComKFSecret.value()})
			if err != nil {
				return exit(exitInvalid, err)
			}
			if account == "" {
				return exit(exitUsage, fmt.Errorf("--account is missing: the id of the account, which begins with wk; decline61 doctor names them"))
			}
			ways, err := kf.ContactWays(cmd.Context(), client, account, scene, terminals...)
			if err != nil {
				return exit(exitRefused, fmt.Errorf("making links: %w", err))
			}
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), ways)
			}
			for _, w := range ways {
				fmt.Fprintf(cmd.OutOrStdout(), "%s\t%s\n", w.Terminal, w.Link)
			}
			return nil
		},
	}
	s.flags(cmd, "WECOM_API_URL", "WECOM_CORP_ID", "WECOM_KF_SECRET")
	cmd.Flags().StringVar(&account, "account", "", "id of the account of 微信客服, wk...")
	cmd.Flags().StringVar(&scene, "scene", "pos61", "what the links are for, at most 32 letters and digits")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return cmd
}

package wecomtest_test

import (
	"fmt"

	"decline61/bot/wecom/wecomtest"
)

// A platform outside of a test: for trying the bot by hand.
func ExampleStart() {
	w, err := wecomtest.Start(wecomtest.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Close()
	// w.URL() is WECOM_API_URL; w.Config() has the secrets.
	w.Say(wecomtest.DefaultAccount, "wm1", "刷卡显示61")
	fmt.Println(w.Session(wecomtest.DefaultAccount, "wm1").Quota, "messages may be sent")
	fmt.Println(w.Unanswered()[0].Text)
	// Output:
	// 5 messages may be sent
	// 刷卡显示61
}

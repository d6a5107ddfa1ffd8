package slack

import "decline61/bot"

const (
	botAgain = "copy it again: api.slack.com/apps > the app > OAuth & Permissions > Bot User OAuth Token, which begins with xoxb-"
	appAgain = "make a new one: api.slack.com/apps > the app > Basic Information > App-Level Tokens, scope connections:write; it begins with xapp-"

	socketOn = "turn Socket Mode on: api.slack.com/apps > the app > Socket Mode > Enable; or use HTTP with DECLINE61_SLACK_SIGNING_SECRET"
	approve  = "an admin of the workspace has to approve the app; its settings may also allow only some networks"
	moving   = "the workspace is being moved to an organization: wait for its end, then install the app again"
)

// fixes are the error codes that only people can do something about, and what:
// where the bot token was used, and where the app-level token was.
var fixes = map[string]struct{ bot, app string }{
	"not_authed":                {botAgain, appAgain},
	"invalid_auth":              {botAgain, appAgain},
	"not_allowed_token_type":    {botAgain, appAgain},
	"token_expired":             {"turn token rotation off for this app, or make it anew from decline61 manifest, where it is off; then " + botAgain, appAgain},
	"token_revoked":             {"install the app to the workspace again, then " + botAgain, appAgain},
	"account_inactive":          {"the app was removed from the workspace, or the workspace is gone: install the app again, then " + botAgain, "install the app to the workspace again, then " + appAgain},
	"missing_scope":             {"a permission is missing: add it under OAuth & Permissions, then install the app again", appAgain},
	"no_permission":             {"a permission is missing: add it under OAuth & Permissions, then install the app again", appAgain},
	"team_access_not_granted":   {"an admin of the organization has to grant the app this workspace", "an admin of the organization has to grant the app this workspace"},
	"forbidden_team":            {"an admin of the organization has to grant the app this workspace", "an admin of the organization has to grant the app this workspace"},
	"access_denied":             {approve, approve},
	"accesslimited":             {approve, approve},
	"ekm_access_denied":         {"an admin has to lift the suspension of access by the organization's key management", "an admin has to lift the suspension of access by the organization's key management"},
	"org_login_required":        {moving, moving},
	"team_added_to_org":         {moving, moving},
	"two_factor_setup_required": {"the owner of the app has to set up two-factor authentication", "the owner of the app has to set up two-factor authentication"},
	"enterprise_is_restricted":  {"the method is closed to this organization: ask its admins", "Socket Mode is closed to this organization: use HTTP with DECLINE61_SLACK_SIGNING_SECRET"},
	"deprecated_endpoint":       {"Slack has ended this way in: update this program", "Slack has ended this way in: update this program"},
	"method_deprecated":         {"Slack has ended this way in: update this program", "Slack has ended this way in: update this program"},
	linkDisabled:                {"", socketOn},
	"socket_mode_disabled":      {"", socketOn},
}

// routes are the codes of a place where nothing can be said, and why: the asker
// may be reached directly.
var routes = map[string]string{
	"not_in_channel":           "invite the bot: /invite @ and its name",
	"channel_not_found":        "the channel is gone, or the bot was never invited to it",
	"user_not_in_channel":      "the asker is not in this channel",
	"is_archived":              "the channel is archived",
	"restricted_action":        "the workspace does not let the bot post in this channel",
	"restricted_action_thread": "the workspace does not let the bot post in threads of this channel",

	"restricted_action_read_only_channel":      "the channel is read-only",
	"restricted_action_thread_only_channel":    "only threads are allowed in this channel",
	"restricted_action_non_threadable_channel": "threads are not allowed in this channel",
}

// never are the codes of what will not be taken however often it is sent.
var never = map[string]bool{
	"msg_too_long": true, "no_text": true, "msg_blocked_by_dlp": true, "metadata_too_large": true, "invalid_metadata_format": true,
	"thread_not_found": true, "cannot_reply_to_message": true, "message_not_found": true, "cant_update_message": true,
	"user_not_found": true, "user_disabled": true, "user_not_visible": true, "cannot_dm_bot": true, "messages_tab_disabled": true,
	"expired_trigger_id": true, "exchanged_trigger_id": true, "invalid_blocks": true, "invalid_blocks_format": true,
	"msg_blocks_too_long": true, "invalid_arguments": true,
}

// passing are the codes after which it is not known whether it was done.
var passing = map[string]bool{"internal_error": true, "fatal_error": true, "service_unavailable": true, "request_timeout": true}

// tooFast are the codes that ask for patience where Slack says nothing of how
// much.
var tooFast = map[string]bool{"ratelimited": true, "rate_limited": true, "message_limit_exceeded": true}

// classOf says what can be done after a code that Slack refuses a call of the
// bot token with. What is not known here may pass, and is tried again until
// the message is too old.
func classOf(code string) bot.Class {
	switch {
	case fixes[code].bot != "":
		return bot.NeedsCredentials
	case routes[code] != "":
		return bot.OtherRoute
	case never[code]:
		return bot.Never
	case passing[code]:
		return bot.MayHaveArrived
	default:
		return bot.Backoff
	}
}

// Connects Slack's own Socket Mode client. Its line of input is {api, token};
// its lines of output are its states, and what it was handed over. It ends when
// its input does.
//
// It acknowledges everything, and where an answer may come with that it says
// something; only what has "unacknowledged" in its text it leaves alone the
// first time. It waits a shorter time than usual before it connects again.
import { createInterface } from 'node:readline'
import { LogLevel, SocketModeClient } from '@slack/socket-mode'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const say = (o) => process.stdout.write(JSON.stringify(o) + '\n')
const { value: first } = await lines.next()
const { api, token } = JSON.parse(first)

const client = new SocketModeClient({
  appToken: token,
  clientPingTimeout: 400,
  serverPingTimeout: 1500,
  logLevel: LogLevel.ERROR,
  clientOptions: { slackApiUrl: api, retryConfig: { retries: 0 } },
})
for (const state of ['connected', 'reconnecting', 'disconnected']) client.on(state, () => say({ state }))
client.on('slack_event', async ({ ack, type, envelope_id, body, retry_num, retry_reason, accepts_response_payload }) => {
  say({ type, envelope: envelope_id, body, retry: retry_num, reason: retry_reason, answers: accepts_response_payload })
  if (body?.event?.text?.includes('unacknowledged') && !retry_num) return
  await ack(accepts_response_payload ? { text: 'judged' } : undefined)
})
// What ends a connection for good comes out of whatever tried to connect.
process.on('unhandledRejection', (e) => say({ gaveUp: e.data?.error ?? e.message }))
client.start().catch((e) => say({ gaveUp: e.data?.error ?? e.message }))

await lines.next()
process.exit(0)

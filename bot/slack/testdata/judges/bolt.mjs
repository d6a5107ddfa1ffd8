// Runs Slack's own HTTP receiver. Its line of input is {secret}; its first line
// of output says where it listens, the others what it let through. It answers
// commands with a text. It ends when its input does.
import { createInterface } from 'node:readline'
import bolt from '@slack/bolt'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const say = (o) => process.stdout.write(JSON.stringify(o) + '\n')
const { value: first } = await lines.next()

const receiver = new bolt.HTTPReceiver({
  signingSecret: JSON.parse(first).secret,
  endpoints: ['/slack/events', '/slack/commands', '/slack/interactions'],
  logLevel: bolt.LogLevel.ERROR,
})
receiver.init({
  async processEvent({ body, ack, retryNum, retryReason }) {
    say({ body, retryNum, retryReason })
    await ack(body.command ? { text: 'judged' } : undefined)
  },
})
const server = await receiver.start({ port: 0, host: '127.0.0.1' })
say({ url: `http://127.0.0.1:${server.address().port}` })
await lines.next()
process.exit(0)

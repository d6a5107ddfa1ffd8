// Drives @wecom/aibot-node-sdk, Tencent's own client of the long connection, as
// it is. Each line of input is a command:
//
//   {id, client, open: {botId, secret, wsUrl, ...}}   makes a client and connects it
//   {id, client, call, frame, args}                    calls a method, with the frame of that number first
//   {id, client, close: true}                          disconnects it
//
// Each line of output is what came of one, {id, ack} or {id, error}, or what a
// client was told: {client, event, frame, body}. It ends when its input does.
import { createInterface } from 'node:readline'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'

const require = createRequire(join(resolve(process.env.DECLINE61_TEST_JUDGES), 'judge.cjs'))
const { WSClient } = require('@wecom/aibot-node-sdk')

const say = (o) => process.stdout.write(JSON.stringify(o) + '\n')
const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const clients = {}
const frames = []

function open(name, options) {
  const client = new WSClient({ ...options, logger: quiet })
  clients[name] = client
  for (const event of ['authenticated', 'disconnected', 'error']) {
    client.on(event, (what) => say({ client: name, event, body: String(what?.code ?? what?.message ?? what ?? '') }))
  }
  for (const event of ['message', 'event']) {
    client.on(event, (frame) => say({ client: name, event, frame: frames.push(frame) - 1, body: frame.body }))
  }
  client.connect()
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, client, open: options, call, frame, args = [], close } = JSON.parse(line)
  if (options) {
    open(client, options)
    say({ id, ack: {} })
  } else if (close) {
    clients[client].disconnect()
    say({ id, ack: {} })
  } else {
    const all = frame === undefined ? args : [frames[frame], ...args]
    if (args[0]?.base64) all[0] = Buffer.from(args[0].base64, 'base64')
    // Not awaited: the SDK itself must keep order and acknowledgements apart.
    Promise.resolve(clients[client][call](...all)).then(
      (ack) => say({ id, ack }),
      (error) => say({ id, error: { errcode: error.errcode ?? 0, errmsg: error.errmsg ?? String(error.message) } }),
    )
  }
}
process.exit(0)

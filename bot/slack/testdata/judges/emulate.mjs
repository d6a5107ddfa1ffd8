// Runs emulate's Slack: a workspace with two people, two channels and our app.
// Its first line of input is {secret, scopes}, its first line of output says
// where it is and who is there. After that a line {url} subscribes url to all
// events, and a line {deliveries: true} asks what became of them; each is
// answered by a line. It ends when its input does.
import { readFile, readdir } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { createEmulator } from 'emulate'

// Event subscriptions are not part of what emulate can be configured with, so
// its own dispatcher is caught while the service is being set up. The file that
// holds it has another name in every release.
const home = new URL('.', import.meta.resolve('emulate'))
let dispatcher
for (const name of await readdir(home)) {
  if (!name.endsWith('.js') || !(await readFile(new URL(name, home), 'utf8')).includes('var slackPlugin = ')) continue
  const { slackPlugin } = await import(new URL(name, home))
  const register = slackPlugin.register
  slackPlugin.register = (app, store, webhooks, ...rest) => {
    dispatcher = webhooks
    return register.call(slackPlugin, app, store, webhooks, ...rest)
  }
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const say = (o) => process.stdout.write(JSON.stringify(o) + '\n')
const { value: first } = await lines.next()
const { secret, scopes } = JSON.parse(first)

const people = ['merchant', 'agent']
const tokens = Object.fromEntries(people.map((name) => [name, `xoxp-${name}`]))
const bot = { user: 'U0EMULATED', id: 'B0EMULATED', app: 'A0EMULATED', token: 'xoxb-emulated' }
const emulator = await createEmulator({
  service: 'slack',
  port: 0,
  seed: {
    slack: {
      signing_secret: secret,
      strict_scopes: true, // what the bot token may do is what the manifest asks for
      users: people.map((name) => ({ name })),
      oauth_apps: [{
        name: 'decline61', app_id: bot.app, client_id: '1.1', client_secret: 'unused', redirect_uris: [],
        bot_id: bot.id, bot_user_id: bot.user, bot_name: 'decline61', scopes,
      }],
      tokens: [
        { token: bot.token, type: 'bot', user_id: bot.user, app_id: bot.app, bot_id: bot.id, bot_user_id: bot.user, scopes },
        ...people.map((name) => ({ token: tokens[name], type: 'user', user: name })),
      ],
      channels: [{ name: 'help' }, { name: 'triage', is_private: true }],
    },
  },
})
if (!dispatcher) throw new Error('emulate keeps its Slack somewhere else than it used to: read its dist folder')

const ask = async (method, form = {}) => {
  const response = await fetch(`${emulator.url}/api/${method}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tokens.agent}` },
    body: new URLSearchParams(form),
  })
  const answer = await response.json()
  if (!answer.ok) throw new Error(`${method}: ${answer.error}`)
  return answer
}
const users = (await ask('users.list')).members
const channels = (await ask('conversations.list', { types: 'public_channel,private_channel' })).channels
for (const c of channels.filter((c) => ['help', 'triage'].includes(c.name))) {
  await ask('conversations.invite', { channel: c.id, users: bot.user })
}
say({
  url: emulator.url,
  users: Object.fromEntries(users.map((u) => [u.name, u.id])),
  channels: Object.fromEntries(channels.map((c) => [c.name, c.id])),
  tokens,
  bot,
})

for await (const line of { [Symbol.asyncIterator]: () => lines }) {
  const { url } = JSON.parse(line)
  if (url) {
    dispatcher.register({ url, events: ['*'], active: true, owner: 'slack' })
    say({ subscribed: url })
  } else {
    say({ deliveries: dispatcher.getDeliveries().map((d) => ({ event: d.payload.event, status: d.status_code ?? 0 })) })
  }
}
await emulator.close()
process.exit(0)

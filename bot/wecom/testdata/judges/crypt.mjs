// Lets @wecom/crypto, Tencent's own, do what our Crypt does: it reads
// {key, token, timestamp, nonce, cases: [{plain, receiver, random, ours}]} and
// writes, a case each, what it makes of it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const require = createRequire(join(resolve(process.env.DECLINE61_TEST_JUDGES), 'judge.cjs'));
const theirs = require('@wecom/crypto');
const { key, token, timestamp, nonce, cases } = JSON.parse(readFileSync(0, 'utf8'));
const out = cases.map(({ plain, receiver, random, ours }) => {
  const encrypted = theirs.encrypt(key, plain, receiver, Buffer.from(random));
  const { message, id } = theirs.decrypt(key, ours);
  return { encrypted, signature: theirs.getSignature(token, timestamp, nonce, encrypted), message, id };
});
process.stdout.write(JSON.stringify(out));

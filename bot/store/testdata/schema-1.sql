-- A database of schema version 1 with one conversation: answered, waiting again, a reply on its way.

-- Times are milliseconds since 1970. Texts are masked before they come here.
-- seq is the place of a message among everything that was said in its
-- conversation, in either direction; conversation.next_seq gives it out.

CREATE TABLE conversation (
  id       text    NOT NULL PRIMARY KEY,
  channel  text    NOT NULL,
  thread   text    NOT NULL,
  state    text    NOT NULL,
  "case"   text    NOT NULL, -- JSON
  version  bigint  NOT NULL,
  next_seq bigint  NOT NULL,
  created  bigint  NOT NULL,
  touched  bigint  NOT NULL
);
CREATE INDEX conversation_waiting ON conversation (id) WHERE state = 'waiting';

CREATE TABLE inbox (
  conversation text    NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
  seq          bigint  NOT NULL,
  id           text    NOT NULL, -- the sender's: a second one is a redelivery
  role         text    NOT NULL,
  body         text    NOT NULL,
  found        text    NOT NULL, -- JSON, '' if nothing was masked
  lang         text    NOT NULL,
  evidence     text    NOT NULL, -- JSON, '' if there is none
  received     bigint  NOT NULL,
  answered     bigint  NOT NULL, -- seq of the decision, 0 while it waits
  dead         text    NOT NULL, -- why it got no proper answer, '' if it did
  PRIMARY KEY (conversation, seq),
  UNIQUE (conversation, id)
);
CREATE INDEX inbox_waiting ON inbox (conversation, seq) WHERE answered = 0;
CREATE INDEX inbox_oldest ON inbox (received) WHERE answered = 0;
CREATE INDEX inbox_dead ON inbox (conversation) WHERE dead <> '';

CREATE TABLE outbox (
  conversation text    NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
  seq          bigint  NOT NULL,
  key          text    NOT NULL UNIQUE,
  channel      text    NOT NULL,
  thread       text    NOT NULL,
  role         text    NOT NULL,
  body         text    NOT NULL,
  answers      text    NOT NULL, -- JSON, ids of messages
  created      bigint  NOT NULL,
  state        text    NOT NULL, -- new, sending, unknown, sent, failed
  next_at      bigint,           -- when to see to it again, null once it is sent or failed
  tries        bigint  NOT NULL,
  remote_id    text    NOT NULL,
  why          text    NOT NULL,
  PRIMARY KEY (conversation, seq)
);
CREATE INDEX outbox_due ON outbox (channel, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX outbox_open ON outbox (conversation, seq) WHERE next_at IS NOT NULL;
CREATE INDEX outbox_failed ON outbox (created) WHERE state = 'failed';

CREATE TABLE timer (
  conversation text    NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
  kind         text    NOT NULL,
  due          bigint  NOT NULL,
  set_at       bigint  NOT NULL,
  first_at     bigint  NOT NULL, -- when the first of the messages came that wait
  tries        bigint  NOT NULL,
  why          text    NOT NULL,
  PRIMARY KEY (conversation, kind)
);
CREATE INDEX timer_due ON timer (due);

CREATE TABLE decision (
  conversation text    NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
  seq          bigint  NOT NULL,
  time         bigint  NOT NULL,
  decision     text    NOT NULL,
  reason       text    NOT NULL,
  kb           text    NOT NULL,
  program      text    NOT NULL,
  reply        text    NOT NULL, -- JSON
  PRIMARY KEY (conversation, seq)
);

CREATE TABLE cursor (
  channel text NOT NULL,
  name    text NOT NULL,
  value   text NOT NULL,
  PRIMARY KEY (channel, name)
);

CREATE TABLE feedback (
  conversation text    NOT NULL,
  message      text    NOT NULL,
  helped       integer NOT NULL,
  time         bigint  NOT NULL,
  PRIMARY KEY (conversation, message)
);

-- What is written and deleted again to see whether writing works.
CREATE TABLE probe (
  id     bigint NOT NULL PRIMARY KEY,
  filler text   NOT NULL
);

CREATE TABLE schema_version (version integer NOT NULL, clean integer NOT NULL);
INSERT INTO schema_version (version, clean) VALUES (1, 1);

INSERT INTO conversation VALUES ('slack:T1', 'slack', 'T1', 'bot', '{"lang":"zh","facts":{"code_shown":{"value":"61"}},"entry":"issuer-limit"}', 4, 5, 1793599900000, 1793599990000);
INSERT INTO inbox VALUES ('slack:T1', 1, 'm1', 'merchant', '刷卡显示61,卡号 [卡号 尾号1111]', '[0,0,0,0,0,0,1,0]', '', '', 1793599900000, 2, '');
INSERT INTO inbox VALUES ('slack:T1', 4, 'm2', 'merchant', '还是不行', '', 'zh', '{"other_card":"approved"}', 1793599990000, 0, '');
INSERT INTO outbox VALUES ('slack:T1', 3, 'slack:T1/m1', 'slack', 'T1', 'bot', '限额', '["m1"]', 1793599900000, 'sending', 1793599910000, 1, '', '');
INSERT INTO timer VALUES ('slack:T1', 'answer', 1793599991500, 1793599990000, 1793599990000, 0, '');
INSERT INTO decision VALUES ('slack:T1', 2, 1793599900000, 'answer', 'test', 'kb1', 'p1', '{"id":"m1","conversation":"T1","decision":"answer","reason":"test","code":"61","lang":"zh","entries":[],"causes":[],"confidence":0.9,"evidence":{},"question":null,"steps":[],"citations":[],"text":"限额","masked":true}');
INSERT INTO cursor VALUES ('slack', 'sync', 'c7');
INSERT INTO feedback VALUES ('slack:T1', 'm1', 1, 1793599950000);

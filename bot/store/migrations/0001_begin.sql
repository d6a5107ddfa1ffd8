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

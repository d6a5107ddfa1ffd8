-- What channels with people and threads of their own need: who wrote a message,
-- whose conversation it is, what agents do on the platform itself, and to which
-- decision an outgoing message belongs (its seq, 0 if to none), so that more
-- than its text can be shown.

ALTER TABLE conversation ADD COLUMN owner text NOT NULL DEFAULT '';
ALTER TABLE inbox ADD COLUMN author text NOT NULL DEFAULT '';
ALTER TABLE inbox ADD COLUMN shown integer NOT NULL DEFAULT 0; -- an agent's words that the platform has shown
ALTER TABLE inbox ADD COLUMN ends integer NOT NULL DEFAULT 0;  -- an agent's message that closes the conversation
ALTER TABLE outbox ADD COLUMN decision bigint NOT NULL DEFAULT 0;
CREATE INDEX conversation_open ON conversation (channel, owner) WHERE state IN ('waiting', 'agent');

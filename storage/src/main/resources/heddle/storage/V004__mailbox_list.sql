-- Rises whenever a mailbox of the account gets, changes or loses its name, and with each subscription: who watches the
-- list sees by it that there is something new to read (RFC 5465).
ALTER TABLE account ADD COLUMN list_modseq bigint NOT NULL DEFAULT 0;

-- The conversation a message belongs to, made of what it says began it (RFC 8474 THREADID). Without one, and for what was
-- stored before, a message is a conversation of its own, named by its content.
ALTER TABLE content ADD COLUMN thread bigint;

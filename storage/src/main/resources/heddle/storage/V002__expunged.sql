-- What the sweeper takes away: the messages that one command expunged. It used to find them by an index on expunged_at,
-- which every expunged row had to be entered in anew, and in all other indexes with it.
CREATE TABLE expunged (
    account_id  bigint         NOT NULL,
    mailbox_id  bigint         NOT NULL,
    modseq      bigint         NOT NULL,
    expunged_at timestamptz    NOT NULL DEFAULT now(),
    uids        int8multirange NOT NULL,
    PRIMARY KEY (account_id, mailbox_id, modseq)
);

INSERT INTO expunged
SELECT account_id, mailbox_id, modseq, max(expunged_at), range_agg(int8range(uid, uid + 1))
  FROM message
 WHERE expunged_at IS NOT NULL
 GROUP BY account_id, mailbox_id, modseq;

DROP INDEX message_expunged;

-- Room for a second version of each row on its page: a change of all flags, or an EXPUNGE of everything, then touches no
-- index. A row is a hundred bytes, beside thousands of its content.
DO $$
BEGIN
    FOR part IN 0..7 LOOP
        EXECUTE format('ALTER TABLE message_%s SET (fillfactor = 50)', part);
    END LOOP;
END
$$;

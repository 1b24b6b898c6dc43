-- Names of mailboxes are kept composed (Unicode NFC, RFC 9051 §5.1). Where two become one, the first keeps the name, and
-- the others get their number behind it.
UPDATE mailbox
   SET name = CASE composed.place WHEN 1 THEN composed.name ELSE left(composed.name, 230) || ' ' || mailbox.mailbox_id END
  FROM (SELECT account_id,
               mailbox_id,
               normalize(name) AS name,
               row_number() OVER (PARTITION BY account_id, normalize(name)
                                      ORDER BY name IS NORMALIZED DESC, mailbox_id) AS place
          FROM mailbox
         WHERE deleted_at IS NULL) composed
 WHERE mailbox.account_id = composed.account_id
   AND mailbox.mailbox_id = composed.mailbox_id
   AND mailbox.name IS NOT NORMALIZED;

INSERT INTO subscription (account_id, name)
SELECT account_id, normalize(name) FROM subscription WHERE name IS NOT NORMALIZED
    ON CONFLICT DO NOTHING;

DELETE FROM subscription WHERE name IS NOT NORMALIZED;

-- Spreads Heddle's tables over the workers of a Citus cluster. Once, after the first pod has made them and while none runs:
--     psql -v ON_ERROR_STOP=1 -f distribute.sql 'host=COORDINATOR dbname=heddle user=heddle'
-- Pods go on talking to the coordinator, which alone hears and sends what they tell each other (LISTEN, NOTIFY).
--
-- Everything that grows with mail is distributed by account_id, which every key of it begins with: what an account has is
-- on one worker, and so is each transaction. SchemaTest holds this page to the schema: no table may be missing here.

BEGIN;

-- Citus takes a foreign key only where both tables are placed already.
ALTER TABLE keyword DROP CONSTRAINT keyword_account_id_mailbox_id_fkey;
ALTER TABLE subscription DROP CONSTRAINT subscription_account_id_fkey;
ALTER TABLE mailbox DROP CONSTRAINT mailbox_account_id_fkey;

-- On every node: the names of accounts, which are unique for all of them, and what log-ins ask for.
SELECT create_reference_table('account');

-- By account, all of one account together.
SELECT create_distributed_table('mailbox', 'account_id', shard_count => 32);
SELECT create_distributed_table('subscription', 'account_id', colocate_with => 'mailbox');
SELECT create_distributed_table('keyword', 'account_id', colocate_with => 'mailbox');
SELECT create_distributed_table('message', 'account_id', colocate_with => 'mailbox');
SELECT create_distributed_table('content', 'account_id', colocate_with => 'mailbox');
SELECT create_distributed_table('body', 'account_id', colocate_with => 'mailbox');
SELECT create_distributed_table('change', 'account_id', colocate_with => 'mailbox');
SELECT create_distributed_table('expunged', 'account_id', colocate_with => 'mailbox');
SELECT create_distributed_table('orphan', 'account_id', colocate_with => 'mailbox');

ALTER TABLE mailbox ADD FOREIGN KEY (account_id) REFERENCES account;
ALTER TABLE subscription ADD FOREIGN KEY (account_id) REFERENCES account;
ALTER TABLE keyword ADD FOREIGN KEY (account_id, mailbox_id) REFERENCES mailbox;

-- On the coordinator alone, as they are:
-- local: database_state
-- local: flyway_schema_history
-- local: pod
-- local: session
-- local: failed_log_in
-- local: sweeper

COMMIT;

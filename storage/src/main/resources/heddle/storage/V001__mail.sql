-- What Heddle remembers. Everything belongs to an account: every key starts with account_id, which also distributes the
-- tables where one database is not enough. The one exception is the account's name, which is unique for all.

-- One row: what this database is. A restored or failed-over database gets a new epoch (see Epochs).
CREATE TABLE database_state (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    epoch    integer NOT NULL DEFAULT 1,
    timeline text    NOT NULL
);

CREATE TABLE account (
    account_id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name               text        NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 255),
    salt               bytea       NOT NULL,
    iterations         integer     NOT NULL,
    stored_key         bytea       NOT NULL,
    server_key         bytea       NOT NULL,
    credential_version bigint      NOT NULL DEFAULT 1,
    disabled           boolean     NOT NULL DEFAULT false,
    quota_bytes        bigint      CHECK (quota_bytes >= 0),
    -- UIDVALIDITY is never handed out twice in an account, whatever happens to names.
    last_uid_validity  bigint      NOT NULL DEFAULT 0,
    created_at         timestamptz NOT NULL DEFAULT now()
);

-- The row lock of a mailbox is its write lock. The counters are of messages that are not expunged.
CREATE TABLE mailbox (
    account_id     bigint      NOT NULL REFERENCES account,
    mailbox_id     bigint      GENERATED ALWAYS AS IDENTITY,
    name           text        NOT NULL COLLATE "C",
    special_use    integer     NOT NULL DEFAULT 0,
    uid_validity   bigint      NOT NULL CHECK (uid_validity BETWEEN 1 AND 4294967295),
    uid_next       bigint      NOT NULL DEFAULT 1,
    highest_modseq bigint      NOT NULL DEFAULT 1,
    -- The journal is complete for all modseqs above this one.
    journal_floor  bigint      NOT NULL DEFAULT 1,
    recent_uid     bigint      NOT NULL DEFAULT 1,
    messages       bigint      NOT NULL DEFAULT 0 CHECK (messages >= 0),
    bytes          bigint      NOT NULL DEFAULT 0 CHECK (bytes >= 0),
    unseen         bigint      NOT NULL DEFAULT 0 CHECK (unseen >= 0),
    deleted        bigint      NOT NULL DEFAULT 0 CHECK (deleted >= 0),
    keywords       integer     NOT NULL DEFAULT 0,
    epoch          integer     NOT NULL,
    deleted_at     timestamptz,
    PRIMARY KEY (account_id, mailbox_id)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000);

CREATE UNIQUE INDEX mailbox_name ON mailbox (account_id, name) WHERE deleted_at IS NULL;

-- Subscriptions are names: they outlive their mailboxes (RFC 3501 §6.3.6).
CREATE TABLE subscription (
    account_id bigint NOT NULL REFERENCES account,
    name       text   NOT NULL COLLATE "C",
    PRIMARY KEY (account_id, name)
);

-- Messages hold numbers instead of keywords. A number is never given up: the first spelling wins.
CREATE TABLE keyword (
    account_id bigint  NOT NULL,
    mailbox_id bigint  NOT NULL,
    number     integer NOT NULL CHECK (number >= 0),
    name       text    NOT NULL CHECK (length(name) <= 255),
    PRIMARY KEY (account_id, mailbox_id, number),
    FOREIGN KEY (account_id, mailbox_id) REFERENCES mailbox
);

-- Narrow and hot: nothing that a flag change touches is indexed, so that it stays on its page.
CREATE TABLE message (
    account_id      bigint      NOT NULL,
    mailbox_id      bigint      NOT NULL,
    uid             bigint      NOT NULL CHECK (uid BETWEEN 1 AND 4294967295),
    modseq          bigint      NOT NULL,
    content_id      bigint      NOT NULL,
    size            bigint      NOT NULL,
    internal_date   timestamptz NOT NULL,
    save_date       timestamptz NOT NULL DEFAULT now(),
    expunged_at     timestamptz,
    flags           integer     NOT NULL,
    -- Minutes east of Greenwich, as the client or the delivery gave INTERNALDATE.
    internal_offset smallint    NOT NULL,
    keywords        integer[],
    -- What delivery put before the content: Return-Path and Delivered-To.
    trace           bytea,
    PRIMARY KEY (account_id, mailbox_id, uid)
) PARTITION BY HASH (account_id);

-- What one body is, computed once when it arrives, shared by all its copies within the account.
CREATE TABLE content (
    account_id            bigint  NOT NULL,
    content_id            bigint  NOT NULL,
    size                  bigint  NOT NULL,
    header_length         bigint  NOT NULL,
    envelope_length       integer NOT NULL,
    body_length           integer NOT NULL,
    body_structure_length integer NOT NULL,
    parts_length          integer NOT NULL,
    sent_on               date,
    envelope              bytea   NOT NULL,
    body                  bytea   NOT NULL,
    body_structure        bytea   NOT NULL,
    parts                 bytea   NOT NULL,
    common_header         bytea,
    subject               text    NOT NULL,
    sender                text    NOT NULL,
    recipients            text    NOT NULL,
    copied                text    NOT NULL,
    blind_copied          text    NOT NULL,
    preview               text    NOT NULL,
    -- Normalised texts to search in, compressed by us.
    header_text           bytea   NOT NULL,
    header_text_truncated boolean NOT NULL,
    body_text             bytea   NOT NULL,
    body_text_truncated   boolean NOT NULL,
    PRIMARY KEY (account_id, content_id)
) PARTITION BY HASH (account_id);

ALTER TABLE content ALTER envelope SET STORAGE EXTERNAL,
    ALTER body SET STORAGE EXTERNAL,
    ALTER body_structure SET STORAGE EXTERNAL,
    ALTER parts SET STORAGE EXTERNAL,
    ALTER common_header SET STORAGE EXTERNAL,
    ALTER header_text SET STORAGE EXTERNAL,
    ALTER body_text SET STORAGE EXTERNAL;

CREATE SEQUENCE content_id INCREMENT 1000;

-- The raw message in chunks of 256 KiB; format 0 is as it came, 1 is compressed with Zstandard.
CREATE TABLE body (
    account_id bigint   NOT NULL,
    content_id bigint   NOT NULL,
    number     integer  NOT NULL,
    format     smallint NOT NULL,
    bytes      bytea    NOT NULL,
    PRIMARY KEY (account_id, content_id, number)
) PARTITION BY HASH (account_id);

ALTER TABLE body ALTER bytes SET STORAGE EXTERNAL;

-- The journal: what one command did to one mailbox.
CREATE TABLE change (
    account_id bigint      NOT NULL,
    mailbox_id bigint      NOT NULL,
    modseq     bigint      NOT NULL,
    kind       smallint    NOT NULL,
    flags      integer     NOT NULL DEFAULT 0,
    keywords   integer[],
    operation  uuid        NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT now(),
    uids       int8multirange NOT NULL,
    PRIMARY KEY (account_id, mailbox_id, modseq)
) PARTITION BY HASH (account_id);

DO $$
BEGIN
    FOR part IN 0..7 LOOP
        EXECUTE format('CREATE TABLE message_%s PARTITION OF message FOR VALUES WITH (MODULUS 8, REMAINDER %s) '
            'WITH (fillfactor = 80)', part, part);
        EXECUTE format('CREATE TABLE content_%s PARTITION OF content FOR VALUES WITH (MODULUS 8, REMAINDER %s)', part, part);
        EXECUTE format('CREATE TABLE body_%s PARTITION OF body FOR VALUES WITH (MODULUS 8, REMAINDER %s)', part, part);
        EXECUTE format('CREATE TABLE change_%s PARTITION OF change FOR VALUES WITH (MODULUS 8, REMAINDER %s)', part, part);
    END LOOP;
END
$$;

-- The sweeper asks which contents nobody names any more.
CREATE INDEX message_content ON message (account_id, content_id);

-- What the sweeper finds: expunged messages, contents that have lost a message that named them, old journal rows.
CREATE INDEX message_expunged ON message (account_id, mailbox_id) WHERE expunged_at IS NOT NULL;

CREATE TABLE orphan (
    account_id bigint NOT NULL,
    content_id bigint NOT NULL,
    PRIMARY KEY (account_id, content_id)
);

CREATE INDEX change_age ON change USING brin (made_at);

-- What pods tell each other about once a second (see Pods). Unlogged, because a crash of the database may take it: each pod
-- then writes again what it knows. All times are the database's. None of it belongs to one account, and all of it is small.
CREATE UNLOGGED TABLE pod (
    pod_id         bigint      PRIMARY KEY,
    name           text        NOT NULL,
    version        text        NOT NULL,
    -- The newest migration that its program knows.
    schema_version integer     NOT NULL,
    started_at     timestamptz NOT NULL,
    seen_at        timestamptz NOT NULL DEFAULT now(),
    sessions       integer     NOT NULL,
    is_draining    boolean     NOT NULL
) WITH (fillfactor = 50);

-- Every connection to a pod, whoever has logged in on it. It goes with its pod.
CREATE UNLOGGED TABLE session (
    pod_id     bigint      NOT NULL REFERENCES pod ON DELETE CASCADE,
    number     bigint      NOT NULL,
    account_id bigint,
    address    inet        NOT NULL,
    listener   text        NOT NULL,
    is_tls     boolean     NOT NULL,
    opened_at  timestamptz NOT NULL,
    -- What its client is to be told at the end, which the pod sees to as soon as it finds it here.
    end_reason text,
    PRIMARY KEY (pod_id, number)
);

CREATE INDEX session_account ON session (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX session_address ON session (address);
CREATE INDEX session_ending ON session (pod_id) WHERE end_reason IS NOT NULL;

-- Failed log-ins from one address, on all pods together.
CREATE UNLOGGED TABLE failed_log_in (
    address    inet        PRIMARY KEY,
    failures   integer     NOT NULL,
    counted_at timestamptz NOT NULL DEFAULT now(),
    -- When the window ends that they count in.
    ends_at    timestamptz NOT NULL
);

CREATE INDEX failed_log_in_counted ON failed_log_in (counted_at);
CREATE INDEX failed_log_in_ends ON failed_log_in (ends_at);

-- One row: whose turn it is to sweep (see SweeperTurn).
CREATE UNLOGGED TABLE sweeper (
    only_row   boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    pod_id     bigint      NOT NULL,
    held_until timestamptz NOT NULL,
    begun_at   timestamptz NOT NULL DEFAULT now()
);

-- What is written often is small and stands alone: a checkpoint rewrites one record of `rows` and
-- touches nothing else on this page. What is read by people, and what never changes, is apart.
-- Everything that is queried is indexed, and nothing ever counts or scans history.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- The hot half of a preview. `body` is the truth; `due_at` and `held_until` repeat what queries need.
CREATE TABLE rows (
    key        INTEGER PRIMARY KEY,
    due_at     INTEGER,
    held_until INTEGER,
    body       TEXT NOT NULL
);
-- The durable queue. Small however long history grows: what is gone and proved gone is never due.
CREATE INDEX rows_due ON rows (due_at) WHERE due_at IS NOT NULL;

-- The cold half. `phase` and `parked` repeat the row's, and are written only when they change.
CREATE TABLE previews (
    key        INTEGER PRIMARY KEY,
    id         BLOB NOT NULL UNIQUE,
    owner      TEXT NOT NULL,
    repository TEXT,
    pr         INTEGER,
    phase      TEXT NOT NULL,
    parked     INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    identity   TEXT NOT NULL
);
-- Each ends in (created_at, key), so that a page of any filter is one walk along one index.
CREATE INDEX previews_newest     ON previews (created_at);
CREATE INDEX previews_phase      ON previews (phase, created_at);
CREATE INDEX previews_owner      ON previews (owner, phase, created_at);
CREATE INDEX previews_repository ON previews (repository, phase, created_at) WHERE repository IS NOT NULL;
CREATE INDEX previews_pr         ON previews (pr, created_at) WHERE pr IS NOT NULL;
CREATE INDEX previews_parked     ON previews (created_at) WHERE parked = 1;

-- A name is never freed: it points to the latest preview that has it.
CREATE TABLE names (
    name    TEXT PRIMARY KEY,
    preview INTEGER NOT NULL
) WITHOUT ROWID;

-- A short id is used once.
CREATE TABLE shorts (
    short   INTEGER PRIMARY KEY,
    preview INTEGER NOT NULL
);

CREATE TABLE specs (
    preview INTEGER NOT NULL,
    id      TEXT NOT NULL,
    body    TEXT NOT NULL,
    UNIQUE (preview, id)
);

CREATE TABLE jobs (
    key      INTEGER PRIMARY KEY,
    id       BLOB NOT NULL UNIQUE,
    preview  INTEGER NOT NULL,
    is_final INTEGER NOT NULL,
    body     TEXT NOT NULL
);
CREATE INDEX jobs_preview ON jobs (preview);

-- Numbered slots: quotas, listeners, ports. A slot that was given back keeps its record with no
-- preview, so that the lowest free number of a pool is one look-up.
CREATE TABLE slots (
    pool    TEXT NOT NULL,
    number  INTEGER NOT NULL,
    preview INTEGER,
    item    TEXT NOT NULL,
    PRIMARY KEY (pool, number)
) WITHOUT ROWID;
CREATE INDEX slots_free ON slots (pool, number) WHERE preview IS NULL;
CREATE UNIQUE INDEX slots_preview ON slots (preview, pool, item) WHERE preview IS NOT NULL;

CREATE TABLE idempotency (
    owner     TEXT NOT NULL,
    key       TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    answer    TEXT NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (owner, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_at ON idempotency (at);

CREATE TABLE receipts (
    preview INTEGER PRIMARY KEY,
    body    TEXT NOT NULL
);

CREATE TABLE timers (
    name     TEXT PRIMARY KEY,
    preview  BLOB NOT NULL,
    fires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX timers_fires_at ON timers (fires_at);
CREATE INDEX timers_preview ON timers (preview, fires_at);

CREATE TABLE dead_letters (
    key    INTEGER PRIMARY KEY,
    id     TEXT NOT NULL UNIQUE,
    at     INTEGER NOT NULL,
    body   TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE INDEX dead_letters_at ON dead_letters (at);

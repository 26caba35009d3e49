-- now 1800000000060
-- ends ready succeeded
-- cloud {"kind":"database","name":"tempus-00007e57-0000000-20178e8e","number":1,"revision":"","needs":null,"installation":"00007e57","preview":"00000001-0000-0000-0000-000000000001","draining":false}
-- cloud {"kind":"target group","name":"tempus-00007e57-00000001-web","number":2,"revision":"","needs":null,"installation":"00007e57","preview":"00000001-0000-0000-0000-000000000001","draining":false}
-- cloud {"kind":"definition","name":"tempus-00007e57-00000001-web","number":3,"revision":"ecc4552416192e66","needs":null,"installation":"00007e57","preview":"00000001-0000-0000-0000-000000000001","draining":false}
-- cloud {"kind":"rule","name":"tempus-00007e57-00000001-web","number":4,"revision":"3662","needs":"tempus-00007e57-00000001-web","installation":"00007e57","preview":"00000001-0000-0000-0000-000000000001","draining":false}
-- cloud {"kind":"service","name":"tempus-00007e57-00000001-web","number":5,"revision":"ecc4552416192e66","needs":null,"installation":"00007e57","preview":"00000001-0000-0000-0000-000000000001","draining":false}
PRAGMA user_version = 5;
CREATE TABLE dead_letters (
    key    INTEGER PRIMARY KEY,
    id     TEXT NOT NULL UNIQUE,
    at     INTEGER NOT NULL,
    body   TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE TABLE deeds (
    preview INTEGER NOT NULL,
    version INTEGER NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (preview, version)
) WITHOUT ROWID;
CREATE TABLE idempotency (
    owner     TEXT NOT NULL,
    key       TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    answer    TEXT NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (owner, key)
) WITHOUT ROWID;
CREATE TABLE jobs (
    key      INTEGER PRIMARY KEY,
    id       BLOB NOT NULL UNIQUE,
    preview  INTEGER NOT NULL,
    is_final INTEGER NOT NULL,
    body     TEXT NOT NULL
);
INSERT INTO jobs (key, id, preview, is_final, body) VALUES (1, X'00000002000000000000000000000002', 1, 0, '{"id":"00000002-0000-0000-0000-000000000002","preview":"00000001-0000-0000-0000-000000000001","kind":"create","generation":1,"spec":"06553642387af8a1","status":"queued","by":"worker","created_at":"2027-01-15T08:00:00.000Z","steps":[]}');
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO meta (name, value) VALUES ('commits', '11');
INSERT INTO meta (name, value) VALUES ('installation', '00007e57');
INSERT INTO meta (name, value) VALUES ('starts', '1');
CREATE TABLE names (
    name    TEXT PRIMARY KEY,
    preview INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO names (name, preview) VALUES ('app', 1);
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
INSERT INTO previews (key, id, owner, repository, pr, phase, parked, created_at, identity) VALUES (1, X'00000001000000000000000000000001', 'ann', NULL, NULL, 'provisioning', 0, 1800000000000, '{"id":"00000001-0000-0000-0000-000000000001","name":"app","owner":{"id":"ann","login":"ann"},"origin":{},"template":"api-database","route":{"listener":"main","slot":0,"url":"http://app.test/"},"created_at":"2027-01-15T08:00:00.000Z"}');
CREATE TABLE receipts (
    preview INTEGER PRIMARY KEY,
    body    TEXT NOT NULL
);
CREATE TABLE rows (
    key        INTEGER PRIMARY KEY,
    due_at     INTEGER,
    held_until INTEGER,
    body       TEXT NOT NULL
);
INSERT INTO rows (key, due_at, held_until, body) VALUES (1, 1800000000000, 1800000030000, '{"preview":"00000001-0000-0000-0000-000000000001","version":9,"generation":1,"desired":{"present":"06553642387af8a1"},"expires_at":"2027-01-15T11:00:00.000Z","settled":{"generation":0,"expires_at":"2027-01-15T11:00:00.000Z","state":"never","at":"2027-01-15T08:00:00.000Z"},"due_at":"2027-01-15T08:00:00.000Z","suspicion":0,"epoch":1,"nonce":1801627702191713429,"wseq":6,"attempts":0,"lease":{"worker":"sim-1","until":"2027-01-15T08:00:30.000Z","message":"1-1"},"last_job":{"id":"00000002-0000-0000-0000-000000000002","kind":"create"},"saga":{"plan":"create@1","job":{"id":"00000002-0000-0000-0000-000000000002","kind":"create"},"generation":1,"expires_at":"2027-01-15T11:00:00.000Z","course":"forward","target":"06553642387af8a1","footprint":[256,512,1],"stages":[{"rank":0,"steps":[{"step":"timer:1a319011b80"}]},{"rank":2,"steps":[{"step":"target-group:web"},{"step":"database"}]},{"rank":3,"steps":[{"step":"rule:web"},{"step":"definition:web.ecc45524"}]},{"rank":4,"steps":[{"step":"service:web"}]},{"rank":5,"steps":[{"step":"healthy:web"}]}],"at":4,"entered":true,"started_at":"2027-01-15T08:00:00.000Z","progress":[{"step":"timer:1a319011b80","state":"done","attempts":1,"started_at":"2027-01-15T08:00:00.000Z","since":"2027-01-15T08:00:00.000Z","finished_at":"2027-01-15T08:00:00.000Z","resource":"tempus-00007e57-00000001-1a319011b80"},{"step":"target-group:web","state":"done","attempts":1,"started_at":"2027-01-15T08:00:00.000Z","since":"2027-01-15T08:00:00.000Z","finished_at":"2027-01-15T08:00:00.020Z","resource":"tempus-00007e57-00000001-web"},{"step":"database","state":"done","attempts":1,"started_at":"2027-01-15T08:00:00.000Z","since":"2027-01-15T08:00:00.000Z","finished_at":"2027-01-15T08:00:00.020Z","resource":"tempus-00007e57-0000000-20178e8e"},{"step":"rule:web","state":"done","attempts":1,"started_at":"2027-01-15T08:00:00.020Z","since":"2027-01-15T08:00:00.020Z","finished_at":"2027-01-15T08:00:00.040Z","resource":"tempus-00007e57-00000001-web"},{"step":"definition:web.ecc45524","state":"done","attempts":1,"started_at":"2027-01-15T08:00:00.020Z","since":"2027-01-15T08:00:00.020Z","finished_at":"2027-01-15T08:00:00.040Z","resource":"tempus-00007e57-00000001-web"},{"step":"service:web","state":"done","attempts":1,"started_at":"2027-01-15T08:00:00.040Z","since":"2027-01-15T08:00:00.040Z","finished_at":"2027-01-15T08:00:00.060Z","resource":"tempus-00007e57-00000001-web"},{"step":"healthy:web","state":"running","attempts":0,"started_at":"2027-01-15T08:00:00.060Z","since":"2027-01-15T08:00:00.060Z"}]},"ledger":[{"step":"timer:1a319011b80","rank":0,"planned":{"name":"tempus-00007e57-00000001-1a319011b80","fires_at":"2027-01-15T11:00:00.000Z"},"output":null,"done":true,"generation":1},{"step":"target-group:web","rank":2,"planned":{"name":"tempus-00007e57-00000001-web"},"output":2,"done":true,"generation":1},{"step":"database","rank":2,"planned":{"name":"tempus-00007e57-0000000-20178e8e"},"output":1,"done":true,"generation":1},{"step":"rule:web","rank":3,"planned":{"name":"tempus-00007e57-00000001-web","service":"web","target_group":"tempus-00007e57-00000001-web"},"output":3662,"done":true,"generation":1},{"step":"definition:web.ecc45524","rank":3,"planned":{"family":"tempus-00007e57-00000001-web","revision":"ecc4552416192e66"},"output":3,"done":true,"generation":1},{"step":"service:web","rank":4,"planned":{"name":"tempus-00007e57-00000001-web","revision":"ecc4552416192e66"},"output":5,"done":true,"generation":1},{"step":"healthy:web","rank":5,"planned":{"service":"tempus-00007e57-00000001-web","revision":"ecc4552416192e66","sick":false},"generation":1}],"spans":{"latest":[["2027-01-15T08:00:00.060Z",null,[256,512,1]]]},"reminded_at":"2027-01-15T08:00:00.000Z"}');
CREATE TABLE shorts (
    short   INTEGER PRIMARY KEY,
    preview INTEGER NOT NULL
);
INSERT INTO shorts (short, preview) VALUES (1, 1);
CREATE TABLE slots (
    pool    TEXT NOT NULL,
    number  INTEGER NOT NULL,
    preview INTEGER,
    item    TEXT NOT NULL,
    PRIMARY KEY (pool, number)
) WITHOUT ROWID;
INSERT INTO slots (pool, number, preview, item) VALUES ('listener/main', 0, 1, '');
INSERT INTO slots (pool, number, preview, item) VALUES ('pool/priority', 3662, 1, 'web');
INSERT INTO slots (pool, number, preview, item) VALUES ('quota/all', 0, 1, '');
INSERT INTO slots (pool, number, preview, item) VALUES ('quota/owner/ann', 0, 1, '');
CREATE TABLE sources (
    key       INTEGER PRIMARY KEY,
    scope     TEXT NOT NULL,
    item      TEXT NOT NULL,
    due_at    INTEGER,
    forget_at INTEGER,
    body      TEXT NOT NULL,
    UNIQUE (scope, item)
);
CREATE TABLE specs (
    preview INTEGER NOT NULL,
    id      TEXT NOT NULL,
    body    TEXT NOT NULL,
    UNIQUE (preview, id)
);
INSERT INTO specs (preview, id, body) VALUES (1, '06553642387af8a1', '{"template":"api-database","services":[{"name":"web","image":"app","port":8000,"env":{"VERSION":"1"},"health_path":"/","path":"/","cpu":256,"memory":512}]}');
CREATE TABLE timers (
    name     TEXT PRIMARY KEY,
    preview  BLOB NOT NULL,
    fires_at INTEGER NOT NULL
, set_by TEXT) WITHOUT ROWID;
INSERT INTO timers (name, preview, fires_at, set_by) VALUES ('tempus-00007e57-00000001-1a319011b80', X'00000001000000000000000000000001', 1800010800000, NULL);
CREATE TABLE tokens (
    key     INTEGER PRIMARY KEY,
    id      TEXT NOT NULL UNIQUE,
    ends_at INTEGER,
    body    TEXT NOT NULL
);
CREATE INDEX dead_letters_at ON dead_letters (at);
CREATE INDEX idempotency_at ON idempotency (at);
CREATE INDEX jobs_preview ON jobs (preview);
CREATE INDEX previews_newest     ON previews (created_at);
CREATE INDEX previews_owner      ON previews (owner, phase, created_at);
CREATE INDEX previews_parked     ON previews (created_at) WHERE parked = 1;
CREATE INDEX previews_phase      ON previews (phase, created_at);
CREATE INDEX previews_pr         ON previews (pr, created_at) WHERE pr IS NOT NULL;
CREATE INDEX previews_repository ON previews (repository, phase, created_at) WHERE repository IS NOT NULL;
CREATE INDEX rows_due ON rows (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX slots_free ON slots (pool, number) WHERE preview IS NULL;
CREATE UNIQUE INDEX slots_preview ON slots (preview, pool, item) WHERE preview IS NOT NULL;
CREATE INDEX sources_due ON sources (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX sources_forget_at ON sources (forget_at) WHERE forget_at IS NOT NULL;
CREATE INDEX timers_fires_at ON timers (fires_at);
CREATE INDEX timers_preview ON timers (preview, fires_at);
CREATE INDEX tokens_ends_at ON tokens (ends_at) WHERE ends_at IS NOT NULL;

-- now 1800000006450
-- ends ready succeeded failed
-- cloud {"kind":"target group","name":"tempus-00007e57-00000001-api","number":1,"revision":"","needs":null,"installation":"00007e57","preview":"00000001-0000-0000-0000-000000000001","draining":false}
-- cloud {"kind":"target group","name":"tempus-00007e57-00000001-web","number":2,"revision":"","needs":null,"installation":"00007e57","preview":"00000001-0000-0000-0000-000000000001","draining":false}
-- cloud {"kind":"definition","name":"tempus-00007e57-00000001-api","number":3,"revision":"b4aa9700ad419538","needs":null,"installation":"00007e57","preview":"00000001-0000-0000-0000-000000000001","draining":false}
-- cloud {"kind":"definition","name":"tempus-00007e57-00000001-web","number":4,"revision":"ecc4552416192e66","needs":null,"installation":"00007e57","preview":"00000001-0000-0000-0000-000000000001","draining":false}
-- cloud {"kind":"rule","name":"tempus-00007e57-00000001-api","number":5,"revision":"3662","needs":"tempus-00007e57-00000001-api","installation":"00007e57","preview":"00000001-0000-0000-0000-000000000001","draining":false}
-- cloud {"kind":"rule","name":"tempus-00007e57-00000001-web","number":6,"revision":"3663","needs":"tempus-00007e57-00000001-web","installation":"00007e57","preview":"00000001-0000-0000-0000-000000000001","draining":false}
-- cloud {"kind":"service","name":"tempus-00007e57-00000001-api","number":7,"revision":"b4aa9700ad419538","needs":null,"installation":"00007e57","preview":"00000001-0000-0000-0000-000000000001","draining":false}
-- cloud {"kind":"service","name":"tempus-00007e57-00000001-web","number":8,"revision":"f54a9ee47aceaa8d","needs":null,"installation":"00007e57","preview":"00000001-0000-0000-0000-000000000001","draining":false}
-- cloud {"kind":"target group","name":"tempus-00007e57-00000001-jobs","number":9,"revision":"","needs":null,"installation":"00007e57","preview":"00000001-0000-0000-0000-000000000001","draining":false}
-- cloud {"kind":"definition","name":"tempus-00007e57-00000001-jobs","number":10,"revision":"acec86f2309f5a48","needs":null,"installation":"00007e57","preview":"00000001-0000-0000-0000-000000000001","draining":false}
-- cloud {"kind":"definition","name":"tempus-00007e57-00000001-web","number":11,"revision":"f54a9ee47aceaa8d","needs":null,"installation":"00007e57","preview":"00000001-0000-0000-0000-000000000001","draining":false}
-- cloud {"kind":"rule","name":"tempus-00007e57-00000001-jobs","number":12,"revision":"3664","needs":"tempus-00007e57-00000001-jobs","installation":"00007e57","preview":"00000001-0000-0000-0000-000000000001","draining":false}
-- cloud {"kind":"service","name":"tempus-00007e57-00000001-jobs","number":13,"revision":"acec86f2309f5a48","needs":null,"installation":"00007e57","preview":"00000001-0000-0000-0000-000000000001","draining":false}
PRAGMA user_version = 3;
CREATE TABLE dead_letters (
    key    INTEGER PRIMARY KEY,
    id     TEXT NOT NULL UNIQUE,
    at     INTEGER NOT NULL,
    body   TEXT NOT NULL,
    reason TEXT NOT NULL
);
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
INSERT INTO jobs (key, id, preview, is_final, body) VALUES (1, X'00000002000000000000000000000002', 1, 1, '{"id":"00000002-0000-0000-0000-000000000002","preview":"00000001-0000-0000-0000-000000000001","kind":"create","generation":1,"spec":"81789449582e4555","status":"succeeded","created_at":"2027-01-15T08:00:00.000Z","started_at":"2027-01-15T08:00:00.000Z","finished_at":"2027-01-15T08:00:03.200Z","steps":[{"step":"timer:1a319011b80","state":"done","attempts":1,"started_at":"2027-01-15T08:00:00.000Z","since":"2027-01-15T08:00:00.000Z","finished_at":"2027-01-15T08:00:00.000Z","resource":"tempus-00007e57-00000001-1a319011b80"},{"step":"target-group:web","state":"done","attempts":1,"started_at":"2027-01-15T08:00:00.000Z","since":"2027-01-15T08:00:00.000Z","finished_at":"2027-01-15T08:00:00.020Z","resource":"tempus-00007e57-00000001-web"},{"step":"target-group:api","state":"done","attempts":1,"started_at":"2027-01-15T08:00:00.000Z","since":"2027-01-15T08:00:00.000Z","finished_at":"2027-01-15T08:00:00.020Z","resource":"tempus-00007e57-00000001-api"},{"step":"rule:web","state":"done","attempts":1,"started_at":"2027-01-15T08:00:00.020Z","since":"2027-01-15T08:00:00.020Z","finished_at":"2027-01-15T08:00:00.040Z","resource":"tempus-00007e57-00000001-web"},{"step":"definition:web.ecc45524","state":"done","attempts":1,"started_at":"2027-01-15T08:00:00.020Z","since":"2027-01-15T08:00:00.020Z","finished_at":"2027-01-15T08:00:00.040Z","resource":"tempus-00007e57-00000001-web"},{"step":"rule:api","state":"done","attempts":1,"started_at":"2027-01-15T08:00:00.020Z","since":"2027-01-15T08:00:00.020Z","finished_at":"2027-01-15T08:00:00.040Z","resource":"tempus-00007e57-00000001-api"},{"step":"definition:api.b4aa9700","state":"done","attempts":1,"started_at":"2027-01-15T08:00:00.020Z","since":"2027-01-15T08:00:00.020Z","finished_at":"2027-01-15T08:00:00.040Z","resource":"tempus-00007e57-00000001-api"},{"step":"service:web","state":"done","attempts":1,"started_at":"2027-01-15T08:00:00.040Z","since":"2027-01-15T08:00:00.040Z","finished_at":"2027-01-15T08:00:00.060Z","resource":"tempus-00007e57-00000001-web"},{"step":"service:api","state":"done","attempts":1,"started_at":"2027-01-15T08:00:00.040Z","since":"2027-01-15T08:00:00.040Z","finished_at":"2027-01-15T08:00:00.060Z","resource":"tempus-00007e57-00000001-api"},{"step":"healthy:web","state":"done","attempts":1,"started_at":"2027-01-15T08:00:00.060Z","since":"2027-01-15T08:00:00.060Z","finished_at":"2027-01-15T08:00:03.200Z"},{"step":"healthy:api","state":"done","attempts":1,"started_at":"2027-01-15T08:00:00.060Z","since":"2027-01-15T08:00:00.060Z","finished_at":"2027-01-15T08:00:03.200Z"}]}');
INSERT INTO jobs (key, id, preview, is_final, body) VALUES (2, X'00000003000000000000000000000003', 1, 0, '{"id":"00000003-0000-0000-0000-000000000003","preview":"00000001-0000-0000-0000-000000000001","kind":"update","generation":2,"spec":"92e7e96eacd34120","status":"queued","created_at":"2027-01-15T08:00:03.250Z","steps":[]}');
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
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
INSERT INTO previews (key, id, owner, repository, pr, phase, parked, created_at, identity) VALUES (1, X'00000001000000000000000000000001', 'ann', NULL, NULL, 'updating', 0, 1800000000000, '{"id":"00000001-0000-0000-0000-000000000001","name":"app","owner":{"id":"ann","login":"ann"},"origin":{},"template":"api-service","route":{"listener":"main","slot":0,"url":"http://app.test/"},"created_at":"2027-01-15T08:00:00.000Z"}');
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
INSERT INTO rows (key, due_at, held_until, body) VALUES (1, 1800000003250, 1800000033250, '{"preview":"00000001-0000-0000-0000-000000000001","version":26,"generation":2,"desired":{"present":"81789449582e4555"},"expires_at":"2027-01-15T11:00:00.000Z","settled":{"generation":1,"expires_at":"2027-01-15T11:00:00.000Z","state":"ready","spec":"81789449582e4555","at":"2027-01-15T08:00:03.200Z"},"due_at":"2027-01-15T08:00:03.250Z","suspicion":0,"epoch":2,"nonce":5040415833773638234,"wseq":21,"attempts":0,"lease":{"worker":"sim-1","until":"2027-01-15T08:00:33.250Z","message":"1-3"},"last_job":{"id":"00000003-0000-0000-0000-000000000003","kind":"update"},"saga":{"plan":"update@1","job":{"id":"00000003-0000-0000-0000-000000000003","kind":"update"},"generation":2,"expires_at":"2027-01-15T11:00:00.000Z","course":"roll_back","target":"81789449582e4555","stages":[{"rank":0,"steps":[{"step":"timer:1a319011b80"}]},{"rank":2,"steps":[{"step":"target-group:web"},{"step":"target-group:api"}]},{"rank":3,"steps":[{"step":"rule:web"},{"step":"definition:web.ecc45524"},{"step":"rule:api"},{"step":"definition:api.b4aa9700"}]},{"rank":4,"steps":[{"step":"service:web"},{"step":"service:api"}]},{"rank":5,"steps":[{"step":"healthy:web","planned":{"service":"tempus-00007e57-00000001-web","revision":"ecc4552416192e66","sick":false}},{"step":"healthy:api","planned":{"service":"tempus-00007e57-00000001-api","revision":"b4aa9700ad419538","sick":false}}]}],"at":3,"entered":true,"started_at":"2027-01-15T08:00:03.250Z","rejected":{"kind":"rejected","step":"healthy:web","reason":"the application exited with status 1","detail":["panic: no configuration"]},"progress":[{"step":"target-group:jobs","state":"done","attempts":1,"started_at":"2027-01-15T08:00:03.250Z","since":"2027-01-15T08:00:03.250Z","finished_at":"2027-01-15T08:00:03.270Z","resource":"tempus-00007e57-00000001-jobs"},{"step":"definition:web.f54a9ee4","state":"done","attempts":1,"started_at":"2027-01-15T08:00:03.270Z","since":"2027-01-15T08:00:03.270Z","finished_at":"2027-01-15T08:00:03.290Z","resource":"tempus-00007e57-00000001-web"},{"step":"rule:jobs","state":"done","attempts":1,"started_at":"2027-01-15T08:00:03.270Z","since":"2027-01-15T08:00:03.270Z","finished_at":"2027-01-15T08:00:03.290Z","resource":"tempus-00007e57-00000001-jobs"},{"step":"definition:jobs.acec86f2","state":"done","attempts":1,"started_at":"2027-01-15T08:00:03.270Z","since":"2027-01-15T08:00:03.270Z","finished_at":"2027-01-15T08:00:03.290Z","resource":"tempus-00007e57-00000001-jobs"},{"step":"service:web","state":"running","attempts":1,"started_at":"2027-01-15T08:00:03.290Z","since":"2027-01-15T08:00:06.450Z","resource":"tempus-00007e57-00000001-web"},{"step":"service:jobs","state":"done","attempts":1,"started_at":"2027-01-15T08:00:03.290Z","since":"2027-01-15T08:00:03.290Z","finished_at":"2027-01-15T08:00:03.310Z","resource":"tempus-00007e57-00000001-jobs"},{"step":"healthy:web","state":"failed","attempts":0,"started_at":"2027-01-15T08:00:03.310Z","since":"2027-01-15T08:00:03.310Z","finished_at":"2027-01-15T08:00:06.450Z","error":"the application exited with status 1"},{"step":"healthy:jobs","state":"done","attempts":1,"started_at":"2027-01-15T08:00:03.310Z","since":"2027-01-15T08:00:03.310Z","finished_at":"2027-01-15T08:00:06.450Z"}]},"ledger":[{"step":"timer:1a319011b80","rank":0,"planned":{"name":"tempus-00007e57-00000001-1a319011b80","fires_at":"2027-01-15T11:00:00.000Z"},"done":true,"generation":1},{"step":"target-group:web","rank":2,"planned":{"name":"tempus-00007e57-00000001-web"},"output":2,"done":true,"generation":1},{"step":"target-group:api","rank":2,"planned":{"name":"tempus-00007e57-00000001-api"},"output":1,"done":true,"generation":1},{"step":"rule:web","rank":3,"planned":{"name":"tempus-00007e57-00000001-web","service":"web","target_group":"tempus-00007e57-00000001-web"},"output":3663,"done":true,"generation":1},{"step":"definition:web.ecc45524","rank":3,"planned":{"family":"tempus-00007e57-00000001-web","revision":"ecc4552416192e66"},"output":4,"done":true,"generation":1},{"step":"rule:api","rank":3,"planned":{"name":"tempus-00007e57-00000001-api","service":"api","target_group":"tempus-00007e57-00000001-api"},"output":3662,"done":true,"generation":1},{"step":"definition:api.b4aa9700","rank":3,"planned":{"family":"tempus-00007e57-00000001-api","revision":"b4aa9700ad419538"},"output":3,"done":true,"generation":1},{"step":"service:web","rank":4,"planned":{"name":"tempus-00007e57-00000001-web","revision":"ecc4552416192e66"},"output":8,"generation":2},{"step":"service:api","rank":4,"planned":{"name":"tempus-00007e57-00000001-api","revision":"b4aa9700ad419538"},"output":7,"done":true,"generation":1},{"step":"healthy:web","rank":5,"planned":{"service":"tempus-00007e57-00000001-web","revision":"f54a9ee47aceaa8d","sick":true},"generation":2},{"step":"healthy:api","rank":5,"planned":{"service":"tempus-00007e57-00000001-api","revision":"b4aa9700ad419538","sick":false},"done":true,"generation":1},{"step":"target-group:jobs","rank":2,"planned":{"name":"tempus-00007e57-00000001-jobs"},"output":9,"done":true,"generation":2},{"step":"definition:web.f54a9ee4","rank":3,"planned":{"family":"tempus-00007e57-00000001-web","revision":"f54a9ee47aceaa8d"},"output":11,"done":true,"generation":2},{"step":"rule:jobs","rank":3,"planned":{"name":"tempus-00007e57-00000001-jobs","service":"jobs","target_group":"tempus-00007e57-00000001-jobs"},"output":3664,"done":true,"generation":2},{"step":"definition:jobs.acec86f2","rank":3,"planned":{"family":"tempus-00007e57-00000001-jobs","revision":"acec86f2309f5a48"},"output":10,"done":true,"generation":2},{"step":"service:jobs","rank":4,"planned":{"name":"tempus-00007e57-00000001-jobs","revision":"acec86f2309f5a48"},"output":13,"done":true,"generation":2},{"step":"healthy:jobs","rank":5,"planned":{"service":"tempus-00007e57-00000001-jobs","revision":"acec86f2309f5a48","sick":false},"output":null,"done":true,"generation":2}],"reminded_at":"2027-01-15T08:00:00.000Z"}');
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
INSERT INTO slots (pool, number, preview, item) VALUES ('pool/priority', 3662, 1, 'api');
INSERT INTO slots (pool, number, preview, item) VALUES ('pool/priority', 3663, 1, 'web');
INSERT INTO slots (pool, number, preview, item) VALUES ('pool/priority', 3664, 1, 'jobs');
INSERT INTO slots (pool, number, preview, item) VALUES ('quota/all', 0, 1, '');
INSERT INTO slots (pool, number, preview, item) VALUES ('quota/owner/ann', 0, 1, '');
CREATE TABLE specs (
    preview INTEGER NOT NULL,
    id      TEXT NOT NULL,
    body    TEXT NOT NULL,
    UNIQUE (preview, id)
);
INSERT INTO specs (preview, id, body) VALUES (1, '81789449582e4555', '{"template":"api-service","services":[{"name":"web","image":"app","port":8000,"env":{"VERSION":"1"},"health_path":"/","path":"/","cpu":256,"memory":512},{"name":"api","image":"app","port":8001,"env":{"VERSION":"1"},"health_path":"/","cpu":256,"memory":512}]}');
INSERT INTO specs (preview, id, body) VALUES (1, '92e7e96eacd34120', '{"template":"api-service","services":[{"name":"web","image":"app","port":8000,"env":{"SICK":"","VERSION":"sick"},"health_path":"/","path":"/","cpu":256,"memory":512},{"name":"jobs","image":"app","port":8001,"env":{"VERSION":"1"},"health_path":"/","cpu":256,"memory":512}]}');
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
CREATE INDEX timers_fires_at ON timers (fires_at);
CREATE INDEX timers_preview ON timers (preview, fires_at);
CREATE INDEX tokens_ends_at ON tokens (ends_at) WHERE ends_at IS NOT NULL;

-- API tokens: what is stored of them is enough to recognise one, and not enough to make one.
-- `ends_at` repeats the body's, for clearing away what ended long ago.
CREATE TABLE tokens (
    key     INTEGER PRIMARY KEY,
    id      TEXT NOT NULL UNIQUE,
    ends_at INTEGER,
    body    TEXT NOT NULL
);
CREATE INDEX tokens_ends_at ON tokens (ends_at) WHERE ends_at IS NOT NULL;

-- Pull requests and branches: what is known of each, and what was done about it. `due_at` and
-- `forget_at` repeat the body's, for queries. The scope is the repository's id.
CREATE TABLE sources (
    key       INTEGER PRIMARY KEY,
    scope     TEXT NOT NULL,
    item      TEXT NOT NULL,
    due_at    INTEGER,
    forget_at INTEGER,
    body      TEXT NOT NULL,
    UNIQUE (scope, item)
);
CREATE INDEX sources_due ON sources (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX sources_forget_at ON sources (forget_at) WHERE forget_at IS NOT NULL;

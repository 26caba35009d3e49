-- What was done to a preview without a job: under the version that the row had by the write which did it.
CREATE TABLE deeds (
    preview INTEGER NOT NULL,
    version INTEGER NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (preview, version)
) WITHOUT ROWID;

//! The schema and how it came about: migrations by version, each applied once.

use std::path::Path;

use rusqlite::Connection;

use super::OpenError;
use super::error::sql;

/// What has shipped does not change; a change is a new file at the end of this list. The schema's
/// version is the number of files that were applied.
const MIGRATIONS: &[&str] = &[
    include_str!("schema/0001.sql"),
    include_str!("schema/0002.sql"),
];

/// Files up to this size are checked page by page at every start; larger ones would make starting
/// slow, and say of a damaged page when it is read.
const CHECKED_UP_TO: i64 = 64 << 20;

/// Settings of a connection that writes. A commit is on the disk before it is acknowledged.
const WRITER: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -32768;
    PRAGMA journal_size_limit = 67108864;
";

/// Sets the writer's connection up and brings the schema up to date.
pub(super) fn prepare(db: &mut Connection, file: &Path) -> Result<(), OpenError> {
    db.set_prepared_statement_cache_capacity(128);
    let failed = |error| OpenError::of(file, &sql(error));
    db.execute_batch(WRITER).map_err(failed)?;
    check(db, file)?;
    let found = version(db).map_err(failed)?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(OpenError::Newer {
            file: file.to_owned(),
            found,
            known,
        });
    }
    for (migration, next) in MIGRATIONS
        .iter()
        .zip(1_i64..)
        .skip(usize::try_from(found).unwrap_or(0))
    {
        let migrate = db.transaction().map_err(failed)?;
        migrate.execute_batch(migration).map_err(failed)?;
        migrate
            .pragma_update(None, "user_version", next)
            .map_err(failed)?;
        migrate.commit().map_err(failed)?;
    }
    Ok(())
}

fn check(db: &Connection, file: &Path) -> Result<(), OpenError> {
    let failed = |error| OpenError::of(file, &sql(error));
    let pages: i64 = db
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .map_err(failed)?;
    let size: i64 = db
        .pragma_query_value(None, "page_size", |row| row.get(0))
        .map_err(failed)?;
    if pages.saturating_mul(size) > CHECKED_UP_TO {
        return Ok(());
    }
    let found: String = db
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(failed)?;
    if found == "ok" {
        return Ok(());
    }
    Err(OpenError::Damaged {
        file: file.to_owned(),
        detail: found,
    })
}

fn version(db: &Connection) -> rusqlite::Result<i64> {
    db.pragma_query_value(None, "user_version", |row| row.get(0))
}

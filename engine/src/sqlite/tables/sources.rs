//! Pull requests and branches: what is known of each.

use rusqlite::{Connection, params};
use tempus_model::Timestamp;
use tempus_model::github::{NoChange, Source, SourceChange, SourceKey};

use super::{all, decode, encode, execute, one};
use crate::{SourceError, StoreError};

/// How many are forgotten with one write, at most: more than come, so that they never pile up.
const FORGOTTEN: u32 = 8;

/// A source.
pub(crate) fn get(db: &Connection, key: &SourceKey) -> Result<Option<Source>, StoreError> {
    let body: Option<String> = one(
        db,
        "SELECT body FROM sources WHERE scope = ? AND item = ?",
        [key.scope(), key.item()],
        |record| record.get(0),
    )?;
    body.as_deref().map(decode).transpose()
}

/// Every source of a repository.
pub(crate) fn of(db: &Connection, repository: u64) -> Result<Vec<Source>, StoreError> {
    let bodies: Vec<String> = all(
        db,
        "SELECT body FROM sources WHERE scope = ?",
        [repository.to_string()],
        |record| record.get(0),
    )?;
    bodies.iter().map(|body| decode(body)).collect()
}

/// Those that are due, longest due first.
pub(crate) fn due(
    db: &Connection,
    now: Timestamp,
    most: usize,
) -> Result<Vec<SourceKey>, StoreError> {
    let found: Vec<(String, String)> = all(
        db,
        "SELECT scope, item FROM sources INDEXED BY sources_due
         WHERE due_at <= ?1 ORDER BY due_at LIMIT ?2",
        params![now.millis(), i64::try_from(most).unwrap_or(i64::MAX)],
        |record| Ok((record.get(0)?, record.get(1)?)),
    )?;
    let key = |(scope, item): (String, String)| {
        let unknown = || StoreError::Unreadable(format!("{scope}/{item} is no source"));
        SourceKey::parse(&scope, &item).ok_or_else(unknown)
    };
    found.into_iter().map(key).collect()
}

/// Changes a source.
pub(crate) fn change(
    db: &Connection,
    key: &SourceKey,
    change: &SourceChange,
    now: Timestamp,
) -> Result<Source, SourceError> {
    let was = get(db, key)?;
    let source = match Source::changed(was.as_ref(), key, change, now) {
        Ok(source) => source,
        Err(NoChange::Already(source)) => return Ok(*source),
        Err(no) => return Err(no.into()),
    };
    forget(db, now)?;
    execute(
        db,
        "INSERT INTO sources (scope, item, due_at, forget_at, body) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (scope, item) DO UPDATE SET due_at = ?3, forget_at = ?4, body = ?5",
        params![
            key.scope(),
            key.item(),
            source.due_at.map(Timestamp::millis),
            source.forget_at.map(Timestamp::millis),
            encode(&source)?
        ],
    )?;
    Ok(source)
}

/// Clears away what ended long ago.
fn forget(db: &Connection, now: Timestamp) -> Result<(), StoreError> {
    execute(
        db,
        "DELETE FROM sources WHERE key IN
         (SELECT key FROM sources INDEXED BY sources_forget_at
          WHERE forget_at <= ?1 ORDER BY forget_at LIMIT ?2)",
        params![now.millis(), FORGOTTEN],
    )?;
    Ok(())
}

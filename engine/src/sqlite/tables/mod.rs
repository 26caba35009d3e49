//! The tables: one file each, plain functions over a connection. Whether the connection is the
//! writer's, inside a request, or a reader's shows in what the function does.

use rusqlite::{Connection, OptionalExtension, Params, Row, StatementStatus};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::{sql, unreadable};
use crate::StoreError;

pub(super) mod deeds;
pub(super) mod idempotency;
pub(super) mod jobs;
pub(super) mod letters;
pub(super) mod packed;
pub(super) mod previews;
pub(super) mod receipts;
pub(super) mod rows;
pub(super) mod slots;
pub(super) mod sources;
pub(super) mod specs;
pub(super) mod timers;
pub(super) mod tokens;

/// Names a preview within this file: the integer that its hot row is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key(pub(super) i64);

impl rusqlite::ToSql for Key {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

/// The one record that a statement finds, if it finds one.
pub(super) fn one<T>(
    db: &Connection,
    statement: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, StoreError> {
    let mut prepared = db.prepare_cached(statement).map_err(sql)?;
    let found = prepared.query_row(params, read).optional().map_err(sql)?;
    must_not_scan(&prepared, 1, statement);
    Ok(found)
}

/// Every record that a statement finds.
pub(super) fn all<T>(
    db: &Connection,
    statement: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let mut prepared = db.prepare_cached(statement).map_err(sql)?;
    let found = prepared.query_map(params, read).map_err(sql)?;
    let found = found.collect::<Result<Vec<_>, _>>().map_err(sql)?;
    must_not_scan(&prepared, found.len(), statement);
    Ok(found)
}

/// Carries a statement out and says how many records it changed.
pub(super) fn execute(
    db: &Connection,
    statement: &str,
    params: impl Params,
) -> Result<usize, StoreError> {
    let mut prepared = db.prepare_cached(statement).map_err(sql)?;
    let changed = prepared.execute(params).map_err(sql)?;
    must_not_scan(&prepared, 0, statement);
    Ok(changed)
}

/// No statement may get slower as history grows: it looks at no more records than it finds, and
/// sorts none. Held in every test by every statement that runs in it.
fn must_not_scan(prepared: &rusqlite::Statement<'_>, found: usize, statement: &str) {
    if cfg!(debug_assertions) {
        let count = |status| usize::try_from(prepared.reset_status(status)).unwrap_or(0);
        let scanned = count(StatementStatus::FullscanStep);
        assert!(
            scanned <= found,
            "{scanned} records scanned for {found} by {statement}"
        );
        let sorted = count(StatementStatus::Sort) + count(StatementStatus::AutoIndex);
        assert!(sorted == 0, "sorted by {statement}");
    }
}

/// A body as it is stored.
pub(super) fn encode(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(unreadable)
}

/// A stored body.
pub(super) fn decode<T: DeserializeOwned>(body: &str) -> Result<T, StoreError> {
    serde_json::from_str(body).map_err(unreadable)
}

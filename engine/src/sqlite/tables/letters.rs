//! Messages that nobody could read.

use rusqlite::{Connection, params};
use tempus_model::Timestamp;

use super::{all, execute};
use crate::{DeadLetter, DeadLetterId, StoreError};

/// Keeps a message; the same one twice is kept once.
pub(crate) fn put(db: &Connection, letter: &DeadLetter) -> Result<(), StoreError> {
    execute(
        db,
        "INSERT OR IGNORE INTO dead_letters (id, at, body, reason) VALUES (?, ?, ?, ?)",
        params![letter.id.0, letter.at.millis(), letter.body, letter.reason],
    )?;
    Ok(())
}

/// The oldest ones.
pub(crate) fn oldest(db: &Connection, most: usize) -> Result<Vec<DeadLetter>, StoreError> {
    all(
        db,
        "SELECT id, at, body, reason FROM dead_letters ORDER BY at, key LIMIT ?",
        [i64::try_from(most).unwrap_or(i64::MAX)],
        |record| {
            Ok(DeadLetter {
                id: DeadLetterId(record.get(0)?),
                at: Timestamp::from_millis(record.get(1)?),
                body: record.get(2)?,
                reason: record.get(3)?,
            })
        },
    )
}

/// Forgets one. `false` if there is none of this id.
pub(crate) fn delete(db: &Connection, id: &DeadLetterId) -> Result<bool, StoreError> {
    Ok(execute(db, "DELETE FROM dead_letters WHERE id = ?", [&id.0])? > 0)
}

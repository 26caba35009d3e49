//! What was done to previews without a job.

use rusqlite::{Connection, params};
use tempus_model::{Deed, PreviewId};

use super::{Key, all, decode, encode, execute};
use crate::StoreError;

/// Writes what was done by the write that gave the row this version.
pub(crate) fn put(
    db: &Connection,
    preview: Key,
    version: u64,
    deed: &Deed,
) -> Result<(), StoreError> {
    execute(
        db,
        "INSERT INTO deeds (preview, version, body) VALUES (?, ?, ?)",
        params![preview, version.cast_signed(), encode(deed)?],
    )?;
    Ok(())
}

/// What was done last, newest first.
pub(crate) fn of(
    db: &Connection,
    preview: PreviewId,
    most: usize,
) -> Result<Vec<Deed>, StoreError> {
    let bodies: Vec<String> = all(
        db,
        "SELECT body FROM deeds WHERE preview = (SELECT key FROM previews WHERE id = ?)
         ORDER BY version DESC LIMIT ?",
        params![
            preview.uuid().as_bytes(),
            i64::try_from(most).unwrap_or(i64::MAX)
        ],
        |record| record.get(0),
    )?;
    bodies.iter().map(|body| decode(body)).collect()
}

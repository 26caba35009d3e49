//! The proofs that everything a preview owned is gone.

use rusqlite::{Connection, params};
use tempus_model::{PreviewId, Receipt};

use super::{Key, decode, encode, execute, one};
use crate::StoreError;

/// Keeps a receipt. There is one to a preview: that of the last verify, which may have been asked
/// for after the first.
pub(crate) fn put(db: &Connection, preview: Key, receipt: &Receipt) -> Result<(), StoreError> {
    execute(
        db,
        "INSERT OR REPLACE INTO receipts (preview, body) VALUES (?, ?)",
        params![preview, encode(receipt)?],
    )?;
    Ok(())
}

/// The receipt of a preview.
pub(crate) fn get(db: &Connection, preview: PreviewId) -> Result<Option<Receipt>, StoreError> {
    let body: Option<String> = one(
        db,
        "SELECT body FROM receipts WHERE preview = (SELECT key FROM previews WHERE id = ?)",
        [preview.uuid().as_bytes()],
        |record| record.get(0),
    )?;
    body.map(|body| decode(&body)).transpose()
}

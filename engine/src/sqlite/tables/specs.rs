//! The specs: written once, never changed.

use rusqlite::{Connection, params};
use tempus_model::{PreviewId, Spec, SpecId};

use super::{Key, decode, encode, execute, one};
use crate::StoreError;

/// Keeps a spec. One that the preview has had before is kept once.
pub(crate) fn put(db: &Connection, preview: Key, spec: &Spec) -> Result<(), StoreError> {
    execute(
        db,
        "INSERT OR IGNORE INTO specs (preview, id, body) VALUES (?, ?, ?)",
        params![preview, spec.id().to_string(), encode(spec)?],
    )?;
    Ok(())
}

/// A spec of a preview.
pub(crate) fn get(
    db: &Connection,
    preview: PreviewId,
    spec: SpecId,
) -> Result<Option<Spec>, StoreError> {
    let body: Option<String> = one(
        db,
        "SELECT body FROM specs
         WHERE preview = (SELECT key FROM previews WHERE id = ?) AND id = ?",
        params![preview.uuid().as_bytes(), spec.to_string()],
        |record| record.get(0),
    )?;
    body.map(|body| decode(&body)).transpose()
}

//! The cold half of a preview, and what it is found by.

use rusqlite::{Connection, params};
use tempus_model::{DnsName, Identity, PreviewId, Row, ShortId, Snapshot};
use uuid::Uuid;

use super::packed::Body;
use super::{Key, decode, encode, execute, one};
use crate::StoreError;

/// Writes a new preview: its name points to it from now on.
pub(crate) fn insert(db: &Connection, identity: &Identity, row: &Row) -> Result<Key, StoreError> {
    execute(
        db,
        "INSERT INTO previews (id, owner, repository, pr, phase, parked, created_at, identity)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            identity.id.uuid().as_bytes(),
            identity.owner.id,
            identity.origin.repository,
            identity.origin.pr_number.map(u64::cast_signed),
            row.phase().as_str(),
            row.parked.is_some(),
            identity.created_at.millis(),
            encode(identity)?,
        ],
    )?;
    let key = Key(db.last_insert_rowid());
    execute(
        db,
        "INSERT INTO names (name, preview) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET preview = ?2",
        params![identity.name.as_str(), key],
    )?;
    Ok(key)
}

/// Notes the phase, and whether it is parked, for those who list. What an index is sorted by is written
/// only if it changed.
pub(crate) fn show(db: &Connection, key: Key, was: &Row, row: &Row) -> Result<(), StoreError> {
    let (phase, is_parked) = (row.phase().as_str(), row.parked.is_some());
    if row.is_gone() == was.is_gone() {
        let show = "UPDATE previews SET phase = ?2, parked = ?3 WHERE key = ?1";
        execute(db, show, params![key, phase, is_parked])?;
    } else {
        let show = "UPDATE previews SET phase = ?2, parked = ?3, is_gone = ?4 WHERE key = ?1";
        execute(db, show, params![key, phase, is_parked, row.is_gone()])?;
    }
    Ok(())
}

/// A preview by its id.
pub(crate) fn get(db: &Connection, preview: PreviewId) -> Result<Option<Snapshot>, StoreError> {
    snapshot(
        db,
        "SELECT previews.identity, rows.body FROM previews JOIN rows USING (key)
         WHERE previews.id = ?",
        [preview.uuid().as_bytes()],
    )
}

/// The latest preview of this name.
pub(crate) fn by_name(db: &Connection, name: &DnsName) -> Result<Option<Snapshot>, StoreError> {
    snapshot(
        db,
        "SELECT previews.identity, rows.body
         FROM names JOIN previews ON previews.key = names.preview JOIN rows USING (key)
         WHERE names.name = ?",
        [name.as_str()],
    )
}

/// The preview of this short id.
pub(crate) fn by_short(db: &Connection, short: ShortId) -> Result<Option<Snapshot>, StoreError> {
    snapshot(
        db,
        "SELECT previews.identity, rows.body
         FROM previews JOIN rows USING (key) WHERE previews.id BETWEEN ? AND ?",
        range(short),
    )
}

/// What never changes about the preview at a key that another table names.
pub(crate) fn identity(db: &Connection, key: Key) -> Result<Identity, StoreError> {
    let body: Option<String> = one(
        db,
        "SELECT identity FROM previews WHERE key = ?",
        [key],
        |record| record.get(0),
    )?;
    let missing = || StoreError::Unreadable(format!("preview {} is missing", key.0));
    decode(&body.ok_or_else(missing)?)
}

/// Whether a preview has this short id: no other ever gets it.
pub(crate) fn is_short_used(db: &Connection, short: ShortId) -> Result<bool, StoreError> {
    let holder: Option<i64> = one(
        db,
        "SELECT key FROM previews WHERE id BETWEEN ? AND ?",
        range(short),
        |record| record.get(0),
    )?;
    Ok(holder.is_some())
}

/// The least and the greatest id that begin with a short id.
fn range(short: ShortId) -> [[u8; 16]; 2] {
    [0x00, 0xff].map(|rest| {
        let mut id = [rest; 16];
        id[..4].copy_from_slice(&short.bits().to_be_bytes());
        id
    })
}

/// A stored id.
pub(crate) fn id(bytes: [u8; 16]) -> PreviewId {
    PreviewId::new(Uuid::from_bytes(bytes))
}

fn snapshot(
    db: &Connection,
    statement: &str,
    params: impl rusqlite::Params,
) -> Result<Option<Snapshot>, StoreError> {
    let found = one(db, statement, params, |record| {
        Ok((record.get::<_, String>(0)?, record.get::<_, Body>(1)?))
    })?;
    let read = |(identity, row): (String, Body)| {
        Ok(Snapshot {
            identity: decode(&identity)?,
            row: decode(&row)?,
        })
    };
    found.map(read).transpose()
}

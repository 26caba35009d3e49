//! The cold half of a preview, and what it is found by.

use rusqlite::{Connection, params};
use tempus_model::{DnsName, Identity, PreviewId, Row, ShortId, Snapshot};
use uuid::Uuid;

use super::{Key, decode, encode, execute, one};
use crate::StoreError;

/// Writes a new preview: its name and its short id point to it from now on.
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
    execute(
        db,
        "INSERT INTO shorts (short, preview) VALUES (?1, ?2)",
        params![identity.short().bits(), key],
    )?;
    Ok(key)
}

/// Notes the phase, and whether it is parked, for those who list.
pub(crate) fn show(db: &Connection, key: Key, row: &Row) -> Result<(), StoreError> {
    execute(
        db,
        "UPDATE previews SET phase = ?2, parked = ?3 WHERE key = ?1",
        params![key, row.phase().as_str(), row.parked.is_some()],
    )?;
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
         FROM shorts JOIN previews ON previews.key = shorts.preview JOIN rows USING (key)
         WHERE shorts.short = ?",
        [short.bits()],
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
        "SELECT preview FROM shorts WHERE short = ?",
        [short.bits()],
        |record| record.get(0),
    )?;
    Ok(holder.is_some())
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
        Ok((record.get::<_, String>(0)?, record.get::<_, String>(1)?))
    })?;
    let read = |(identity, row): (String, String)| {
        Ok(Snapshot {
            identity: decode(&identity)?,
            row: decode(&row)?,
        })
    };
    found.map(read).transpose()
}

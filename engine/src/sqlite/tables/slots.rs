//! Numbered slots: what there is a limited number of.
//!
//! A pool is a name; its slots are numbered from 0. `quota/…` pools are given back when a preview
//! is gone, all others with its receipt. Where a limit was lowered, previews above it keep their
//! slots, and whoever gives one back below it makes room.

use rusqlite::{Connection, params};

use super::{Key, all, execute, one};
use crate::StoreError;

/// The item of a pool that a preview takes one slot of.
const WHOLE: &str = "";

/// The pool of everybody's previews.
pub(crate) const QUOTA_ALL: &str = "quota/all";

/// The pool of an owner's previews.
pub(crate) fn quota_of(owner: &str) -> String {
    format!("quota/owner/{owner}")
}

/// The pool of a listener's slots.
pub(crate) fn listener(name: &str) -> String {
    format!("listener/{name}")
}

/// A pool that steps reserve from.
pub(crate) fn reserved(pool: &str) -> String {
    format!("pool/{pool}")
}

/// The lowest free slot below `most`.
pub(crate) fn lowest_free(
    db: &Connection,
    pool: &str,
    most: u32,
) -> Result<Option<u32>, StoreError> {
    let given_back: Option<u32> = one(
        db,
        "SELECT number FROM slots INDEXED BY slots_free
         WHERE pool = ? AND preview IS NULL ORDER BY number LIMIT 1",
        [pool],
        |record| record.get(0),
    )?;
    let number = match given_back {
        Some(number) => number,
        // Without a gap, the slots that were ever taken are 0, 1, … up to the highest.
        None => one(
            db,
            "SELECT number + 1 FROM slots WHERE pool = ? ORDER BY number DESC LIMIT 1",
            [pool],
            |record| record.get(0),
        )?
        .unwrap_or(0),
    };
    Ok((number < most).then_some(number))
}

/// Takes a free slot of a pool that a preview has at most one of.
pub(crate) fn take(
    db: &Connection,
    pool: &str,
    number: u32,
    preview: Key,
) -> Result<(), StoreError> {
    take_for(db, pool, number, preview, WHOLE)
}

/// Takes a free slot for one item of a preview.
pub(crate) fn take_for(
    db: &Connection,
    pool: &str,
    number: u32,
    preview: Key,
    item: &str,
) -> Result<(), StoreError> {
    execute(
        db,
        "INSERT INTO slots (pool, number, preview, item) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (pool, number) DO UPDATE SET preview = ?3, item = ?4 WHERE preview IS NULL",
        params![pool, number, preview, item],
    )?;
    Ok(())
}

/// Gives one slot back.
pub(crate) fn give_back(db: &Connection, pool: &str, number: u32) -> Result<(), StoreError> {
    execute(
        db,
        "UPDATE slots SET preview = NULL WHERE pool = ? AND number = ?",
        params![pool, number],
    )?;
    Ok(())
}

/// The slot that an item of a preview has.
pub(crate) fn held(
    db: &Connection,
    pool: &str,
    preview: Key,
    item: &str,
) -> Result<Option<u32>, StoreError> {
    one(
        db,
        "SELECT number FROM slots WHERE preview = ? AND pool = ? AND item = ?",
        params![preview, pool, item],
        |record| record.get(0),
    )
}

/// The taken slots of a pool from `first` to `last`, in order.
pub(crate) fn taken(
    db: &Connection,
    pool: &str,
    first: u32,
    last: u32,
) -> Result<Vec<u32>, StoreError> {
    all(
        db,
        "SELECT number FROM slots
         WHERE pool = ? AND number BETWEEN ? AND ? AND preview IS NOT NULL ORDER BY number",
        params![pool, first, last],
        |record| record.get(0),
    )
}

/// A handful of previews that hold slots of a pool.
pub(crate) fn holders(db: &Connection, pool: &str) -> Result<Vec<Key>, StoreError> {
    all(
        db,
        "SELECT preview FROM slots WHERE pool = ? AND preview IS NOT NULL ORDER BY number LIMIT 5",
        [pool],
        |record| record.get(0).map(Key),
    )
}

/// Gives back a preview's slots in the quotas.
pub(crate) fn free_quota(db: &Connection, preview: Key) -> Result<(), StoreError> {
    execute(
        db,
        "UPDATE slots SET preview = NULL WHERE preview = ? AND pool GLOB 'quota/*'",
        [preview],
    )?;
    Ok(())
}

/// Gives back everything else that a preview holds.
pub(crate) fn free_reservations(db: &Connection, preview: Key) -> Result<(), StoreError> {
    execute(
        db,
        "UPDATE slots SET preview = NULL WHERE preview = ? AND NOT pool GLOB 'quota/*'",
        [preview],
    )?;
    Ok(())
}

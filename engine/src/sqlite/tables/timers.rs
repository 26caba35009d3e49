//! The alarms that stand.

use rusqlite::{Connection, params};
use tempus_model::{PreviewId, Timestamp};

use super::{all, execute, one, previews};
use crate::{Alarm, StoreError, TraceContext};

/// The alarm of this name.
pub(crate) fn get(db: &Connection, name: &str) -> Result<Option<Alarm>, StoreError> {
    one(
        db,
        "SELECT name, preview, fires_at, set_by FROM timers WHERE name = ?",
        [name],
        read,
    )
}

/// Sets an alarm whose name is free.
pub(crate) fn insert(db: &Connection, alarm: &Alarm) -> Result<(), StoreError> {
    execute(
        db,
        "INSERT INTO timers (name, preview, fires_at, set_by) VALUES (?, ?, ?, ?)",
        params![
            alarm.name,
            alarm.preview.uuid().as_bytes(),
            alarm.fires_at.millis(),
            alarm.set_by.as_ref().map(TraceContext::traceparent),
        ],
    )?;
    Ok(())
}

/// Clears one.
pub(crate) fn delete(db: &Connection, name: &str) -> Result<(), StoreError> {
    execute(db, "DELETE FROM timers WHERE name = ?", [name])?;
    Ok(())
}

/// The names of a preview's alarms, the next one first.
pub(crate) fn of(db: &Connection, preview: PreviewId) -> Result<Vec<String>, StoreError> {
    all(
        db,
        "SELECT name FROM timers WHERE preview = ? ORDER BY fires_at, name",
        [preview.uuid().as_bytes()],
        |record| record.get(0),
    )
}

/// The alarms that fire next.
pub(crate) fn next(db: &Connection, most: u32) -> Result<Vec<Alarm>, StoreError> {
    all(
        db,
        "SELECT name, preview, fires_at, set_by FROM timers ORDER BY fires_at, name LIMIT ?",
        [most],
        read,
    )
}

fn read(record: &rusqlite::Row<'_>) -> rusqlite::Result<Alarm> {
    let set_by: Option<String> = record.get(3)?;
    Ok(Alarm {
        name: record.get(0)?,
        preview: previews::id(record.get(1)?),
        fires_at: Timestamp::from_millis(record.get(2)?),
        set_by: set_by.and_then(|text| TraceContext::parse(&text, None)),
    })
}

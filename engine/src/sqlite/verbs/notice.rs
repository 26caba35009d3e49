//! What others noticed: events, sweeps and the reminder.

use std::time::Duration;

use tempus_model::transition::sleep::{self, Idleness};
use tempus_model::transition::warn::{self, Warn};
use tempus_model::transition::{doubt, replay};
use tempus_model::{PreviewId, Row, Timestamp};

use super::super::desk::Desk;
use super::change_if;
use crate::StoreError;

/// Makes a waiting row due.
pub(crate) fn wake(db: &Desk, preview: PreviewId, now: Timestamp) -> Result<bool, StoreError> {
    let changed = change_if(db, preview, |row| replay::wake(row, now));
    Ok(changed?.is_some())
}

/// Puts an idle preview to sleep, or notes when to look again.
pub(crate) fn doze(
    db: &Desk,
    preview: PreviewId,
    looked_at: u64,
    found: Idleness,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = change_if(db, preview, |row| sleep::doze(row, looked_at, found, now));
    Ok(changed?.is_some())
}

/// Marks a row suspect and due for a verify.
pub(crate) fn doubt(db: &Desk, preview: PreviewId, now: Timestamp) -> Result<bool, StoreError> {
    let changed = change_if(db, preview, |row| Some(doubt::doubt(row, now)));
    Ok(changed?.is_some())
}

/// Takes the right to send a reminder.
pub(crate) fn remind(
    db: &Desk,
    preview: PreviewId,
    now: Timestamp,
    spacing: Duration,
) -> Result<bool, StoreError> {
    let changed = change_if(db, preview, |row| replay::remind(row, now, spacing));
    Ok(changed?.is_some())
}

/// Begins to warn of a preview's end, or notes that it was done.
pub(crate) fn warn(
    db: &Desk,
    preview: PreviewId,
    warn: Warn,
    now: Timestamp,
) -> Result<Option<Row>, StoreError> {
    change_if(db, preview, |row| warn::warn(row, warn, now))
}

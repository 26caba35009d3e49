//! What others noticed: events, sweeps and the reminder.

use std::time::Duration;

use rusqlite::Connection;
use tempus_model::transition::{doubt, replay};
use tempus_model::{PreviewId, Timestamp};

use super::change_if;
use crate::StoreError;

/// Makes a waiting row due.
pub(crate) fn wake(
    db: &Connection,
    preview: PreviewId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    change_if(db, preview, |row| replay::wake(row, now))
}

/// Marks a row suspect and due for a verify.
pub(crate) fn doubt(
    db: &Connection,
    preview: PreviewId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    change_if(db, preview, |row| Some(doubt::doubt(row, now)))
}

/// Takes the right to send a reminder.
pub(crate) fn remind(
    db: &Connection,
    preview: PreviewId,
    now: Timestamp,
    spacing: Duration,
) -> Result<bool, StoreError> {
    change_if(db, preview, |row| replay::remind(row, now, spacing))
}

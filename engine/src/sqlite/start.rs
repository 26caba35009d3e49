//! What happens when a store is opened, before anybody may use it.

use std::time::Duration;

use rusqlite::{Connection, params};
use tempus_model::transition::doubt::{Stop, doubt, end_lease};
use tempus_model::{InstallationId, Timestamp};

use super::backup;
use super::error::sql;
use super::tables::rows::Ready;
use super::tables::{execute, one, rows};
use crate::StoreError;

/// What a start reads of what is waiting: what is due within this. The rest has its alarm, or is found by
/// the reminder when it is due, so that a start takes as long however many previews wait for tomorrow.
pub(super) const NEAR: Duration = Duration::from_hours(1);

/// What a start finds out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start {
    /// Whose store it is.
    pub(super) installation: InstallationId,
    /// How many starts there have been, this one included.
    pub(super) number: u64,
}

/// Ends the old process's leases and counts the start. In one transaction: a start that dies
/// half-way has not happened.
pub(super) fn start(
    db: &mut Connection,
    made_as: InstallationId,
    now: Timestamp,
) -> Result<Start, StoreError> {
    let db = db.transaction().map_err(sql)?;
    let started = begin(&db, made_as, now, None)?;
    db.commit().map_err(sql)?;
    Ok(started)
}

/// The same inside a transaction. How the old process ended says the mark that it left, if
/// `stop` does not; the mark is taken, so that this process must leave its own.
///
/// The folder's lock proves that the old process is dead.
pub(super) fn begin(
    db: &Connection,
    made_as: InstallationId,
    now: Timestamp,
    stop: Option<Stop>,
) -> Result<Start, StoreError> {
    execute(
        db,
        "INSERT OR IGNORE INTO meta VALUES ('installation', ?)",
        [made_as.to_string()],
    )?;
    let installation = meta(db, "installation")?.unwrap_or_default();
    let installation = installation
        .parse()
        .map_err(|_| StoreError::Unreadable(format!("{installation:?} is no installation id")))?;
    let marked = execute(db, "DELETE FROM meta WHERE name = 'clean_stop'", [])? > 0;
    let stop = stop.unwrap_or(if marked { Stop::Clean } else { Stop::Crash });
    let mut ended = 0_usize;
    // A row that is held was due when it was claimed. Should the clock have been set back by more than that
    // since, its lease runs out by itself.
    for stored in rows::held(db, now.after(NEAR))? {
        if let Some(change) = end_lease(&stored.row, now, stop) {
            rows::write(db, &Ready::of(stored, change)?)?;
            ended += 1;
        }
    }
    if execute(db, "DELETE FROM meta WHERE name = ?", [backup::RESTORED])? > 0 {
        let doubted = doubt_all(db, now)?;
        tracing::warn!(
            previews = doubted,
            "restored from a backup: whatever it does not prove to be gone is verified"
        );
    }
    let number = meta(db, "starts")?
        .and_then(|starts| starts.parse().ok())
        .unwrap_or(0_u64)
        + 1;
    execute(
        db,
        "INSERT OR REPLACE INTO meta VALUES ('starts', ?)",
        params![number.to_string()],
    )?;
    if ended > 0 {
        tracing::info!(
            leases = ended,
            ?stop,
            "the leases of the process before this one have ended"
        );
    }
    Ok(Start {
        installation,
        number,
    })
}

/// Makes everything due for a verify that is not proved gone: what became of it since the backup
/// was made, nobody here knows.
fn doubt_all(db: &Connection, now: Timestamp) -> Result<usize, StoreError> {
    let unproved = rows::unproved(db)?;
    let doubted = unproved.len();
    for stored in unproved {
        let change = doubt(&stored.row, now);
        rows::write(db, &Ready::of(stored, change)?)?;
    }
    Ok(doubted)
}

fn meta(db: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    one(
        db,
        "SELECT value FROM meta WHERE name = ?",
        [name],
        |record| record.get(0),
    )
}

//! The hot rows, and what every change of one writes.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, Params, params};
use tempus_model::transition::{Change, Slots};
use tempus_model::{Phase, PreviewId, Row, Timestamp};

use super::super::desk::Desk;
use super::packed::{Body, pack};
use super::{Key, all, decode, deeds, execute, jobs, one, previews, receipts, slots};
use crate::StoreError;

/// A row as it is stored, and where.
pub(crate) struct Stored {
    pub(crate) key: Key,
    pub(crate) row: Row,
}

/// A change of a row, ready to be written: encoded, and with what will be at hand afterwards.
pub(crate) struct Ready {
    was: Arc<Stored>,
    becomes: Option<Arc<Stored>>,
    body: Vec<u8>,
    jobs: Vec<jobs::Packed>,
    change: Change,
}

impl Ready {
    /// A change that was decided on this row.
    pub(crate) fn of(was: Arc<Stored>, change: Change) -> Result<Self, StoreError> {
        // One that is not held will not be written again soon.
        let becomes = change.row.lease.is_some().then(|| {
            Arc::new(Stored {
                key: was.key,
                row: change.row.clone(),
            })
        });
        Ok(Self {
            was,
            becomes,
            body: pack(&change.row)?,
            jobs: jobs::pack_all(&change.jobs)?,
            change,
        })
    }

    /// Writes it, if the row is still the one that was decided on. It is given back whole, so that whoever
    /// made it frees it too: the writer would wait for what its allocator has locked.
    pub(crate) fn write_if_same(mut self, desk: &Desk) -> Result<Option<Self>, StoreError> {
        if !desk.at_hand.is(&self.was) {
            return Ok(None);
        }
        self.write(desk)?;
        Ok(Some(self))
    }

    /// The row as it was written.
    pub(crate) fn into_row(self) -> Row {
        self.change.row
    }

    /// Writes it, and keeps the row at hand.
    fn write(&mut self, desk: &Desk) -> Result<(), StoreError> {
        write(desk, self)?;
        match self.becomes.take() {
            Some(becomes) => desk.at_hand.keep(becomes),
            None => desk.at_hand.let_go(self.was.row.preview),
        }
        Ok(())
    }
}

/// The row of a preview.
pub(crate) fn load(desk: &Desk, preview: PreviewId) -> Result<Option<Arc<Stored>>, StoreError> {
    match desk.at_hand.get(preview) {
        Some(stored) => Ok(Some(stored)),
        None => Ok(read(desk, preview)?.map(Arc::new)),
    }
}

fn read(db: &Connection, preview: PreviewId) -> Result<Option<Stored>, StoreError> {
    let found = one(
        db,
        "SELECT rows.key, rows.body FROM previews JOIN rows USING (key) WHERE previews.id = ?",
        [preview.uuid().as_bytes()],
        |record| Ok((Key(record.get(0)?), record.get::<_, Body>(1)?)),
    )?;
    found
        .map(|(key, body)| {
            Ok(Stored {
                key,
                row: decode(&body)?,
            })
        })
        .transpose()
}

/// Writes a new preview's row, and keeps it at hand: it is claimed next.
pub(crate) fn insert(db: &Desk, key: Key, change: &Change) -> Result<(), StoreError> {
    let row = &change.row;
    execute(
        db,
        "INSERT INTO rows (key, due_at, held_until, body) VALUES (?, ?, ?, ?)",
        params![
            key,
            row.due_at.map(Timestamp::millis),
            held_until(row),
            pack(row)?
        ],
    )?;
    jobs::put_all(db, key, &jobs::pack_all(&change.jobs)?)?;
    let row = row.clone();
    db.at_hand.keep(Arc::new(Stored { key, row }));
    Ok(())
}

/// Makes a change of a row, and of everything that changes with it, and keeps the row at hand.
pub(crate) fn apply(desk: &Desk, stored: &Arc<Stored>, change: Change) -> Result<Row, StoreError> {
    let mut ready = Ready::of(Arc::clone(stored), change)?;
    ready.write(desk)?;
    Ok(ready.into_row())
}

/// Makes a change of a row, and of everything that changes with it. A checkpoint, which changes
/// nothing else, is one update of one record: no index has to be touched.
pub(crate) fn write(db: &Connection, ready: &Ready) -> Result<(), StoreError> {
    let Ready {
        was: stored,
        body,
        jobs,
        change,
        ..
    } = ready;
    let (key, was, row) = (stored.key, &stored.row, &change.row);
    if row.due_at == was.due_at {
        execute(
            db,
            "UPDATE rows SET held_until = ?2, body = ?3 WHERE key = ?1",
            params![key, held_until(row), body],
        )?;
    } else {
        execute(
            db,
            "UPDATE rows SET due_at = ?2, held_until = ?3, body = ?4 WHERE key = ?1",
            params![
                key,
                row.due_at.map(Timestamp::millis),
                held_until(row),
                body
            ],
        )?;
    }
    if shown(was) != shown(row) {
        previews::show(db, key, was, row)?;
    }
    jobs::put_all(db, key, jobs)?;
    if change.quota == Slots::Free {
        slots::free_quota(db, key)?;
    }
    if change.reservations == Slots::Free {
        slots::free_reservations(db, key)?;
    }
    if let Some(receipt) = &change.receipt {
        receipts::put(db, key, receipt)?;
    }
    if let Some(deed) = &change.deed {
        deeds::put(db, key, row.version, deed)?;
    }
    Ok(())
}

/// What those who list see of a row.
fn shown(row: &Row) -> (Phase, bool) {
    (row.phase(), row.parked.is_some())
}

/// Rows that are due and that nobody holds, longest due first.
pub(crate) fn due(
    db: &Connection,
    now: Timestamp,
    most: usize,
) -> Result<Vec<PreviewId>, StoreError> {
    all(
        db,
        "SELECT previews.id FROM rows INDEXED BY rows_due JOIN previews USING (key)
         WHERE rows.due_at <= ?1 AND (rows.held_until IS NULL OR rows.held_until <= ?1)
         ORDER BY rows.due_at LIMIT ?2",
        params![now.millis(), i64::try_from(most).unwrap_or(i64::MAX)],
        |record| Ok(previews::id(record.get(0)?)),
    )
}

/// How long the row has waited that is due longest and that nobody holds.
pub(crate) fn oldest_due(db: &Connection, now: Timestamp) -> Result<Duration, StoreError> {
    let oldest: Option<i64> = one(
        db,
        "SELECT due_at FROM rows INDEXED BY rows_due
         WHERE due_at <= ?1 AND (held_until IS NULL OR held_until <= ?1)
         ORDER BY due_at LIMIT 1",
        [now.millis()],
        |record| record.get(0),
    )?;
    let waited = |due_at| Timestamp::from_millis(due_at).until(now);
    Ok(oldest.map(waited).unwrap_or_default())
}

/// When something is due for whom, and whose it is.
pub(crate) struct Waiting {
    pub(crate) preview: PreviewId,
    pub(crate) owner: String,
    pub(crate) due_at: Timestamp,
}

/// Every row that will be due by then as it stands.
pub(crate) fn waiting(db: &Connection, by: Timestamp) -> Result<Vec<Waiting>, StoreError> {
    all(
        db,
        "SELECT previews.id, previews.owner, rows.due_at
         FROM rows INDEXED BY rows_due JOIN previews USING (key)
         WHERE rows.due_at <= ? ORDER BY rows.due_at",
        [by.millis()],
        |record| {
            Ok(Waiting {
                preview: previews::id(record.get(0)?),
                owner: record.get(1)?,
                due_at: Timestamp::from_millis(record.get(2)?),
            })
        },
    )
}

/// Every row that somebody holds, of those that are due by then. A claim leaves a row due, so the index
/// on `due_at` has them all.
pub(crate) fn held(db: &Connection, by: Timestamp) -> Result<Vec<Arc<Stored>>, StoreError> {
    stored(
        db,
        "SELECT key, body FROM rows INDEXED BY rows_due
         WHERE due_at <= ? AND held_until IS NOT NULL",
        [by.millis()],
    )
}

/// Every row of which there is no proof that all of it is gone: it will be due some time, or it is
/// parked.
pub(crate) fn unproved(db: &Connection) -> Result<Vec<Arc<Stored>>, StoreError> {
    let mut found = stored(
        db,
        "SELECT key, body FROM rows INDEXED BY rows_due WHERE due_at IS NOT NULL",
        [],
    )?;
    let parked = stored(
        db,
        "SELECT rows.key, rows.body FROM previews INDEXED BY previews_parked
         JOIN rows USING (key) WHERE previews.parked = 1",
        [],
    )?;
    let never_due = |of: &Arc<Stored>| of.row.due_at.is_none();
    found.extend(parked.into_iter().filter(never_due));
    Ok(found)
}

fn stored(
    db: &Connection,
    query: &str,
    params: impl Params,
) -> Result<Vec<Arc<Stored>>, StoreError> {
    let found = all(db, query, params, |record| {
        Ok((Key(record.get(0)?), record.get::<_, Body>(1)?))
    })?;
    let stored = found.into_iter().map(|(key, body)| {
        let row = decode(&body)?;
        Ok(Arc::new(Stored { key, row }))
    });
    stored.collect()
}

fn held_until(row: &Row) -> Option<i64> {
    row.lease.as_ref().map(|lease| lease.until.millis())
}

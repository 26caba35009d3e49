//! The writer's desk: its connection, and the rows that were written last.
//!
//! A row that is held is written again and again, each time by the same holder, and what it writes is
//! decided on what is stored. Read back from the file, the row would be found and decoded each time;
//! kept here, it is at hand, and not only to the writer: whoever has something to write decides on it
//! and encodes what comes of it beside the writer, who then only has to see that the row is still the
//! same one. Nobody else writes, so what is kept is what is stored: as long as it is forgotten when
//! anything is undone, since an undone write may have been kept already.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use tempus_model::PreviewId;

use super::tables::rows::Stored;

/// How many rows are kept at most: more than a worker has in hand. A few megabytes.
const KEPT: usize = 512;

/// The rows at hand.
#[derive(Clone, Default)]
pub(super) struct AtHand(Arc<Mutex<HashMap<PreviewId, Arc<Stored>>>>);

impl AtHand {
    /// The row as it was written last, committed or not.
    pub(super) fn get(&self, preview: PreviewId) -> Option<Arc<Stored>> {
        self.rows().get(&preview).cloned()
    }

    /// Whether this very row is at hand: nothing was written over it since, and nothing undone.
    pub(super) fn is(&self, stored: &Arc<Stored>) -> bool {
        let rows = self.rows();
        let found = rows.get(&stored.row.preview);
        found.is_some_and(|found| Arc::ptr_eq(found, stored))
    }

    /// Keeps a row that was written and will soon be written again.
    pub(super) fn keep(&self, stored: Arc<Stored>) {
        let mut rows = self.rows();
        if rows.len() >= KEPT {
            rows.clear();
        }
        rows.insert(stored.row.preview, stored);
    }

    /// Forgets one that nobody holds any more.
    pub(super) fn let_go(&self, preview: PreviewId) {
        self.rows().remove(&preview);
    }

    /// Forgets every row: something was undone.
    pub(super) fn forget(&self) {
        self.rows().clear();
    }

    fn rows(&self) -> MutexGuard<'_, HashMap<PreviewId, Arc<Stored>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that writes.
pub(super) struct Desk {
    db: Connection,
    pub(super) at_hand: AtHand,
}

impl Desk {
    pub(super) fn of(db: Connection) -> Self {
        Self {
            db,
            at_hand: AtHand::default(),
        }
    }

    pub(super) fn into_connection(self) -> Connection {
        self.db
    }
}

impl Deref for Desk {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.db
    }
}

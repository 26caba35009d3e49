//! The writer's desk: its connection, and the rows that it wrote last.
//!
//! A row that is held is written again and again, each time by the same writer, who decides on what
//! is stored. Read back from the file, it would be found and decoded each time; kept here, it is at
//! hand. Nobody else writes, so what is kept is what is stored: as long as it is forgotten when
//! anything is undone, since an undone write may have been kept already.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Deref;

use rusqlite::Connection;
use tempus_model::{PreviewId, Row};

use super::tables::Key;
use super::tables::rows::Stored;

/// How many rows are kept at most: more than a worker has in hand. A few megabytes.
const KEPT: usize = 512;

/// A connection that writes.
pub(super) struct Desk {
    db: Connection,
    rows: RefCell<HashMap<PreviewId, Stored>>,
}

impl Desk {
    pub(super) fn of(db: Connection) -> Self {
        Self {
            db,
            rows: RefCell::default(),
        }
    }

    /// The row as it was written last, if it is at hand. Whoever takes it and writes nothing leaves
    /// the next to read it.
    pub(super) fn take(&self, preview: PreviewId) -> Option<Stored> {
        self.rows.borrow_mut().remove(&preview)
    }

    /// Keeps a row that was written, if it will soon be written again.
    pub(super) fn keep(&self, key: Key, row: &Row) {
        let mut rows = self.rows.borrow_mut();
        if row.lease.is_none() {
            rows.remove(&row.preview);
            return;
        }
        if rows.len() >= KEPT {
            rows.clear();
        }
        let row = row.clone();
        rows.insert(row.preview, Stored { key, row });
    }

    /// Forgets every row: something was undone.
    pub(super) fn forget(&self) {
        self.rows.borrow_mut().clear();
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

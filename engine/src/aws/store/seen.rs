//! The rows that this process saw last: what saves a holder the read before each of its writes.
//!
//! Never more than a guess. A write is conditional on the version that it was decided on, and a
//! refusal that was decided on a remembered row is decided again on the row itself.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tempus_model::PreviewId;

use super::row::Stored;

/// As many rows are remembered at least; twice as many at most.
const ROWS: usize = 1024;

/// Two generations: what has not been asked for since the last change of generation is forgotten.
#[derive(Debug, Default)]
pub(super) struct Seen(Mutex<Generations>);

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<PreviewId, Stored>,
    old: HashMap<PreviewId, Stored>,
}

impl Seen {
    /// The row as it was seen last.
    pub(super) fn get(&self, preview: PreviewId) -> Option<Stored> {
        let found = self.with(|rows| {
            let young = rows.young.get(&preview);
            young.or_else(|| rows.old.get(&preview)).cloned()
        })?;
        Some(found)
    }

    /// Remembers a row, unless a newer one is known: answers may overtake each other.
    pub(super) fn put(&self, stored: Stored) {
        let preview = stored.row.preview;
        self.with(|rows| {
            let known = rows.young.get(&preview).or_else(|| rows.old.get(&preview));
            if known.is_some_and(|known| known.row.version > stored.row.version) {
                return;
            }
            if rows.young.len() >= ROWS {
                rows.old = std::mem::take(&mut rows.young);
            }
            rows.young.insert(preview, stored);
        });
    }

    /// Forgets a row: nobody knows what it is.
    pub(super) fn forget(&self, preview: PreviewId) {
        self.with(|rows| {
            rows.young.remove(&preview);
            rows.old.remove(&preview);
        });
    }

    fn with<T>(&self, use_it: impl FnOnce(&mut Generations) -> T) -> T {
        use_it(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

//! The store's verbs, as what the writer does for each: load the row, let the pure transition
//! decide, write what it decided. An `Err` writes nothing.

use std::sync::Arc;

use tempus_model::{PreviewId, Row};

use super::desk::Desk;
use super::tables::rows::{self, Stored};
use crate::StoreError;

pub(super) mod create;
pub(super) mod holder;
pub(super) mod list;
pub(super) mod notice;
pub(super) mod reserve;
pub(super) mod want;

/// The row, or what it means that there is none.
fn load<E: From<StoreError>>(
    db: &Desk,
    preview: PreviewId,
    missing: impl FnOnce() -> E,
) -> Result<Arc<Stored>, E> {
    rows::load(db, preview)?.ok_or_else(missing)
}

/// A change that a row may call for: the row as it is then, if it did.
fn change_if(
    db: &Desk,
    preview: PreviewId,
    decide: impl FnOnce(&Row) -> Option<tempus_model::transition::Change>,
) -> Result<Option<Row>, StoreError> {
    let Some(stored) = rows::load(db, preview)? else {
        return Ok(None);
    };
    let Some(change) = decide(&stored.row) else {
        return Ok(None);
    };
    rows::apply(db, &stored, change).map(Some)
}

//! What the holder of a lease did.

use tempus_model::transition::claim::{self, Claim};
use tempus_model::transition::{Change, Refused};
use tempus_model::{PreviewId, Row};

use super::super::desk::Desk;
use super::super::tables::rows;
use super::load;
use crate::{ClaimError, WriteError};

/// Claims a due row. One whose saga has ended its workers too often comes back parked.
pub(crate) fn claim(db: &Desk, preview: PreviewId, claim: &Claim) -> Result<Row, ClaimError> {
    let stored = load(db, preview, || ClaimError::NotFound)?;
    let change = claim::claim(&stored.row, claim)?;
    Ok(rows::apply(db, &stored, change)?)
}

/// Makes a fenced write. One that was made before, and whose answer was lost, succeeds again.
pub(crate) fn write(
    db: &Desk,
    preview: PreviewId,
    decide: impl FnOnce(&Row) -> Result<Change, Refused>,
) -> Result<Row, WriteError> {
    // No row is ever deleted: who holds one that is not here holds it in another store.
    let stored = load(db, preview, || WriteError::Lost)?;
    match decide(&stored.row) {
        Ok(change) => Ok(rows::apply(db, &stored, change)?),
        Err(Refused::Already(row)) => Ok(*row),
        Err(Refused::Moved(row)) => Err(WriteError::Moved(row)),
        Err(Refused::Lost) => Err(WriteError::Lost),
    }
}

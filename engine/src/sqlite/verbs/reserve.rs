//! Reserve: a number from a pool, for one item of a preview.

use tempus_model::InstallationId;

use super::super::desk::Desk;
use super::super::tables::{rows, slots};
use crate::{Reserve, ReserveError, StoreError};

/// Gives an item its number; asked again, the same one, unless it is to be avoided.
///
/// The search begins at a place that depends on the installation and goes round, so that two
/// installations on one machine rarely want the same number.
pub(crate) fn reserve(
    db: &Desk,
    installation: InstallationId,
    ask: &Reserve,
) -> Result<u32, ReserveError> {
    let stored = rows::load(db, ask.preview)?;
    // The receipt has given everything back: what a late caller took now, nobody would free.
    let Some(stored) = stored.filter(|stored| stored.row.receipt_at.is_none()) else {
        let gone = format!("preview {} can hold nothing any more", ask.preview);
        return Err(StoreError::Unavailable(gone).into());
    };
    let pool = slots::reserved(&ask.pool);
    let held = slots::held(db, &pool, stored.key, &ask.item)?;
    if let Some(number) = held
        && !ask.avoid.contains(&number)
    {
        return Ok(number);
    }
    let (first, last) = (*ask.range.start(), *ask.range.end());
    let exhausted = || ReserveError::Exhausted(ask.pool.clone());
    if ask.range.is_empty() {
        return Err(exhausted());
    }
    let begin = first + offset(installation, last - first);
    let free = |from: u32, to: u32| {
        let taken = slots::taken(db, &pool, from, to)?;
        let mut taken = taken.into_iter().peekable();
        let mut numbers = from..=to;
        Ok::<_, ReserveError>(
            numbers
                .find(|number| taken.next_if_eq(number).is_none() && !ask.avoid.contains(number)),
        )
    };
    let mut number = free(begin, last)?;
    if number.is_none() && begin > first {
        number = free(first, begin - 1)?;
    }
    let number = number.ok_or_else(exhausted)?;
    if let Some(old) = held {
        slots::give_back(db, &pool, old)?;
    }
    slots::take_for(db, &pool, number, stored.key, &ask.item)?;
    Ok(number)
}

/// Where in a pool of `span + 1` numbers an installation begins.
fn offset(installation: InstallationId, span: u32) -> u32 {
    // Multiplying spreads ids that differ little, and the upper half is the number within the span.
    let spread = u64::from(installation.bits().wrapping_mul(0x9E37_79B1));
    u32::try_from((spread * (u64::from(span) + 1)) >> 32).unwrap_or(0)
}

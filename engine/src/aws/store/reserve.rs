//! Reserve: a number from a pool, for one item of a preview.
//!
//! Two plain writes, which cost a third of a transaction of slot, note and row: the slot is taken
//! first, then noted with the row, on the condition that nothing was reserved for the preview since the
//! row was read and that it has no receipt. Only a noted number is ever told. A slot whose taker died
//! before it was noted is nobody else's until the preview has its receipt, and then found like any
//! that was left.

use std::collections::BTreeMap;

use tempus_model::{InstallationId, PreviewId};
use uuid::Uuid;

use super::super::table::item::{Item, Key};
use super::super::table::write::{Verdict, Write};
use super::DynamoStore;
use super::decide::{breathe, contended};
use super::row::{Stored, TRIES};
use super::slots::{self, Slot};
use crate::{Reserve, ReserveError, StoreError};

/// As many numbers one preview may hold: one that asks for more is not itself.
const MOST: usize = 40;

impl DynamoStore {
    /// Gives an item its number; asked again, the same one, unless it is to be avoided.
    pub(super) async fn give(&self, ask: &Reserve) -> Result<u32, ReserveError> {
        let pool = slots::reserved(&ask.pool);
        for attempt in 0..TRIES {
            breathe(attempt).await;
            let stored = self.open(ask.preview).await?;
            let held = stored.reserved.number(&pool, &ask.item);
            if let Some(number) = held
                && !ask.avoid.contains(&number)
            {
                return Ok(number);
            }
            let has_room = held.is_some() || stored.reserved.slots().count() < MOST;
            let chosen = self.choose_number(&pool, ask).await?;
            let exhausted = || ReserveError::Exhausted(ask.pool.clone());
            let chosen = chosen.filter(|_| has_room).ok_or_else(exhausted)?;
            let old = match held {
                Some(number) => self.giving_back(&pool, number).await?,
                None => None,
            };
            let Some(call) = self.take_slot(ask.preview, &chosen).await? else {
                continue;
            };
            if self.note_slot(&stored, &chosen, &ask.item).await? {
                if let Some(old) = old {
                    self.table.repeat(old).await?;
                }
                return Ok(chosen.number);
            }
            self.table.repeat(chosen.give_back_of(&call)).await?;
        }
        Err(contended(ask.preview).into())
    }

    /// The row of a preview that may hold something. The receipt has given everything back: what a late
    /// caller took now, nobody would free.
    async fn open(&self, preview: PreviewId) -> Result<Stored, StoreError> {
        let stored = self.load(preview).await?;
        let open = stored.filter(|stored| stored.row.receipt_at.is_none());
        open.ok_or_else(|| {
            StoreError::Unavailable(format!("preview {preview} can hold nothing any more"))
        })
    }

    /// What gives a number back, as it is taken now.
    async fn giving_back(&self, pool: &str, number: u32) -> Result<Option<Write>, StoreError> {
        let slot = Slot {
            pool: pool.to_owned(),
            number,
        };
        let item = self.table.get(&Key::slot(pool, number)).await?;
        let back = |item: Item| Ok(slot.give_back_of(item.text(slots::CALL)?));
        item.map(back).transpose()
    }

    /// Takes a slot that seemed free: the call that has it. `None` if it is somebody's by now, be it for another
    /// item of the same preview.
    async fn take_slot(
        &self,
        preview: PreviewId,
        slot: &Slot,
    ) -> Result<Option<String>, StoreError> {
        let call = Uuid::new_v4().to_string();
        let is_ours = match self.table.repeat(slot.take_first(preview, &call)).await? {
            Verdict::Written => true,
            // Its answer may have been lost: then it failed on itself.
            Verdict::Refused(refusals) => {
                let by = refusals.into_iter().find_map(|refusal| refusal.item);
                by.is_some_and(|item| item.text(slots::CALL).is_ok_and(|by| by == call))
            }
        };
        Ok(is_ours.then_some(call))
    }

    /// Notes an item's slot with the row as it was read. False if that did not come about.
    async fn note_slot(&self, was: &Stored, slot: &Slot, item: &str) -> Result<bool, StoreError> {
        let mut reserved = was.reserved.clone();
        reserved.note(slot, item);
        if self.note(was, reserved).await? {
            return Ok(true);
        }
        // Its answer may have been lost: then it failed on itself.
        let now = self.load(was.row.preview).await?;
        let number = now.and_then(|now| now.reserved.number(&slot.pool, item));
        Ok(number == Some(slot.number))
    }

    /// A free number. The search begins at a place that depends on the installation and goes
    /// round, so that two installations on one machine rarely want the same number.
    async fn choose_number(&self, pool: &str, ask: &Reserve) -> Result<Option<Slot>, StoreError> {
        if ask.range.is_empty() {
            return Ok(None);
        }
        let mut taken = slots::taken(self, pool).await?;
        let (first, last) = (*ask.range.start(), *ask.range.end());
        let begin = first + offset(self.installation, last - first);
        let find = |taken: &BTreeMap<u32, PreviewId>| {
            let free = |number: &u32| !taken.contains_key(number) && !ask.avoid.contains(number);
            (begin..=last).chain(first..begin).find(free)
        };
        let mut number = find(&taken);
        if number.is_none() {
            slots::reclaim(self, pool, &mut taken, slots::has_receipt).await?;
            number = find(&taken);
        }
        Ok(number.map(|number| Slot {
            pool: pool.to_owned(),
            number,
        }))
    }
}

/// Where in a pool of `span + 1` numbers an installation begins.
fn offset(installation: InstallationId, span: u32) -> u32 {
    // Multiplying spreads ids that differ little, and the upper half is the number within the span.
    let spread = u64::from(installation.bits().wrapping_mul(0x9E37_79B1));
    u32::try_from((spread * (u64::from(span) + 1)) >> 32).unwrap_or(0)
}

//! Reserve: a number from a pool, for one item of a preview.

use std::collections::BTreeMap;

use tempus_model::{InstallationId, PreviewId};

use super::super::table::item::{Key, number};
use super::super::table::write::{ABSENT, Verdict, Write};
use super::DynamoStore;
use super::decide::{breathe, contended};
use super::row::{RESERVATIONS, TRIES};
use super::slots::{self, Slot};
use crate::{Reserve, ReserveError, StoreError};

/// As many numbers one preview may hold: one that asks for more is not itself.
const MOST: usize = 40;

impl DynamoStore {
    /// Gives an item its number; asked again, the same one, unless it is to be avoided.
    pub(super) async fn give(&self, ask: &Reserve) -> Result<u32, ReserveError> {
        let pool = slots::reserved(&ask.pool);
        let key = Key::reserved(ask.preview, &pool, &ask.item);
        for attempt in 0..TRIES {
            breathe(attempt).await;
            let stored = self.load(ask.preview).await?;
            // The receipt has given everything back: what a late caller took now, nobody would
            // free.
            if stored.is_none_or(|stored| stored.row.receipt_at.is_some()) {
                let gone = format!("preview {} can hold nothing any more", ask.preview);
                return Err(StoreError::Unavailable(gone).into());
            }
            let all = slots::reservations(self, ask.preview).await?;
            let held = all.iter().find(|(item, _)| *item == key);
            let held = held.map(|(_, slot)| slot);
            if let Some(slot) = held
                && !ask.avoid.contains(&slot.number)
            {
                return Ok(slot.number);
            }
            let chosen = self.choose_number(&pool, ask).await?;
            let exhausted = || ReserveError::Exhausted(ask.pool.clone());
            let chosen = chosen
                .filter(|_| held.is_some() || all.len() < MOST)
                .ok_or_else(exhausted)?;
            let writes = take(ask, key.clone(), held, &chosen);
            match self.table.write(&writes).await? {
                Verdict::Written => return Ok(chosen.number),
                Verdict::Refused(_) => {}
            }
        }
        Err(contended(ask.preview).into())
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

/// Takes a number for an item, in place of the one that it has.
fn take(ask: &Reserve, key: Key, held: Option<&Slot>, chosen: &Slot) -> Vec<Write> {
    let note = slots::note(key, chosen);
    let note = match held {
        None => note.on(ABSENT),
        Some(old) => note.only_if("#number = :old", vec![("old", number(old.number))]),
    };
    let open = "attribute_exists(#pk) AND attribute_not_exists(#receipt)";
    let counted = Write::count(Key::row(ask.preview), RESERVATIONS).only_if(open, Vec::new());
    let mut writes = vec![chosen.take(ask.preview), note, counted];
    writes.extend(held.map(|old| old.give_back(ask.preview)));
    writes
}

/// Where in a pool of `span + 1` numbers an installation begins.
fn offset(installation: InstallationId, span: u32) -> u32 {
    // Multiplying spreads ids that differ little, and the upper half is the number within the span.
    let spread = u64::from(installation.bits().wrapping_mul(0x9E37_79B1));
    u32::try_from((spread * (u64::from(span) + 1)) >> 32).unwrap_or(0)
}

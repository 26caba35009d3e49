//! Numbered slots: what there is a limited number of.
//!
//! A taken slot is an item of its pool's partition, put there on the condition that there is none.
//! Slots taken at accept are noted with the identity, those that steps reserve with the row, so that
//! what a preview holds is found from the preview.
//!
//! The holder's row says when a slot is free again: once the preview is gone, or has its receipt.
//! The items go after the write that says so, one by one; those that were left because somebody
//! died there are found when a pool seems full ([`reclaim`]).

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use rand::RngExt;
use serde::{Deserialize, Serialize};
use tempus_model::{PreviewId, Row};

use super::super::table::item::{Item, Key, SK, text};
use super::super::table::query::Query;
use super::super::table::write::{ABSENT, Write};
use super::DynamoStore;
use crate::StoreError;

/// Whose a slot is.
pub(super) const HOLDER: &str = "holder";
/// Which call took a slot, where it is noted after it was taken.
pub(super) const CALL: &str = "call";
/// The attribute of an identity that notes the slots taken at accept.
pub(super) const TAKEN: &str = "slots";

/// The pools whose slots are given back when a preview is gone, and not with its receipt.
const QUOTAS: &str = "quota/";

/// The pool of everybody's previews.
pub(super) const QUOTA_ALL: &str = "quota/all";

/// The pool of an owner's previews.
pub(super) fn quota_of(owner: &str) -> String {
    format!("quota/owner/{owner}")
}

/// The pool of a listener's slots.
pub(super) fn listener(name: &str) -> String {
    format!("listener/{name}")
}

/// A pool that steps reserve from.
pub(super) fn reserved(pool: &str) -> String {
    format!("pool/{pool}")
}

/// One slot of a pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::aws) struct Slot {
    pub(in crate::aws) pool: String,
    pub(in crate::aws) number: u32,
}

impl Slot {
    /// Takes it for a preview.
    pub(super) fn take(&self, preview: PreviewId) -> Write {
        let holder = vec![(HOLDER, text(preview.to_string()))];
        Write::put(Key::slot(&self.pool, self.number), holder).on(ABSENT)
    }

    /// Takes it for a preview, to be noted after that.
    pub(in crate::aws) fn take_first(&self, preview: PreviewId, call: &str) -> Write {
        let taken = vec![(HOLDER, text(preview.to_string())), (CALL, text(call))];
        Write::put(Key::slot(&self.pool, self.number), taken).on(ABSENT)
    }

    /// Gives it back, if this call took it. One whose answer was lost may be made again: a sibling that has taken
    /// it meanwhile keeps it.
    pub(in crate::aws) fn give_back_of(&self, call: &str) -> Write {
        let taker = vec![(CALL, text(call))];
        Write::delete(Key::slot(&self.pool, self.number)).only_if("#call = :call", taker)
    }

    /// Gives it back, if this preview has it: for what takes nothing any more.
    pub(super) fn give_back(&self, preview: PreviewId) -> Write {
        let holder = vec![("holder", text(preview.to_string()))];
        Write::delete(Key::slot(&self.pool, self.number)).only_if("#holder = :holder", holder)
    }
}

/// The taken slots of a pool, and who has them.
pub(super) async fn taken(
    store: &DynamoStore,
    pool: &str,
) -> Result<BTreeMap<u32, PreviewId>, StoreError> {
    let items = store.table.query(Query::partition(Key::pool(pool))).await?;
    let read = |item: Item| Ok((item.parse(SK)?, item.parse(HOLDER)?));
    items.into_iter().map(read).collect()
}

/// A free slot, any of them: many who look at the same moment should not all want the same one.
pub(super) fn any_free(taken: &BTreeMap<u32, PreviewId>, range: Range<u32>) -> Option<u32> {
    let free = range.len().checked_sub(taken.range(range.clone()).count());
    let free = u32::try_from(free.filter(|free| *free > 0)?).ok()?;
    // As many steps as there are taken ones: a range may have no end.
    let mut chosen = range.start + rand::rng().random_range(0..free);
    for (number, _) in taken.range(range) {
        if *number > chosen {
            break;
        }
        chosen += 1;
    }
    Some(chosen)
}

/// What a preview has reserved: the number of each item, by pool.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reserved(BTreeMap<String, BTreeMap<String, u32>>);

impl Reserved {
    pub(super) fn number(&self, pool: &str, item: &str) -> Option<u32> {
        self.0.get(pool)?.get(item).copied()
    }

    /// Notes an item's number, in place of the one that it had.
    pub(super) fn note(&mut self, slot: &Slot, item: &str) {
        let pool = self.0.entry(slot.pool.clone()).or_default();
        pool.insert(item.to_owned(), slot.number);
    }

    pub(super) fn slots(&self) -> impl Iterator<Item = Slot> + '_ {
        self.0.iter().flat_map(|(pool, items)| {
            items.values().map(|number| Slot {
                pool: pool.clone(),
                number: *number,
            })
        })
    }
}

/// Gives back the slots that a preview takes of the quotas.
pub(super) async fn quota_back(store: &DynamoStore, preview: PreviewId) -> Result<(), StoreError> {
    let taken = taken_at_accept(store, preview).await?;
    let quotas = taken.iter().filter(|slot| slot.pool.starts_with(QUOTAS));
    all_back(store, quotas.map(|slot| slot.give_back(preview)).collect()).await
}

/// Gives back everything else that a preview holds.
pub(super) async fn rest_back(
    store: &DynamoStore,
    preview: PreviewId,
    reserved: &Reserved,
) -> Result<(), StoreError> {
    let taken = taken_at_accept(store, preview).await?.into_iter();
    let others = taken.filter(|slot| !slot.pool.starts_with(QUOTAS));
    let all = others.chain(reserved.slots());
    all_back(store, all.map(|slot| slot.give_back(preview)).collect()).await
}

/// Makes each of these writes: none depends on another.
async fn all_back(store: &DynamoStore, writes: Vec<Write>) -> Result<(), StoreError> {
    for write in writes {
        store.table.repeat(write).await?;
    }
    Ok(())
}

/// Takes away the slots of a pool whose holders do not hold them any more.
pub(super) async fn reclaim(
    store: &DynamoStore,
    pool: &str,
    taken: &mut BTreeMap<u32, PreviewId>,
    is_free: impl Fn(&Row) -> bool,
) -> Result<(), StoreError> {
    let holders: Vec<_> = taken.values().map(|holder| Key::row(*holder)).collect();
    let rows = store.rows(&holders).await?;
    let free = rows.iter().filter(|stored| is_free(&stored.row));
    let free: HashSet<_> = free.map(|stored| stored.row.preview).collect();
    let left = taken.extract_if(.., |_, holder| free.contains(holder));
    let back = left.map(|(number, holder)| {
        let pool = pool.to_owned();
        Slot { pool, number }.give_back(holder)
    });
    all_back(store, back.collect()).await
}

/// Whether everything but the quotas that a preview held is free.
pub(super) fn has_receipt(row: &Row) -> bool {
    row.receipt_at.is_some()
}

async fn taken_at_accept(store: &DynamoStore, preview: PreviewId) -> Result<Vec<Slot>, StoreError> {
    match store.table.get(&Key::identity(preview)).await? {
        Some(identity) => identity.json(TAKEN),
        None => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_free_slot_is_free_and_within_the_range() {
        let preview = PreviewId::new(Uuid::new_v4());
        let taken = BTreeMap::from([(0, preview), (2, preview), (9, preview)]);
        for _ in 0..50 {
            let chosen = any_free(&taken, 0..4).unwrap();
            assert!(chosen == 1 || chosen == 3, "{chosen}");
        }
        assert_eq!(any_free(&taken, 0..1), None);
        assert_eq!(any_free(&taken, 3..3), None, "an empty range");
        assert_eq!(any_free(&taken, 8..11).map(|free| free % 2), Some(0));
    }

    /// A quota that nobody set is as many as there are numbers.
    #[test]
    fn one_is_chosen_of_any_number() {
        let preview = PreviewId::new(Uuid::new_v4());
        let taken = BTreeMap::from([(1, preview), (u32::MAX - 1, preview)]);
        for _ in 0..100_000 {
            assert!(!taken.contains_key(&any_free(&taken, 0..u32::MAX).unwrap()));
        }
    }
}

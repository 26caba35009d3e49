//! Numbered slots: what there is a limited number of.
//!
//! A taken slot is an item of its pool's partition, put there on the condition that there is none,
//! and taken away to give it back. Slots taken at accept are noted with the identity, those that
//! steps reserve in items of the preview's partition, so that what a preview holds is found from
//! the preview.

use std::collections::BTreeMap;
use std::ops::Range;

use rand::RngExt;
use serde::{Deserialize, Serialize};
use tempus_model::PreviewId;

use super::super::table::item::{Item, Key, RESERVED, SK, number, text};
use super::super::table::query::Query;
use super::super::table::write::{ABSENT, Write};
use super::DynamoStore;
use crate::StoreError;

/// Whose a slot is.
pub(super) const HOLDER: &str = "holder";
/// The attribute of an identity that notes the slots taken at accept.
pub(super) const TAKEN: &str = "slots";
/// The attributes of a reservation.
pub(super) const POOL: &str = "pool";
/// The attributes of a reservation.
pub(super) const NUMBER: &str = "number";

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
pub(super) struct Slot {
    pub(super) pool: String,
    pub(super) number: u32,
}

impl Slot {
    /// Takes it for a preview.
    pub(super) fn take(&self, preview: PreviewId) -> Write {
        let holder = vec![(HOLDER, text(preview.to_string()))];
        Write::put(Key::slot(&self.pool, self.number), holder).on(ABSENT)
    }

    /// Gives it back, if this preview has it.
    pub(super) fn give_back(&self, preview: PreviewId) -> Write {
        let holder = vec![("holder", text(preview.to_string()))];
        Write::delete(Key::slot(&self.pool, self.number))
            .only_if("#holder = :holder", holder)
            .or_skip()
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
    let taken_here = taken.range(range.clone()).count();
    let free = range
        .len()
        .checked_sub(taken_here)
        .filter(|free| *free > 0)?;
    let chosen = rand::rng().random_range(0..free);
    range
        .filter(|number| !taken.contains_key(number))
        .nth(chosen)
}

/// What a preview reserved for its items: the items' keys, and the slots.
pub(super) async fn reservations(
    store: &DynamoStore,
    preview: PreviewId,
) -> Result<Vec<(Key, Slot)>, StoreError> {
    let query = Query::partition(Key::preview(preview)).beginning(RESERVED);
    let read = |item: Item| {
        let key = Key {
            pk: Key::preview(preview),
            sk: item.text(SK)?.to_owned(),
        };
        let missing = || StoreError::Unreadable(format!("{item} has no number"));
        let slot = Slot {
            pool: item.text(POOL)?.to_owned(),
            number: item.number(NUMBER)?.ok_or_else(missing)?,
        };
        Ok((key, slot))
    };
    store
        .table
        .query(query)
        .await?
        .into_iter()
        .map(read)
        .collect()
}

/// Notes which slot an item of a preview has.
pub(super) fn note(key: Key, slot: &Slot) -> Write {
    let attributes = vec![(POOL, text(&slot.pool)), (NUMBER, number(slot.number))];
    Write::put(key, attributes)
}

/// Gives back the slots that a preview takes of the quotas.
pub(super) async fn quota_back(
    store: &DynamoStore,
    preview: PreviewId,
) -> Result<Vec<Write>, StoreError> {
    let taken = taken_at_accept(store, preview).await?;
    let quotas = taken
        .into_iter()
        .filter(|slot| slot.pool.starts_with(QUOTAS));
    Ok(quotas.map(|slot| slot.give_back(preview)).collect())
}

/// Gives back everything else that a preview holds.
pub(super) async fn rest_back(
    store: &DynamoStore,
    preview: PreviewId,
) -> Result<Vec<Write>, StoreError> {
    let taken = taken_at_accept(store, preview).await?;
    let others = taken
        .into_iter()
        .filter(|slot| !slot.pool.starts_with(QUOTAS));
    let mut writes: Vec<_> = others.map(|slot| slot.give_back(preview)).collect();
    for (key, slot) in reservations(store, preview).await? {
        writes.push(slot.give_back(preview));
        writes.push(Write::delete(key));
    }
    Ok(writes)
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
    }
}

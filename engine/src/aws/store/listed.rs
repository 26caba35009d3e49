//! The dead letters, in the order in which they came.

use super::super::table::index::{self, LIST_AT, LIST_KEY, LISTED};
use super::super::table::item::{BODY, Key, json, text};
use super::super::table::query::{Order, Query};
use super::super::table::write::{ABSENT, Verdict, Write};
use super::DynamoStore;
use crate::{DeadLetter, DeadLetterId, StoreError};

impl DynamoStore {
    /// Keeps a message; the same one twice is kept once.
    pub(super) async fn keep_letter(&self, letter: &DeadLetter) -> Result<(), StoreError> {
        let millis = u64::try_from(letter.at.millis()).unwrap_or(0);
        let place = format!("{millis:016x}{}", letter.id.0);
        let attributes = vec![
            (BODY, json(letter)?),
            (LIST_KEY, index::letters()),
            (LIST_AT, text(place)),
        ];
        let put = Write::put(Key::letter(&letter.id), attributes).on(ABSENT);
        self.table.write(&[put]).await?;
        Ok(())
    }

    /// Forgets one. `false` if there is none of this id.
    pub(super) async fn delete_letter(&self, id: &DeadLetterId) -> Result<bool, StoreError> {
        let there = "attribute_exists(#pk)";
        let delete = Write::delete(Key::letter(id)).only_if(there, Vec::new());
        let verdict = self.table.write(&[delete]).await?;
        Ok(matches!(verdict, Verdict::Written))
    }

    /// The oldest ones. The index says which, the items what they are.
    pub(super) async fn oldest_letters(&self, most: usize) -> Result<Vec<DeadLetter>, StoreError> {
        let list = index::letters();
        let mut walk = Query::index(LISTED, LIST_KEY, list, Order::Up).limit(most);
        let mut keys = Vec::new();
        while keys.len() < most {
            let (items, next) = self.table.page(&walk).await?;
            for item in items {
                keys.push(item.key()?);
            }
            if next.is_none() {
                break;
            }
            walk.start = next;
        }
        keys.truncate(most);
        let mut found = Vec::with_capacity(keys.len());
        for item in self.table.get_all(&keys).await? {
            found.push((item.text(LIST_AT)?.to_owned(), item.body()?));
        }
        found.sort_by(|(a, _): &(String, DeadLetter), (b, _)| a.cmp(b));
        Ok(found.into_iter().map(|(_, letter)| letter).collect())
    }
}

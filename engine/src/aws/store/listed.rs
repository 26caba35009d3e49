//! Short lists of whole items, in the order in which they came: dead letters, a preview's jobs.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::DeserializeOwned;
use tempus_model::{Job, PreviewId};

use super::super::table::index::{self, LIST_AT, LIST_KEY, LISTED};
use super::super::table::item::{BODY, Key, PK, SK, json, text};
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

    /// The oldest ones.
    pub(super) async fn oldest_letters(&self, most: usize) -> Result<Vec<DeadLetter>, StoreError> {
        self.listed(index::letters(), Order::Up, most).await
    }

    /// Forgets one. `false` if there is none of this id.
    pub(super) async fn delete_letter(&self, id: &DeadLetterId) -> Result<bool, StoreError> {
        let there = "attribute_exists(#pk)";
        let delete = Write::delete(Key::letter(id)).only_if(there, Vec::new());
        let verdict = self.table.write(&[delete]).await?;
        Ok(matches!(verdict, Verdict::Written))
    }

    /// The newest jobs of a preview, newest first.
    pub(super) async fn newest_jobs(
        &self,
        preview: PreviewId,
        most: usize,
    ) -> Result<Vec<Job>, StoreError> {
        self.listed(index::jobs_of(preview), Order::Down, most)
            .await
    }

    /// The bodies of the first items of a list. The index says which, the items what they are.
    async fn listed<T: DeserializeOwned>(
        &self,
        list: AttributeValue,
        order: Order,
        most: usize,
    ) -> Result<Vec<T>, StoreError> {
        let mut walk = Query::index(LISTED, LIST_KEY, list, order).limit(most);
        let mut keys = Vec::new();
        while keys.len() < most {
            let (items, next) = self.table.page(&walk).await?;
            for item in items {
                keys.push(Key {
                    pk: item.text(PK)?.to_owned(),
                    sk: item.text(SK)?.to_owned(),
                });
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
        found.sort_by(|(a, _), (b, _)| match order {
            Order::Up => a.cmp(b),
            Order::Down => b.cmp(a),
        });
        Ok(found.into_iter().map(|(_, body)| body).collect())
    }
}

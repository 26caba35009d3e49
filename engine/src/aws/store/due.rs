//! Due: what there is to do, and the right to remind somebody of it.

use std::time::Duration;

use tempus_model::{PreviewId, Timestamp};

use super::super::table::index::{DUE, DUE_SHARD, SHARDS};
use super::super::table::item::{Key, number};
use super::super::table::query::{Order, Query};
use super::DynamoStore;
use super::row::Stored;
use crate::StoreError;

impl DynamoStore {
    /// Rows that are due and that nobody holds, longest due first. The index says which rows may
    /// be, the rows themselves whether they are: neither a lease nor a short wait is in the index,
    /// where nearly every write would be made a second time.
    pub(super) async fn list_due(
        &self,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<PreviewId>, StoreError> {
        let walk = |shard: u8| {
            Query::index(DUE, DUE_SHARD, number(shard), Order::Up)
                .and("#due_at <= :now", &[("now", number(now.millis()))])
                .limit(most)
        };
        let mut walks: Vec<_> = (0..SHARDS).map(walk).collect();
        let mut found = Vec::new();
        while !walks.is_empty() && found.len() < most {
            let mut candidates = Vec::new();
            for mut walk in std::mem::take(&mut walks) {
                let (items, next) = self.table.page(&walk).await?;
                for item in &items {
                    candidates.push(item.key()?);
                }
                if next.is_some() {
                    walk.start = next;
                    walks.push(walk);
                }
            }
            for stored in self.rows(&candidates).await? {
                let row = &stored.row;
                if let Some(due_at) = row.due_at
                    && due_at <= now
                    && !row.is_held(now, Duration::ZERO)
                {
                    found.push((due_at, row.preview));
                }
            }
        }
        found.sort_unstable();
        found.truncate(most);
        Ok(found.into_iter().map(|(_, preview)| preview).collect())
    }

    /// These rows as they are now, in no order.
    pub(super) async fn rows(&self, keys: &[Key]) -> Result<Vec<Stored>, StoreError> {
        let mut rows = Vec::with_capacity(keys.len());
        for item in self.table.get_all(keys).await? {
            let stored = Stored::of(&item)?;
            self.seen.put(stored.clone());
            rows.push(stored);
        }
        Ok(rows)
    }
}

//! Due: what there is to do, and the right to remind somebody of it.

use std::time::Duration;

use tempus_model::{PreviewId, Timestamp};

use super::super::table::index::{DUE, DUE_SHARD, SHARDS};
use super::super::table::item::{Item, Key, number};
use super::super::table::query::{Order, Query};
use super::DynamoStore;
use super::row::Stored;
use crate::StoreError;

/// As many due rows are compared to find the one that has waited longest.
const LOOK: usize = 8;

impl DynamoStore {
    /// Rows that are due and that nobody holds, longest due first. The index says which rows may
    /// be, the rows themselves whether they are: neither a lease nor a short wait is in the index,
    /// where nearly every write would be made a second time. Of more than `most`, those are found
    /// that the index has first, which is the order of their due times but for some minutes.
    pub(super) async fn list_due(
        &self,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<PreviewId>, StoreError> {
        let due = self.due_rows(now, most).await?;
        Ok(due.into_iter().map(|(_, preview)| preview).collect())
    }

    /// How long the work has waited that has waited longest.
    pub(in crate::aws) async fn oldest_due(&self, now: Timestamp) -> Result<Duration, StoreError> {
        let due = self.due_rows(now, LOOK).await?;
        let oldest = due.first().map(|(due_at, _)| due_at.until(now));
        Ok(oldest.unwrap_or_default())
    }

    async fn due_rows(
        &self,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<(Timestamp, PreviewId)>, StoreError> {
        let mut found = Vec::new();
        for shard in 0..SHARDS {
            let mut walk = Query::index(DUE, DUE_SHARD, number(shard), Order::Up)
                .and("#due_at <= :now", &[("now", number(now.millis()))])
                .limit(most);
            // Each on its own: what is held or early in one must not hide what is due behind it.
            let enough = found.len() + most;
            loop {
                let (items, next) = self.table.page(&walk).await?;
                let keys: Vec<_> = items.iter().map(Item::key).collect::<Result<_, _>>()?;
                for stored in self.rows(&keys).await? {
                    let row = &stored.row;
                    if let Some(due_at) = row.due_at
                        && due_at <= now
                        && !row.is_held(now, Duration::ZERO)
                    {
                        found.push((due_at, row.preview));
                    }
                }
                if next.is_none() || found.len() >= enough {
                    break;
                }
                walk.start = next;
            }
        }
        found.sort_unstable();
        found.truncate(most);
        Ok(found)
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

//! History: what is left of a preview that has its receipt, and how long.
//!
//! Its items get a time after which DynamoDB clears them away, whenever it comes round to it. A row
//! that anything may still be done for has none, so no preview ends by it.

use tempus_model::{JobId, Row, Timestamp};

use super::super::table::item::{DEEDS, IDENTITY, Key, SPECS, TTL, ttl};
use super::super::table::query::Query;
use super::super::table::write::Write;
use super::DynamoStore;
use super::jobs::PREVIOUS;
use crate::StoreError;

impl DynamoStore {
    /// When a row may be forgotten: `None` as long as there may be something to do.
    pub(super) fn forgotten_at(&self, row: &Row) -> Option<Timestamp> {
        let at_rest = row.due_at.is_none() && row.lease.is_none() && row.saga.is_none();
        let receipt_at = row.receipt_at.filter(|_| at_rest)?;
        Some(receipt_at.after(self.history))
    }

    /// Lets what tells of a preview go with its row.
    pub(super) async fn let_history_go(&self, row: &Row) -> Result<(), StoreError> {
        let Some(time) = self.forgotten_at(row) else {
            return Ok(());
        };
        let partition = Query::partition(Key::preview(row.preview.short()));
        let mut keys = Vec::new();
        for item in self.table.query(partition).await? {
            let key = item.key()?;
            if key.sk == IDENTITY || key.sk.starts_with(SPECS) || key.sk.starts_with(DEEDS) {
                keys.push(key);
            }
        }
        let mut next: Option<JobId> = Some(row.last_job.id);
        while let Some(id) = next.take() {
            let key = Key::job(id);
            let Some(item) = self.table.get(&key).await? else {
                break;
            };
            if item.0.contains_key(PREVIOUS) {
                next = Some(item.parse(PREVIOUS)?);
            }
            if !item.0.contains_key(TTL) {
                keys.push(key);
            }
        }
        for key in keys {
            let update = Write::update(key, vec![(TTL, ttl(time))]);
            let there = update.only_if("attribute_exists(#pk)", Vec::new());
            self.table.repeat(there).await?;
        }
        Ok(())
    }
}

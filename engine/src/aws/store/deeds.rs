//! The deeds: what was done to a preview without a job.
//!
//! The write that does something carries the word of it in the row; an item of its own is made of it
//! after that. Whoever writes the row next makes the item first, should the writer have died in between,
//! and whoever reads meanwhile reads the row as well. So what was done, and that it was done, are one
//! conditional write, and the row never carries more than one of them.

use tempus_model::{Deed, PreviewId};

use super::super::table::item::{BODY, DEEDS, Item, Key, json};
use super::super::table::query::{Order, Query};
use super::super::table::write::Write;
use super::DynamoStore;
use super::row::Stored;
use crate::StoreError;

impl DynamoStore {
    /// Makes the item of what the row's last write has done.
    pub(super) async fn keep_deed(&self, stored: &Stored) -> Result<(), StoreError> {
        let Some(deed) = &stored.deed else {
            return Ok(());
        };
        let key = Key::deed(stored.row.preview, stored.row.version);
        // Made twice, it is the same.
        let put = Write::put(key, vec![(BODY, json(deed)?)]);
        self.table.repeat(put).await.map(drop)
    }

    /// The same, of a write that may be another process's, which has made the item as a rule. A write
    /// costs five times what a read does.
    pub(super) async fn make_good_deed(&self, stored: &Stored) -> Result<(), StoreError> {
        if stored.deed.is_none() {
            return Ok(());
        }
        let key = Key::deed(stored.row.preview, stored.row.version);
        match self.table.get(&key).await? {
            Some(_) => Ok(()),
            None => self.keep_deed(stored).await,
        }
    }

    /// What was done last, newest first.
    pub(super) async fn newest_deeds(
        &self,
        preview: PreviewId,
        most: usize,
    ) -> Result<Vec<Deed>, StoreError> {
        // The row first: what it still carries then has its item later, and is not missed in between.
        let Some(stored) = self.load(preview).await? else {
            return Ok(Vec::new());
        };
        let mut walk = Query::partition(Key::preview(preview.short())).beginning(DEEDS);
        walk.order = Order::Down;
        let (items, _) = self.table.page(&walk.limit(most)).await?;
        let mut deeds: Vec<Deed> = items.iter().map(Item::body).collect::<Result<_, _>>()?;
        let last = Key::deed(preview, stored.row.version);
        let has_item = |item: &Item| item.key().is_ok_and(|key| key == last);
        if let Some(deed) = stored.deed.filter(|_| !items.iter().any(has_item)) {
            deeds.insert(0, *deed);
            deeds.truncate(most);
        }
        Ok(deeds)
    }
}

//! Lists: pages, filters and due rows, as a lagging index shows them.

use std::cmp::Reverse;
use std::sync::Arc;

use tempus_engine::{Cursor, Filter, Page, StoreError};
use tempus_model::{PreviewId, Row, Snapshot, Timestamp};
use tokio::time::Instant;

use super::state::{Kept, State};
use super::up_to;

impl State {
    /// The row as a list sees it that lags by this much; `None` if it does not see it yet.
    fn seen(kept: &Kept, at: Instant) -> Option<&Arc<Row>> {
        match kept.before.iter().find(|(until, _)| *until > at) {
            Some((_, row)) => row.as_ref(),
            None => Some(&kept.row),
        }
    }

    /// What a list that is asked now sees.
    fn looks_at(&self) -> Instant {
        let now = Instant::now();
        now.checked_sub(up_to(self.lag)).unwrap_or(now)
    }

    pub(super) fn due(&self, now: Timestamp, most: usize) -> Vec<PreviewId> {
        let at = self.looks_at();
        let rows = self
            .previews
            .values()
            .filter_map(|kept| Self::seen(kept, at));
        let mut due: Vec<_> = rows
            .filter(|row| row.lease.as_ref().is_none_or(|lease| lease.until <= now))
            .filter_map(|row| Some((row.due_at.filter(|due| *due <= now)?, row.preview)))
            .collect();
        due.sort_unstable();
        due.into_iter()
            .map(|(_, preview)| preview)
            .take(most)
            .collect()
    }

    /// When the row was due that has waited longest for a holder.
    pub(super) fn oldest_due(&self, now: Timestamp) -> Option<Timestamp> {
        let rows = self.previews.values().map(|kept| &kept.row);
        rows.filter(|row| row.lease.as_ref().is_none_or(|lease| lease.until <= now))
            .filter_map(|row| row.due_at.filter(|due| *due <= now))
            .min()
    }

    pub(super) fn list(
        &self,
        filter: &Filter,
        after: Option<&Cursor>,
        most: usize,
    ) -> Result<Page<Snapshot>, StoreError> {
        let after = after.map(read).transpose()?;
        let at = self.looks_at();
        let mut found: Vec<_> = self
            .previews
            .values()
            .filter_map(|kept| Some((kept, Self::seen(kept, at)?)))
            .filter(|(kept, row)| matches(filter, kept, row))
            .map(|(kept, row)| ((kept.identity.created_at.millis(), kept.number), kept, row))
            .filter(|(place, ..)| after.is_none_or(|after| *place < after))
            .collect();
        found.sort_unstable_by_key(|(place, ..)| Reverse(*place));
        let more = found.len() > most;
        found.truncate(most);
        let last = found
            .last()
            .map(|((created, number), ..)| Cursor(format!("{created:016x}{number:016x}")));
        let items = found.into_iter().map(|(_, kept, row)| Snapshot {
            identity: kept.identity.clone(),
            row: Row::clone(row),
        });
        Ok(Page {
            items: items.collect(),
            next: last.filter(|_| more),
        })
    }
}

fn matches(filter: &Filter, kept: &Kept, row: &Row) -> bool {
    let (owner, origin) = (&kept.identity.owner, &kept.identity.origin);
    filter.owner.as_ref().is_none_or(|id| *id == owner.id)
        && (filter.repository.is_none() || filter.repository == origin.repository)
        && (filter.pr_number.is_none() || filter.pr_number == origin.pr_number)
        && (filter.phases.is_empty() || filter.phases.contains(&row.phase()))
        && (!filter.parked || row.parked.is_some())
}

fn read(cursor: &Cursor) -> Result<(i64, u64), StoreError> {
    let text = &cursor.0;
    let hex = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if text.len() != 32 || !hex {
        return Err(StoreError::BadCursor);
    }
    let (created, number) = text.split_at(16);
    let read = |digits| u64::from_str_radix(digits, 16).map_err(|_| StoreError::BadCursor);
    Ok((read(created)?.cast_signed(), read(number)?))
}

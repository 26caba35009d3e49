//! List: pages of previews, newest first.
//!
//! A page is a walk along one index from where the last page ended: previews that arrive meanwhile
//! are newer, so they move nothing. The index drops what never matches; what may change, such as
//! the phase, is not in it, where each change would be written once more for every index. So the
//! rows are read as they are, a page at a time, until there are enough that match.

use std::collections::HashMap;

use tempus_model::{Identity, PreviewId, Row, Snapshot, Timestamp};

use super::super::table::index::{
    self, LIST_AT, LIST_KEY, LISTED, NEWEST, NEWEST_KEY, PARKED, PARKED_KEY,
};
use super::super::table::item::{IDENTITY, Item, Key, SK, number, text};
use super::super::table::query::{Order, Query};
use super::DynamoStore;
use super::row::Stored;
use crate::{Cursor, Filter, Page, StoreError};

/// As many entries of an index a page of it looks at where most of them may not match.
const LOOK: usize = 200;

impl DynamoStore {
    /// A page of the previews that match.
    pub(super) async fn list_page(
        &self,
        filter: &Filter,
        after: Option<&Cursor>,
        most: usize,
    ) -> Result<Page<Snapshot>, StoreError> {
        let after = after.map(read_cursor).transpose()?;
        let wanted = most.saturating_add(1);
        let mut walk = walk(filter, after);
        let picky = walk.filter.is_some() || !filter.phases.is_empty();
        walk = walk.limit(if picky { wanted.max(LOOK) } else { wanted });
        let mut items = Vec::new();
        'enough: loop {
            let (entries, next) = self.table.page(&walk).await?;
            let previews: Vec<_> = entries.iter().map(preview_of).collect::<Result<_, _>>()?;
            for some in previews.chunks(wanted) {
                let snapshots = self.snapshots(some).await?;
                items.extend(snapshots.into_iter().filter(|item| matches(filter, item)));
                if items.len() > most {
                    break 'enough;
                }
            }
            if next.is_none() {
                break;
            }
            walk.start = next;
        }
        let more = items.len() > most;
        items.truncate(most);
        let next = items.last().filter(|_| more);
        let next = next.map(|Snapshot { identity, .. }| {
            Cursor(index::place(identity.created_at, identity.id))
        });
        Ok(Page { items, next })
    }

    /// These previews as they are now, in this order.
    async fn snapshots(&self, previews: &[PreviewId]) -> Result<Vec<Snapshot>, StoreError> {
        let keys: Vec<_> = previews
            .iter()
            .flat_map(|preview| [Key::identity(*preview), Key::row(*preview)])
            .collect();
        let mut identities = HashMap::<PreviewId, Identity>::new();
        let mut rows = HashMap::<PreviewId, Row>::new();
        for item in self.table.get_all(&keys).await? {
            if item.text(SK)? == IDENTITY {
                let identity: Identity = item.body()?;
                identities.insert(identity.id, identity);
            } else {
                let row = Stored::of(&item)?.row;
                rows.insert(row.preview, row);
            }
        }
        let snapshot = |preview: &PreviewId| {
            Some(Snapshot {
                identity: identities.remove(preview)?,
                row: rows.remove(preview)?,
            })
        };
        Ok(previews.iter().filter_map(snapshot).collect())
    }
}

/// The walk that serves a filter best. What its index is not keyed by, it filters.
fn walk(filter: &Filter, after: Option<String>) -> Query {
    let along =
        |index, attribute, partition| Query::index(index, attribute, partition, Order::Down);
    let mut walk = match (&filter.owner, filter.parked) {
        (Some(owner), false) => along(LISTED, LIST_KEY, index::of_owner(owner)),
        (None, false) => along(NEWEST, NEWEST_KEY, text(index::ALL)),
        (_, true) => along(PARKED, PARKED_KEY, text(index::ALL)),
    };
    if let Some(after) = after {
        walk = walk.and("#list_at < :after", &[("after", text(after))]);
    }
    // What is parked is few, and is read as it is.
    if filter.parked {
        return walk;
    }
    if let Some(repository) = &filter.repository {
        walk = walk.matching(
            "#repository = :repository",
            &[("repository", text(repository))],
        );
    }
    if let Some(pr) = filter.pr_number {
        walk = walk.matching("#pr_number = :pr", &[("pr", number(pr))]);
    }
    walk
}

/// The preview that an entry of an index is about.
fn preview_of(entry: &Item) -> Result<PreviewId, StoreError> {
    let place = entry.text(LIST_AT)?;
    let made_up = || StoreError::Unreadable(format!("{entry} is of no preview"));
    index::preview_at(place).ok_or_else(made_up)
}

/// Whether a preview, as it is now, is one of those that were asked for.
fn matches(filter: &Filter, item: &Snapshot) -> bool {
    let Snapshot { identity, row } = item;
    let is = |wanted: &Option<String>, value: Option<&String>| {
        wanted.as_ref().is_none_or(|wanted| Some(wanted) == value)
    };
    is(&filter.owner, Some(&identity.owner.id))
        && is(&filter.repository, identity.origin.repository.as_ref())
        && filter
            .pr_number
            .is_none_or(|pr| identity.origin.pr_number == Some(pr))
        && (filter.phases.is_empty() || filter.phases.contains(&row.phase()))
        && (!filter.parked || row.parked.is_some())
}

/// Reads a cursor: a place, in the one spelling that [`index::place`] has for it.
fn read_cursor(cursor: &Cursor) -> Result<String, StoreError> {
    let text = &cursor.0;
    let parts = text.is_ascii().then(|| text.split_at_checked(16)).flatten();
    let place = parts.and_then(|(millis, id)| {
        let millis = i64::from_str_radix(millis, 16).ok()?;
        let id = uuid::Uuid::try_parse(id).ok()?;
        Some(index::place(
            Timestamp::from_millis(millis),
            PreviewId::new(id),
        ))
    });
    match place {
        Some(place) if place == *text => Ok(place),
        _ => Err(StoreError::BadCursor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_has_one_spelling() {
        let id = PreviewId::new(uuid::Uuid::new_v4());
        let place = index::place(Timestamp::from_millis(1_800_000_000_000), id);
        assert_eq!(read_cursor(&Cursor(place.clone())).unwrap(), place);
        for wrong in [
            String::new(),
            "x".to_owned(),
            place.to_uppercase(),
            format!("{place}0"),
            format!("+{}", &place[1..]),
            place.replace('0', "é"),
        ] {
            let read = read_cursor(&Cursor(wrong.clone()));
            assert!(matches!(read, Err(StoreError::BadCursor)), "{wrong}");
        }
    }
}

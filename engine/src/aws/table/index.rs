//! The indexes: their names and keys, and how items get into them. All are sparse.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use tempus_model::{Identity, PreviewId, Row, Timestamp};

use super::item::{number, text};

/// What is due, by time. Keys only, so that a checkpoint, which moves no due time, costs nothing.
pub(in crate::aws) const DUE: &str = "due";
/// Its partition key.
pub(in crate::aws) const DUE_SHARD: &str = "due_shard";
/// Its sort key: the row's due time, or one that is earlier by no more than [`EARLY`].
pub(in crate::aws) const DUE_AT: &str = "due_at";

/// Lists in the order in which they came: an owner's previews, the dead letters.
pub(in crate::aws) const LISTED: &str = "listed";
/// Its partition key.
pub(in crate::aws) const LIST_KEY: &str = "list_key";
/// Its sort key, and that of the next two.
pub(in crate::aws) const LIST_AT: &str = "list_at";

/// Everybody's previews in the order in which they came.
pub(in crate::aws) const NEWEST: &str = "newest";
/// Its partition key.
pub(in crate::aws) const NEWEST_KEY: &str = "newest_key";

/// Parked previews.
pub(in crate::aws) const PARKED: &str = "parked";
/// Its partition key.
pub(in crate::aws) const PARKED_KEY: &str = "parked_key";

/// The one partition of an index that has one.
pub(in crate::aws) const ALL: &str = "all";

/// What lists filter by without reading the previews. It never changes, so neither does the index.
pub(in crate::aws) const REPOSITORY: &str = "repository";
/// What lists filter by without reading the previews.
pub(in crate::aws) const PR_NUMBER: &str = "pr_number";

/// What is copied into the indexes that list previews.
pub(in crate::aws) const COPIED: [&str; 2] = [REPOSITORY, PR_NUMBER];

/// Due times are spread over as many partitions: they are written several times in a preview's
/// life, all of them near the present.
pub(in crate::aws) const SHARDS: u8 = 4;

/// The partition of due sources, beside those of the rows.
pub(in crate::aws) const SOURCES_SHARD: u8 = 100;

/// A due time that moves later by less than this stays where it is in the index: moving an entry
/// costs two writes, finding one early costs whoever looks a read of the row. Longer than any
/// healthy wait and than the time until a verify; shorter than a preview's life.
const EARLY: Duration = Duration::from_mins(15);

/// The partition of an owner's previews.
pub(in crate::aws) fn of_owner(owner: &str) -> AttributeValue {
    text(format!("owner#{owner}"))
}

/// The partition of the dead letters.
pub(in crate::aws) fn letters() -> AttributeValue {
    text("letters")
}

/// A place in a list of previews: by time, and for the same time by id.
pub(in crate::aws) fn place(created_at: Timestamp, preview: PreviewId) -> String {
    let millis = u64::try_from(created_at.millis()).unwrap_or(0);
    format!("{millis:016x}{}", preview.uuid().simple())
}

/// The preview at a place.
pub(in crate::aws) fn preview_at(place: &str) -> Option<PreviewId> {
    let id = place.get(16..)?;
    uuid::Uuid::try_parse(id).ok().map(PreviewId::new)
}

/// Where a preview's due time is listed.
pub(in crate::aws) fn shard(preview: PreviewId) -> u8 {
    preview.uuid().as_bytes()[15] % SHARDS
}

/// What an identity's item says beside the identity itself.
pub(in crate::aws) fn of_identity(identity: &Identity) -> Vec<(&'static str, AttributeValue)> {
    let mut attributes = vec![
        (LIST_KEY, of_owner(&identity.owner.id)),
        (LIST_AT, text(place(identity.created_at, identity.id))),
        (NEWEST_KEY, text(ALL)),
    ];
    if let Some(repository) = &identity.origin.repository {
        attributes.push((REPOSITORY, text(repository)));
    }
    if let Some(pr) = identity.origin.pr_number {
        attributes.push((PR_NUMBER, number(pr)));
    }
    attributes
}

/// Where the index shall have a row that is there at `listed` and due at `due_at`.
pub(in crate::aws) fn listed_due(
    listed: Option<Timestamp>,
    due_at: Option<Timestamp>,
) -> Option<Timestamp> {
    match (listed, due_at) {
        (Some(listed), Some(due_at)) if listed <= due_at && due_at <= listed.after(EARLY) => {
            Some(listed)
        }
        (_, due_at) => due_at,
    }
}

/// What a row's item says beside the row itself, as the row stands: what to set, what to remove.
/// An index is charged for only if what it holds has changed.
pub(in crate::aws) fn current(
    row: &Row,
    listed: Option<Timestamp>,
) -> (Vec<(&'static str, AttributeValue)>, Vec<&'static str>) {
    let (mut set, mut remove) = (Vec::new(), Vec::new());
    if let Some(listed) = listed {
        set.push((DUE_SHARD, number(shard(row.preview))));
        set.push((DUE_AT, number(listed.millis())));
    } else {
        remove.extend([DUE_SHARD, DUE_AT]);
    }
    if row.parked.is_some() {
        set.push((PARKED_KEY, text(ALL)));
    } else {
        remove.push(PARKED_KEY);
    }
    (set, remove)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_never_later_than_what_is_due_and_never_much_earlier() {
        let at = |minutes: i64| Some(Timestamp::from_millis(minutes * 60_000));
        for (listed, due_at, becomes) in [
            (None, None, None),
            (None, at(9), at(9)),
            (at(9), None, None),
            (at(9), at(8), at(8)),
            (at(9), at(9), at(9)),
            (at(9), at(24), at(9)),
            (at(9), at(25), at(25)),
        ] {
            assert_eq!(listed_due(listed, due_at), becomes);
        }
    }
}

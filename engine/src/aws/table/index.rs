//! The indexes: their names and keys, and how items get into them. All are sparse.

use aws_sdk_dynamodb::types::AttributeValue;
use tempus_model::{Identity, PreviewId, Row, Timestamp};

use super::item::{number, text};

/// What is due, by time. Keys only, so that a checkpoint, which moves no due time, costs nothing.
pub(in crate::aws) const DUE: &str = "due";
/// Its partition key.
pub(in crate::aws) const DUE_SHARD: &str = "due_shard";
/// Its sort key.
pub(in crate::aws) const DUE_AT: &str = "due_at";

/// Lists in the order in which they came: an owner's previews, a preview's jobs, dead letters.
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

/// What lists filter by without reading the rows.
pub(in crate::aws) const PHASE: &str = "phase";
/// What lists filter by without reading the rows.
pub(in crate::aws) const REPOSITORY: &str = "repository";
/// What lists filter by without reading the rows.
pub(in crate::aws) const PR_NUMBER: &str = "pr_number";

/// Those of them that are copied into the indexes which list previews.
pub(in crate::aws) const COPIED: [&str; 3] = [PHASE, REPOSITORY, PR_NUMBER];

/// Due times are spread over as many partitions: they are written several times in a preview's
/// life, all of them near the present.
pub(in crate::aws) const SHARDS: u8 = 4;

/// The partition of an owner's previews.
pub(in crate::aws) fn of_owner(owner: &str) -> AttributeValue {
    text(format!("owner#{owner}"))
}

/// The partition of a preview's jobs.
pub(in crate::aws) fn jobs_of(preview: PreviewId) -> AttributeValue {
    text(format!("jobs#{preview}"))
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

/// Where a preview's due time is listed.
pub(in crate::aws) fn shard(preview: PreviewId) -> u8 {
    preview.uuid().as_bytes()[15] % SHARDS
}

/// What a row's item says beside the row itself, from its creation to its end.
pub(in crate::aws) fn fixed(identity: &Identity) -> Vec<(&'static str, AttributeValue)> {
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

/// What a row's item says beside the row itself, as the row stands: what to set, what to remove.
/// An index is charged for only if what it holds has changed.
pub(in crate::aws) fn current(
    row: &Row,
) -> (Vec<(&'static str, AttributeValue)>, Vec<&'static str>) {
    let mut set = vec![(PHASE, text(row.phase().as_str()))];
    let mut remove = Vec::new();
    if let Some(due_at) = row.due_at {
        set.push((DUE_SHARD, number(shard(row.preview))));
        set.push((DUE_AT, number(due_at.millis())));
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

//! What is live, read from end to end: bounded by the quota, unlike the history.

use futures::{Stream, TryStreamExt, stream};
use tempus_engine::{Cursor, Filter, Page, Store, StoreError};
use tempus_model::{Phase, Snapshot};

/// How many are read at a time.
const PAGE: usize = 200;

/// Everything that is live, newest first, page by page.
pub(crate) fn pages(
    store: &dyn Store,
) -> impl Stream<Item = Result<Vec<Snapshot>, StoreError>> + Send {
    let filter = Filter {
        phases: Phase::LIVE.to_vec(),
        ..Filter::default()
    };
    pages_of(store, filter)
}

/// Everything that a filter lets through, newest first, page by page.
pub(crate) fn pages_of(
    store: &dyn Store,
    filter: Filter,
) -> impl Stream<Item = Result<Vec<Snapshot>, StoreError>> + Send {
    /// Where a walk stands.
    enum At {
        Begin,
        After(Cursor),
        End,
    }
    let walk = stream::try_unfold((At::Begin, filter), move |(at, filter)| async move {
        let after = match &at {
            At::Begin => None,
            At::After(cursor) => Some(cursor),
            At::End => return Ok(None),
        };
        let Page { items, next } = store.list(&filter, after, PAGE).await?;
        Ok(Some((items, (next.map_or(At::End, At::After), filter))))
    });
    walk.into_stream()
}

//! Wakes previews that sleep, for whoever wants to use them: a call, or a visitor.

use tempus_engine::{Outgoing, Queue, Store, StoreError};
use tempus_model::{Actor, Hint, Snapshot, Timestamp};

use crate::metrics;

/// Says that a preview is wanted awake, and has a worker look. Whoever comes while it wakes changes
/// nothing any more.
pub(crate) async fn rouse(
    store: &dyn Store,
    queue: &dyn Queue,
    preview: &Snapshot,
    by: Actor,
    now: Timestamp,
) -> Result<(), StoreError> {
    let id = preview.identity.id;
    if !store.rouse(id, by, now).await? {
        return Ok(());
    }
    let message = Outgoing {
        group: Some(preview.identity.owner.id.clone()),
        ..Outgoing::now(&Hint::look(id))
    };
    if let Err(error) = queue.post(message).await {
        tracing::warn!(preview.id = %id, %error, "hint not sent; the reminder will find the row");
        metrics::hint_lost();
    }
    Ok(())
}

//! Hints: what makes a worker look now instead of within a minute.

use std::time::Duration;

use tempus_engine::Outgoing;
use tempus_model::{Hint, PreviewId};
use tracing::warn;

use crate::metrics;
use crate::state::Api;

/// How long an answer waits for its hint to be sent.
const PATIENCE: Duration = Duration::from_secs(2);

/// Sends a hint about a preview, in its owner's share of the queue. The request stands whether or
/// not it could be sent: its row is due, and the reminder finds it.
pub(crate) async fn look(api: &Api, preview: PreviewId, owner: &str) {
    let message = Outgoing {
        group: Some(owner.to_owned()),
        ..Outgoing::now(&Hint::look(preview))
    };
    send(api, preview, message).await;
}

/// Asks for the removal of what carries this id and belongs to no row. One that is lost is asked
/// for again by whoever sees that the report still stands.
pub(crate) async fn reap(api: &Api, preview: PreviewId) {
    send(api, preview, Outgoing::now(&Hint::Reap { preview })).await;
}

async fn send(api: &Api, preview: PreviewId, message: Outgoing) {
    let problem = match tokio::time::timeout(PATIENCE, api.queue().post(message)).await {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(_) => "queue: no answer in time".to_owned(),
    };
    metrics::hint_lost();
    warn!(preview.id = %preview, error = problem, "hint not sent; the reminder will find the row");
}

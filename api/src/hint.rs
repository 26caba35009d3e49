//! Hints: what makes a worker look now instead of within a minute.

use std::time::Duration;

use tempus_engine::Outgoing;
use tempus_model::github::SourceKey;
use tempus_model::{Hint, PreviewId};
use tracing::warn;

use crate::metrics;
use crate::state::Api;

/// How long an answer waits for its hint to be sent.
const PATIENCE: Duration = Duration::from_secs(2);

/// The same for a delivery, which is to be answered within a second.
const BRIEFLY: Duration = Duration::from_millis(500);

/// Sends a hint about a preview, in its owner's share of the queue. The request stands whether or
/// not it could be sent: its row is due, and the reminder finds it.
pub(crate) async fn look(api: &Api, preview: PreviewId, owner: &str) {
    let message = Outgoing {
        group: Some(owner.to_owned()),
        ..Outgoing::now(&Hint::look(preview))
    };
    if let Some(problem) = send(api, message, PATIENCE).await {
        warn!(preview.id = %preview, error = problem, "hint not sent; the reminder will find the row");
    }
}

/// Asks for the removal of what carries this id and belongs to no row. One that is lost is asked
/// for again by whoever sees that the report still stands.
pub(crate) async fn reap(api: &Api, preview: PreviewId) {
    let message = Outgoing::now(&Hint::Reap { preview });
    if let Some(problem) = send(api, message, PATIENCE).await {
        warn!(preview.id = %preview, error = problem, "hint not sent; ask again");
    }
}

/// Sends a hint about a pull request or branch, in its repository's share of the queue.
pub(crate) async fn source(api: &Api, source: SourceKey) {
    let message = Outgoing {
        group: source.repository().map(|repository| repository.to_string()),
        ..Outgoing::now(&Hint::Source {
            source: source.clone(),
        })
    };
    if let Some(problem) = send(api, message, BRIEFLY).await {
        warn!(%source, error = problem, "hint not sent; the reminder will find the source");
    }
}

/// Why it could not be sent, if it could not.
async fn send(api: &Api, message: Outgoing, patience: Duration) -> Option<String> {
    let problem = match tokio::time::timeout(patience, api.queue().post(message)).await {
        Ok(Ok(())) => return None,
        Ok(Err(error)) => error.to_string(),
        Err(_) => "queue: no answer in time".to_owned(),
    };
    metrics::hint_lost();
    Some(problem)
}

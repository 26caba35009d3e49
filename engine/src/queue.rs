//! The queue port: hints on their way to a worker.

use std::time::Duration;

use async_trait::async_trait;
use tempus_model::{Hint, MessageId};
use tokio::time::Instant;
use tracing::{Instrument, info_span};

use crate::{InTrace, TraceContext};

/// A queue that delivers at least once, in no order. What it loses, doubles or delays costs time
/// and nothing else, because a hint carries no state.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Sends messages, each to be delivered no earlier than its delay says.
    async fn send(&self, messages: &[Outgoing]) -> Result<(), QueueError>;

    /// Takes up to `most` messages, waiting up to `wait` for the first. They stay invisible for
    /// the queue's visibility timeout, or as long as [`Queue::hide`] says.
    async fn receive(&self, most: usize, wait: Duration) -> Result<Vec<Delivery>, QueueError>;

    /// Whether a [`Queue::receive`] whose caller has gone may still take messages, as a long poll
    /// does that the service goes on with. Who stops waits for such a one, and gives back what it
    /// brings: otherwise it is hidden for the whole visibility timeout, and nobody works on it.
    fn receives_when_abandoned(&self) -> bool {
        false
    }

    /// Keeps messages in flight invisible for this long from now; zero makes them visible at once.
    async fn hide(&self, messages: &[Handle], how_long: Duration) -> Result<(), QueueError>;

    /// Takes messages off the queue for good. Deleting what is gone is no error.
    async fn delete(&self, messages: &[Handle]) -> Result<(), QueueError>;

    /// How much is on the queue. May lag.
    async fn depth(&self) -> Result<Depth, QueueError>;

    /// The longest delay that [`Queue::send`] takes. A longer wait is left to timer and reminder.
    fn longest_delay(&self) -> Duration;
}

impl dyn Queue + '_ {
    /// Sends one message as a part of the trace in which that is called for: whoever receives it
    /// goes on with that trace.
    pub async fn post(&self, mut message: Outgoing) -> Result<(), QueueError> {
        let span = info_span!("send hint", otel.kind = "producer");
        span.note("messaging.operation.type", "send");
        let sent = async {
            message.trace = TraceContext::current();
            let sent = self.send(&[message]).await;
            if sent.is_err() {
                tracing::Span::current().fails("queue");
            }
            sent
        };
        sent.instrument(span).await
    }
}

/// A message to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The body; a hint, or in tests anything.
    pub body: String,
    /// Whose it is: owners share the queue fairly.
    pub group: Option<String>,
    /// How long it stays invisible.
    pub delay: Duration,
    /// The trace that it belongs to. [`Queue::post`](trait.Queue.html#method.post) fills it in.
    pub trace: Option<TraceContext>,
}

impl Outgoing {
    /// This hint, now, for nobody in particular.
    pub fn now(hint: &Hint) -> Self {
        Self::later(hint, Duration::ZERO)
    }

    /// This hint, after a delay.
    pub fn later(hint: &Hint, delay: Duration) -> Self {
        Self {
            body: hint.encode(),
            group: None,
            delay,
            trace: None,
        }
    }
}

/// Names one delivery of a message, for [`Queue::hide`] and [`Queue::delete`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Handle(pub String);

/// A message as it was delivered.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The message; the same when it is delivered again.
    pub id: MessageId,
    /// This delivery of it.
    pub handle: Handle,
    /// The body.
    pub body: String,
    /// How often it has been delivered, this time included.
    pub receives: u32,
    /// Until when it stays invisible unless it is hidden for longer, as nearly as the receiver can tell.
    pub hidden_until: Instant,
    /// The trace that it was sent in, if it was sent in one.
    pub trace: Option<TraceContext>,
}

/// How much is on a queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// Waiting to be received.
    pub visible: u64,
    /// Received, and neither deleted nor visible again.
    pub in_flight: u64,
    /// Not visible yet.
    pub delayed: u64,
    /// How long the work has waited that is due longest and that nobody holds: of the rows, not of
    /// the messages, which may be lost. Zero where nothing waits.
    pub oldest: Duration,
}

/// The queue did not answer, or answered that it could not. The caller may try again; a message
/// may have been sent all the same.
#[derive(Debug, Clone, thiserror::Error)]
#[error("queue: {0}")]
pub struct QueueError(pub String);

//! The queue as one process sees it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tempus_engine::{Delivery, Depth, Handle, Outgoing, Queue, QueueError};
use tempus_model::{Hint, PreviewId};
use tempus_steps::sim::Fault;

use crate::sim::gate::{Effect, Gate};

/// A queue whose calls pass a gate.
pub(in crate::sim) struct WrappedQueue {
    pub(in crate::sim) inner: Arc<dyn Queue>,
    pub(in crate::sim) gate: Arc<dyn Gate>,
}

fn queue_error(fault: Fault) -> QueueError {
    QueueError(format!("{fault:?}"))
}

impl WrappedQueue {
    async fn enter(&self, call: &str, about: Option<PreviewId>) -> Result<Effect, QueueError> {
        self.gate.enter(call, about).await.map_err(queue_error)
    }

    async fn leave(&self, call: &str, about: Option<PreviewId>) -> Result<(), QueueError> {
        self.gate.leave(call, about).await.map_err(queue_error)
    }
}

#[async_trait]
impl Queue for WrappedQueue {
    async fn send(&self, messages: &[Outgoing]) -> Result<(), QueueError> {
        let hint = messages
            .first()
            .and_then(|message| Hint::decode(&message.body).ok());
        let about = hint.as_ref().and_then(Hint::preview);
        if self.enter("queue.send", about).await? == Effect::Make {
            self.inner.send(messages).await?;
        }
        self.leave("queue.send", about).await
    }

    async fn receive(&self, most: usize, wait: Duration) -> Result<Vec<Delivery>, QueueError> {
        self.enter("queue.receive", None).await?;
        let answer = self.inner.receive(most, wait).await?;
        self.leave("queue.receive", None).await?;
        Ok(answer)
    }

    async fn hide(&self, messages: &[Handle], how_long: Duration) -> Result<(), QueueError> {
        self.enter("queue.hide", None).await?;
        self.inner.hide(messages, how_long).await?;
        self.leave("queue.hide", None).await
    }

    async fn delete(&self, messages: &[Handle]) -> Result<(), QueueError> {
        self.enter("queue.delete", None).await?;
        self.inner.delete(messages).await?;
        self.leave("queue.delete", None).await
    }

    async fn depth(&self) -> Result<Depth, QueueError> {
        self.inner.depth().await
    }

    fn receives_when_abandoned(&self) -> bool {
        self.inner.receives_when_abandoned()
    }

    fn longest_delay(&self) -> Duration {
        self.inner.longest_delay()
    }
}

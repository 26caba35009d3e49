//! A queue that says when a message has done its work: the worker deletes it when the saga behind it
//! has settled. So whoever waits for a job need not ask the store again and again.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tempus_engine::{Delivery, Depth, Handle, Outgoing, Queue, QueueError};
use tempus_model::{Hint, PreviewId};
use tokio::sync::oneshot;

/// The queue.
pub struct Bell {
    inner: Arc<dyn Queue>,
    state: Mutex<State>,
    brought: AtomicU64,
}

#[derive(Default)]
struct State {
    in_flight: HashMap<Handle, PreviewId>,
    waiting: HashMap<PreviewId, oneshot::Sender<()>>,
}

impl Bell {
    /// In front of a queue.
    pub fn before(inner: Arc<dyn Queue>) -> Self {
        Self {
            inner,
            state: Mutex::default(),
            brought: AtomicU64::new(0),
        }
    }

    /// Rings once, when a message about this preview has done its work.
    pub fn rings_for(&self, preview: PreviewId) -> oneshot::Receiver<()> {
        let (ring, rung) = oneshot::channel();
        self.state().waiting.insert(preview, ring);
        rung
    }

    /// How many receives brought something.
    pub fn brought(&self) -> u64 {
        self.brought.load(Ordering::Relaxed)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Queue for Bell {
    async fn send(&self, messages: &[Outgoing]) -> Result<(), QueueError> {
        self.inner.send(messages).await
    }

    async fn receive(&self, most: usize, wait: Duration) -> Result<Vec<Delivery>, QueueError> {
        let deliveries = self.inner.receive(most, wait).await?;
        let some = u64::from(!deliveries.is_empty());
        self.brought.fetch_add(some, Ordering::Relaxed);
        let mut state = self.state();
        for delivery in &deliveries {
            let hint = Hint::decode(&delivery.body);
            if let Some(preview) = hint.ok().and_then(|hint| hint.preview()) {
                state.in_flight.insert(delivery.handle.clone(), preview);
            }
        }
        Ok(deliveries)
    }

    fn receives_when_abandoned(&self) -> bool {
        self.inner.receives_when_abandoned()
    }

    async fn hide(&self, messages: &[Handle], how_long: Duration) -> Result<(), QueueError> {
        self.inner.hide(messages, how_long).await
    }

    async fn delete(&self, messages: &[Handle]) -> Result<(), QueueError> {
        self.inner.delete(messages).await?;
        let mut state = self.state();
        for handle in messages {
            let Some(preview) = state.in_flight.remove(handle) else {
                continue;
            };
            if let Some(ring) = state.waiting.remove(&preview) {
                // Whoever waited may be gone, at the end of a run.
                let _ = ring.send(());
            }
        }
        Ok(())
    }

    async fn depth(&self) -> Result<Depth, QueueError> {
        self.inner.depth().await
    }

    fn longest_delay(&self) -> Duration {
        self.inner.longest_delay()
    }
}

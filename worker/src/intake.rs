//! The worker itself: receives, and hands each delivery to a task of its own.

use std::sync::Arc;
use std::time::Duration;

use tempus_engine::{Delivery, Queue, QueueError};
use tempus_steps::Platform;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::budget::Lanes;
use crate::swept::Swept;
use crate::{Parts, Tasks, WorkerConfig};

/// How many messages are asked for at once (the most that SQS gives).
const BATCH: u8 = 10;
/// How many deliveries are looked at side by side, those that wait for a place included.
const IN_HAND: usize = 512;

/// What every task of a worker shares.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) parts: Parts,
    pub(crate) config: Arc<WorkerConfig>,
    pub(crate) tasks: Tasks,
    pub(crate) lanes: Lanes,
    pub(crate) fragile: Arc<Semaphore>,
    pub(crate) stopping: CancellationToken,
    pub(crate) swept: Arc<tokio::sync::Mutex<Swept>>,
}

/// A running worker.
pub struct Worker {
    shared: Shared,
}

impl Worker {
    /// Starts a worker on these parts.
    pub fn start(parts: Parts, config: WorkerConfig) -> Self {
        crate::metrics::begin();
        let shared = Shared {
            lanes: Lanes::new(config.budgets),
            config: Arc::new(config),
            tasks: Tasks::default(),
            fragile: Arc::new(Semaphore::new(1)),
            stopping: CancellationToken::new(),
            swept: Arc::default(),
            parts,
        };
        shared.tasks.spawn(shared.clone().receive());
        shared.tasks.spawn(shared.clone().remind());
        shared.tasks.spawn(shared.clone().sweep_from_time_to_time());
        shared.tasks.spawn(shared.clone().bring_up());
        shared.tasks.spawn(shared.clone().begin_pass());
        Self { shared }
    }

    /// Takes nothing new, finishes the calls in flight, records them, and gives every lease back.
    pub async fn stop(self) {
        self.shared.stopping.cancel();
        self.shared.tasks.finished().await;
    }

    /// The worker's tasks, for tests that end it where it stands.
    pub fn tasks(&self) -> Tasks {
        self.shared.tasks.clone()
    }
}

impl Shared {
    async fn receive(self) {
        let in_hand = Arc::new(Semaphore::new(IN_HAND));
        let stopping = self.stopping.clone();
        let mut failures = 0;
        loop {
            let stop = stopping.cancelled();
            tokio::pin!(stop);
            tokio::select! {
                biased;
                () = &mut stop => return,
                _ = in_hand.acquire_many(u32::from(BATCH)) => {}
            }
            let queue = Arc::clone(&self.parts.queue);
            let receiving = queue.receive(usize::from(BATCH), self.config.poll);
            tokio::pin!(receiving);
            let received = tokio::select! {
                biased;
                () = &mut stop => {
                    if queue.receives_when_abandoned() {
                        give_back(&*queue, receiving.await).await;
                    }
                    return;
                }
                received = &mut receiving => received,
            };
            let deliveries = match received {
                Ok(deliveries) => deliveries,
                Err(error) => {
                    failures += 1;
                    tracing::warn!(%error, "the queue did not answer");
                    self.pause(failures).await;
                    continue;
                }
            };
            failures = 0;
            for delivery in deliveries {
                let room = Arc::clone(&in_hand).acquire_owned().await;
                let shared = self.clone();
                self.tasks.spawn(async move {
                    shared.handle(delivery).await;
                    drop(room);
                });
            }
        }
    }

    async fn pause(&self, failures: u32) {
        let pause = crate::backoff::pause(self.config.backoff, self.config.backoff_most, failures);
        self.sleep(pause).await;
    }

    /// Sleeps, or returns early because the worker stops. True if it stops.
    pub(crate) async fn sleep(&self, how_long: Duration) -> bool {
        let slept = tokio::time::timeout(how_long, self.stopping.cancelled());
        slept.await.is_ok()
    }

    pub(crate) fn platform(&self) -> &dyn Platform {
        &*self.parts.platform
    }
}

/// Makes what was received too late to be worked on visible at once, for another worker.
async fn give_back(queue: &dyn Queue, received: Result<Vec<Delivery>, QueueError>) {
    let handles: Vec<_> = match received {
        Ok(deliveries) => deliveries.into_iter().map(|of| of.handle).collect(),
        Err(_) => return,
    };
    if let Err(error) = queue.hide(&handles, Duration::ZERO).await {
        tracing::warn!(%error, "what came last is visible again only after a while");
    }
}

//! The queue: in this process's memory, because it can be. The durable queue is the index on
//! `due_at`; a process that dies takes nothing with it that its successor does not find there.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::db::Db;
use super::mailbox::Mailbox;
use super::tables::rows;
use crate::{Clock, Delivery, Depth, Handle, Outgoing, Queue, QueueError, StoreError};

/// A century: as good as unbounded, and small enough to be added to any date.
const LONGEST_DELAY: Duration = Duration::from_hours(100 * 365 * 24);

/// The queue of one process.
pub(super) struct SqliteQueue {
    mailbox: Mutex<Mailbox>,
    /// Told of whatever may make a message visible earlier than a receiver has reckoned with.
    changed: Notify,
    visibility: Duration,
    /// The rows that the messages are about, and what time they go by.
    db: Arc<Db>,
    clock: Arc<dyn Clock>,
}

impl SqliteQueue {
    /// An empty queue. `start` tells this process's message ids from every earlier one's: a claim
    /// stores the message behind it, and must not take another for it.
    pub(super) fn empty(
        start: u64,
        visibility: Duration,
        db: Arc<Db>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            mailbox: Mutex::new(Mailbox::new(start)),
            changed: Notify::new(),
            visibility,
            db,
            clock,
        }
    }

    /// Puts one message on the queue.
    pub(super) fn put(&self, message: &Outgoing) {
        let delay = message.delay.min(LONGEST_DELAY);
        self.mailbox().put(message, Instant::now(), delay);
        self.changed.notify_waiters();
    }

    fn mailbox(&self) -> MutexGuard<'_, Mailbox> {
        self.mailbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Queue for SqliteQueue {
    async fn send(&self, messages: &[Outgoing]) -> Result<(), QueueError> {
        for message in messages {
            self.put(message);
        }
        Ok(())
    }

    async fn receive(&self, most: usize, wait: Duration) -> Result<Vec<Delivery>, QueueError> {
        let give_up = Instant::now() + wait.min(LONGEST_DELAY);
        loop {
            // Listening begins here, before looking: what comes in between is not missed.
            let changed = self.changed.notified();
            let now = Instant::now();
            let next = {
                let mut mailbox = self.mailbox();
                let taken = mailbox.take(most, now, self.visibility);
                if !taken.is_empty() || now >= give_up {
                    return Ok(taken);
                }
                mailbox.next_change()
            };
            let until = next.map_or(give_up, |next| next.min(give_up));
            let _ = tokio::time::timeout_at(until, changed).await;
        }
    }

    async fn hide(&self, messages: &[Handle], how_long: Duration) -> Result<(), QueueError> {
        let until = Instant::now() + how_long.min(LONGEST_DELAY);
        {
            let mut mailbox = self.mailbox();
            for handle in messages {
                mailbox.hide(handle, until);
            }
        }
        self.changed.notify_waiters();
        Ok(())
    }

    async fn delete(&self, messages: &[Handle]) -> Result<(), QueueError> {
        let mut mailbox = self.mailbox();
        for handle in messages {
            mailbox.delete(handle);
        }
        Ok(())
    }

    async fn depth(&self) -> Result<Depth, QueueError> {
        let now = self.clock.now();
        let oldest = self.db.read(|db| rows::oldest_due(db, now));
        let oldest = oldest.map_err(|error: StoreError| QueueError(error.to_string()))?;
        Ok(Depth {
            oldest,
            ..self.mailbox().depth(Instant::now())
        })
    }

    fn longest_delay(&self) -> Duration {
        LONGEST_DELAY
    }
}

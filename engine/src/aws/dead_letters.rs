//! What SQS gave up on: drained into the list of dead letters that people see.

use std::time::Duration;

use tempus_model::{Hint, Timestamp};

use super::queue::SqsQueue;
use crate::{DeadLetter, DeadLetterId, Outgoing, Queue, QueueError, Store, StoreError};

/// The longest body that is kept, in bytes.
const KEPT: usize = 4096;

/// What was drained.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Drained {
    /// Hints: sent again. The row says what is to be done, and parks itself if it keeps crashing.
    pub replayed: usize,
    /// Messages that nobody can read: kept as dead letters.
    pub kept: usize,
}

/// Why the rest was not drained. What was not drained stays where it is.
#[derive(Debug, thiserror::Error)]
pub enum DrainError {
    /// A queue did not answer.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Empties the dead-letter queue. Nothing is deleted there before it is somewhere else, so a crash
/// in between drains it twice, which keeps one letter and sends one hint too many.
pub(super) async fn drain(
    dead: &SqsQueue,
    live: &SqsQueue,
    store: &dyn Store,
    now: Timestamp,
) -> Result<Drained, DrainError> {
    let mut drained = Drained::default();
    loop {
        let messages = dead.receive(10, Duration::ZERO).await?;
        if messages.is_empty() {
            return Ok(drained);
        }
        for message in messages {
            match Hint::decode(&message.body) {
                Ok(hint) => {
                    let again = Outgoing {
                        trace: message.trace,
                        ..Outgoing::now(&hint)
                    };
                    live.send(&[again]).await?;
                    drained.replayed += 1;
                }
                Err(error) => {
                    let letter = DeadLetter {
                        id: DeadLetterId(message.id.0),
                        body: cut(message.body),
                        reason: error.to_string(),
                        at: now,
                    };
                    store.put_dead_letter(&letter).await?;
                    drained.kept += 1;
                }
            }
            dead.delete(&[message.handle]).await?;
        }
    }
}

fn cut(mut body: String) -> String {
    body.truncate(body.floor_char_boundary(KEPT));
    body
}

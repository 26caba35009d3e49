//! The aws engine: one DynamoDB table, one SQS queue, schedules of EventBridge Scheduler.
//!
//! ```text
//!   Store ──conditional writes──► DynamoDB   the truth: one item per row, one table
//!   Queue ──────────────────────► SQS  ◄───┐ hints
//!   Timer ──one-time schedules──► EventBridge Scheduler
//! ```
//!
//! Any number of processes may have it open. No call is made without a time-out, and what a call
//! that was not answered may have done is never guessed at: see [`crate::StoreError`].

use std::sync::Arc;

use tempus_model::{InstallationId, Timestamp};

use crate::{Queue, Store, Timer};

mod actions;
mod bootstrap;
mod client;
mod dead_letters;
mod error;
mod meter;
mod options;
mod queue;
mod store;
mod table;
#[cfg(test)]
mod tests;
mod timer;
mod watch;

use client::Clients;
use queue::{Backlog, SqsQueue};
use store::DynamoStore;
use table::Table;
use timer::{Post, ScheduleTimer};

pub use actions::{ActionInfo, Role, actions};
pub use bootstrap::{Bootstrap, Bootstrapped, Recovery, bootstrap};
pub use dead_letters::{DrainError, Drained};
pub use error::AwsError;
pub use meter::Usage;
pub use options::{Access, AwsNames, AwsOptions, Credentials, Timeouts};
pub use watch::METRICS;

/// An open engine. What it hands out may outlive it.
pub struct AwsEngine {
    clients: Clients,
    store: Arc<DynamoStore>,
    queue: Arc<SqsQueue>,
    dead: SqsQueue,
    timer: Arc<ScheduleTimer>,
}

impl AwsEngine {
    /// Opens what a bootstrap made. Reads the installation and finds the queues.
    pub async fn open(options: AwsOptions) -> Result<Self, AwsError> {
        let clients = Clients::of(&options.access).await?;
        let table = Table {
            clients: clients.clone(),
            name: options.table,
        };
        let installation = bootstrap::installed(&table).await?;
        let store = Arc::new(DynamoStore::new(table, installation, options.history));
        let queue = |url| SqsQueue::new(clients.clone(), url, options.visibility);
        let dead = queue(options.dead_letter_url);
        let live = SqsQueue {
            backlog: Some(Backlog {
                store: Arc::clone(&store),
                clock: Arc::clone(&options.clock),
            }),
            ..queue(options.queue_url)
        };
        let post = Post {
            queue: bootstrap::arn(&clients, &live.url).await?,
            role: options.schedule_role_arn,
            dead_letters: bootstrap::arn(&clients, &dead.url).await?,
        };
        let timer = ScheduleTimer {
            clients: clients.clone(),
            installation,
            group: options.schedule_group,
            post,
            queue: live.clone(),
            clock: options.clock,
        };
        Ok(Self {
            store,
            queue: Arc::new(live),
            dead,
            timer: Arc::new(timer),
            clients,
        })
    }

    /// The store.
    pub fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store) as Arc<dyn Store>
    }

    /// The queue.
    pub fn queue(&self) -> Arc<dyn Queue> {
        Arc::clone(&self.queue) as Arc<dyn Queue>
    }

    /// The timer.
    pub fn timer(&self) -> Arc<dyn Timer> {
        Arc::clone(&self.timer) as Arc<dyn Timer>
    }

    /// Whose store this is.
    pub fn installation(&self) -> InstallationId {
        self.store.installation
    }

    /// Moves what SQS itself put aside to where people see it: a hint is sent again, anything else
    /// is kept as a dead letter. To be called now and then, by as many processes as there are.
    pub async fn drain_dead_letters(&self, now: Timestamp) -> Result<Drained, DrainError> {
        dead_letters::drain(&self.dead, &self.queue, &*self.store, now).await
    }

    /// What its calls have cost since it was opened.
    pub fn usage(&self) -> Usage {
        self.clients.meter.usage()
    }
}

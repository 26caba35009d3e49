//! The timer: alarms in a table, and one task that sleeps until the next.

use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use tempus_model::PreviewId;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::db::Db;
use super::desk::Desk;
use super::queue::SqliteQueue;
use super::tables::timers;
use crate::{Alarm, Clock, Outgoing, StoreError, Timer, TimerError};

/// The task looks at the clock at least this often: its sleep does not count the time that a
/// laptop was asleep, and alarms are set for a time of day.
const LOOK: Duration = Duration::from_secs(30);

/// After an error, the task waits this long before it tries again.
const BACK_OFF: Duration = Duration::from_secs(1);

/// Alarms that fire at once when they are taken up again.
const AT_ONCE: u32 = 256;

/// The timer of one file. The table is the truth: nothing about alarms is kept in memory.
pub(super) struct SqliteTimer {
    shared: Arc<Shared>,
    task: AbortHandle,
}

struct Shared {
    db: Arc<Db>,
    queue: Arc<SqliteQueue>,
    clock: Arc<dyn Clock>,
    changed: Arc<Notify>,
}

impl SqliteTimer {
    /// Starts the task; alarms whose time passed while nothing ran fire at once.
    pub(super) fn start(
        db: Arc<Db>,
        queue: Arc<SqliteQueue>,
        clock: Arc<dyn Clock>,
        on: &tokio::runtime::Handle,
    ) -> Self {
        let changed = Arc::new(Notify::new());
        let shared = Arc::new(Shared {
            db,
            queue,
            clock,
            changed: Arc::clone(&changed),
        });
        let task = on
            .spawn(ring(Arc::downgrade(&shared), changed))
            .abort_handle();
        Self { shared, task }
    }

    /// Ends the task. Alarms can still be set, for the next start.
    pub(super) fn stop(&self) {
        self.task.abort();
    }
}

impl Drop for SqliteTimer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Holds the timer only while it is at work, so that the engine ends when its users let go of it.
async fn ring(timer: Weak<Shared>, changed: Arc<Notify>) {
    loop {
        let Some(timer) = timer.upgrade() else { return };
        let pause = match timer.fire_due().await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(%error, "alarms could not be read or cleared; trying again");
                BACK_OFF
            }
        };
        drop(timer);
        let _ = tokio::time::timeout(pause, changed.notified()).await;
    }
}

impl Shared {
    /// Fires what is due and says how long there is nothing more to do.
    ///
    /// The hint is posted before the alarm is cleared: a crash in between fires it again, which
    /// is an ordinary hint.
    async fn fire_due(&self) -> Result<Duration, StoreError> {
        loop {
            let next = self.db.read(|db| timers::next(db, AT_ONCE))?;
            let now = self.clock.now();
            let (due, later): (Vec<_>, Vec<_>) =
                next.into_iter().partition(|alarm| alarm.fires_at <= now);
            if due.is_empty() {
                let pause = later.first().map(|alarm| now.until(alarm.fires_at));
                return Ok(pause.unwrap_or(LOOK).min(LOOK));
            }
            for alarm in &due {
                self.queue.put(&Outgoing::now(&alarm.hint()));
            }
            let fired = move |db: &Desk| {
                due.iter()
                    .try_for_each(|alarm| timers::delete(db, &alarm.name))
            };
            self.db.write(fired).await?;
        }
    }
}

#[async_trait]
impl Timer for SqliteTimer {
    async fn set(&self, alarm: &Alarm) -> Result<(), TimerError> {
        let alarm = alarm.clone();
        self.shared.db.write(move |db| set(db, &alarm)).await?;
        self.shared.changed.notify_one();
        Ok(())
    }

    async fn clear(&self, name: &str) -> Result<(), TimerError> {
        let name = name.to_owned();
        self.shared
            .db
            .write(move |db| Ok(timers::delete(db, &name)?))
            .await
    }

    async fn list(&self, preview: PreviewId) -> Result<Vec<String>, TimerError> {
        self.shared.db.read(|db| Ok(timers::of(db, preview)?))
    }
}

fn set(db: &Desk, alarm: &Alarm) -> Result<(), TimerError> {
    match timers::get(db, &alarm.name)? {
        None => Ok(timers::insert(db, alarm)?),
        Some(stands) if stands.is_same_as(alarm) => Ok(()),
        Some(stands) => Err(TimerError::Rejected(format!(
            "alarm {} stands for preview {} at {}",
            stands.name, stands.preview, stands.fires_at
        ))),
    }
}

impl From<StoreError> for TimerError {
    fn from(error: StoreError) -> Self {
        Self::Transient(error.to_string())
    }
}

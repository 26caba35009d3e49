//! The timer: alarms that fire around their time, twice or never, as it is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use tempus_engine::{Alarm, Clock, Outgoing, Timer, TimerError};
use tempus_model::{PreviewId, Timestamp};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::queue::SimQueue;
use super::up_to;
use crate::sim::FaultKind;

/// How long the task sleeps when no alarm stands.
const IDLE: Duration = Duration::from_hours(1);

/// The timer.
pub struct SimTimer {
    shared: Arc<Shared>,
    task: AbortHandle,
}

struct Shared {
    alarms: Mutex<BTreeMap<String, (Alarm, Timestamp)>>,
    changed: Arc<Notify>,
    queue: Arc<SimQueue>,
    clock: Arc<dyn Clock>,
}

impl SimTimer {
    pub(super) fn start(queue: Arc<SimQueue>, clock: Arc<dyn Clock>) -> Self {
        let changed = Arc::new(Notify::new());
        let shared = Arc::new(Shared {
            alarms: Mutex::default(),
            changed: Arc::clone(&changed),
            queue,
            clock,
        });
        let task = tokio::spawn(ring(Arc::downgrade(&shared), changed)).abort_handle();
        Self { shared, task }
    }

    /// Every alarm that stands.
    pub fn truth(&self) -> Vec<Alarm> {
        let alarms = self.shared.alarms();
        alarms.values().map(|(alarm, _)| alarm.clone()).collect()
    }
}

impl Drop for SimTimer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn ring(timer: Weak<Shared>, changed: Arc<Notify>) {
    loop {
        let Some(timer) = timer.upgrade() else { return };
        let pause = timer.fire_due();
        drop(timer);
        let _ = tokio::time::timeout(pause, changed.notified()).await;
    }
}

impl Shared {
    fn alarms(&self) -> MutexGuard<'_, BTreeMap<String, (Alarm, Timestamp)>> {
        self.alarms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fires what is due and says how long there is nothing more to do.
    fn fire_due(&self) -> Duration {
        let now = self.clock.now();
        let mut fired = Vec::new();
        let next = {
            let mut alarms = self.alarms();
            alarms.retain(|_, (alarm, at)| {
                if *at <= now {
                    fired.push(alarm.clone());
                }
                *at > now
            });
            alarms.values().map(|(_, at)| *at).min()
        };
        for alarm in fired {
            if self.queue.strikes(FaultKind::AlarmLost) {
                self.queue.lose(alarm.preview);
                continue;
            }
            for _ in 0..=u32::from(self.queue.strikes(FaultKind::AlarmDoubled)) {
                self.queue.put(&Outgoing::now(&alarm.hint()));
            }
        }
        next.map_or(IDLE, |at| now.until(at))
    }

    /// When this alarm really fires.
    fn around(&self, time: Timestamp) -> Timestamp {
        let off_by = self.queue.alarm_off_by();
        let later = time.after(up_to(off_by * 2));
        Timestamp::from_millis(later.millis() - i64::try_from(off_by.as_millis()).unwrap_or(0))
    }
}

#[async_trait]
impl Timer for SimTimer {
    async fn set(&self, alarm: &Alarm) -> Result<(), TimerError> {
        {
            let mut alarms = self.shared.alarms();
            match alarms.get(&alarm.name) {
                Some((stands, _)) if stands.is_same_as(alarm) => return Ok(()),
                Some((stands, _)) => {
                    return Err(TimerError::Rejected(format!(
                        "alarm {} stands for preview {} at {}",
                        stands.name, stands.preview, stands.fires_at
                    )));
                }
                None => {
                    let at = self.shared.around(alarm.fires_at);
                    alarms.insert(alarm.name.clone(), (alarm.clone(), at));
                }
            }
        }
        self.shared.changed.notify_one();
        Ok(())
    }

    async fn clear(&self, name: &str) -> Result<(), TimerError> {
        self.shared.alarms().remove(name);
        Ok(())
    }

    async fn list(&self, preview: PreviewId) -> Result<Vec<String>, TimerError> {
        let alarms = self.shared.alarms();
        let of_preview = alarms
            .iter()
            .filter(|(_, (alarm, _))| alarm.preview == preview);
        Ok(of_preview.map(|(name, _)| name.clone()).collect())
    }
}

//! A worker's process: it can die, stand still, be told to stop, and be started again.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tempus_engine::{Clock, TokioClock, chance};
use tempus_model::{Timestamp, WorkerId};
use tempus_steps::sim::SimPlatform;
use tempus_worker::notify::{Event, NotTaken, Notify, Receiver};
use tempus_worker::{Parts, Worker, WorkerConfig};

use super::chaos::{Chaos, Role};
use super::climate::{CLOCK_OFF_BY, LEASE, REMIND_EVERY, SKEW, SWEEP_EVERY, VERIFY_DELAY};
use super::shared::{Action, Storm};
use super::stepping::Stepping;
use crate::sim::gate::CloudGate;
use crate::sim::wrap::{WrappedQueue, WrappedStore, WrappedTimer};

/// How long what a dead process had sent may still be on its way.
const ON_ITS_WAY: Duration = Duration::from_secs(12);
/// How long a process that was told to stop is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long a receiver has to answer.
const PATIENCE_OF_RECEIVERS: Duration = Duration::from_secs(5);

/// Somebody who is told that a preview's time is nearly over: who errs, and hangs, as long as anything
/// goes wrong.
struct Listener(Arc<Storm>);

#[async_trait]
impl Receiver for Listener {
    async fn take(&self, event: &Event) -> Result<(), NotTaken> {
        self.0.note(format_args!("told {}", event.id));
        if self.0.is_over() || self.0.climate.faults == 0 {
            return Ok(());
        }
        match chance::within(0..4) {
            0 => Err(NotTaken::Status(500)),
            1 => {
                tokio::time::sleep(PATIENCE_OF_RECEIVERS).await;
                Err(NotTaken::Unreachable("no answer".to_owned()))
            }
            _ => Ok(()),
        }
    }
}

/// A machine's clock, off by less than half the tolerated skew.
#[derive(Clone)]
pub(super) struct MachineClock {
    true_time: TokioClock,
    off_by: Arc<AtomicI64>,
}

impl MachineClock {
    pub(super) fn new(true_time: TokioClock) -> Self {
        let clock = Self {
            true_time,
            off_by: Arc::default(),
        };
        clock.set();
        clock
    }

    /// Sets it, within the bound.
    pub(super) fn set(&self) {
        let off_by = chance::within(-CLOCK_OFF_BY..=CLOCK_OFF_BY);
        self.off_by.store(off_by, Ordering::Relaxed);
    }
}

impl Clock for MachineClock {
    fn now(&self) -> Timestamp {
        let off_by = self.off_by.load(Ordering::Relaxed);
        Timestamp::from_millis(self.true_time.now().millis() + off_by)
    }
}

/// A machine on which a worker's process runs, most of the time.
pub(super) struct Machine {
    number: usize,
    pub(super) clock: MachineClock,
    starts: u32,
    running: Option<(Worker, Arc<Chaos>)>,
}

impl Machine {
    pub(super) fn new(number: usize, true_time: TokioClock) -> Self {
        Self {
            number,
            clock: MachineClock::new(true_time),
            starts: 0,
            running: None,
        }
    }

    /// Starts a process, if none runs.
    pub(super) fn start(&mut self, storm: &Arc<Storm>) {
        if self.running.is_some() {
            return;
        }
        self.starts += 1;
        let name = format!("w{}.{}", self.number, self.starts);
        storm.note(format_args!("{name} starts"));
        let gate = Arc::new(Chaos::new(
            storm,
            Role::Worker(self.number),
            name.clone(),
            self.clock.clone(),
        ));
        let parts = Parts {
            store: Arc::new(WrappedStore {
                inner: storm.engine().store.clone(),
                gate: gate.clone(),
                watch: None,
            }),
            queue: Arc::new(WrappedQueue {
                inner: storm.engine().queue.clone(),
                gate: gate.clone(),
            }),
            timer: Arc::new(WrappedTimer {
                inner: storm.engine().timer.clone(),
                gate: gate.clone(),
            }),
            clock: Arc::new(self.clock.clone()),
            platform: Arc::new(Stepping::new(SimPlatform::new(
                &storm.cloud.seen_through(Arc::new(CloudGate(gate.clone()))),
                VERIFY_DELAY,
            ))),
            github: None,
            notify: Some(Notify {
                receiver: Arc::new(Listener(Arc::clone(storm))),
                patience: PATIENCE_OF_RECEIVERS,
                api_url: None,
            }),
        };
        let config = WorkerConfig {
            name: WorkerId(name),
            lease: LEASE,
            skew: SKEW,
            in_place: storm.climate.in_place,
            remind_every: REMIND_EVERY,
            sweep_every: Some(SWEEP_EVERY),
            ..WorkerConfig::default()
        };
        self.running = Some((Worker::start(parts, config), gate));
    }

    /// The process, if it runs.
    pub(super) fn gate(&self) -> Option<&Arc<Chaos>> {
        self.running.as_ref().map(|(_, gate)| gate)
    }

    /// Buries a process that died; another is started after a while.
    pub(super) fn bury(&mut self, storm: &Arc<Storm>, name: &str) {
        if self.gate().is_none_or(|gate| gate.name != name) {
            return;
        }
        let Some((worker, _)) = self.running.take() else {
            return;
        };
        let (tasks, number) = (worker.tasks(), self.number);
        let back_in = Duration::from_secs(chance::within(1..40));
        let actions = storm.actions.clone();
        tokio::spawn(async move {
            tokio::time::sleep(back_in.min(ON_ITS_WAY)).await;
            if back_in < ON_ITS_WAY {
                let _ = actions.send(Action::Start(number));
                tokio::time::sleep(ON_ITS_WAY.saturating_sub(back_in)).await;
            }
            tasks.kill();
            if back_in >= ON_ITS_WAY {
                tokio::time::sleep(back_in.saturating_sub(ON_ITS_WAY)).await;
                let _ = actions.send(Action::Start(number));
            }
            drop(worker);
        });
    }

    /// Tells the process to stop, as a deploy does, and starts another.
    pub(super) fn deploy(&mut self, storm: &Arc<Storm>) {
        let Some((worker, gate)) = self.running.take() else {
            return;
        };
        storm.note(format_args!("{} is told to stop", gate.name));
        let (tasks, number, actions) = (worker.tasks(), self.number, storm.actions.clone());
        tokio::spawn(async move {
            let _ = tokio::time::timeout(PATIENCE, worker.stop()).await;
            gate.end();
            tasks.kill();
            let _ = actions.send(Action::Start(number));
        });
    }
}

//! What goes wrong with the calls of one process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use tempus_engine::{Clock, chance};
use tempus_model::PreviewId;
use tempus_steps::sim::Fault;
use tokio::time::Instant;

use super::climate::{PAUSE, REMIND_EVERY, SKEW};
use super::process::MachineClock;
use super::shared::{Action, Storm};
use crate::sim::FaultKind;
use crate::sim::gate::{Effect, Gate};

/// What kind of process it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A worker, on this machine.
    Worker(usize),
    /// The API. What befalls a call of it befalls that one request.
    Api,
}

/// The gate of one process.
pub(super) struct Chaos {
    storm: Weak<Storm>,
    role: Role,
    pub(super) name: String,
    pub(super) clock: MachineClock,
    me: Mutex<Me>,
}

#[derive(Default)]
struct Me {
    dead: bool,
    frozen_until: Option<Instant>,
    /// The last time that it stood still, or died.
    stood_still: Option<Instant>,
    /// The calls on their way, by the task that makes them. Never walked: it has no order.
    calls: HashMap<Option<tokio::task::Id>, Call>,
}

#[derive(Clone, Copy)]
struct Call {
    begun: Instant,
    after: Option<FaultKind>,
}

impl Chaos {
    pub(super) fn new(storm: &Arc<Storm>, role: Role, name: String, clock: MachineClock) -> Self {
        Self {
            storm: Arc::downgrade(storm),
            role,
            name,
            clock,
            me: Mutex::default(),
        }
    }

    fn me(&self) -> MutexGuard<'_, Me> {
        self.me.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Dies where it stands. What it has sent may still land.
    pub(super) fn die(&self) {
        self.end();
        if let (Role::Worker(number), Some(storm)) = (self.role, self.storm.upgrade()) {
            storm.note(format_args!("{} dies", self.name));
            storm.inject(
                None,
                super::climate::LEASE + SKEW + REMIND_EVERY + Duration::from_secs(10),
            );
            let _ = storm.actions.send(Action::Died(number, self.name.clone()));
        }
    }

    /// Makes no call any more.
    pub(super) fn end(&self) {
        let mut me = self.me();
        me.dead = true;
        me.stood_still = Some(Instant::now());
    }

    /// Stands still for this long.
    pub(super) fn freeze(&self, how_long: Duration) {
        let until = Instant::now() + how_long;
        {
            let mut me = self.me();
            me.frozen_until = me.frozen_until.max(Some(until));
        }
        if let Some(storm) = self.storm.upgrade() {
            storm.note(format_args!(
                "{} stands still for {} s",
                self.name,
                how_long.as_secs()
            ));
            storm.inject(
                None,
                how_long + SKEW + REMIND_EVERY + Duration::from_secs(10),
            );
        }
    }

    /// Goes on at once.
    pub(super) fn thaw(&self) {
        let mut me = self.me();
        if let Some(until) = &mut me.frozen_until {
            *until = (*until).min(Instant::now());
        }
    }

    pub(super) fn is_dead(&self) -> bool {
        self.me().dead
    }

    /// Waits while the process stands still; for ever if it is dead.
    async fn lives(&self) {
        loop {
            let until = {
                let mut me = self.me();
                if me.dead {
                    None
                } else {
                    let now = Instant::now();
                    match me.frozen_until {
                        Some(until) if until > now => {
                            me.stood_still = Some(until);
                            Some(until)
                        }
                        _ => return,
                    }
                }
            };
            match until {
                // Looks now and then whether it has been thawed.
                Some(until) => {
                    let look = Instant::now() + Duration::from_secs(1);
                    tokio::time::sleep_until(until.min(look)).await;
                }
                None => std::future::pending().await,
            }
        }
    }

    /// Whether it has stood still, or died, since then.
    pub(super) fn stood_still_since(&self, since: Instant) -> bool {
        self.me().stood_still.is_some_and(|at| at >= since)
    }

    /// What is done about a call before it is on its way.
    async fn befalls(
        &self,
        storm: &Arc<Storm>,
        kind: FaultKind,
        call: &str,
        about: Option<PreviewId>,
    ) -> Result<Effect, Fault> {
        match kind {
            FaultKind::CrashBefore => {
                self.crash().await;
                Ok(Effect::Make)
            }
            FaultKind::Zombie => {
                let how_long = Duration::from_secs(chance::within(PAUSE));
                match self.role {
                    Role::Worker(_) => {
                        self.freeze(how_long);
                        self.lives().await;
                    }
                    Role::Api => tokio::time::sleep(how_long).await,
                }
                Ok(Effect::Make)
            }
            FaultKind::Throttled => Err(Fault::Throttled),
            FaultKind::Unavailable => Err(Fault::Unavailable),
            FaultKind::Rejected => Err(Fault::Rejected),
            FaultKind::MessageLost => {
                if let Some(preview) = about {
                    storm.engine().queue.lose(preview);
                }
                Ok(Effect::Drop)
            }
            FaultKind::Duplicate | FaultKind::Destroy | FaultKind::Update => {
                storm.follow(kind, about);
                Ok(Effect::Make)
            }
            _ => {
                debug_assert!(
                    matches!(kind, FaultKind::CrashAfter | FaultKind::AnswerLost),
                    "{kind} is no fault of {call}"
                );
                self.note_after(kind);
                Ok(Effect::Make)
            }
        }
    }

    /// Dies in the middle of a call; of the API only the request does.
    async fn crash(&self) {
        if matches!(self.role, Role::Worker(_)) {
            self.die();
        }
        std::future::pending::<()>().await;
    }

    fn note_after(&self, kind: FaultKind) {
        if let Some(call) = self.me().calls.get_mut(&tokio::task::try_id()) {
            call.after = Some(kind);
        }
    }
}

#[async_trait]
impl Gate for Chaos {
    async fn enter(&self, call: &str, about: Option<PreviewId>) -> Result<Effect, Fault> {
        let begun = Instant::now();
        self.lives().await;
        let Some(storm) = self.storm.upgrade() else {
            return Err(Fault::Unavailable);
        };
        let on_its_way = Call { begun, after: None };
        self.me().calls.insert(tokio::task::try_id(), on_its_way);
        if storm.is_out(call) {
            tokio::time::sleep(storm.climate.latency(call)).await;
            self.lives().await;
            storm.fired(FaultKind::Outage, call, None);
            let unknown = chance::within(0..2) == 0;
            return Err(if unknown {
                Fault::TimedOut
            } else {
                Fault::Unavailable
            });
        }
        let mut effect = Effect::Make;
        if let Some(kind) = storm.draw(call) {
            storm.note(format_args!("{} {call}: {kind}", self.name));
            storm.fired(kind, call, about);
            effect = self.befalls(&storm, kind, call, about).await?;
        }
        storm.heels(call, about);
        let mut latency = storm.climate.latency(call);
        if storm.is_slow() && FaultKind::Slow.applies_to(call) {
            storm.fired(FaultKind::Slow, call, about);
            latency = Duration::from_millis(chance::within(3000..9000));
        }
        tokio::time::sleep(latency).await;
        // What was sent arrives, or not, whatever has become of its sender.
        if self.is_dead() && chance::within(0..2) == 0 {
            std::future::pending::<()>().await;
        }
        Ok(effect)
    }

    async fn leave(&self, call: &str, about: Option<PreviewId>) -> Result<(), Fault> {
        let made = self.me().calls.remove(&tokio::task::try_id());
        let Some(storm) = self.storm.upgrade() else {
            return Err(Fault::Unavailable);
        };
        let begun = made.map_or_else(Instant::now, |call| call.begun);
        storm.landed(self, call, begun);
        storm.note(format_args!("{} {call} {}", self.name, Short(about)));
        if made.and_then(|call| call.after) == Some(FaultKind::CrashAfter) {
            self.crash().await;
        }
        tokio::time::sleep(storm.climate.latency(call)).await;
        self.lives().await;
        match made.and_then(|call| call.after) {
            Some(FaultKind::AnswerLost) => Err(Fault::TimedOut),
            _ => Ok(()),
        }
    }
}

/// A preview as a trace names it.
pub(super) struct Short(pub(super) Option<PreviewId>);

impl std::fmt::Display for Short {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(preview) => write!(f, "{}", preview.short()),
            None => Ok(()),
        }
    }
}

impl Chaos {
    /// The time by the process's clock.
    pub(super) fn now(&self) -> tempus_model::Timestamp {
        self.clock.now()
    }
}

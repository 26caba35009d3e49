//! One fault, at one call, once.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tempus_model::PreviewId;
use tempus_steps::sim::Fault;
use tokio::sync::mpsc::UnboundedSender;

use super::gate::{Effect, Gate};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// The worker dies before the call has its effect.
    CrashBefore,
    /// The worker dies after the call has had its effect, before it knows.
    CrashAfter,
    /// The call has its effect and its answer is lost.
    AnswerLost,
    /// The call is throttled.
    Throttled,
    /// The service is not available.
    Unavailable,
    /// The platform refuses.
    Rejected,
    /// A message is lost.
    MessageLost,
    /// Every preview's hint is delivered once more, at this very moment.
    Duplicate,
    /// The worker freezes in the call until its lease is long over and another has taken over;
    /// then the call lands and the old worker goes on.
    Zombie,
    /// Somebody asks for the preview's destruction at this very moment.
    Destroy,
    /// Somebody asks for another spec at this very moment.
    Update,
    /// The call takes as long as a call may.
    Slow,
    /// A whole service is away for a while.
    Outage,
    /// The process is killed between two calls.
    Killed,
    /// The process is told to stop, and started again.
    Deployed,
    /// The process stands still between two calls, past its lease.
    Paused,
    /// The process stands still for longer than a verify waits.
    LongPaused,
    /// A clock is set, within the skew that is tolerated.
    ClockSet,
    /// The queue loses a message.
    QueueLost,
    /// The queue delivers a message twice.
    QueueDoubled,
    /// A message is late.
    QueueLate,
    /// An alarm never fires.
    AlarmLost,
    /// An alarm fires twice.
    AlarmDoubled,
    /// Somebody removes with a console what a preview owns.
    Drift,
}

impl FaultKind {
    /// What can go wrong with a call.
    pub const ALL: [Self; 11] = [
        Self::CrashBefore,
        Self::CrashAfter,
        Self::AnswerLost,
        Self::Throttled,
        Self::Unavailable,
        Self::Rejected,
        Self::MessageLost,
        Self::Duplicate,
        Self::Zombie,
        Self::Destroy,
        Self::Update,
    ];

    /// What can go wrong with the world; [`FaultKind::ALL`] is what can go wrong with a call.
    pub const WORLD: [Self; 13] = [
        Self::Slow,
        Self::Outage,
        Self::Killed,
        Self::Deployed,
        Self::Paused,
        Self::LongPaused,
        Self::ClockSet,
        Self::QueueLost,
        Self::QueueDoubled,
        Self::QueueLate,
        Self::AlarmLost,
        Self::AlarmDoubled,
        Self::Drift,
    ];

    /// Everything that can befall a call in a simulation.
    pub fn at_calls() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().chain([Self::Slow, Self::Outage])
    }

    /// Whether this can go wrong with this call.
    pub fn applies_to(self, call: &str) -> bool {
        let cloud = call.starts_with("cloud.");
        match self {
            Self::Rejected | Self::Throttled | Self::Slow => cloud || call.starts_with("timer."),
            Self::MessageLost => call == "queue.send",
            _ => true,
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::CrashBefore => "crash before",
            Self::CrashAfter => "crash after",
            Self::AnswerLost => "answer lost",
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::Rejected => "rejected",
            Self::MessageLost => "message lost",
            Self::Duplicate => "duplicate",
            Self::Zombie => "zombie",
            Self::Destroy => "destroy",
            Self::Update => "update",
            Self::Slow => "slow",
            Self::Outage => "outage",
            Self::Killed => "killed",
            Self::Deployed => "deployed",
            Self::Paused => "paused",
            Self::LongPaused => "long paused",
            Self::ClockSet => "clock set",
            Self::QueueLost => "queue lost",
            Self::QueueDoubled => "queue doubled",
            Self::QueueLate => "queue late",
            Self::AlarmLost => "alarm lost",
            Self::AlarmDoubled => "alarm doubled",
            Self::Drift => "drift",
        })
    }
}

/// Where a fault strikes: the `nth` call (from 0) of this name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    /// The call's name, such as `store.checkpoint`.
    pub call: String,
    /// Which of its calls.
    pub nth: u32,
    /// What goes wrong.
    pub kind: FaultKind,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at call {} of {}", self.kind, self.nth + 1, self.call)
    }
}

/// What the world must do because a fault struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strike {
    /// The worker is dead: start another.
    Died,
    /// The worker is frozen: start another beside it.
    Froze,
    /// Deliver every hint again.
    Duplicate,
    /// Ask for the preview's destruction.
    Destroy,
    /// Ask for another spec.
    Update,
}

/// How long a frozen worker stays frozen: well past its lease and the take-over.
pub(super) const FREEZE: Duration = Duration::from_secs(50);

/// Counts a worker's calls, and lets one go wrong.
pub struct Injector {
    cell: Option<Cell>,
    strikes: UnboundedSender<(Strike, tokio::sync::oneshot::Sender<()>)>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    counts: BTreeMap<String, u32>,
    order: Vec<(String, u32)>,
    fired: bool,
    frozen_until: Option<tokio::time::Instant>,
}

impl Injector {
    /// An injector for this cell; without one it only counts.
    pub fn new(
        cell: Option<Cell>,
        strikes: UnboundedSender<(Strike, tokio::sync::oneshot::Sender<()>)>,
    ) -> Self {
        Self {
            cell,
            strikes,
            state: Mutex::default(),
        }
    }

    /// Every call made, in order, each with its number among those of its name.
    pub fn calls(&self) -> Vec<(String, u32)> {
        self.state().order.clone()
    }

    /// Whether the fault struck.
    pub fn fired(&self) -> bool {
        self.state().fired
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call about to be made; the fault, if it is this one's turn.
    fn count(&self, call: &str) -> Option<FaultKind> {
        let mut state = self.state();
        let count = state.counts.entry(call.to_owned()).or_default();
        let nth = *count;
        *count += 1;
        state.order.push((call.to_owned(), nth));
        let cell = self.cell.as_ref()?;
        (cell.call == call && cell.nth == nth).then_some(cell.kind)
    }

    fn is_this(&self, call: &str) -> Option<FaultKind> {
        let state = self.state();
        let nth = state.counts.get(call)?.checked_sub(1)?;
        let cell = self.cell.as_ref()?;
        (cell.call == call && cell.nth == nth).then_some(cell.kind)
    }

    async fn strike(&self, strike: Strike) {
        self.state().fired = true;
        let (done, waits) = tokio::sync::oneshot::channel();
        if self.strikes.send((strike, done)).is_err() {
            return;
        }
        if strike == Strike::Died {
            // The dead do not go on.
            std::future::pending::<()>().await;
        }
        let _ = waits.await;
    }
}

#[async_trait]
impl Gate for Injector {
    async fn enter(&self, call: &str, _about: Option<PreviewId>) -> Result<Effect, Fault> {
        // A frozen worker makes no call at all, not even one that it began before.
        let frozen = self.state().frozen_until;
        if let Some(until) = frozen {
            tokio::time::sleep_until(until).await;
        }
        let Some(kind) = self.count(call) else {
            return Ok(Effect::Make);
        };
        match kind {
            FaultKind::CrashBefore => self.strike(Strike::Died).await,
            FaultKind::Duplicate => self.strike(Strike::Duplicate).await,
            FaultKind::Destroy => self.strike(Strike::Destroy).await,
            FaultKind::Update => self.strike(Strike::Update).await,
            FaultKind::Zombie => {
                let until = tokio::time::Instant::now() + FREEZE;
                self.state().frozen_until = Some(until);
                self.strike(Strike::Froze).await;
                tokio::time::sleep_until(until).await;
            }
            FaultKind::Throttled => {
                self.state().fired = true;
                return Err(Fault::Throttled);
            }
            FaultKind::Unavailable => {
                self.state().fired = true;
                return Err(Fault::Unavailable);
            }
            FaultKind::Rejected => {
                self.state().fired = true;
                return Err(Fault::Rejected);
            }
            FaultKind::MessageLost => {
                self.state().fired = true;
                return Ok(Effect::Drop);
            }
            // After the call, or not of a call at all.
            _ => {}
        }
        Ok(Effect::Make)
    }

    async fn leave(&self, call: &str, _about: Option<PreviewId>) -> Result<(), Fault> {
        if self.fired() {
            return Ok(());
        }
        match self.is_this(call) {
            Some(FaultKind::CrashAfter) => {
                self.strike(Strike::Died).await;
                Ok(())
            }
            Some(FaultKind::AnswerLost) => {
                self.state().fired = true;
                Err(Fault::TimedOut)
            }
            _ => Ok(()),
        }
    }
}

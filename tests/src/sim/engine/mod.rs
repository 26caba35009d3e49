//! An engine in memory, straight on the rules: what a simulation needs thousands of.
//!
//! It passes the same conformance suite as the engines that are shipped (`tests.rs`), and can be
//! told to behave as badly as the ports allow ([`Habits`]): lists that lag, messages that are lost,
//! doubled, late and out of order, alarms that fire early, late, twice or never. What may go wrong
//! with a *call* is not here but in the wrappers around every port, which the crash matrix uses too.

mod create;
mod list;
mod queue;
mod slots;
mod state;
mod store;
#[cfg(test)]
mod tests;
mod timer;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempus_engine::Clock;
use tempus_model::InstallationId;

use super::witness::{Unwatched, Watch};
pub use queue::{SimQueue, Waiting};
use state::State;
pub use store::SimStore;
pub use timer::SimTimer;

/// How an engine behaves.
#[derive(Debug, Clone, Copy)]
pub struct Habits {
    /// How long after a change lists may still show what was before.
    pub list_lag: Duration,
    /// How long a received message stays invisible, unless it is told otherwise.
    pub visibility: Duration,
    /// How many messages in a thousand are lost.
    pub lost: u32,
    /// How many in a thousand are delivered twice.
    pub doubled: u32,
    /// How many in a thousand are late.
    pub late: u32,
    /// By how much, at most.
    pub late_by: Duration,
    /// Whether messages arrive in any order.
    pub order: Order,
    /// How far from its time an alarm may fire, earlier or later.
    pub alarm_off_by: Duration,
    /// How many alarms in a thousand never fire.
    pub alarms_lost: u32,
    /// How many in a thousand fire twice.
    pub alarms_doubled: u32,
}

/// In which order messages are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As they became visible.
    Kept,
    /// Any.
    Any,
}

impl Habits {
    /// As good as can be.
    pub const GOOD: Self = Self {
        list_lag: Duration::ZERO,
        visibility: Duration::from_secs(30),
        lost: 0,
        doubled: 0,
        late: 0,
        late_by: Duration::ZERO,
        order: Order::Kept,
        alarm_off_by: Duration::ZERO,
        alarms_lost: 0,
        alarms_doubled: 0,
    };
}

/// An engine. It outlives every worker; each sees it through wrappers of its own.
pub struct SimEngine {
    /// The rows.
    pub store: Arc<SimStore>,
    /// The messages.
    pub queue: Arc<SimQueue>,
    /// The alarms.
    pub timer: Arc<SimTimer>,
}

impl SimEngine {
    /// An empty engine.
    pub fn new(installation: InstallationId, habits: Habits, clock: Arc<dyn Clock>) -> Self {
        Self::watched(installation, habits, clock, Arc::new(Unwatched))
    }

    /// An empty engine whose every change is seen.
    pub fn watched(
        installation: InstallationId,
        habits: Habits,
        clock: Arc<dyn Clock>,
        watch: Arc<dyn Watch>,
    ) -> Self {
        let state = Arc::new(Mutex::new(State::new(habits.list_lag)));
        let queue = Arc::new(SimQueue::new(
            habits,
            Arc::clone(&state),
            Arc::clone(&clock),
        ));
        Self {
            timer: Arc::new(SimTimer::start(Arc::clone(&queue), clock)),
            store: Arc::new(SimStore {
                installation,
                state,
                watch,
            }),
            queue,
        }
    }

    /// Behaves like this from now on.
    pub fn behave(&self, habits: Habits) {
        self.queue.behave(habits);
        self.store.lag(habits.list_lag);
    }
}

/// One in a thousand, `chances` times.
fn strikes(chances: u32) -> bool {
    chances > 0 && tempus_engine::chance::within(0..1000) < chances
}

/// Up to this long.
fn up_to(longest: Duration) -> Duration {
    let millis = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
    if millis == 0 {
        return Duration::ZERO;
    }
    Duration::from_millis(tempus_engine::chance::within(0..=millis))
}

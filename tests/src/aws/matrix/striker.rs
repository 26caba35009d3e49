//! The judge on a faulted process's wire: counts its requests, and lets one meet its fault.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use rustix::process::{Signal, kill_process};
use tempus_engine::testing::wire::{Answer, Fate, Judge, Refusal, Request};
use tokio::sync::watch;

use super::cell::Strike;
use super::fault::FaultKind;
use crate::server::pid;

/// A request that is refused whenever it comes: what makes a story one of a cloud that rejects.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refuses {
    pub(super) call: &'static str,
    pub(super) about: &'static str,
}

/// Counts, and strikes once.
pub(super) struct Striker {
    strike: Option<Strike>,
    refuses: Option<Refuses>,
    calls: Mutex<Calls>,
    process: watch::Sender<Option<u32>>,
    struck: watch::Sender<bool>,
    thawed: watch::Sender<bool>,
}

#[derive(Default)]
struct Calls {
    counts: BTreeMap<String, u32>,
    order: Vec<String>,
    /// The request whose answer the fault strikes.
    watched: Option<(u64, FaultKind)>,
}

/// Its place at a wire.
pub(super) struct Seat(pub(super) Arc<Striker>);

impl Striker {
    pub(super) fn new(strike: Option<Strike>, refuses: Option<Refuses>) -> Arc<Self> {
        Arc::new(Self {
            strike,
            refuses,
            calls: Mutex::default(),
            process: watch::Sender::new(None),
            struck: watch::Sender::new(false),
            thawed: watch::Sender::new(false),
        })
    }

    /// Whose requests these are.
    pub(super) fn is_process(&self, id: u32) {
        self.process.send_replace(Some(id));
    }

    /// Every request so far.
    pub(super) fn calls(&self) -> Vec<String> {
        self.state().order.clone()
    }

    pub(super) fn has_struck(&self) -> bool {
        *self.struck.borrow()
    }

    /// Lets a held request or answer go on.
    pub(super) fn thaw(&self) {
        self.thawed.send_replace(true);
    }

    fn state(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request; its fault, if it is this one's turn.
    fn count(&self, call: &str) -> Option<FaultKind> {
        let mut state = self.state();
        let count = state.counts.entry(call.to_owned()).or_default();
        let nth = *count;
        *count += 1;
        state.order.push(call.to_owned());
        let strike = self.strike.as_ref()?;
        (strike.call == call && strike.nth == nth).then_some(strike.kind)
    }

    /// The process gets a signal that it cannot refuse.
    async fn signal(&self, signal: Signal) {
        let mut process = self.process.subscribe();
        let id = process.wait_for(Option::is_some).await;
        let id = id
            .ok()
            .and_then(|id| *id)
            .expect("a process that sends has a number");
        // It may have ended by itself meanwhile, which the cell will find.
        let _ = kill_process(pid(id), signal);
        self.struck.send_replace(true);
    }

    /// What becomes of a request without a fault.
    fn usual(&self, request: &Request) -> Fate {
        let refuses = self.refuses.as_ref();
        let is_refused =
            |refuses: &Refuses| request.call == refuses.call && request.mentions(refuses.about);
        if refuses.is_some_and(is_refused) {
            Fate::IsRefused(Refusal::Rejected)
        } else {
            Fate::Passes
        }
    }

    async fn freeze(&self) {
        self.signal(Signal::STOP).await;
        let _ = self.thawed.subscribe().wait_for(|thawed| *thawed).await;
    }
}

#[async_trait]
impl Judge for Seat {
    async fn before(&self, request: &Request) -> Fate {
        let striker = &self.0;
        let usual = striker.usual(request);
        let Some(kind) = striker.count(&request.call) else {
            return usual;
        };
        let fate = match kind {
            FaultKind::NeverArrives => Fate::IsLost,
            FaultKind::AnswerLost => match usual {
                Fate::Passes => Fate::LosesItsAnswer,
                // The answer to what is refused anyway is lost just as well.
                _ => Fate::IsLost,
            },
            FaultKind::Throttled => Fate::IsRefused(Refusal::Throttled),
            FaultKind::Unavailable => Fate::IsRefused(Refusal::Unavailable),
            FaultKind::TimedOut => Fate::IsNeverAnswered,
            FaultKind::KilledAfter | FaultKind::FrozenAfter if usual == Fate::Passes => {
                striker.state().watched = Some((request.number, kind));
                return usual;
            }
            FaultKind::KilledBefore | FaultKind::KilledAfter => {
                striker.signal(Signal::KILL).await;
                Fate::IsLost
            }
            FaultKind::FrozenBefore | FaultKind::FrozenAfter => {
                striker.freeze().await;
                usual
            }
        };
        striker.struck.send_replace(true);
        fate
    }

    async fn after(&self, request: &Request) -> Answer {
        let striker = &self.0;
        let watched = striker.state().watched;
        match watched.filter(|(number, _)| *number == request.number) {
            Some((_, FaultKind::KilledAfter)) => {
                striker.signal(Signal::KILL).await;
                Answer::IsLost
            }
            Some(_) => {
                striker.freeze().await;
                Answer::Passes
            }
            None => Answer::Passes,
        }
    }
}

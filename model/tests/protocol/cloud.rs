//! The cloud: an alarm per expiry, a definition per spec, and one service that an update moves in
//! place. A call lands at some moment between its start and [`LATE`](crate::world::LATE) after it,
//! or never.

use std::sync::Arc;

use serde_json::value::RawValue;
use tempus_model::{Ledger, LedgerEntry, StepId, Timestamp};

/// Something that can exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    /// The alarm of this expiry.
    Alarm(Timestamp),
    /// The definition of this spec.
    Definition(usize),
    /// The service, running this spec.
    Service(usize),
}

impl Thing {
    /// The step that makes it.
    pub fn step(self) -> StepId {
        match self {
            Self::Alarm(at) => StepId::of("timer", &at.millis().to_string()),
            Self::Definition(n) => StepId::of("definition", &n.to_string()),
            Self::Service(_) => StepId::single("service"),
        }
    }

    /// What is planned for it.
    pub fn planned(self) -> Arc<RawValue> {
        let text = match self {
            Self::Alarm(at) => at.millis().to_string(),
            Self::Definition(n) | Self::Service(n) => n.to_string(),
        };
        Arc::from(RawValue::from_string(text).unwrap())
    }

    /// What this entry's step makes.
    pub fn of(entry: &LedgerEntry) -> Self {
        let planned = entry.planned.get();
        match entry.step.kind() {
            "timer" => Self::Alarm(Timestamp::from_millis(planned.parse().unwrap())),
            "definition" => Self::Definition(planned.parse().unwrap()),
            _ => Self::Service(planned.parse().unwrap()),
        }
    }

    /// The entry of the step that makes it, at whatever spec.
    pub fn entry(self, ledger: &Ledger) -> Option<&LedgerEntry> {
        ledger.get(&self.step())
    }

    /// Whether the ledger has exactly this.
    pub fn is_expected(self, ledger: &Ledger) -> bool {
        self.entry(ledger)
            .is_some_and(|entry| Self::of(entry) == self)
    }
}

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Makes it; what is there already stays one thing.
    Make(Thing),
    /// Removes it.
    Remove(Thing),
}

/// A call that has been started and has not landed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The worker that waits for its answer; nobody after that worker's end.
    pub by: Option<usize>,
    /// What it does.
    pub effect: Effect,
    /// It lands by then, or never.
    pub lands_by: Timestamp,
}

impl Call {
    /// Whether something exists once it has landed.
    pub fn makes(&self) -> bool {
        matches!(self.effect, Effect::Make(_))
    }
}

/// What exists.
#[derive(Debug, Clone, Default)]
pub struct Cloud {
    /// Alarms that have not fired, in order.
    pub alarms: Vec<Timestamp>,
    /// The definition of each spec.
    pub definitions: [bool; 2],
    /// The service's spec.
    pub service: Option<usize>,
}

impl Cloud {
    /// Whether nothing exists.
    pub fn is_empty(&self) -> bool {
        self.things().is_empty()
    }

    /// Everything that exists.
    pub fn things(&self) -> Vec<Thing> {
        let alarms = self.alarms.iter().map(|at| Thing::Alarm(*at));
        let definitions = (0..2).filter(|n| self.definitions[*n]);
        alarms
            .chain(definitions.map(Thing::Definition))
            .chain(self.service.map(Thing::Service))
            .collect()
    }

    /// A call lands.
    pub fn land(&mut self, effect: Effect) {
        match effect {
            Effect::Make(Thing::Alarm(at)) => {
                self.alarms.retain(|other| *other != at);
                self.alarms.push(at);
                self.alarms.sort_unstable();
            }
            Effect::Remove(Thing::Alarm(at)) => self.alarms.retain(|other| *other != at),
            Effect::Make(Thing::Definition(n)) => self.definitions[n] = true,
            Effect::Remove(Thing::Definition(n)) => self.definitions[n] = false,
            Effect::Make(Thing::Service(n)) => self.service = Some(n),
            Effect::Remove(Thing::Service(_)) => self.service = None,
        }
    }
}

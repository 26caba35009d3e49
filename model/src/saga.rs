//! Sagas: a plan being carried out, and how far it has come.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    Failure, Footprint, Generation, JobRef, Ledger, SpecId, StepId, Timestamp, Ttl, Wakefulness,
};

/// What a plan is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlanKind {
    /// Make what the spec asks for.
    Create,
    /// Move what exists to another spec, or to another expiry.
    Update,
    /// Remove everything.
    Destroy,
    /// Compare with what really exists; restore or remove.
    Verify,
}

/// A plan's name and version, as in `create@1`. What has shipped does not change; a change is a
/// new version, so that a saga started by an older release is finished as it was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PlanId {
    /// What the plan is for.
    pub kind: PlanKind,
    /// Its version, from 1.
    pub version: u16,
}

impl fmt::Display for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            PlanKind::Create => "create",
            PlanKind::Update => "update",
            PlanKind::Destroy => "destroy",
            PlanKind::Verify => "verify",
        };
        write!(f, "{kind}@{}", self.version)
    }
}

impl FromStr for PlanId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || format!("{text:?} is no plan that this version knows");
        let (kind, version) = text.split_once('@').ok_or_else(unknown)?;
        let kind = match kind {
            "create" => PlanKind::Create,
            "update" => PlanKind::Update,
            "destroy" => PlanKind::Destroy,
            "verify" => PlanKind::Verify,
            _ => return Err(unknown()),
        };
        let version = version.parse().map_err(|_| unknown())?;
        Ok(Self { kind, version })
    }
}

impl TryFrom<String> for PlanId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<PlanId> for String {
    fn from(id: PlanId) -> Self {
        id.to_string()
    }
}

/// Which way a saga is going.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Course {
    /// Towards what its job asked for.
    Forward,
    /// Back to the last ready spec, because its job was rejected.
    RollBack,
    /// Removing everything. Once begun it always finishes.
    Unwind,
}

/// Steps that run at the same time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stage {
    /// Orders the stages; the same kind of step has the same rank in every plan of a platform.
    pub rank: u8,
    /// The steps.
    pub steps: Vec<PlannedStep>,
}

/// A step with what was fixed for it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PlannedStep {
    /// Which step.
    pub step: StepId,
    /// What is fixed for it. Moves into the ledger when the stage is entered, so a row never
    /// holds it twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<Arc<RawValue>>,
}

/// A plan being carried out. Belongs to the row; written only by the holder of its lease.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Saga {
    /// The plan.
    pub plan: PlanId,
    /// The job it is carried out for; `None` for an extend and for a verify.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobRef>,
    /// The generation that it was last turned to. Behind the row's, it must turn first.
    pub generation: Generation,
    /// The expiry that it was last turned to.
    pub expires_at: Timestamp,
    /// Whether it was last turned to a preview that runs, or to one that sleeps.
    #[serde(default, skip_serializing_if = "Wakefulness::is_awake")]
    pub wakefulness: Wakefulness,
    /// After how long without a request its spec is put to sleep; `None` is never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sleep: Option<Ttl>,
    /// Which way it is going.
    pub course: Course,
    /// The spec it is moving to; `None` when everything goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<SpecId>,
    /// What that spec takes while it runs; `None` too where an older release began the saga.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footprint: Option<Footprint>,
    /// The frozen plan; empty when everything goes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Arc<Stage>>,
    /// The stage being carried out. Equal to the number of stages when only what the plan does
    /// not have is left to be removed.
    #[serde(default)]
    pub at: usize,
    /// Whether the ledger lists the steps of the stage `at`.
    #[serde(default)]
    pub entered: bool,
    /// When it was begun or last turned.
    pub started_at: Timestamp,
    /// The first rejection it met: its job fails, whatever else happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected: Option<Failure>,
    /// The row's suspicion when a verify began: what the verify can vouch for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vouches: Option<u32>,
    /// Set once a rejection was not believed, because a late call may have caused it, and every
    /// step was looked at again: the next one is believed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub looked_again: bool,
    /// How each of its steps came about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub progress: Vec<StepProgress>,
}

impl Saga {
    /// Whether the plan has this step.
    pub fn plans(&self, step: &StepId) -> bool {
        let mut steps = self.stages.iter().flat_map(|stage| &stage.steps);
        steps.any(|planned| planned.step == *step)
    }

    /// Lists the current stage's steps in the ledger. The write that carries this out precedes
    /// the stage's first call.
    pub fn enter(&mut self, ledger: &mut Ledger, now: Timestamp) {
        let Some(stage) = self.stages.get_mut(self.at) else {
            return;
        };
        let stage = Arc::make_mut(stage);
        for planned in &mut stage.steps {
            if let Some(fixed) = planned.planned.take() {
                ledger.enter(&planned.step, stage.rank, fixed, self.generation);
            }
        }
        self.entered = true;
        let steps: Vec<_> = stage.steps.iter().map(|s| s.step.clone()).collect();
        for step in steps {
            let done = ledger.get(&step).is_some_and(|entry| entry.done);
            if !done {
                self.begin(&step, StepState::Running, now);
            }
        }
    }

    /// Notes that a step begins to be carried out or compensated; its deadline counts from here.
    pub fn begin(&mut self, step: &StepId, state: StepState, now: Timestamp) {
        match self.progress_mut(step) {
            Some(progress) if progress.state == state => {}
            // The platform was at work and is looked at again: the deadline has been counting.
            Some(progress)
                if (progress.state, state) == (StepState::Waiting, StepState::Running) =>
            {
                progress.state = state;
            }
            Some(progress) if state == StepState::Removing => {
                if progress.state == StepState::Done {
                    progress.made_at = progress.finished_at;
                }
                progress.state = state;
                progress.undo_started_at = Some(now);
                progress.since = Some(now);
                progress.attempts = 0;
                progress.error = None;
            }
            Some(progress) => {
                progress.state = state;
                progress.since = Some(now);
                progress.finished_at = None;
                progress.error = None;
            }
            None => self.progress.push(StepProgress {
                step: step.clone(),
                state,
                attempts: 0,
                started_at: now,
                since: Some(now),
                finished_at: None,
                made_at: None,
                undo_started_at: (state == StepState::Removing).then_some(now),
                retry_at: None,
                pauses: Vec::new(),
                error: None,
                resource: None,
            }),
        }
    }

    /// How this step came about.
    pub fn progress_mut(&mut self, step: &StepId) -> Option<&mut StepProgress> {
        self.progress.iter_mut().find(|p| p.step == *step)
    }

    /// How this step came about.
    pub fn progress(&self, step: &StepId) -> Option<&StepProgress> {
        self.progress.iter().find(|p| p.step == *step)
    }

    /// Goes back to the first stage, with every step to be carried out again on what exists. What
    /// was done may have been undone since, by the late call of a process that stood still; what
    /// waits for it would wait for ever. For suspect rows only, whose steps look before they make
    /// anything. An unwind has no way back.
    pub fn look_again(&mut self, ledger: &mut Ledger) {
        if self.course != Course::Unwind {
            ledger.doubt_all();
            self.at = 0;
            self.entered = false;
        }
    }

    /// Starts every deadline anew and frees what was stuck: an operator says that it is worth
    /// another try.
    pub fn retry_anew(&mut self) {
        for progress in &mut self.progress {
            if progress.state == StepState::Stuck {
                progress.state = StepState::Removing;
            }
            if progress.state.is_open() {
                progress.since = None;
                progress.retry_at = None;
            }
        }
    }
}

/// How one step came about. Kept with the job as its history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepProgress {
    /// Which step.
    pub step: StepId,
    /// How it stands.
    pub state: StepState,
    /// Calls that did not succeed and are not mere waiting, and the one that did.
    pub attempts: u32,
    /// When it was first begun.
    pub started_at: Timestamp,
    /// What its deadline counts from; `None` makes it count from the next attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// When it was done or removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// When it was done, of one whose compensation has begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_at: Option<Timestamp>,
    /// When its compensation began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo_started_at: Option<Timestamp>,
    /// When the next attempt is due, while it waits or backs off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
    /// How long it held still after attempts that failed, oldest first: the last [`Pause::MOST`] of them.
    /// Nothing is noted of a step that goes as it should, or that only waits for the platform.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<Pause>,
    /// The last error, or what it is waiting for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The name of what it makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Arc<str>>,
}

impl StepProgress {
    /// Notes that an attempt failed, and that there is no other before a time.
    pub fn pause(&mut self, from: Timestamp, to: Timestamp) {
        if self.pauses.len() >= Pause::MOST {
            self.pauses.remove(0);
        }
        self.pauses.push(Pause { from, to });
    }
}

/// The time between two attempts of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// When an attempt had failed.
    pub from: Timestamp,
    /// When the next one was due.
    pub to: Timestamp,
}

impl Pause {
    /// How many are kept of a step: a row must not grow for as long as something fails.
    pub const MOST: usize = 8;
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Being carried out.
    Running,
    /// The platform is at work; the step looks again later.
    Waiting,
    /// Carried out.
    Done,
    /// Refused, or past its deadline.
    Failed,
    /// Being compensated.
    Removing,
    /// Compensated.
    Removed,
    /// Its compensation is past its deadline; a person is needed.
    Stuck,
}

impl StepState {
    /// Whether more will happen without anybody's help.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Running | Self::Waiting | Self::Removing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PlanKind;

    /// A step that waits gives the lease back and is begun again under the next one, as often as it
    /// waits. Were its deadline counted anew each time, it would have none.
    #[test]
    fn a_step_that_waits_keeps_its_deadline() {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
        let mut saga = Saga {
            plan: PlanId {
                kind: PlanKind::Create,
                version: 1,
            },
            job: None,
            generation: Generation::default(),
            expires_at: at(3600),
            wakefulness: Wakefulness::Awake,
            sleep: None,
            course: Course::Forward,
            target: None,
            footprint: None,
            stages: Vec::new(),
            at: 0,
            entered: true,
            started_at: at(0),
            rejected: None,
            vouches: None,
            looked_again: false,
            progress: Vec::new(),
        };
        let step = StepId::single("healthy");
        saga.begin(&step, StepState::Running, at(0));
        for seconds in [10, 20, 30] {
            saga.progress_mut(&step).unwrap().state = StepState::Waiting;
            saga.begin(&step, StepState::Running, at(seconds));
        }
        let progress = saga.progress(&step).unwrap();
        assert_eq!(
            (progress.state, progress.since),
            (StepState::Running, Some(at(0)))
        );
        // Done once, and to be done again: that is another deadline.
        saga.progress_mut(&step).unwrap().state = StepState::Done;
        saga.begin(&step, StepState::Running, at(40));
        assert_eq!(saga.progress(&step).unwrap().since, Some(at(40)));
        // What is undone still tells when it was done.
        let progress = saga.progress_mut(&step).unwrap();
        (progress.state, progress.finished_at) = (StepState::Done, Some(at(45)));
        saga.begin(&step, StepState::Removing, at(50));
        let progress = saga.progress(&step).unwrap();
        assert_eq!(
            (progress.made_at, progress.undo_started_at),
            (Some(at(45)), Some(at(50)))
        );
        // An operator's replay is what starts it anew.
        saga.retry_anew();
        assert_eq!(saga.progress(&step).unwrap().since, None);
    }

    #[test]
    fn a_step_keeps_its_last_pauses() {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
        let mut progress: StepProgress = serde_json::from_value(serde_json::json!({
            "step": "route", "state": "running", "attempts": 0, "started_at": at(0),
        }))
        .unwrap();
        let before = serde_json::to_string(&progress).unwrap();
        assert!(
            !before.contains("pauses"),
            "what goes well is written as ever: {before}"
        );
        for seconds in 0..20 {
            progress.pause(at(seconds), at(seconds + 1));
        }
        assert_eq!(progress.pauses.len(), Pause::MOST);
        assert_eq!(
            (progress.pauses[0].from, progress.pauses[7].from),
            (at(12), at(19))
        );
    }
}

//! The world that every process shares: engine, cloud, what goes wrong, and what was seen.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use tempus_engine::{Clock, TokioClock, chance};
use tempus_model::invariant::{Predicate, Violation};
use tempus_model::{InstallationId, JobId, PreviewId, Timestamp};
use tempus_steps::Resource;
use tempus_steps::sim::{Cloud, NoFaults, SimPlatform};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use super::chaos::{Chaos, Short};
use super::climate::{Climate, OVERDUE, SKEW, VERIFY_DELAY};
use super::stepping::{self, Place};
use super::trace::{Shown, Trace};
use crate::sim::FaultKind;
use crate::sim::engine::{Habits, SimEngine};
use crate::sim::predicate::{Came, Landed, Sight, check, resource_of};
use crate::sim::witness::{Watch, Written};

/// Something that the run must do.
#[derive(Debug, Clone)]
pub(super) enum Action {
    /// A process died on this machine.
    Died(usize, String),
    /// A process may be started on this machine.
    Start(usize),
    /// Somebody follows on the heels of a call.
    Follow(FaultKind, Option<PreviewId>),
    /// Users do something, about this preview.
    Heels(PreviewId),
}

/// The world.
pub(super) struct Storm {
    pub(super) climate: Climate,
    pub(super) cloud: Cloud,
    pub(super) clock: TokioClock,
    pub(super) actions: UnboundedSender<Action>,
    pub(super) platform: SimPlatform,
    started: Instant,
    engine: OnceLock<SimEngine>,
    seen: Mutex<Seen>,
}

/// What was seen, and what was made to go wrong.
pub(super) struct Seen {
    pub(super) trace: Trace,
    pub(super) violation: Option<Violation>,
    pub(super) fired: BTreeMap<(FaultKind, String), u64>,
    pub(super) struck: BTreeMap<(FaultKind, Place), u64>,
    pub(super) calls: BTreeMap<String, u64>,
    /// Which calls each step makes.
    pub(super) places: BTreeMap<Place, BTreeMap<String, u64>>,
    /// The most messages that were on the queue at one time.
    pub(super) most_messages: usize,
    pub(super) acknowledged: Vec<JobId>,
    pub(super) previews: Vec<PreviewId>,
    over: bool,
    outages: BTreeMap<&'static str, Instant>,
    injected: Vec<(Timestamp, Option<PreviewId>, Duration)>,
    existed: BTreeSet<Resource>,
    revisions: BTreeMap<u64, String>,
    late: BTreeSet<u64>,
    takeovers: BTreeMap<PreviewId, u32>,
    /// When each row was last claimed.
    claimed: BTreeMap<PreviewId, Instant>,
}

/// The services that may be away as a whole.
pub(super) const SERVICES: [&str; 4] = ["store", "queue", "timer", "cloud"];

impl Storm {
    /// A world that begins now.
    pub(super) fn new(
        climate: Climate,
        shown: Shown,
        actions: UnboundedSender<Action>,
    ) -> Arc<Self> {
        let clock = TokioClock::starting_at(Timestamp::from_millis(1_800_000_000_000));
        let cloud = Cloud::new(climate.cloud, Arc::new(NoFaults));
        let storm = Arc::new(Self {
            platform: SimPlatform::new(&cloud, VERIFY_DELAY),
            cloud,
            clock,
            actions,
            started: Instant::now(),
            engine: OnceLock::new(),
            seen: Mutex::new(Seen {
                trace: Trace::new(shown),
                violation: None,
                fired: BTreeMap::new(),
                struck: BTreeMap::new(),
                calls: BTreeMap::new(),
                places: BTreeMap::new(),
                most_messages: 0,
                acknowledged: Vec::new(),
                previews: Vec::new(),
                over: false,
                outages: BTreeMap::new(),
                injected: Vec::new(),
                existed: BTreeSet::new(),
                revisions: BTreeMap::new(),
                late: BTreeSet::new(),
                takeovers: BTreeMap::new(),
                claimed: BTreeMap::new(),
            }),
            climate,
        });
        let watch = Arc::new(Eye(Arc::downgrade(&storm)));
        let engine = SimEngine::watched(
            InstallationId::new(0x7e57),
            storm.climate.engine,
            Arc::new(clock),
            watch,
        );
        let _ = storm.engine.set(engine);
        storm
    }

    pub(super) fn engine(&self) -> &SimEngine {
        self.engine
            .get()
            .unwrap_or_else(|| unreachable!("set when the world is made"))
    }

    pub(super) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a step.
    pub(super) fn note(&self, step: fmt::Arguments<'_>) {
        let millis = self.started.elapsed().as_millis();
        self.seen().trace.note(millis, step);
    }

    /// Notes that a predicate did not hold; the first one counts.
    pub(super) fn violated(&self, violation: Violation) {
        self.note(format_args!("VIOLATED {violation}"));
        self.seen().violation.get_or_insert(violation);
    }

    /// Holds every predicate against this.
    pub(super) fn look(&self, sight: &Sight<'_>) {
        if let Err(violation) = check(sight, self) {
            self.violated(violation);
        }
    }

    /// Nothing goes wrong from now on.
    pub(super) fn is_over(&self) -> bool {
        self.seen().over
    }

    pub(super) fn end_faults(&self) {
        self.note(format_args!("faults stop"));
        self.engine().behave(Habits::GOOD);
        let mut seen = self.seen();
        seen.over = true;
        seen.outages.clear();
    }

    /// Which fault befalls this call, if one does.
    pub(super) fn draw(&self, call: &str) -> Option<FaultKind> {
        let rare = {
            let mut seen = self.seen();
            if seen.over {
                return None;
            }
            let in_place = stepping::current().map(|place| {
                let calls = seen.places.entry(place).or_default();
                count(calls, call)
            });
            let in_all = count(&mut seen.calls, call);
            in_all <= 4 || in_place.is_some_and(|in_place| in_place <= 4)
        };
        if self.climate.faults == 0 {
            return None;
        }
        // What is called a few times in a run would hardly ever be struck otherwise.
        let chances = self.climate.faults * if rare { 10 } else { 1 };
        if chance::within(0..10_000) >= chances {
            return None;
        }
        let kind = self.climate.kinds[chance::within(0..self.climate.kinds.len())];
        if !kind.applies_to(call) {
            return None;
        }
        // Refusals are final: more of them than this, and nothing but failures is seen.
        if kind == FaultKind::Rejected && !rare && chance::within(0..4) > 0 {
            return None;
        }
        Some(kind)
    }

    pub(super) fn is_slow(&self) -> bool {
        self.climate.slow > 0 && !self.is_over() && chance::within(0..1000) < self.climate.slow
    }

    /// Counts a fault, and what it may cost.
    pub(super) fn fired(&self, kind: FaultKind, call: &str, about: Option<PreviewId>) {
        let minute = Duration::from_secs(75);
        let cost = match kind {
            FaultKind::Destroy | FaultKind::Update | FaultKind::Duplicate => Duration::ZERO,
            FaultKind::Slow | FaultKind::Outage => Duration::from_secs(10),
            _ if about.is_some() || call.starts_with("queue.") || call == "store.due" => minute,
            _ => Duration::from_secs(10),
        };
        let now = self.clock.now();
        let mut seen = self.seen();
        *seen.fired.entry((kind, call.to_owned())).or_default() += 1;
        if let Some(place) = stepping::current() {
            *seen.struck.entry((kind, place)).or_default() += 1;
        }
        if !cost.is_zero() {
            seen.injected.push((now, about, cost));
        }
    }

    /// Notes that something was made to go wrong that may cost so much time.
    pub(super) fn inject(&self, about: Option<PreviewId>, cost: Duration) {
        let now = self.clock.now();
        self.seen().injected.push((now, about, cost));
    }

    /// Takes a service away for a while.
    pub(super) fn outage(&self, service: &'static str, how_long: Duration) {
        self.note(format_args!(
            "{service} is away for {} s",
            how_long.as_secs()
        ));
        self.inject(None, how_long + Duration::from_secs(75));
        let mut seen = self.seen();
        let until = Instant::now() + how_long;
        let ends = seen.outages.entry(service).or_insert(until);
        *ends = (*ends).max(until);
    }

    pub(super) fn is_out(&self, call: &str) -> bool {
        let seen = self.seen();
        let service = call.split('.').next().unwrap_or_default();
        seen.outages
            .get(service)
            .is_some_and(|until| *until > Instant::now())
    }

    /// Lets users follow on the heels of a call, now and then: a change that slips in between two
    /// writes is where mistakes are.
    pub(super) fn heels(&self, call: &str, about: Option<PreviewId>) {
        let Some(preview) = about.filter(|_| !self.is_over()) else {
            return;
        };
        let is_write = call.starts_with("store.") && !matches!(call, "store.get" | "store.spec");
        if is_write && chance::within(0..10_000) < self.climate.heels {
            let _ = self.actions.send(Action::Heels(preview));
        }
    }

    pub(super) fn follow(&self, kind: FaultKind, about: Option<PreviewId>) {
        let _ = self.actions.send(Action::Follow(kind, about));
    }

    /// Looks at what a call of this process has made just now.
    pub(super) fn landed(&self, by: &Chaos, call: &str, begun: Instant) {
        if !call.starts_with("cloud.create") && call != "cloud.update service" {
            return;
        }
        for item in self.cloud.truth() {
            {
                let mut seen = self.seen();
                if seen.revisions.get(&item.number) == Some(&item.revision) {
                    continue;
                }
                seen.revisions.insert(item.number, item.revision.clone());
                seen.existed.insert(resource_of(&item));
            }
            let Some(row) = self.engine().store.row(item.tags.1) else {
                continue;
            };
            // As long as it is respected: clocks are set meanwhile. A process that stood still may have
            // claimed the row again while it was still at work under its last claim.
            let begun = stepping::since().unwrap_or(begun);
            let claimed = self.seen().claimed.get(&item.tags.1).copied();
            let held = row.lease.as_ref().is_some_and(|lease| {
                lease.worker.0 == by.name && lease.until.after(SKEW) > by.now()
            });
            let held = held && claimed.is_none_or(|claimed| claimed <= begun);
            let came = match (held, begun.elapsed() > OVERDUE) {
                (true, _) => Came::InTime,
                (false, false) => Came::Late,
                (false, true) => Came::Overdue,
            };
            if came != Came::InTime {
                self.note(format_args!("{} landed late: {came:?}", item.name));
                self.seen().late.insert(item.number);
                // Not only this call: a step makes several, and may have stood still between two.
                let step = Instant::now().checked_sub(OVERDUE).unwrap_or(begun);
                let since = Timestamp::from_millis(
                    self.clock.now().millis() - i64::try_from(OVERDUE.as_millis()).unwrap_or(0),
                );
                let no_cause = self.injected_since(item.tags.1, since).is_zero();
                if !by.stood_still_since(step) && no_cause {
                    let (by, name) = (&by.name, &item.name);
                    let seen =
                        format!("{by} made {name} after its lease, although it never stood still");
                    self.violated(Predicate::OneHolder.violated(seen));
                }
            }
            let row = tempus_model::Row::clone(&row);
            self.look(&Sight::Landed(&Landed { item, row, came }));
        }
    }
}

/// Counts one more of this name.
fn count(counts: &mut BTreeMap<String, u64>, name: &str) -> u64 {
    let count = counts.entry(name.to_owned()).or_default();
    *count += 1;
    *count
}

/// Sees every change of a row.
struct Eye(Weak<Storm>);

impl Watch for Eye {
    fn written(&self, written: &Written<'_>) {
        let Some(storm) = self.0.upgrade() else {
            return;
        };
        let after = written.after;
        storm.note(format_args!(
            "  {} {} v{} e{} w{} {} due {:?}",
            Short(Some(after.preview)),
            written.verb,
            after.version,
            after.epoch,
            after.wseq,
            after.phase(),
            after.due_at.map(|due| due.millis() - 1_800_000_000_000),
        ));
        if let Some(before) = written.before
            && before.epoch != after.epoch
        {
            let mut seen = storm.seen();
            seen.claimed.insert(after.preview, Instant::now());
            if before.lease.is_some() {
                *seen.takeovers.entry(after.preview).or_default() += 1;
            }
        }
        // Whoever holds the row sees a doubt only with its next write.
        if written.verb == "doubt" {
            storm.inject(Some(after.preview), Duration::from_secs(75));
        }
        // Until a person replays it, a parked saga may take its time.
        if let Some(parked) = written.before.and_then(|before| before.parked.as_ref())
            && after.parked.is_none()
        {
            let now = storm.clock.now();
            storm.inject(Some(after.preview), parked.since.until(now) + SKEW);
        }
        storm.look(&Sight::Written(written));
    }
}

impl Storm {
    /// How much time it costs at most what was made to go wrong of calls and processes since then.
    pub(super) fn injected_since(&self, preview: PreviewId, since: Timestamp) -> Duration {
        let seen = self.seen();
        let injected = seen.injected.iter().rev().filter(|(at, about, cost)| {
            at.after(*cost) >= since && about.is_none_or(|about| about == preview)
        });
        injected.map(|(_, _, cost)| *cost).sum()
    }

    pub(super) fn existed(&self, resource: &Resource) -> bool {
        self.seen().existed.contains(resource)
    }

    pub(super) fn came_late(&self, number: u64) -> bool {
        self.seen().late.contains(&number)
    }

    pub(super) fn takeovers_of(&self, preview: PreviewId) -> u32 {
        self.seen().takeovers.get(&preview).copied().unwrap_or(0)
    }
}

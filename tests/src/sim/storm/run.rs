//! One seed, from an empty world to an empty world; and many of them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tempus_engine::chance;
use tempus_model::breakage::{self, Breakage};
use tempus_steps::sim::Life;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::Instant;

use super::client::{Api, Wish};
use super::climate::{Climate, EVENTS, LONG_PAUSE, PAUSE, WINDOW, WORKERS};
use super::process::Machine;
use super::report::{Report, Totals};
use super::shared::{Action, SERVICES, Storm};
pub use super::trace::Shown;
use crate::sim::FaultKind;
use crate::sim::predicate::Sight;

/// How often predicates of time are held against the world.
const LOOK: Duration = Duration::from_secs(5);

/// A run of one seed.
pub(super) struct Run {
    pub(super) storm: Arc<Storm>,
    pub(super) machines: Vec<Machine>,
    pub(super) longest_rest: Duration,
    api: Arc<Api>,
    actions: UnboundedReceiver<Action>,
    next_look: Instant,
    events: usize,
}

/// Something that happens at a time that is fixed at the beginning.
#[derive(Debug, Clone, Copy)]
enum Event {
    User,
    World(FaultKind),
}

/// Runs one seed, on a runtime of its own.
pub fn run_seed(seed: u64, shown: Shown) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap_or_else(|error| panic!("no runtime: {error}"));
    chance::seed(Some(seed));
    let report = runtime.block_on(async {
        let mut run = Run::new(shown);
        run.play().await;
        if !run.is_violated() {
            run.rest().await;
        }
        run.report(seed)
    });
    chance::seed(None);
    report
}

impl Run {
    fn new(shown: Shown) -> Self {
        let climate = Climate::draw();
        let (send, actions) = unbounded_channel();
        let storm = Storm::new(climate, shown, send);
        storm.note(format_args!("{:?}", storm.climate));
        let machines = (0..WORKERS).map(|number| Machine::new(number, storm.clock));
        Self {
            machines: machines.collect(),
            longest_rest: Duration::ZERO,
            api: Api::new(&storm),
            storm,
            actions,
            next_look: Instant::now() + LOOK,
            events: 0,
        }
    }

    pub(super) fn is_violated(&self) -> bool {
        self.storm.seen().violation.is_some()
    }

    /// Plays everything that is to happen, in the order of its time.
    async fn play(&mut self) {
        let begin = Instant::now();
        for machine in &mut self.machines {
            machine.start(&self.storm);
        }
        let mut timeline = BTreeMap::new();
        let window = u64::try_from(WINDOW.as_millis()).unwrap_or(u64::MAX);
        let mut at = |event| {
            let time = begin + Duration::from_millis(chance::within(0..window));
            // No two things at the same moment, so that their order is no question.
            let mut place = (time, 0_u32);
            while timeline.contains_key(&place) {
                place.1 += 1;
            }
            timeline.insert(place, event);
        };
        for _ in 0..EVENTS {
            at(Event::User);
        }
        for (kind, most) in self.storm.climate.world.clone() {
            for _ in 0..most {
                at(Event::World(kind));
            }
        }
        // The first minute belongs to twenty creates.
        for number in 0..20 {
            self.api.begin(Wish::Create(number));
            self.events += 1;
            self.pass(Duration::from_millis(chance::within(0..3000)))
                .await;
        }
        for ((time, _), event) in timeline {
            if self.is_violated() {
                return;
            }
            self.pass(time.saturating_duration_since(Instant::now()))
                .await;
            match event {
                Event::User if self.events >= EVENTS => {}
                Event::User => {
                    self.events += 1;
                    self.api.begin(Wish::draw(&self.storm, None));
                }
                Event::World(kind) => self.befall(kind),
            }
        }
    }

    /// Lets time pass, and does meanwhile what there is to do.
    pub(super) async fn pass(&mut self, how_long: Duration) {
        let end = Instant::now() + how_long;
        while !self.is_violated() {
            let next = end.min(self.next_look);
            tokio::select! {
                biased;
                Some(action) = self.actions.recv() => self.act(action),
                () = tokio::time::sleep_until(next) => {
                    if next == end {
                        return;
                    }
                    self.next_look += LOOK;
                    self.storm.look(&Sight::Moment);
                    let messages = self.storm.engine().queue.len();
                    let mut seen = self.storm.seen();
                    seen.most_messages = seen.most_messages.max(messages);
                }
            }
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Died(number, name) => self.machines[number].bury(&self.storm, &name),
            Action::Start(number) => self.machines[number].start(&self.storm),
            Action::Heels(preview) => {
                self.events += 1;
                self.api.begin(Wish::draw(&self.storm, Some(preview)));
            }
            Action::Follow(kind, about) => {
                let previews = self.storm.seen().previews.clone();
                let any =
                    || (!previews.is_empty()).then(|| previews[chance::within(0..previews.len())]);
                let Some(preview) = about.or_else(any) else {
                    return;
                };
                self.api.begin(match kind {
                    FaultKind::Destroy => Wish::Destroy(preview),
                    FaultKind::Update => Wish::Update(preview),
                    _ => Wish::Look(preview),
                });
            }
        }
    }

    /// Lets something befall the world.
    fn befall(&mut self, kind: FaultKind) {
        let storm = Arc::clone(&self.storm);
        let machine = &mut self.machines[chance::within(0..WORKERS)];
        let seconds = |range: Range<u64>| Duration::from_secs(chance::within(range));
        match kind {
            FaultKind::Outage => {
                let service = SERVICES[chance::within(0..SERVICES.len())];
                storm.outage(service, seconds(5..90));
            }
            FaultKind::Killed => {
                if let Some(gate) = machine.gate() {
                    gate.die();
                }
            }
            FaultKind::Deployed => machine.deploy(&storm),
            FaultKind::Paused | FaultKind::LongPaused => {
                let how_long = if kind == FaultKind::Paused {
                    PAUSE
                } else {
                    LONG_PAUSE
                };
                if let Some(gate) = machine.gate() {
                    gate.freeze(seconds(how_long));
                }
            }
            FaultKind::ClockSet => machine.clock.set(),
            FaultKind::Drift => {
                let things = storm.cloud.truth();
                let things: Vec<_> = things.iter().filter(|t| t.life == Life::Active).collect();
                if let Some(thing) = things.get(chance::within(0..things.len().max(1))) {
                    storm.note(format_args!("somebody removes {}", thing.name));
                    storm.inject(None, Duration::from_secs(10));
                    storm.cloud.lose(thing.kind, &thing.name);
                }
            }
            _ => return,
        }
        storm.fired(kind, "", None);
    }

    fn report(&self, seed: u64) -> Report {
        let seen = self.storm.seen();
        let mut fired = seen.fired.clone();
        for (kind, count) in self.storm.engine().queue.struck() {
            *fired.entry((kind, String::new())).or_default() += count;
        }
        Report {
            seed,
            violation: seen.violation.clone(),
            fired,
            struck: seen.struck.clone(),
            calls: seen.calls.clone(),
            places: seen.places.clone(),
            most_messages: seen.most_messages,
            moves: seen.trace.moves,
            trace: seen.trace.hash(),
            longest_rest: self.longest_rest,
            previews: seen.previews.len(),
            events: self.events,
        }
    }
}

/// Runs seeds on so many threads, each with this rule broken. `each` sees every report, in no
/// particular order; `false` ends the run early.
pub fn run_seeds(
    from: u64,
    seeds: u64,
    threads: usize,
    broken: Option<Breakage>,
    each: impl Fn(&Report, &Totals) -> bool + Sync,
) -> Totals {
    let (next, stop) = (AtomicU64::new(from), AtomicBool::new(false));
    let totals = Mutex::new(Totals::default());
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                breakage::choose(broken);
                while !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from.saturating_add(seeds) {
                        return;
                    }
                    let report = run_seed(seed, Shown::No);
                    let mut totals = totals.lock().unwrap_or_else(PoisonError::into_inner);
                    totals.add(&report);
                    if !each(&report, &totals) {
                        stop.store(true, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let mut totals = totals.into_inner().unwrap_or_else(PoisonError::into_inner);
    totals.violations.sort_by_key(|(seed, _)| *seed);
    totals
}

//! Runs many cells, several at a time, and says what became of them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use tempus_engine::testing::emulator::{Emulator, Kind};

use super::cell::{Cell, Failed, Ran, Strike};
use super::fault::FaultKind;
use super::lane::Lane;
use super::story::Story;
use crate::table::Table;

/// How often a cell is run whose fault does not strike: some requests come more often in one run
/// than in another.
const TRIES: u32 = 3;
/// How many lanes one emulator carries.
const LANES_EACH: usize = 8;

/// Requests that a clock makes and not the story: how many there are says how long a run took.
/// The first of them are faulted.
const PACED: [(&str, &str); 3] = [
    ("sqs.ReceiveMessage", "long polls"),
    (
        "dynamodb.Query",
        "the reminder asks for due rows every second",
    ),
    (
        "sqs.ChangeMessageVisibilityBatch",
        "one for each claim, and heartbeats",
    ),
];
/// How many of them.
const FIRST: u32 = 4;

/// Which part of the matrix is run.
#[derive(Debug, Clone)]
pub enum Part {
    /// All of it.
    All,
    /// As much as can be done in this time, chosen by this seed; each kind of fault and each
    /// service at least once, whatever the time.
    Chosen {
        /// What decides.
        seed: u64,
        /// About when the last cell is over, counted from the start.
        within: Duration,
    },
    /// These cells.
    These(Vec<Cell>),
}

/// Runs a part of the matrix in so many lanes at a time.
pub fn matrix(part: Part, lanes: usize) -> Table<FaultKind> {
    let begun = Instant::now();
    let emulators: Vec<_> = (0..lanes.div_ceil(LANES_EACH))
        .map(|_| Emulator::start(Kind::Ministack))
        .collect();
    let endpoints = emulators.iter().map(|e| e.endpoint().to_owned()).collect();
    let crew = Crew { endpoints, lanes };
    let mut table = Table::new(&FaultKind::ALL);
    let (cells, must, until) = match part {
        Part::These(cells) => (cells, usize::MAX, None),
        Part::All => (every_cell(&crew.record(2, &mut table)), usize::MAX, None),
        Part::Chosen { seed, within } => {
            let all = every_cell(&crew.record(1, &mut table));
            let (cells, must) = by_seed(all, seed);
            (cells, must, Some(begun + within))
        }
    };
    for (cell, ran) in crew.run(cells, must, until) {
        table.cells += 1;
        match (ran, &cell.strike) {
            (Ok(_), Some(strike)) => table.held(&strike.call, strike.kind),
            (Ok(_), None) => {}
            (Err(Failed(why)), _) => table.broken.push(format!("{cell}: {why}")),
        }
    }
    table
}

/// What a story's clean runs made, at the least.
type Clean = BTreeMap<Story, BTreeMap<String, u32>>;

/// Who runs cells.
struct Crew {
    endpoints: Vec<String>,
    lanes: usize,
}

/// What is still to be run, and what has been.
struct Work {
    left: Mutex<VecDeque<(Cell, u32)>>,
    /// How many have to be begun, however late it is.
    must: Mutex<usize>,
    until: Option<Instant>,
    done: Mutex<Vec<(Cell, Result<Ran, Failed>)>>,
}

impl Crew {
    /// Plays every story without a fault, so often.
    fn record(&self, times: usize, table: &mut Table<FaultKind>) -> Clean {
        let clean = |story| Cell {
            story,
            strike: None,
        };
        let runs = Story::ALL.map(clean).into_iter();
        let runs = runs.flat_map(|cell| std::iter::repeat_n(cell, times));
        let mut recorded = Clean::new();
        for (cell, ran) in self.run(runs.collect(), usize::MAX, None) {
            let calls = match ran {
                Ok(ran) => ran.calls,
                Err(Failed(why)) => {
                    table.broken.push(format!("{cell} without a fault: {why}"));
                    continue;
                }
            };
            let least = recorded.entry(cell.story).or_insert_with(|| calls.clone());
            least.retain(|call, least| {
                let count = calls.get(call).copied().unwrap_or(0);
                if count != *least {
                    println!("{cell}: {call} comes {least} times or {count}");
                }
                *least = count.min(*least);
                *least > 0
            });
        }
        for (story, calls) in &recorded {
            println!(
                "{story:?}: {} requests: {calls:?}",
                calls.values().sum::<u32>()
            );
        }
        recorded
    }

    fn run(
        &self,
        cells: Vec<Cell>,
        must: usize,
        until: Option<Instant>,
    ) -> Vec<(Cell, Result<Ran, Failed>)> {
        let all = cells.len();
        let work = Arc::new(Work {
            left: Mutex::new(cells.into_iter().map(|cell| (cell, 1)).collect()),
            must: Mutex::new(must),
            until,
            done: Mutex::default(),
        });
        let lanes: Vec<_> = (0..self.lanes.min(all))
            .map(|number| {
                let work = Arc::clone(&work);
                let endpoint = self.endpoints[number % self.endpoints.len()].clone();
                // A thread each: what one starts and breaks is nothing to the others.
                std::thread::spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .enable_all()
                        .build();
                    runtime.expect("a runtime").block_on(work.run(&endpoint));
                })
            })
            .collect();
        for lane in lanes {
            lane.join().expect("a lane reports what breaks in it");
        }
        std::mem::take(&mut *locked(&work.done))
    }
}

impl Work {
    /// Runs cells in one lane until none is left; in a new one after one that did not hold.
    async fn run(&self, endpoint: &str) {
        let mut lane = None;
        while let Some((cell, tries)) = self.take() {
            let mut its = match lane.take() {
                Some(lane) => lane,
                None => Lane::new(endpoint).await,
            };
            let begun = Instant::now();
            let ran = cell.run(&mut its).await;
            let took = begun.elapsed().as_secs_f32();
            let ran = match ran {
                Ok(ran) => {
                    lane = Some(its);
                    let missed = cell.strike.is_some() && !ran.struck;
                    if missed && tries < TRIES {
                        println!("{took:5.1} s  again  {cell}");
                        locked(&self.left).push_back((cell, tries + 1));
                        continue;
                    }
                    if missed {
                        Err(Failed("the fault never struck".to_owned()))
                    } else {
                        Ok(ran)
                    }
                }
                Err(failed) => Err(failed),
            };
            match &ran {
                Ok(_) => println!("{took:5.1} s  held   {cell}"),
                Err(Failed(why)) => println!("{took:5.1} s  BROKE  {cell}: {why}"),
            }
            locked(&self.done).push((cell, ran));
        }
    }

    /// The next cell: of those that must be, or that can be over in time.
    fn take(&self) -> Option<(Cell, u32)> {
        let (mut must, mut left) = (locked(&self.must), locked(&self.left));
        let place = match self.until {
            Some(until) if *must == 0 => {
                let ends = |cell: &Cell| Instant::now() + cell.lasts();
                left.iter().position(|(cell, _)| ends(cell) <= until)?
            }
            _ => 0,
        };
        *must = must.saturating_sub(1);
        left.remove(place)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Every request with every fault that it can meet.
fn every_cell(clean: &Clean) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (&story, calls) in clean {
        for (call, &count) in calls {
            let paced = PACED.iter().any(|(paced, _)| paced == call);
            let count = if paced { count.min(FIRST) } else { count };
            for nth in 0..count {
                let kinds = FaultKind::ALL.into_iter();
                let kinds = kinds.filter(|kind| kind.applies_to(call) && story.has(*kind));
                cells.extend(kinds.map(|kind| Cell {
                    story,
                    strike: Some(Strike {
                        call: call.clone(),
                        nth,
                        kind,
                    }),
                }));
            }
        }
    }
    cells
}

/// The cells in an order of the seed's choosing, those first that cover each kind of fault and
/// each service; and how many those are.
fn by_seed(mut cells: Vec<Cell>, seed: u64) -> (Vec<Cell>, usize) {
    cells.sort();
    cells.shuffle(&mut StdRng::seed_from_u64(seed));
    let (mut kinds, mut services) = (BTreeSet::new(), BTreeSet::new());
    let covers = |cell: &Cell| {
        let Some(strike) = &cell.strike else {
            return false;
        };
        let service = strike.call.split('.').next().unwrap_or_default();
        // A cell that takes long is not needed for that.
        cell.story != Story::Expire
            && (kinds.insert(strike.kind) | services.insert(service.to_owned()))
    };
    let (mut first, rest): (Vec<_>, Vec<_>) = cells.into_iter().partition(covers);
    let must = first.len();
    first.extend(rest);
    (first, must)
}

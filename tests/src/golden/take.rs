//! Takes goldens: plays the stories with the real worker, and looks at what is stored and what
//! exists right after each write of the worker.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tempus_engine::TokioClock;
use tempus_engine::sqlite::{Mode, Options, SqliteEngine};
use tempus_model::{Course, InstallationId, Phase, Row, Timestamp};

use super::{End, Golden, dump, resume, scratch};
use crate::sim::{Cell, FaultKind, Scenario, World, spec};

/// Every golden of the plans that this version begins: the first world met at each cursor.
pub fn take() -> Result<Vec<Golden>, String> {
    let mut taken = BTreeMap::new();
    for scenario in Scenario::ALL {
        for patience in [Patience::Usual, Patience::None] {
            for (call, nth) in writes(scenario, patience)? {
                let kind = FaultKind::CrashAfter;
                let cell = Cell { call, nth, kind };
                keep(&mut taken, left_by(scenario, patience, cell)?);
            }
        }
    }
    keep(&mut taken, queued()?);
    keep(&mut taken, parked("cloud.delete rule", Then::Destroy)?);
    keep(&mut taken, parked("cloud.delete definition", Then::Update)?);
    let mut goldens = Vec::new();
    for mut golden in taken.into_values() {
        golden.end = on(async || resume(&golden, resumed).await)
            .map_err(|error| format!("{}/{}: {error}", golden.plan, golden.cursor))?;
        goldens.push(golden);
    }
    Ok(goldens)
}

/// Goes on with one worker of this version.
async fn resumed(world: &mut World, _preview: tempus_model::PreviewId) -> Result<(), String> {
    world.start_successor();
    Ok(())
}

fn keep(taken: &mut BTreeMap<(String, String), Golden>, golden: Option<Golden>) {
    if let Some(golden) = golden {
        let at = (golden.plan.clone(), golden.cursor.clone());
        taken.entry(at).or_insert(golden);
    }
}

/// How a worker waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Patience {
    /// As it does usually.
    Usual,
    /// It gives the lease back whenever it has to wait: then a wait is a cursor of its own.
    None,
}

impl Patience {
    fn tell(self, world: &mut World) {
        if self == Self::None {
            world.in_place = Duration::from_millis(50);
        }
    }

    fn writes(self) -> &'static [&'static str] {
        match self {
            Self::Usual => &["claim", "checkpoint", "turn", "wait", "settle", "vouch"],
            Self::None => &["wait"],
        }
    }
}

/// The writes of a story in which nothing goes wrong.
fn writes(scenario: Scenario, patience: Patience) -> Result<Vec<(String, u32)>, String> {
    on(async || {
        let mut world = World::new(None);
        patience.tell(&mut world);
        scenario.play(&mut world).await?;
        let mut calls = world.faults.calls();
        calls.retain(|(call, _)| {
            let verb = call.strip_prefix("store.");
            verb.is_some_and(|verb| patience.writes().contains(&verb))
        });
        Ok(calls)
    })
}

/// What a story leaves behind whose worker dies and has no successor.
fn left_by(scenario: Scenario, patience: Patience, cell: Cell) -> Result<Option<Golden>, String> {
    on(async || {
        let (mut world, folder) = world(Some(cell))?;
        patience.tell(&mut world);
        let (say, heard) = std::sync::mpsc::channel();
        let file = folder.path().join("tempus.db");
        world.last_words = Some(Box::new(move |now, row, cloud| {
            let _ = say.send((now, row, cloud, dump(&file)));
        }));
        // The story cannot come to its end: what matters is where it stops.
        let _ = scenario.play(&mut world).await;
        let Ok((now, row, cloud, stored)) = heard.try_recv() else {
            return Ok(None);
        };
        let Some((mut plan, cursor)) = cursor_of(&row) else {
            return Ok(None);
        };
        plan.push_str(beyond(scenario));
        Ok(Some(Golden {
            plan,
            cursor,
            now,
            end: END,
            cloud: cloud.iter().map(Into::into).collect(),
            stored: stored.map_err(|error| error.to_string())?,
        }))
    })
}

/// What a story's previews have that came after the first release of their plans: a plan that shipped
/// without it has not changed, and has goldens with it beside those without.
const fn beyond(scenario: Scenario) -> &'static str {
    match scenario {
        Scenario::Database => "+database",
        _ => "",
    }
}

/// A preview that no worker has seen yet.
fn queued() -> Result<Option<Golden>, String> {
    on(async || {
        let (mut world, folder) = world(None)?;
        let made = world.create("app", spec(&[("web", "1")]), LONG).await;
        let preview = made.map_err(|error| error.to_string())?.preview;
        let Some((plan, cursor)) = cursor_of(&world.get(preview).await.row) else {
            return Ok(None);
        };
        let stored = dump(&folder.path().join("tempus.db"));
        Ok(Some(Golden {
            plan,
            cursor,
            now: world.now(),
            end: END,
            cloud: Vec::new(),
            stored: stored.map_err(|error| error.to_string())?,
        }))
    })
}

/// A preview whose removal, or whose way back to its last spec, the cloud refuses.
fn parked(call: &str, then: Then) -> Result<Option<Golden>, String> {
    let cell = Cell {
        call: call.to_owned(),
        nth: 0,
        kind: FaultKind::Rejected,
    };
    on(async || {
        let (mut world, folder) = world(Some(cell))?;
        world.start_worker();
        let made = world.create("app", spec(&[("web", "1")]), LONG).await;
        let preview = made.map_err(|error| error.to_string())?.preview;
        world.until_rest(preview, LONG).await?;
        let asked = match then {
            Then::Destroy => world.destroy(preview).await,
            Then::Update => world.update(preview, spec(&[("web", "sick")])).await,
        };
        asked.map_err(|error| error.to_string())?;
        world.until_rest(preview, LONG).await?;
        let Some((plan, cursor)) = cursor_of(&world.get(preview).await.row) else {
            return Ok(None);
        };
        let stored = dump(&folder.path().join("tempus.db"));
        Ok(Some(Golden {
            plan,
            cursor,
            now: world.now(),
            end: END,
            cloud: world.cloud.truth().iter().map(Into::into).collect(),
            stored: stored.map_err(|error| error.to_string())?,
        }))
    })
}

/// What is asked for before something is refused.
#[derive(Debug, Clone, Copy)]
enum Then {
    Destroy,
    Update,
}

const LONG: Duration = Duration::from_hours(3);

/// Not known before it was resumed.
const END: End = End {
    phase: Phase::Pending,
    jobs: Vec::new(),
};

/// A world whose engine has a file.
fn world(cell: Option<Cell>) -> Result<(World, tempfile::TempDir), String> {
    let folder = scratch().map_err(|error| error.to_string())?;
    let clock = TokioClock::starting_at(Timestamp::from_millis(1_800_000_000_000));
    let options = Options {
        clock: Arc::new(clock),
        mode: Mode::Inline,
        installation: InstallationId::new(0x7e57),
        visibility: Duration::from_secs(30),
    };
    let engine = SqliteEngine::open(folder.path(), options).map_err(|error| error.to_string())?;
    Ok((World::on(engine, clock, cell), folder))
}

/// Where a row stands: the folder and the file of its golden.
fn cursor_of(row: &Row) -> Option<(String, String)> {
    let Some(saga) = &row.saga else {
        let at = match (row.pending, row.verify_at) {
            (Some(_), _) => "queued",
            (None, Some(_)) => "to-be-verified",
            (None, None) if row.is_gone() => return None,
            (None, None) => "ready",
        };
        return Some(("rest".to_owned(), at.to_owned()));
    };
    let course = match saga.course {
        Course::Forward => "forward",
        Course::RollBack => "roll-back",
        Course::Unwind => "unwind",
    };
    let made = row
        .ledger
        .entries()
        .iter()
        .filter(|entry| entry.done)
        .count();
    let listed = row.ledger.entries().len();
    let entered = if saga.entered { "entered" } else { "open" };
    let mut cursor = format!("{course}-stage-{}-{entered}-{made}-of-{listed}", saga.at);
    if row.parked.is_some() {
        cursor.push_str("-parked");
    } else if row.lease.is_none() {
        cursor.push_str("-waiting");
    }
    Some((saga.plan.to_string(), cursor))
}

/// Runs in a thread of its own virtual time.
fn on<T>(what: impl AsyncFnOnce() -> Result<T, String>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(what())
}

//! The crash matrix: every call that a clean run makes, each with everything that can go wrong.

use super::faults::{Cell, FaultKind};
use super::scenario::Scenario;
use super::world::World;
use crate::table::Table;

/// How one cell ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The fault struck and everything held.
    Held,
    /// The fault never struck.
    NeverFired,
    /// Something did not hold.
    Broken(String),
}

/// Runs one story with one fault, from an empty world to rest, in virtual time.
pub fn run_cell(scenario: Scenario, cell: Option<Cell>) -> (Outcome, Vec<(String, u32)>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap_or_else(|error| panic!("no runtime: {error}"));
    let armed = cell.is_some();
    runtime.block_on(async {
        let mut world = World::new(cell);
        let result = async {
            let preview = scenario.play(&mut world).await?;
            let calls = world.faults.calls();
            world.check_gone(preview).await?;
            world.check_twice_is_once(preview).await?;
            world.check_slots_are_free().await?;
            Ok::<_, String>(calls)
        }
        .await;
        let fired = world.faults.fired();
        match result {
            Err(reason) => (Outcome::Broken(reason), Vec::new()),
            Ok(calls) if armed && !fired => (Outcome::NeverFired, calls),
            Ok(calls) => (Outcome::Held, calls),
        }
    })
}

/// Runs the matrix of one story. `chosen` says which cells; all of them, or a part.
pub fn run_matrix(scenario: Scenario, chosen: impl Fn(&Cell) -> bool) -> Table<FaultKind> {
    let (clean, calls) = run_cell(scenario, None);
    let mut table = Table::new(&FaultKind::ALL);
    if clean != Outcome::Held {
        table
            .broken
            .push(format!("{scenario:?} without a fault: {clean:?}"));
        return table;
    }
    for (call, nth) in calls {
        for kind in FaultKind::ALL
            .into_iter()
            .filter(|kind| kind.applies_to(&call))
        {
            let cell = Cell {
                call: call.clone(),
                nth,
                kind,
            };
            if !chosen(&cell) {
                continue;
            }
            table.cells += 1;
            match run_cell(scenario, Some(cell.clone())).0 {
                Outcome::Held => table.held(&call, kind),
                Outcome::NeverFired => {
                    table
                        .broken
                        .push(format!("{scenario:?}, {cell}: the fault never struck"));
                }
                Outcome::Broken(reason) => {
                    table.broken.push(format!("{scenario:?}, {cell}: {reason}"));
                }
            }
        }
    }
    table
}

//! Runs one cell of the crash matrix and prints what the workers log.

use tempus_tests::sim::{Cell, FaultKind, Scenario, run_cell};

fn main() {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_target(false)
        .without_time()
        .init();
    let mut args = std::env::args().skip(1);
    let scenario = args.next().unwrap_or_default();
    let scenario = Scenario::ALL
        .into_iter()
        .find(|s| format!("{s:?}") == scenario)
        .expect("a scenario");
    let cell = args.next().map(|call| Cell {
        call,
        nth: args.next().and_then(|n| n.parse().ok()).expect("a number"),
        kind: {
            let kind = args.next().expect("a fault");
            FaultKind::ALL
                .into_iter()
                .find(|k| k.to_string() == kind)
                .expect("a fault")
        },
    });
    let (outcome, calls) = run_cell(scenario, cell);
    for (call, nth) in &calls {
        println!("{call} {nth}");
    }
    println!("{outcome:?} {} calls", calls.len());
}

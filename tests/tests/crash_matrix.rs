//! Every call of a clean run, each with everything that can go wrong: afterwards what exists is
//! what is desired, each job has one outcome, and nothing is left.

use tempus_tests::sim::{Scenario, run_matrix};

fn matrix(scenario: Scenario) {
    let table = run_matrix(scenario, |_| true);
    println!("{scenario:?}: {} cells\n{table}", table.cells);
    assert!(
        table.broken.is_empty(),
        "{} cells broke:\n{}",
        table.broken.len(),
        table.broken.join("\n\n")
    );
    assert!(
        table.cells > 300,
        "the clean run made suspiciously few calls"
    );
}

#[test]
fn create_destroy() {
    matrix(Scenario::CreateDestroy);
}

#[test]
fn create_expire() {
    matrix(Scenario::CreateExpire);
}

#[test]
fn update() {
    matrix(Scenario::Update);
}

#[test]
fn create_rejected() {
    matrix(Scenario::CreateRejected);
}

#[test]
fn update_rejected() {
    matrix(Scenario::UpdateRejected);
}

#[test]
fn database() {
    matrix(Scenario::Database);
}

#[test]
fn extend() {
    matrix(Scenario::Extend);
}

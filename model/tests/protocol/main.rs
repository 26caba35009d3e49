//! The protocol of claim, lease, fence, hints, supersede and unwind, checked exhaustively for a
//! small world: one preview, two workers, everything that may happen in any order.
//!
//! **What is the product's own.** Every change of the row is decided by
//! `tempus_model::transition`, what a saga calls for next by `tempus_model::next`, and what becomes
//! of a hint by `tempus_model::Meeting`: the code that runs in production, not a copy of it.
//!
//! **What is abstracted.** The worker's control flow between those decisions (`worker.rs`,
//! `held.rs`, `drive.rs`, `plan.rs`, after the files of the same names in `worker/src`). The cloud:
//! an alarm for each expiry, a definition for each spec, one service that is moved in place; a call
//! lands at some moment within [`world::LATE`] of its start, or never, whatever became of its
//! caller. The queue: any visible message may be received by anybody, as late as you like, twice or
//! never. The store: one write at a time, whose answer may be lost. Time: whole seconds, and it
//! passes only to the next moment at which something changes; both workers have the same clock.
//! Two states are one if nothing that can happen from there on differs (`key.rs`).
//!
//! **What is checked** are the predicates of `tempus_model::invariant`, which the simulation and the
//! crash matrix hold too: of a row, its jobs and each write by the very same functions, of the
//! model's world in `predicate.rs`. They hold in every state, and in every state from which the
//! faults stop. For the latter the world is carried on to its end in three orders of events; one of
//! them does without the reminder, for as long as no message was lost.
//!
//! **Why not a model checker's crate.** The states hold the product's types, which are told apart
//! by a key of our own; and "comes to rest" must hold on paths that meet again or run in circles,
//! where the `eventually` of `stateright` is documented to miss counterexamples. What is left is a
//! breadth-first search of a hundred lines (`search.rs`).
//!
//! **What may take the reminder's minute** although no message was lost: a worker that dies after the
//! write that gave the lease back and before it sent the hint for a verify that nobody foresaw; a
//! worker that stood still for longer than its message was hidden, claimed with a message that
//! somebody else had deleted by then, and died.
//!
//! **What is not covered:** more faults at once than a scope's budget allows; clocks that differ
//! (the margin's use is tested in the conformance suite and the simulation); waits that are slept
//! with the lease held; several steps at the same time; deadlines; what keeps a removal from its
//! end; things without a name of their own, of which two can be made; two previews that follow each
//! other under one name, quotas and slots; the loop of five crashes; a process that stands still
//! between its last look at the clock and its call for longer than [`world::LATE`]; how engines carry
//! a decision out; what real clouds do.
//!
//! `just model` explores larger budgets. What does not hold is printed with a shortest way to it.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

mod acts;
mod cloud;
mod drive;
mod heal;
mod held;
mod key;
mod plan;
mod predicate;
mod scope;
mod scopes;
mod search;
mod store;
mod worker;
mod world;

use cloud::Call;
use scope::Scope;

/// More states than any scope has.
const MOST: usize = 20_000_000;

fn holds(scope: &Scope) {
    let begun = std::time::Instant::now();
    match search::explore(scope, MOST) {
        Ok(found) => println!(
            "{}: {} states, {} acts, {} deep, {} of them healed, {} at rest, in {:.1} s",
            scope.name,
            found.states,
            found.steps,
            found.depth,
            found.healed,
            found.at_rest,
            begun.elapsed().as_secs_f32()
        ),
        Err(broken) => panic!(
            "{}: broken after {} states: {}\n{}",
            scope.name, broken.states, broken.violation, broken.way
        ),
    }
}

#[test]
fn every_predicate_holds_in_every_state() {
    let large = std::env::var_os("TEMPUS_TEST_MODEL").is_some_and(|size| size == "large");
    let scopes = if large { scopes::LARGE } else { scopes::SMALL };
    scopes.iter().for_each(holds);
}

/// Leave a rule out, and some predicate does not hold: the one that the rule is there for.
#[test]
fn each_rule_is_needed() {
    let mut missed = Vec::new();
    for (breakage, scope, expected) in scopes::breakages() {
        match search::explore(&scope, MOST) {
            Err(broken) if broken.violation.predicate == expected => println!(
                "without {breakage:?}: {} ({} states)",
                broken.violation, broken.states
            ),
            Err(broken) => missed.push(format!(
                "without {breakage:?}: {} instead of {expected}\n{}",
                broken.violation, broken.way
            )),
            Ok(found) => missed.push(format!(
                "without {breakage:?}: nothing broke in {} states",
                found.states
            )),
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

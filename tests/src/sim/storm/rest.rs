//! The end of a run: faults stop, everything comes to rest, everything is destroyed and is gone.

use std::collections::BTreeMap;
use std::time::Duration;

use tempus_engine::{Clock, Filter, Outgoing, Queue, Store};
use tempus_model::invariant::{self, Predicate};
use tempus_model::transition::accept::{DestroyReason, NewJob};
use tempus_model::{Actor, Hint, JobId, PreviewId, Row, StepState};
use tokio::time::Instant;

use super::climate::{LEASE, REMIND_EVERY, SKEW, SWEEP_EVERY, VERIFY_DELAY};
use super::run::Run;
use crate::sim::FaultKind;
use crate::sim::predicate::Sight;

/// How long a row may have something left to do after faults have stopped: a dead holder's lease,
/// the reminder, the longest pause after an error, an unwind and what waits for it, two verifies
/// (the second after a first that could not vouch), and the verify of what was discarded, which
/// comes ten minutes later by itself.
pub(super) const REST: Duration = Duration::from_secs(
    LEASE.as_secs()
        + SKEW.as_secs()
        + REMIND_EVERY.as_secs()
        + 40
        + 240
        + 2 * VERIFY_DELAY.as_secs()
        + 600
        + 60,
);

/// How long all of it may take: previews expire meanwhile, one after the other.
const ALL: Duration = Duration::from_hours(2);

impl Run {
    /// Lets everything come to rest, twice: as it is, and with everything destroyed.
    pub(super) async fn rest(&mut self) {
        self.storm.end_faults();
        for machine in &mut self.machines {
            if let Some(gate) = machine.gate() {
                gate.thaw();
            }
            machine.start(&self.storm);
        }
        self.until_rest().await;
        let swept = [FaultKind::Drift, FaultKind::LongPaused];
        let must_be_swept = self
            .storm
            .seen()
            .fired
            .keys()
            .any(|(kind, _)| swept.contains(kind));
        if must_be_swept {
            // One sweep may find it too young, and one that the inventory has shrunk.
            self.pass(SWEEP_EVERY * 3 + REMIND_EVERY).await;
            self.until_rest().await;
        }
        self.look_at_rest();
        if self.is_violated() {
            return;
        }
        for row in self.storm.engine().store.rows() {
            self.destroy(row.preview).await;
        }
        self.until_rest().await;
        self.look_at_rest();
        for row in self.storm.engine().store.rows() {
            if !self.is_violated() && (!row.is_gone() || row.receipt_at.is_none()) {
                let (preview, phase) = (row.preview, row.phase());
                let seen = format!("{preview} was destroyed and has no receipt: {phase}");
                self.storm.violated(Predicate::Rest.violated(seen));
            }
        }
    }

    fn look_at_rest(&self) {
        if !self.is_violated() {
            self.storm.look(&Sight::Rest);
        }
    }

    /// Lets time pass until no row has anything left to do and no message is left. What is parked
    /// is replayed, as an operator would.
    async fn until_rest(&mut self) {
        let begun = Instant::now();
        let mut replayed = begun;
        let (mut busy_since, mut sent_since) = (BTreeMap::new(), BTreeMap::new());
        while !self.is_violated() {
            let soon = self.storm.clock.now().after(Duration::from_secs(5));
            let now = Instant::now();
            let mut busy = BTreeMap::new();
            for row in self.storm.engine().store.rows() {
                if !invariant::is_at_rest(&row) || row.is_expired(soon) {
                    let this = (row.preview, row.generation);
                    let since = *busy_since.get(&this).unwrap_or(&now);
                    if now - since > REST {
                        self.not_at_rest(&in_short(&row));
                    }
                    self.longest_rest = self.longest_rest.max(now - since);
                    busy.insert(this, since);
                }
            }
            busy_since = busy;
            // Each by itself: one that waits for a warning or a look whether its preview is idle may be
            // sent before another's time has come.
            let mut sent = BTreeMap::new();
            for (about, message) in self.storm.engine().queue.all() {
                let since = *sent_since.get(&message.id.0).unwrap_or(&now);
                if now - since > REST {
                    self.not_at_rest(&format!("a message about {about:?}: {message:?}"));
                }
                sent.insert(message.id.0, since);
            }
            sent_since = sent;
            let is_spent = sent_since.is_empty();
            if busy_since.is_empty() && is_spent {
                break;
            }
            if now - begun > ALL {
                self.not_at_rest(&format!("{busy_since:?}"));
            }
            if now - replayed >= Duration::from_secs(30) {
                replayed = now;
                self.replay_all().await;
            }
            self.pass(Duration::from_secs(1)).await;
        }
        let took = begun.elapsed().as_secs();
        self.storm.note(format_args!("at rest after {took} s"));
    }

    fn not_at_rest(&self, what: &str) {
        let seen = format!("not at rest after {} s: {what}", REST.as_secs());
        self.storm.violated(Predicate::Rest.violated(seen));
    }

    async fn replay_all(&self) {
        let (engine, now) = (self.storm.engine(), self.storm.clock.now());
        let parked = Filter {
            parked: true,
            ..Filter::default()
        };
        let Ok(page) = engine.store.list(&parked, None, 1000).await else {
            return;
        };
        for snapshot in page.items {
            let preview = snapshot.identity.id;
            if matches!(
                engine.store.replay(preview, Actor::Worker, now).await,
                Ok(true)
            ) {
                self.hint(preview).await;
            }
        }
    }

    async fn destroy(&self, preview: PreviewId) {
        let job = NewJob {
            id: JobId::new(
                uuid::Builder::from_random_bytes(tempus_engine::chance::random()).into_uuid(),
            ),
            by: Actor::Worker,
            now: self.storm.clock.now(),
        };
        let asked = DestroyReason::Asked;
        let destroyed = self
            .storm
            .engine()
            .store
            .destroy(preview, asked, job, None)
            .await;
        if destroyed.is_ok() {
            self.hint(preview).await;
        }
    }

    async fn hint(&self, preview: PreviewId) {
        let hint = Outgoing::now(&Hint::look(preview));
        let _ = self.storm.engine().queue.send(&[hint]).await;
    }
}

/// What keeps a row from its rest.
fn in_short(row: &Row) -> String {
    let saga = row.saga.as_ref();
    let open = saga.map(|saga| {
        let open = saga
            .progress
            .iter()
            .filter(|step| step.state.is_open() || step.state == StepState::Stuck);
        open.map(|step| format!("{} {:?} {:?}", step.step, step.state, step.error))
            .collect::<Vec<_>>()
    });
    format!(
        "{} is {} of generation {}, settled {}, due {:?}, verify {:?}, suspicion {}, lease {:?}, plan {:?}, \
         open {open:?}, parked {:?}",
        row.preview,
        row.phase(),
        row.generation,
        row.settled.generation,
        row.due_at,
        row.verify_at,
        row.suspicion,
        row.lease,
        saga.map(|saga| saga.plan.to_string()),
        row.parked,
    )
}

//! Tells states apart. Two states are one if nothing that can happen from here on depends on what
//! differs: times are relative to now, what is past is past, counters matter by equality only.

use std::hash::{Hash, Hasher};

use tempus_model::{
    Absence, Desired, GoneAs, Hint, Ledger, LedgerEntry, MessageId, Row, Saga, Settled, State,
    Timestamp, Ttl,
};

use crate::cloud::{Effect, Thing};
use crate::held::{Doing, Held, Steps};
use crate::store::Write;
use crate::worker::{End, Phase};
use crate::world::{SPACING, World, spec};

/// 128 bits of a state.
pub type Key = u128;

/// The state without what may still happen.
pub fn key(world: &World) -> Key {
    let mut to = Mix::default();
    let of = Of { world };
    of.row(&world.row, &mut to);
    for job in &world.jobs {
        to.word(job.status as u64);
    }
    for alarm in &world.cloud.alarms {
        of.expiry(*alarm, &mut to);
    }
    (world.cloud.definitions, world.cloud.service).hash(&mut to);
    for call in &world.calls {
        call.by.hash(&mut to);
        let (Effect::Make(thing) | Effect::Remove(thing)) = call.effect;
        call.makes().hash(&mut to);
        match thing {
            Thing::Alarm(at) => of.expiry(at, &mut to),
            Thing::Definition(n) => to.word(20 + n as u64),
            Thing::Service(n) => to.word(30 + n as u64),
        }
        of.time(call.lands_by, 0, &mut to);
    }
    of.queue(&mut to);
    for worker in &world.workers {
        of.phase(worker, &mut to);
    }
    (world.paused, world.lost_one).hash(&mut to);
    to.end()
}

/// The state with what may still happen.
pub fn full_key(world: &World, key: Key) -> Key {
    let mut to = Mix::default();
    key.hash(&mut to);
    world.left.hash(&mut to);
    to.end()
}

struct Of<'a> {
    world: &'a World,
}

impl Of<'_> {
    /// A time: how far ahead, and past that how far back makes a difference.
    fn time(&self, at: Timestamp, back: i64, to: &mut Mix) {
        let ahead = at.millis() - self.world.now.millis();
        let far = ahead > 1_000_000;
        to.word(if far {
            u64::MAX
        } else {
            ahead.max(-back).cast_unsigned()
        });
    }

    fn maybe(&self, at: Option<Timestamp>, back: i64, to: &mut Mix) {
        to.word(u64::from(at.is_some()));
        if let Some(at) = at {
            self.time(at, back, to);
        }
    }

    fn expiry(&self, at: Timestamp, to: &mut Mix) {
        let which = self.world.expiries.iter().position(|known| *known == at);
        to.word(which.map_or(9, |which| which as u64));
        self.time(at, 0, to);
    }

    fn row(&self, row: &Row, to: &mut Mix) {
        // Every field is named, so that a new one must be thought of here.
        let Row {
            preview: _,
            version: _,
            // Nobody pins or is warned here: neither touches what is claimed.
            pin: _,
            warning: _,
            generation,
            desired,
            expires_at,
            wakefulness,
            idle_at,
            settled,
            due_at,
            verify_at,
            suspicion,
            epoch,
            nonce: _,
            wseq,
            attempts,
            lease,
            pending,
            last_job,
            saga,
            parked,
            ledger,
            // What was paid for decides nothing.
            spans: _,
            receipt_at,
            reminded_at,
        } = row;
        to.word(generation.0);
        desired_of(desired, to);
        self.expiry(*expires_at, to);
        wakefulness.hash(to);
        self.maybe(*idle_at, 0, to);
        let Settled {
            generation,
            expires_at,
            state,
            spec,
            wakefulness,
            sleep,
            at: _,
        } = settled;
        to.word(generation.0);
        self.expiry(*expires_at, to);
        to.word(match state {
            State::Never => 0,
            State::Ready => 1,
            State::Gone(GoneAs::Destroyed) => 2,
            State::Gone(GoneAs::Failed) => 3,
        });
        spec_of(*spec, to);
        (wakefulness, sleep.map(Ttl::duration)).hash(to);
        self.maybe(*due_at, 0, to);
        self.maybe(*verify_at, 0, to);
        to.word(u64::from((*suspicion).min(1)));
        to.word(self.world.row.epoch.0 - epoch.0);
        if *epoch == self.world.row.epoch {
            to.word(self.world.row.wseq - wseq);
        }
        to.word(u64::from(*attempts));
        to.word(u64::from(lease.is_some()));
        if let Some(lease) = lease {
            self.time(lease.until, 1000, to);
            self.message(lease.message.as_ref(), to);
        }
        pending.map(|job| job.id).hash(to);
        last_job.id.hash(to);
        to.word(u64::from(saga.is_some()));
        if let Some(saga) = saga {
            self.saga(saga, row.suspicion, to);
        }
        to.word(u64::from(parked.is_some()));
        ledger_of(ledger, to);
        to.word(u64::from(receipt_at.is_some()));
        let spaced = reminded_at
            .map(|at| at.after(SPACING))
            .filter(|at| *at > self.world.now);
        self.maybe(spaced, 0, to);
    }

    fn message(&self, id: Option<&MessageId>, to: &mut Mix) {
        // Whether it can still come back is what matters; which it is, the queue's keys say.
        let known = id.is_some_and(|id| {
            let number = id.0.parse().unwrap_or(0);
            self.world.queue.iter().any(|message| message.id == number)
        });
        to.word(u64::from(known));
    }

    fn saga(&self, saga: &Saga, suspicion: u32, to: &mut Mix) {
        let Saga {
            plan,
            job,
            generation,
            expires_at,
            wakefulness,
            sleep,
            course,
            target,
            footprint: _,
            stages: _,
            at,
            entered,
            started_at: _,
            rejected,
            vouches,
            looked_again,
            progress,
        } = saga;
        to.word(plan.kind as u64);
        job.map(|job| job.id).hash(to);
        to.word(generation.0);
        self.expiry(*expires_at, to);
        (wakefulness, sleep.map(Ttl::duration)).hash(to);
        course.hash(to);
        spec_of(*target, to);
        (*at, *entered, *looked_again, rejected.is_some()).hash(to);
        to.word(vouches.map_or(2, |vouches| u64::from(vouches == suspicion)));
        for progress in progress {
            progress.step.hash(to);
            progress.state.hash(to);
            let ahead = progress.retry_at.filter(|at| *at > self.world.now);
            self.maybe(ahead, 0, to);
        }
    }

    fn queue(&self, to: &mut Mix) {
        let mut all: Vec<_> = self
            .world
            .queue
            .iter()
            .map(|message| {
                let mut one = Mix::default();
                self.hint(&message.hint, &mut one);
                self.time(message.at, 0, &mut one);
                let lease = self
                    .world
                    .row
                    .lease
                    .as_ref()
                    .and_then(|lease| lease.message.as_ref());
                let is_leases = lease.is_some_and(|id| id.0 == message.id.to_string());
                let twin = self
                    .world
                    .queue
                    .iter()
                    .filter(|other| other.id == message.id)
                    .count();
                let handled = self
                    .world
                    .workers
                    .each_ref()
                    .map(|worker| handles(worker) == Some(message.key));
                (is_leases, twin, handled).hash(&mut one);
                one.end()
            })
            .collect();
        all.sort_unstable();
        all.hash(to);
    }

    fn hint(&self, hint: &Hint, to: &mut Mix) {
        match hint {
            Hint::Look { sent_by, .. } => {
                to.word(1);
                let current = sent_by.map(|by| by == self.world.row.nonce);
                current.unwrap_or(false).hash(to);
            }
            Hint::Expire { expires_at, .. } => {
                to.word(2);
                self.expiry(*expires_at, to);
            }
            Hint::Event { again, .. } => {
                to.word(3);
                again.hash(to);
            }
            Hint::Sweep | Hint::Reap { .. } | Hint::Source { .. } => to.word(4),
        }
    }

    fn phase(&self, phase: &Phase, to: &mut Mix) {
        match phase {
            Phase::Idle => to.word(0),
            Phase::Claiming(claiming) => {
                to.word(1);
                let current = claiming.looked_at == self.world.row.version;
                current.hash(to);
                self.maybe(claiming.unheard, 4000, to);
                if claiming.unheard.is_some() {
                    claiming.is_row(&self.world.row).hash(to);
                }
                self.hint(claiming.hint(), to);
            }
            Phase::Closing(closing) => {
                to.word(2);
                match &closing.end {
                    End::Delete => to.word(0),
                    End::Again(hint, at) => {
                        to.word(1);
                        self.hint(hint, to);
                        self.time(*at, 0, to);
                    }
                    End::Release => to.word(2),
                    End::Late(..) => to.word(3),
                }
                self.maybe(closing.after_release, 0, to);
                self.maybe(closing.unforeseen.as_ref().map(|(_, at)| *at), 0, to);
                self.maybe(closing.late_hint.as_ref().map(|(_, at)| *at), 0, to);
            }
            Phase::Driving(held) => {
                to.word(3);
                self.held(held, to);
            }
        }
    }

    fn held(&self, held: &Held, to: &mut Mix) {
        let current = held.row.version == self.world.row.version;
        current.hash(to);
        if !current {
            self.row(&held.row, to);
            (held.row.nonce == self.world.row.nonce).hash(to);
        }
        self.saga(&held.saga, held.row.suspicion, to);
        ledger_of(&held.ledger, to);
        to.word(u64::from(held.lost_answers.min(1)));
        to.word(held.seen.generation.0);
        self.expiry(held.seen.expires_at, to);
        self.time(held.lease_ends, 0, to);
        match &held.doing {
            Doing::Thinking => to.word(0),
            Doing::Removing => to.word(1),
            Doing::Releasing(write) => {
                to.word(2);
                self.write(write, to);
            }
            Doing::Steps(steps) => {
                to.word(3);
                self.steps(steps, to);
            }
        }
        to.word(u64::from(held.unheard.is_some()));
        if let Some(write) = &held.unheard {
            self.write(write, to);
        }
    }

    fn steps(&self, steps: &Steps, to: &mut Mix) {
        (steps.direction, steps.rejected.is_some(), steps.dirty).hash(to);
        for slot in &steps.open {
            slot.step.hash(to);
            slot.called.hash(to);
            self.time(slot.ready, 0, to);
        }
    }

    /// A write is made from what its holder knows, so only its kind and its times are its own.
    fn write(&self, write: &Write, to: &mut Mix) {
        match write {
            Write::Renew(_, until) => {
                to.word(1);
                self.time(*until, 0, to);
            }
            Write::Checkpoint(progress) => {
                to.word(2);
                self.time(progress.lease_until, 0, to);
                self.saga(&progress.saga, self.world.row.suspicion, to);
                ledger_of(&progress.ledger, to);
            }
            Write::Turn(turn) => {
                to.word(3);
                self.saga(&turn.next, self.world.row.suspicion, to);
                ledger_of(&turn.checkpoint.ledger, to);
                to.word(turn.seen.generation.0);
                self.expiry(turn.seen.expires_at, to);
                turn.left.as_ref().map(|job| job.id).hash(to);
            }
            Write::Wait(_, _, until) => {
                to.word(4);
                self.time(*until, 0, to);
            }
            Write::HandOver(..) => to.word(5),
            Write::Park(..) => to.word(6),
            Write::Settle(settle) => {
                to.word(7);
                self.time(settle.verify_at, 0, to);
                settle.job.as_ref().map(|job| job.id).hash(to);
            }
            Write::Vouch(vouch) => {
                to.word(8);
                self.time(vouch.verify_at, 0, to);
                vouch.receipt.is_some().hash(to);
            }
        }
    }
}

fn desired_of(desired: &Desired, to: &mut Mix) {
    match desired {
        Desired::Present(spec) => spec_of(Some(*spec), to),
        Desired::Absent(Absence::Failed(_)) => to.word(11),
        Desired::Absent(_) => to.word(12),
    }
}

fn spec_of(of: Option<tempus_model::SpecId>, to: &mut Mix) {
    to.word(of.map_or(7, |of| u64::from(of == spec(1))));
}

fn ledger_of(ledger: &Ledger, to: &mut Mix) {
    for entry in ledger.entries() {
        let LedgerEntry {
            step,
            rank: _,
            planned,
            output,
            done,
            removing,
            generation: _,
        } = entry;
        step.hash(to);
        planned.get().hash(to);
        (output.is_some(), done, removing).hash(to);
    }
}

/// The message that a worker has in its hands.
fn handles(worker: &Phase) -> Option<u32> {
    match worker {
        Phase::Idle => None,
        Phase::Claiming(claiming) => Some(claiming.message),
        Phase::Driving(held) => Some(held.message),
        Phase::Closing(closing) => Some(closing.message),
    }
}

/// Two multiplicative hashes side by side: a collision of both among some millions of states is
/// beyond luck.
#[derive(Default)]
struct Mix {
    a: u64,
    b: u64,
}

impl Mix {
    fn word(&mut self, word: u64) {
        self.a = (self.a ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.a ^= self.a >> 29;
        self.b = (self.b.rotate_left(23) ^ word).wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
        self.b ^= self.b >> 31;
    }

    fn end(mut self) -> Key {
        self.word(0x5851_f42d);
        Key::from(self.a) << 64 | Key::from(self.b)
    }
}

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.a ^ self.b
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word) ^ (chunk.len() as u64) << 56);
        }
    }

    fn write_u8(&mut self, word: u8) {
        self.word(u64::from(word));
    }

    fn write_u64(&mut self, word: u64) {
        self.word(word);
    }

    fn write_usize(&mut self, word: usize) {
        self.word(word as u64);
    }
}

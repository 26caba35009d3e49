//! The explored state: one row, its jobs, the cloud, the messages, two workers.

use std::time::Duration;

use tempus_model::invariant::Violation;
use tempus_model::transition::accept::{self, NewJob};
use tempus_model::{
    DnsName, Hint, Identity, Job, JobId, MessageId, Nonce, Origin, Owner, PreviewId, Row, SpecId,
    Timestamp,
};
use uuid::Uuid;

use crate::cloud::{Call, Cloud};
use crate::scope::{Breakage, Budget, Scope};
use crate::worker::Phase;

/// A second. Every duration is a whole number of them.
pub const SECOND: Duration = Duration::from_secs(1);
/// How far clocks may be apart: what a claim waits out. The clocks of the model are one.
pub const SKEW: Duration = SECOND;
/// How long a lease lasts.
pub const LEASE: Duration = Duration::from_secs(4);
/// How much lease must be left for a call to start.
pub const CALL: Duration = SECOND;
/// How long a received message stays hidden: past the lease and the skew.
pub const HIDDEN: Duration = Duration::from_secs(6);
/// How long after it was started a call may still land.
pub const LATE: Duration = Duration::from_secs(7);
/// How long after an unwind a verify comes: later than anything can land.
pub const VERIFY: Duration = Duration::from_secs(8);
/// How long a step that is not ready waits.
pub const WAIT: Duration = Duration::from_secs(3);
/// How far apart two reminders of one row are.
pub const SPACING: Duration = Duration::from_secs(10);

/// Where time begins.
const START: i64 = 1_800_000_000_000;

/// The two specs.
pub fn spec(n: usize) -> SpecId {
    SpecId::of(&[u8::try_from(n).unwrap()])
}

/// A message on the queue. Hidden until `at`, because it was delayed or because it was received.
#[derive(Debug, Clone)]
pub struct Message {
    /// Tells copies of one message apart.
    pub key: u32,
    /// The id that its receivers see.
    pub id: u32,
    /// What it says.
    pub hint: Hint,
    /// When it can be received.
    pub at: Timestamp,
}

/// The name of a message's id.
pub fn message_id(id: u32) -> MessageId {
    MessageId(id.to_string())
}

/// Everything there is.
#[derive(Debug, Clone)]
pub struct World {
    /// Now.
    pub now: Timestamp,
    /// The two expiries that the preview may have.
    pub expiries: [Timestamp; 2],
    /// The row, as the store has it.
    pub row: Row,
    /// Its jobs, by number.
    pub jobs: Vec<Job>,
    /// What exists.
    pub cloud: Cloud,
    /// Calls of the cloud that have not landed.
    pub calls: Vec<Call>,
    /// What is on the queue.
    pub queue: Vec<Message>,
    /// The workers.
    pub workers: [Phase; 2],
    /// Which of them stand still.
    pub paused: [bool; 2],
    /// What may still happen.
    pub left: Budget,
    /// Messages that were sent for a reason of their own: bounds how many there may be.
    pub causes: usize,
    /// Whether a worker died and took a hint along: as good as a lost message.
    pub lost_one: bool,
    /// The first predicate that did not hold on the way here.
    pub broken: Option<Violation>,
    keys: u32,
    nonces: u64,
}

impl World {
    /// A preview that has just been accepted, its first hint sent.
    pub fn new(scope: &Scope) -> Self {
        let now = Timestamp::from_millis(START);
        let life = if scope.expires { 20 } else { 100_000 };
        let first = now.after(SECOND * life);
        let expiries = [first, first.after(SECOND * 15)];
        let preview = PreviewId::new(Uuid::from_u128(1 << 100));
        let identity = Identity {
            id: preview,
            name: "app".parse::<DnsName>().unwrap(),
            owner: Owner {
                id: String::new(),
                login: String::new(),
                avatar_url: None,
            },
            origin: Origin::default(),
            template: String::new(),
            route: None,
            created_at: now,
            predecessor: None,
        };
        let new = NewJob {
            id: JobId::new(Uuid::from_u128(1)),
            by: tempus_model::Actor::Worker,
            now,
        };
        let change = accept::create(&identity, spec(0), expiries[0], None, &new);
        let mut world = Self {
            now,
            expiries,
            row: change.row,
            jobs: change.jobs,
            cloud: Cloud::default(),
            calls: Vec::new(),
            queue: Vec::new(),
            workers: [Phase::Idle, Phase::Idle],
            paused: [false, false],
            left: scope.budget,
            causes: 0,
            lost_one: false,
            broken: None,
            keys: 0,
            nonces: 0,
        };
        world.hint();
        world
    }

    /// A job's id that was not used before, and now.
    pub fn new_job(&self) -> NewJob {
        NewJob {
            id: JobId::new(Uuid::from_u128(self.jobs.len() as u128 + 1)),
            by: tempus_model::Actor::Worker,
            now: self.now,
        }
    }

    /// The job of this id.
    pub fn job(&self, id: JobId) -> Option<&Job> {
        self.jobs.iter().find(|job| job.id == id)
    }

    /// A nonce that was not used before.
    pub fn nonce(&mut self) -> Nonce {
        self.nonces += 1;
        Nonce(self.nonces)
    }

    /// Sends a message.
    pub fn send(&mut self, hint: Hint, at: Timestamp) {
        self.keys += 1;
        let key = self.keys;
        self.queue.push(Message {
            key,
            id: key,
            hint,
            at,
        });
    }

    /// Sends a hint that has a reason of its own.
    pub fn hint(&mut self) {
        self.causes += 1;
        self.send(Hint::look(self.row.preview), self.now);
    }

    /// Delivers a message once more.
    pub fn double(&mut self, position: usize) {
        self.keys += 1;
        self.causes += 1;
        let mut again = self.queue[position].clone();
        again.key = self.keys;
        again.at = self.now;
        self.queue.push(again);
    }

    /// Hides a message for as long as a claim needs it.
    pub fn hide(&mut self, key: u32) {
        let until = self.now.after(HIDDEN);
        if let Some(message) = self.message(key) {
            message.at = until;
        }
    }

    /// The message of this key, unless it was deleted or lost.
    pub fn message(&mut self, key: u32) -> Option<&mut Message> {
        self.queue.iter_mut().find(|message| message.key == key)
    }

    /// Deletes a message.
    pub fn delete(&mut self, key: u32) {
        self.queue.retain(|message| message.key != key);
    }

    /// When a verify comes that is decided on now.
    pub fn verify_at(&self, scope: &Scope) -> Timestamp {
        if scope.lacks(Breakage::NoVerifyDelay) {
            self.now
        } else {
            self.now.after(VERIFY)
        }
    }

    /// Notes the first predicate that did not hold.
    pub fn breaks(&mut self, violation: Violation) {
        self.broken.get_or_insert(violation);
    }
}

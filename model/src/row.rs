//! The row: the one truth about a preview.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::transition::Seen;
use crate::{
    DnsName, Epoch, Failure, Generation, JobRef, Ledger, MessageId, Nonce, Pin, PlanKind,
    PreviewId, Saga, ShortId, Spans, SpecId, Timestamp, Ttl, Warning, WorkerId,
};

/// What never changes about a preview. Stored apart from the row, which is written often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Its id.
    pub id: PreviewId,
    /// Its name: stable over re-creation, so held by the latest preview of that name.
    pub name: DnsName,
    /// Who it belongs to; its quota slot is taken from this owner.
    pub owner: Owner,
    /// What it was made from; with the owner, what makes a later create an update of it.
    pub origin: Origin,
    /// The template of its first spec.
    pub template: String,
    /// Where it answers: `None` for one without a URL, and until the store has chosen a route.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<Route>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// The preview that held the name and was still being removed: its end is waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predecessor: Option<PreviewId>,
}

impl Identity {
    /// The part of the id that shows in paths and resource names.
    pub fn short(&self) -> ShortId {
        self.id.short()
    }

    /// Its URL, if it has one.
    pub fn url(&self) -> Option<&str> {
        self.route.as_ref().map(|route| route.url.as_str())
    }

    /// The listener and the slot on it that it takes until its receipt.
    pub fn slot(&self) -> Option<(&str, u32)> {
        let route = self.route.as_ref()?;
        Some((&route.listener, route.slot?))
    }
}

/// Who a preview belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Stable id; what quotas and access are counted by.
    pub id: String,
    /// What people call them.
    pub login: String,
    /// A picture, where the owner's system has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
}

/// What a preview was made from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The repository's stable id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository_id: Option<u64>,
    /// The repository's full name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The pull request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pr_number: Option<u64>,
    /// The branch, where there is no pull request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The installation of the GitHub App.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installation_id: Option<u64>,
}

impl Origin {
    /// Whether both name the same pull request or branch of the same repository (a repository is
    /// told by its id where both have one: its name may change), or neither names any.
    pub fn is_same(&self, other: &Self) -> bool {
        let repository = match (self.repository_id, other.repository_id) {
            (Some(a), Some(b)) => a == b,
            _ => self.repository == other.repository,
        };
        repository
            && self.pr_number == other.pr_number
            && (self.pr_number.is_some() || self.branch == other.branch)
    }
}

/// Where a preview answers: a slot on one of the listeners that the API knows by configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The listener's name in the configuration.
    pub listener: String,
    /// The slot on it, taken in the accepting transaction; `None` where slots are not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<u32>,
    /// The public URL.
    pub url: String,
}

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Desired {
    /// The preview should run this.
    Present(SpecId),
    /// The preview should be gone. Never becomes `Present` again.
    Absent(Absence),
}

impl Desired {
    /// Whether the preview should exist.
    pub const fn is_present(&self) -> bool {
        matches!(self, Self::Present(_))
    }
}

/// Why a preview should be gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Absence {
    /// Somebody said so.
    Asked,
    /// Its time was over.
    Expired,
    /// It could not be made.
    Failed(Failure),
}

/// What is known to be true: the outcome of the last saga that finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// The generation that this is the outcome of; 0 before the first.
    pub generation: Generation,
    /// The expiry that the timer stands at.
    pub expires_at: Timestamp,
    /// The outcome.
    pub state: State,
    /// The last ready spec: what a failed update goes back to. Kept until it is replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec: Option<SpecId>,
    /// Whether it runs, or sleeps.
    #[serde(default, skip_serializing_if = "Wakefulness::is_awake")]
    pub wakefulness: Wakefulness,
    /// After how long without a request it is put to sleep; `None` is never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sleep: Option<Ttl>,
    /// When it became so.
    pub at: Timestamp,
}

/// Whether a preview runs, or sleeps until somebody uses it: then it has its name, URL, slots and
/// expiry, and nothing runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wakefulness {
    /// It runs.
    #[default]
    Awake,
    /// It sleeps.
    Asleep,
}

impl Wakefulness {
    /// Whether it runs: what is so of every preview that does not say otherwise.
    pub const fn is_awake(&self) -> bool {
        matches!(self, Self::Awake)
    }
}

/// A preview's settled state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing has finished yet.
    Never,
    /// It runs.
    Ready,
    /// Every compensation has finished.
    Gone(GoneAs),
}

/// How a preview ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GoneAs {
    /// Asked for, or its time was over.
    Destroyed,
    /// It could not be made.
    Failed,
}

/// The right to work on a preview, for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Who holds it; for people.
    pub worker: WorkerId,
    /// Until when, by the holder's clock.
    pub until: Timestamp,
    /// The message behind the claim: delivered again meanwhile, it is left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageId>,
}

/// Why a saga stands still until a person says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    /// What it is stuck on.
    pub failure: Failure,
    /// Since when.
    pub since: Timestamp,
}

/// What the users see of where a preview stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Accepted; no worker has begun.
    Pending,
    /// Being made.
    Provisioning,
    /// Running at the wanted spec.
    Ready,
    /// Not running, because nobody uses it: it runs again when somebody does.
    Asleep,
    /// Running, and being moved to another spec.
    Updating,
    /// Being removed.
    Destroying,
    /// Gone, as was wanted.
    Destroyed,
    /// Gone, because it could not be made.
    Failed,
}

impl Phase {
    /// Every phase, in the order in which a preview goes through them.
    pub const ALL: [Self; 8] = [
        Self::Pending,
        Self::Provisioning,
        Self::Ready,
        Self::Asleep,
        Self::Updating,
        Self::Destroying,
        Self::Destroyed,
        Self::Failed,
    ];

    /// Those before its end: something of it is there, or is to be.
    pub const LIVE: [Self; 6] = [
        Self::Pending,
        Self::Provisioning,
        Self::Ready,
        Self::Asleep,
        Self::Updating,
        Self::Destroying,
    ];

    /// Those that a preview ends in.
    pub const GONE: [Self; 2] = [Self::Destroyed, Self::Failed];

    /// Whether it is one of those that a preview ends in.
    pub fn is_gone(self) -> bool {
        Self::GONE.contains(&self)
    }

    /// The phase as it is written in URLs, JSON and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Provisioning => "provisioning",
            Self::Ready => "ready",
            Self::Asleep => "asleep",
            Self::Updating => "updating",
            Self::Destroying => "destroying",
            Self::Destroyed => "destroyed",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a due row calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// The expiry has passed: accept a destroy first.
    Expire,
    /// Carry on with the saga as it stands.
    Resume,
    /// Turn the saga to what is wanted now, then carry on.
    Turn,
    /// Begin the saga of the newest job.
    Begin(JobRef),
    /// Begin a saga without a job that moves the timer to the new expiry.
    MoveTimer,
    /// Begin a saga without a job that puts the preview to sleep, or wakes it.
    SleepOrWake,
    /// Ask the platform whether anybody uses the preview: it may be idle.
    LookIfIdle,
    /// Begin a saga that compares with what really exists.
    Verify,
    /// Say that its time is nearly over. Nothing is claimed for that.
    Warn,
    /// Nothing; a hint that leads here is deleted.
    Nothing,
}

/// The row itself: about a kilobyte for one service, written at every checkpoint.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    /// The preview.
    pub preview: PreviewId,
    /// Raised by every write, whoever makes it. For engines that write a row conditionally.
    pub version: u64,
    /// Numbers what is wanted; raised by every accepted job.
    pub generation: Generation,
    /// What is wanted.
    pub desired: Desired,
    /// When its time is over. Of a pinned preview the later of the pin's end and the end without it.
    pub expires_at: Timestamp,
    /// Whether it should run, or sleep. Asleep only while nothing else is wanted: every accepted job
    /// wants it awake.
    #[serde(default, skip_serializing_if = "Wakefulness::is_awake")]
    pub wakefulness: Wakefulness,
    /// When to look whether anybody uses it; `None` is never. Counts while the preview is awake, at
    /// rest and trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_at: Option<Timestamp>,
    /// What keeps it beyond the time that others may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Box<Pin>>,
    /// When somebody is to be warned of its end; `None` if nobody ever is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<Box<Warning>>,
    /// What is known to be true.
    pub settled: Settled,
    /// When there is something to do; `None` is never. While the preview is wanted it is never
    /// later than `expires_at`, and at rest never later than its warning.
    pub due_at: Option<Timestamp>,
    /// When to compare with what really exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify_at: Option<Timestamp>,
    /// Counts what may have been written to the cloud without our knowing: expired leases, lost
    /// answers. Zero is trusted. Only a finished verify takes it back to zero.
    #[serde(default)]
    pub suspicion: u32,
    /// The fencing token.
    pub epoch: Epoch,
    /// The nonce of the last claim. Outlives the lease, so that the write that released it can be
    /// recognised too.
    pub nonce: Nonce,
    /// Counts the holders' writes; only a holder raises it.
    pub wseq: u64,
    /// Leases that expired without a checkpoint in between.
    pub attempts: u32,
    /// Set if and only if a claim has not been released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// The newest job, until a saga takes it up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<JobRef>,
    /// The newest job, whatever became of it.
    pub last_job: JobRef,
    /// What is being carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saga: Option<Saga>,
    /// Set if and only if the saga needs a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<Parked>,
    /// Everything that was started and has not been seen removed.
    #[serde(default, skip_serializing_if = "Ledger::is_empty")]
    pub ledger: Ledger,
    /// What ran, and when: what it has cost.
    #[serde(default, skip_serializing_if = "Spans::is_empty")]
    pub spans: Spans,
    /// When the receipt was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_at: Option<Timestamp>,
    /// When the reminder last sent a hint; spaces reminders per row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded_at: Option<Timestamp>,
}

/// A preview as the store holds it.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// What never changes.
    pub identity: Identity,
    /// What does.
    pub row: Row,
}

impl Row {
    /// What the users see of it.
    pub fn phase(&self) -> Phase {
        match (&self.settled.state, &self.desired) {
            (State::Gone(GoneAs::Destroyed), _) => Phase::Destroyed,
            (State::Gone(GoneAs::Failed), _) => Phase::Failed,
            (_, Desired::Absent(_)) => Phase::Destroying,
            (State::Never, _) if self.saga.is_none() => Phase::Pending,
            (State::Never, _) => Phase::Provisioning,
            (State::Ready, _) if self.generation != self.settled.generation => Phase::Updating,
            (State::Ready, _) => match self.settled.wakefulness {
                Wakefulness::Awake => Phase::Ready,
                Wakefulness::Asleep => Phase::Asleep,
            },
        }
    }

    /// Whether every compensation has finished. The receipt may still be to come.
    pub const fn is_gone(&self) -> bool {
        matches!(self.settled.state, State::Gone(_))
    }

    /// Whether it has an expiry that has passed, and nobody has acted on it yet.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.desired.is_present() && self.expires_at <= now && !crate::broken!(NoExpiry)
    }

    /// What the row calls for, if it is due.
    pub fn work(&self, now: Timestamp) -> Work {
        if self.is_expired(now) {
            return Work::Expire;
        }
        let warning = if self.warns_at().is_some_and(|at| at <= now) {
            Work::Warn
        } else {
            Work::Nothing
        };
        if self.parked.is_some() {
            return warning;
        }
        if let Some(saga) = &self.saga {
            let current = Seen::by(saga) == Seen::of(self);
            return if current { Work::Resume } else { Work::Turn };
        }
        if self.settled.generation != self.generation
            && let Some(job) = self.pending
        {
            return Work::Begin(job);
        }
        if self.desired.is_present() && self.settled.expires_at != self.expires_at {
            return Work::MoveTimer;
        }
        if self.desired.is_present() && self.settled.wakefulness != self.wakefulness {
            return Work::SleepOrWake;
        }
        if self.verify_at.is_some_and(|at| at <= now) {
            return Work::Verify;
        }
        if self.idle_due().is_some_and(|at| at <= now) {
            return Work::LookIfIdle;
        }
        // Last: whoever is to be told may be slow, and must not delay anything else.
        warning
    }

    /// Whether a lease stands in the way of a claim. An expired one is waited out by `margin`,
    /// since its holder's clock may be behind ours.
    pub fn is_held(&self, now: Timestamp, margin: std::time::Duration) -> bool {
        let live = |lease: &Lease| lease.until.after(margin) > now;
        self.lease.as_ref().is_some_and(live) && !crate::broken!(NoLease)
    }

    /// Whether the running saga is a verify, whose time no event may move.
    pub fn is_verifying(&self) -> bool {
        self.saga
            .as_ref()
            .is_some_and(|saga| saga.plan.kind == PlanKind::Verify)
    }

    /// When to look whether anybody uses it, of a preview that may be put to sleep: it is awake,
    /// nothing is under way, and what is written of it is trusted.
    pub(crate) fn idle_due(&self) -> Option<Timestamp> {
        let at_rest = self.saga.is_none() && self.pending.is_none() && self.parked.is_none();
        let wanted = self.desired.is_present() && self.wakefulness.is_awake();
        let trusted = self.verify_at.is_none() && self.suspicion == 0;
        self.idle_at.filter(|_| at_rest && wanted && trusted)
    }

    /// The due time of a row at rest: the pending verify's, and while the preview is wanted never
    /// later than the next look for idleness, the warning of its end, and that end.
    pub(crate) fn rest_until(&self, until: Option<Timestamp>) -> Option<Timestamp> {
        if !self.desired.is_present() {
            return until;
        }
        let looked_for = [self.warns_at(), self.idle_due(), until];
        let at = looked_for.into_iter().flatten();
        Some(at.fold(self.expires_at, Ord::min))
    }

    /// The due time after a change that neither begins nor ends anything. A parked saga stays
    /// parked: it is due at its expiry all the same. And a row that is due for nothing would stay due.
    pub(crate) fn due_anew(&self, now: Timestamp) -> Option<Timestamp> {
        if self.parked.is_some() {
            return self.rest_until(None);
        }
        match self.work(now) {
            Work::Nothing | Work::LookIfIdle | Work::Warn => self.rest_until(self.verify_at),
            _ => self.rest_until(Some(now)),
        }
    }

    /// Whether a warning can make it due: not while a saga is on its way, which ends before long, and
    /// whose waits must not be cut short.
    pub(crate) fn warns(&self) -> bool {
        self.desired.is_present() && (self.saga.is_none() || self.parked.is_some())
    }

    /// When somebody is to be warned of its end, whatever is under way; `None` once that is done or given up.
    pub fn warning_at(&self) -> Option<Timestamp> {
        self.warning.as_ref()?.at
    }

    /// When a warning makes it due, as it stands.
    pub(crate) fn warns_at(&self) -> Option<Timestamp> {
        self.warning_at().filter(|_| self.warns())
    }

    /// Whether the end that it has now was announced, or is about to be.
    pub fn is_ending(&self) -> bool {
        let of = self.warning.as_ref().and_then(|warning| warning.of);
        self.desired.is_present() && of == Some(self.expires_at)
    }

    /// The pin, of a preview that is wanted.
    pub fn pinned(&self) -> Option<&Pin> {
        self.pin.as_deref().filter(|_| self.desired.is_present())
    }
}

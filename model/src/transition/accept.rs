//! Accept: what is wanted changes, and a job begins that will make it so.

use std::time::Duration;

use super::Change;
use crate::{
    Absence, Actor, Desired, Epoch, Generation, Identity, Job, JobId, JobKind, JobRef, JobStatus,
    Ledger, Nonce, Origin, Owner, Phase, PreviewId, Row, Settled, Snapshot, Spans, SpecId, State,
    Timestamp, Wakefulness, Warning,
};

/// What a create finds out about the name it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameStands {
    /// Free, or held by a preview that is gone: a new preview.
    Free,
    /// Held by a preview that is on its way out, or that never outlasted its own wait for the one
    /// before it: a new preview that waits for the old one's end, and for those before it.
    After(PreviewId),
    /// Held by a live preview of the same owner and source: an update of it.
    Ours(PreviewId),
    /// The same, but its time is over and nobody has accepted its destroy yet: that comes first.
    Expired(PreviewId, Timestamp),
    /// Held by somebody else.
    Taken,
}

/// How the name stands, given the preview that the name item points to.
pub fn name_stands(
    holder: Option<&Snapshot>,
    owner: &Owner,
    origin: &Origin,
    now: Timestamp,
) -> NameStands {
    let Some(Snapshot { identity, row }) = holder else {
        return NameStands::Free;
    };
    if row.is_gone() {
        // One that was never ready may have ended while it still waited for the one before it.
        let waited = identity.predecessor.is_some() && row.settled.spec.is_none();
        return if waited {
            NameStands::After(identity.id)
        } else {
            NameStands::Free
        };
    }
    let ours = identity.owner.id == owner.id && identity.origin.is_same(origin);
    match (row.desired.is_present(), ours) {
        (true, true) if row.is_expired(now) => NameStands::Expired(identity.id, row.expires_at),
        (true, true) => NameStands::Ours(identity.id),
        (true, false) => NameStands::Taken,
        (false, _) => NameStands::After(identity.id),
    }
}

/// What every accepted job needs.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// The job's id.
    pub id: JobId,
    /// Who asks for it.
    pub by: Actor,
    /// Now.
    pub now: Timestamp,
}

/// A new preview's row and its create job. Somebody is warned so long before its end, if anybody is.
pub fn create(
    identity: &Identity,
    spec: SpecId,
    expires_at: Timestamp,
    warn_before: Option<Duration>,
    new: &NewJob,
) -> Change {
    let job = JobRef {
        id: new.id,
        kind: JobKind::Create,
    };
    let generation = Generation::default().next();
    let row = Row {
        preview: identity.id,
        version: 0,
        generation,
        desired: Desired::Present(spec),
        expires_at,
        wakefulness: Wakefulness::Awake,
        idle_at: None,
        pin: None,
        warning: warn_before.map(|before| Box::new(Warning::new(before, expires_at, new.now))),
        settled: Settled {
            generation: Generation::default(),
            expires_at,
            state: State::Never,
            spec: None,
            wakefulness: Wakefulness::Awake,
            sleep: None,
            at: new.now,
        },
        due_at: Some(new.now),
        verify_at: None,
        suspicion: 0,
        epoch: Epoch::default(),
        nonce: Nonce::default(),
        wseq: 0,
        attempts: 0,
        lease: None,
        pending: Some(job),
        last_job: job,
        saga: None,
        parked: None,
        ledger: Ledger::default(),
        spans: Spans::default(),
        receipt_at: None,
        reminded_at: None,
    };
    let mut change = Change::of(row);
    change
        .jobs
        .push(queued(&change.row, new, JobKind::Create, Some(spec)));
    change
}

/// Why a change is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAccepted {
    /// The preview is failed, destroyed or being destroyed.
    #[error("the preview is {0}")]
    Ended(Phase),
    /// Its time is over; its destroy is about to be accepted.
    #[error("the preview's time was over at {0}")]
    Expired(Timestamp),
    /// It was to be destroyed because of an expiry that no longer holds.
    #[error("the preview now expires at {0}")]
    ExpiryMoved(Timestamp),
    /// It is already being destroyed by this job.
    #[error("already asked for by job {}", .0.id)]
    Already(JobRef),
}

/// The next generation, at another spec. `expires_at` replaces the expiry where it is given; a pin
/// holds all the same.
///
/// Updating to the spec that is already ready, with nothing else open, succeeds at once. One that
/// sleeps is woken.
pub fn update(
    row: &Row,
    pending: Option<&Job>,
    spec: SpecId,
    expires_at: Option<Timestamp>,
    new: &NewJob,
) -> Result<Change, NotAccepted> {
    if !row.desired.is_present() {
        return Err(NotAccepted::Ended(row.phase()));
    }
    if row.expires_at <= new.now {
        return Err(NotAccepted::Expired(row.expires_at));
    }
    let nothing_to_do = row.phase() == Phase::Ready
        && row.wakefulness.is_awake()
        && row.settled.spec == Some(spec)
        && row.saga.is_none()
        && row.parked.is_none();
    let mut next = row.clone();
    if let Some(expires_at) = expires_at {
        next.set_expiry(expires_at, new.now);
    }
    if nothing_to_do {
        let job = JobRef {
            id: new.id,
            kind: JobKind::Update,
        };
        next.last_job = job;
        if next.expires_at != row.expires_at {
            next.due_at = next.rest_until(Some(new.now));
        }
        let mut change = Change::of(next);
        let mut job = queued(&change.row, new, JobKind::Update, Some(spec));
        job.status = JobStatus::Succeeded;
        job.started_at = Some(new.now);
        job.finished_at = Some(new.now);
        change.jobs.push(job);
        return Ok(change);
    }
    next.desired = Desired::Present(spec);
    Ok(next.begin(pending, new, JobKind::Update, Some(spec)))
}

/// The next generation: gone. Destroying what is being destroyed names the job that does it;
/// destroying what is gone already succeeds at once.
pub fn destroy(
    row: &Row,
    pending: Option<&Job>,
    why: DestroyReason,
    new: &NewJob,
) -> Result<Change, NotAccepted> {
    if let DestroyReason::Expired(expires_at) = why {
        if !row.desired.is_present() {
            return Err(NotAccepted::Ended(row.phase()));
        }
        if row.expires_at != expires_at || row.expires_at > new.now {
            return Err(NotAccepted::ExpiryMoved(row.expires_at));
        }
    }
    if !row.desired.is_present() && row.last_job.kind == JobKind::Destroy {
        return Err(NotAccepted::Already(row.last_job));
    }
    let mut next = row.clone();
    if row.is_gone() {
        next.last_job = JobRef {
            id: new.id,
            kind: JobKind::Destroy,
        };
        let mut change = Change::of(next);
        let mut job = queued(&change.row, new, JobKind::Destroy, None);
        job.status = JobStatus::Succeeded;
        job.started_at = Some(new.now);
        job.finished_at = Some(new.now);
        change.jobs.push(job);
        return Ok(change);
    }
    next.desired = Desired::Absent(match why {
        DestroyReason::Asked => Absence::Asked,
        DestroyReason::Expired(_) => Absence::Expired,
    });
    let mut change = next.begin(pending, new, JobKind::Destroy, None);
    if crate::broken!(EarlyQuota) {
        change.quota = super::Slots::Free;
    }
    Ok(change)
}

/// Who wants a preview gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DestroyReason {
    /// Somebody asked.
    Asked,
    /// This expiry has passed; refused if it no longer holds.
    Expired(Timestamp),
}

impl Row {
    /// Begins the next generation with a new job. The job that no saga has taken up yet ends as
    /// superseded, so that a preview never has more than two open jobs.
    fn begin(
        mut self,
        pending: Option<&Job>,
        new: &NewJob,
        kind: JobKind,
        spec: Option<SpecId>,
    ) -> Change {
        self.generation = self.generation.next();
        // Whatever it becomes is seen running first.
        self.wakefulness = Wakefulness::Awake;
        self.due_at = Some(new.now);
        self.unpark();
        let job = JobRef { id: new.id, kind };
        self.pending = Some(job);
        self.last_job = job;
        let mut change = Change::of(self);
        change.jobs.push(queued(&change.row, new, kind, spec));
        if let Some(superseded) = pending {
            let mut superseded = superseded.clone();
            superseded.status = JobStatus::Superseded;
            superseded.finished_at = Some(new.now);
            change.jobs.push(superseded);
        }
        change
    }
}

fn queued(row: &Row, new: &NewJob, kind: JobKind, spec: Option<SpecId>) -> Job {
    Job {
        id: new.id,
        preview: row.preview,
        kind,
        generation: row.generation,
        spec,
        status: JobStatus::Queued,
        by: Some(new.by.clone()),
        created_at: new.now,
        started_at: None,
        finished_at: None,
        error: None,
        steps: Vec::new(),
    }
}

//! History: what was done to a preview, by whom and when. Put together from what is stored for other
//! ends too: its jobs, each of which carries who asked for it, and its deeds.

use crate::{
    Absence, Actor, Deed, DeedKind, Desired, Failure, GoneAs, Job, JobId, JobKind, JobStatus, Row,
    State, Timestamp,
};

/// Something that happened to a preview.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// Whose doing it was; `None` where an older version did not note it.
    pub by: Option<Actor>,
    /// What.
    pub what: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum EventKind {
    /// A job was accepted.
    Asked(JobId, Asked, JobStatus),
    /// What a job asked for could not be made; nothing is left of the preview.
    Failed(JobId, Failure),
    /// What a job asked for could not be made; the preview is as it was before it.
    RolledBack(JobId, Failure),
    /// Something was done without a job.
    Did(DeedKind),
}

/// What a job asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The preview.
    Created,
    /// Another spec.
    Updated,
    /// Its end.
    Destroyed,
    /// Its end, because its time was over.
    Expired,
}

/// The history of the preview with this row, its jobs and its deeds, the newest first.
pub fn history(row: &Row, jobs: Vec<Job>, deeds: Vec<Deed>) -> Vec<Event> {
    let mut events: Vec<_> = deeds.into_iter().map(did).collect();
    for job in jobs {
        let job = job.seen_with(row);
        events.extend(outcome(row, &job));
        events.push(asked(row, &job));
    }
    // Stable: what a job came to stands above its acceptance, even in the same millisecond.
    events.sort_by_key(|event| std::cmp::Reverse(event.at));
    events
}

fn did(deed: Deed) -> Event {
    Event {
        at: deed.at,
        by: Some(deed.by),
        what: EventKind::Did(deed.what),
    }
}

fn asked(row: &Row, job: &Job) -> Event {
    let asked = match (job.kind, &job.by) {
        (JobKind::Create, _) => Asked::Created,
        (JobKind::Update, _) => Asked::Updated,
        (JobKind::Destroy, Some(Actor::Timer)) => Asked::Expired,
        // An older version did not note it.
        (JobKind::Destroy, None) if is_expired(row) => Asked::Expired,
        (JobKind::Destroy, _) => Asked::Destroyed,
    };
    Event {
        at: job.created_at,
        by: job.by.clone(),
        what: EventKind::Asked(job.id, asked, job.status),
    }
}

fn is_expired(row: &Row) -> bool {
    row.desired == Desired::Absent(Absence::Expired)
}

fn outcome(row: &Row, job: &Job) -> Option<Event> {
    let failed = job.status == JobStatus::Failed && job.kind != JobKind::Destroy;
    let at = job.finished_at.filter(|_| failed)?;
    let error = job.error.clone()?;
    let gone = row.settled.state == State::Gone(GoneAs::Failed)
        && row.settled.generation == job.generation;
    let what = if job.kind == JobKind::Update && !gone {
        EventKind::RolledBack(job.id, error)
    } else {
        EventKind::Failed(job.id, error)
    };
    Some(Event {
        at,
        by: Some(Actor::Worker),
        what,
    })
}

//! The rules, each shown once.

mod events;
mod histories;
mod pins;
mod sleeping;
mod spans;
mod warnings;

use std::collections::BTreeMap;
use std::time::Duration;

use uuid::Uuid;

use super::accept::{self, DestroyReason, NameStands, NewJob, NotAccepted};
use super::checkpoint::{Checkpoint, checkpoint};
use super::claim::{CRASHES_BEFORE_PARKING, Claim, Fresh, NoClaim, claim};
use super::extend::{Extended, NoExtend};
use super::settle::{Settle, settle};
use super::turn::{Turn, turn};
use super::vouch::{Vouch, vouch};
use super::warn::{Warn, warn};
use super::{Change, Fence, Refused, Seen, Slots, doubt, extend, replay, rest, sleep};
use crate::{
    Actor, Course, Desired, DnsName, Failure, Footprint, Identity, Job, JobId, JobRef, JobStatus,
    Nonce, Origin, Owner, Parked, Phase, PlanId, PlanKind, PreviewId, Receipt, Route, Row, Saga,
    Snapshot, SpecId, StepId, Timestamp, Work, WorkerId,
};

const HOUR: Duration = Duration::from_hours(1);
const LEASE: Duration = Duration::from_secs(30);
const FOOTPRINT: Footprint = Footprint {
    cpu: 256,
    memory: 512,
    tasks: 1,
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000 + seconds * 1000)
}

fn job_id(n: u128) -> JobId {
    JobId::new(Uuid::from_u128(n))
}

fn spec(n: u8) -> SpecId {
    SpecId::of(&[n])
}

fn identity(owner: &str) -> Identity {
    Identity {
        id: PreviewId::new(Uuid::from_u128(1 << 100)),
        name: "app".parse::<DnsName>().unwrap(),
        owner: Owner {
            id: owner.into(),
            login: owner.into(),
            avatar_url: None,
        },
        origin: Origin::default(),
        template: "api-service".into(),
        route: Some(Route {
            listener: "l".into(),
            slot: None,
            url: "u".into(),
        }),
        created_at: at(0),
        predecessor: None,
    }
}

fn created() -> Row {
    let new = NewJob {
        id: job_id(1),
        by: Actor::Worker,
        now: at(0),
    };
    accept::create(&identity("ann"), spec(1), at(0).after(HOUR), None, &new).row
}

fn saga(row: &Row, course: Course, job: Option<JobRef>, now: Timestamp) -> Saga {
    let kind = if course == Course::Unwind {
        PlanKind::Destroy
    } else {
        PlanKind::Create
    };
    let target = match row.desired {
        Desired::Present(spec) if course != Course::Unwind => Some(spec),
        _ => None,
    };
    Saga {
        plan: PlanId { kind, version: 1 },
        job,
        generation: row.generation,
        expires_at: row.expires_at,
        wakefulness: row.wakefulness,
        sleep: None,
        course,
        target,
        footprint: target.map(|_| FOOTPRINT),
        stages: Vec::new(),
        at: 0,
        entered: false,
        started_at: now,
        rejected: None,
        vouches: None,
        looked_again: false,
        progress: Vec::new(),
    }
}

fn ask(row: &Row, nonce: u64, fresh: Option<Saga>, now: Timestamp) -> Claim {
    Claim {
        worker: WorkerId("w".into()),
        nonce: Nonce(nonce),
        message: None,
        looked_at: row.version,
        fresh: fresh.map(|saga| Fresh {
            saga,
            ledger: row.ledger.clone(),
        }),
        now,
        lease: LEASE,
        margin: Duration::ZERO,
    }
}

fn claimed(row: &Row, nonce: u64, now: Timestamp) -> Row {
    let course = if row.desired.is_present() {
        Course::Forward
    } else {
        Course::Unwind
    };
    let fresh = saga(row, course, row.pending, now);
    claim(row, &ask(row, nonce, Some(fresh), now)).unwrap().row
}

fn write(row: &Row) -> Checkpoint {
    Checkpoint {
        fence: Fence {
            preview: row.preview,
            epoch: row.epoch,
            nonce: row.nonce,
            wseq: row.wseq + 1,
        },
        saga: row.saga.clone().unwrap(),
        ledger: row.ledger.clone(),
        lost_answers: 0,
        lease_until: Timestamp::default(),
    }
}

fn settled(row: &Row, now: Timestamp) -> Change {
    let write = write(row);
    let seen = Seen::by(&write.saga);
    let job = write.saga.job.map(|job| stored(row, job));
    settle(
        row,
        &Settle {
            checkpoint: write,
            job,
            seen,
            verify_at: now.after(HOUR),
            now,
        },
    )
    .unwrap()
}

fn stored(row: &Row, job: JobRef) -> Job {
    Job {
        id: job.id,
        preview: row.preview,
        kind: job.kind,
        generation: row.generation,
        spec: None,
        status: JobStatus::Queued,
        by: None,
        created_at: at(0),
        started_at: None,
        finished_at: None,
        error: None,
        steps: Vec::new(),
    }
}

fn ready() -> Row {
    settled(&claimed(&created(), 7, at(1)), at(2)).row
}

#[test]
fn a_preview_goes_from_accepted_to_a_receipt() {
    let row = created();
    assert_eq!(
        (row.phase(), row.work(at(0))),
        (Phase::Pending, Work::Begin(row.last_job))
    );
    let row = claimed(&row, 7, at(1));
    assert_eq!((row.phase(), row.pending), (Phase::Provisioning, None));
    let change = settled(&row, at(2));
    assert_eq!(change.jobs[0].status, JobStatus::Succeeded);
    let row = change.row;
    assert_eq!(
        (row.phase(), row.due_at),
        (Phase::Ready, Some(row.expires_at))
    );

    let new = NewJob {
        id: job_id(2),
        by: Actor::Worker,
        now: row.expires_at,
    };
    let expired = DestroyReason::Expired(row.expires_at);
    let row = accept::destroy(&row, None, expired, &new).unwrap().row;
    assert_eq!(row.phase(), Phase::Destroying);
    let now = row.expires_at;
    let change = settled(&claimed(&row, 8, now), now);
    assert_eq!(change.quota, Slots::Free);
    let row = change.row;
    assert_eq!(
        (row.phase(), row.work(now)),
        (Phase::Destroyed, Work::Nothing)
    );
    let later = row.verify_at.unwrap();
    assert_eq!(row.work(later), Work::Verify);

    let mut verify = saga(&row, Course::Unwind, None, later);
    verify.vouches = Some(row.suspicion);
    let row = claim(&row, &ask(&row, 9, Some(verify), later)).unwrap().row;
    let receipt = Receipt {
        preview_id: row.preview,
        installation: crate::InstallationId::new(1),
        generation: row.generation,
        destroyed_at: now,
        verified_at: later,
        checks: Vec::new(),
        removed: Vec::new(),
        found_late: Vec::new(),
    };
    let done = Vouch {
        checkpoint: write(&row),
        seen: Seen::of(&row),
        receipt: Some(receipt),
        verify_at: later.after(HOUR),
        now: later,
    };
    let change = vouch(&row, &done).unwrap();
    assert!(change.receipt.is_some() && change.reservations == Slots::Free);
    assert_eq!(
        (change.row.due_at, change.row.receipt_at),
        (None, Some(later))
    );
}

#[test]
fn an_expired_lease_counts_and_makes_suspect_and_five_park() {
    let mut row = claimed(&created(), 0, at(0));
    assert!(matches!(
        claim(&row, &ask(&row, 1, None, at(29))),
        Err(NoClaim::Held(..))
    ));
    for crash in 1..CRASHES_BEFORE_PARKING {
        let now = at(i64::from(crash) * 31);
        row = claim(&row, &ask(&row, u64::from(crash), None, now))
            .unwrap()
            .row;
        assert_eq!((row.attempts, row.suspicion), (crash, crash));
    }
    let parked = claim(&row, &ask(&row, 99, None, at(31 * 5))).unwrap().row;
    assert!(parked.parked.is_some() && parked.lease.is_none());
    assert_eq!(
        parked.due_at,
        Some(parked.expires_at),
        "parking does not keep it alive"
    );

    let progressed = checkpoint(&row, &write(&row)).unwrap().row;
    assert_eq!(
        (progressed.attempts, progressed.suspicion),
        (0, row.suspicion)
    );
    let replayed = replay::replay(&parked, Actor::Worker, at(200)).unwrap().row;
    assert_eq!((replayed.attempts, replayed.due_at), (0, Some(at(200))));
}

/// Of a trusted row nothing that is done is made again, and what may have been undone is looked at.
#[test]
fn a_replay_looks_at_what_is_done_only_for_a_suspect_row() {
    let step = StepId::single("web");
    let mut parked = claimed(&created(), 0, at(0));
    let planned = std::sync::Arc::from(serde_json::value::RawValue::NULL.to_owned());
    parked
        .ledger
        .enter(&step, 4, std::sync::Arc::clone(&planned), parked.generation);
    parked.ledger.finish(&step, planned);
    parked.lease = None;
    parked.parked = Some(Parked {
        failure: Failure::rejected(&step, "no"),
        since: at(1),
    });
    let saga = parked.saga.as_mut().unwrap();
    (saga.at, saga.entered, saga.looked_again) = (1, true, true);

    let place = |row: &Row| {
        let saga = row.saga.as_ref().unwrap();
        let done = row.ledger.get(&step).unwrap().done;
        (done, saga.at, saga.entered, saga.looked_again)
    };
    let trusted = replay::replay(&parked, Actor::Worker, at(2)).unwrap().row;
    assert_eq!(place(&trusted), (true, 1, true, true));
    parked.suspicion = 1;
    let suspect = replay::replay(&parked, Actor::Worker, at(2)).unwrap().row;
    assert_eq!(place(&suspect), (false, 0, false, false));
}

#[test]
fn only_the_holder_writes_and_its_own_lost_answer_counts_as_success() {
    let row = claimed(&created(), 7, at(0));
    let first = write(&row);
    let row = checkpoint(&row, &first).unwrap().row;
    assert!(matches!(checkpoint(&row, &first), Err(Refused::Already(_))));

    let taken = claim(&row, &ask(&row, 8, None, at(31))).unwrap().row;
    assert!(matches!(
        checkpoint(&taken, &write(&row)),
        Err(Refused::Lost)
    ));

    let seen = Seen::of(&taken);
    let release = write(&taken);
    let waiting = rest::wait(&taken, &release, seen, at(60)).unwrap().row;
    assert!(waiting.lease.is_none());
    assert!(matches!(
        rest::wait(&waiting, &release, seen, at(60)),
        Err(Refused::Already(_))
    ));
    assert!(
        matches!(checkpoint(&waiting, &write(&waiting)), Err(Refused::Lost)),
        "who has let go writes no more"
    );
}

#[test]
fn a_checkpoint_is_made_whatever_is_wanted_and_a_release_is_not() {
    let row = claimed(&created(), 7, at(0));
    let seen = Seen::of(&row);
    let new = NewJob {
        id: job_id(2),
        by: Actor::Worker,
        now: at(1),
    };
    let row = accept::destroy(&row, None, DestroyReason::Asked, &new)
        .unwrap()
        .row;
    assert!(checkpoint(&row, &write(&row)).is_ok());
    assert!(matches!(
        rest::wait(&row, &write(&row), seen, at(60)),
        Err(Refused::Moved(_))
    ));
    let parked = Parked {
        failure: Failure::rejected(&StepId::single("x"), "no"),
        since: at(1),
    };
    assert!(matches!(
        rest::park(&row, &write(&row), seen, parked),
        Err(Refused::Moved(_))
    ));

    let next = saga(&row, Course::Unwind, row.pending, at(1));
    let left = row
        .saga
        .as_ref()
        .and_then(|saga| saga.job)
        .map(|job| stored(&row, job));
    let turned = Turn {
        checkpoint: write(&row),
        next,
        left,
        seen: Seen::of(&row),
        now: at(1),
    };
    let change = turn(&row, &turned).unwrap();
    assert_eq!(change.jobs[0].status, JobStatus::Superseded);
    assert_eq!(change.row.pending, None);
    assert_eq!(change.row.work(at(1)), Work::Resume);
}

#[test]
fn an_unwind_decides_that_nothing_is_wanted() {
    let row = claimed(&created(), 7, at(0));
    let mut next = saga(&row, Course::Unwind, row.saga.as_ref().unwrap().job, at(1));
    next.rejected = Some(Failure::rejected(
        &StepId::single("service"),
        "no such image",
    ));
    let turned = Turn {
        checkpoint: write(&row),
        next,
        left: None,
        seen: Seen::of(&row),
        now: at(1),
    };
    let row = turn(&row, &turned).unwrap().row;
    assert!(!row.desired.is_present());
    let new = NewJob {
        id: job_id(3),
        by: Actor::Worker,
        now: at(2),
    };
    assert!(matches!(
        accept::update(&row, None, spec(2), None, &new),
        Err(NotAccepted::Ended(Phase::Destroying))
    ));
    assert!(extend::extend(&row, &Extended::To(at(9999)), Actor::Worker, at(2)).is_err());
    let change = settled(&row, at(3));
    assert_eq!(change.row.phase(), Phase::Failed);
    assert_eq!(change.jobs[0].status, JobStatus::Failed);
}

#[test]
fn a_name_is_ours_expired_taken_free_or_on_its_way_out() {
    let (ann, bob) = (identity("ann"), identity("bob"));
    let stands_at = |row: &Row, who: &Identity, now| {
        let holder = Snapshot {
            identity: ann.clone(),
            row: row.clone(),
        };
        accept::name_stands(Some(&holder), &who.owner, &who.origin, now)
    };
    let stands = |row: &Row, who: &Identity| stands_at(row, who, at(3));
    let row = ready();
    assert_eq!(
        accept::name_stands(None, &ann.owner, &ann.origin, at(3)),
        NameStands::Free
    );
    let over = row.expires_at;
    assert_eq!(
        stands_at(&row, &ann, over),
        NameStands::Expired(ann.id, over)
    );
    assert_eq!(stands_at(&row, &bob, over), NameStands::Taken);
    assert_eq!(stands(&row, &ann), NameStands::Ours(ann.id));
    assert_eq!(stands(&row, &bob), NameStands::Taken);
    let new = NewJob {
        id: job_id(2),
        by: Actor::Worker,
        now: at(3),
    };
    let going = accept::destroy(&row, None, DestroyReason::Asked, &new)
        .unwrap()
        .row;
    assert_eq!(stands(&going, &bob), NameStands::After(ann.id));
    let gone = settled(&claimed(&going, 9, at(4)), at(4)).row;
    assert_eq!(stands(&gone, &bob), NameStands::Free);

    // One that ended while it waited itself: whom it waited for may still be there.
    let waiting = Identity {
        predecessor: Some(PreviewId::new(Uuid::from_u128(7))),
        ..ann.clone()
    };
    let after = |row: &Row| {
        let holder = Snapshot {
            identity: waiting.clone(),
            row: row.clone(),
        };
        accept::name_stands(Some(&holder), &bob.owner, &bob.origin, at(5))
    };
    let going = accept::destroy(&created(), None, DestroyReason::Asked, &new)
        .unwrap()
        .row;
    let never_ready = settled(&claimed(&going, 9, at(4)), at(4)).row;
    assert_eq!(after(&never_ready), NameStands::After(ann.id));
    assert_eq!(after(&gone), NameStands::Free, "it was ready once");
}

#[test]
fn what_changes_nothing_succeeds_at_once_and_twice_is_once() {
    let row = ready();
    let new = NewJob {
        id: job_id(2),
        by: Actor::Worker,
        now: at(3),
    };
    let change = accept::update(&row, None, spec(1), None, &new).unwrap();
    assert_eq!(change.jobs[0].status, JobStatus::Succeeded);
    assert_eq!(change.row.generation, row.generation);

    let going = accept::destroy(&row, None, DestroyReason::Asked, &new)
        .unwrap()
        .row;
    let again = NewJob {
        id: job_id(3),
        by: Actor::Worker,
        now: at(4),
    };
    let twice = accept::destroy(&going, None, DestroyReason::Asked, &again);
    assert_eq!(twice.unwrap_err(), NotAccepted::Already(going.last_job));
}

#[test]
fn an_expiry_that_no_longer_holds_destroys_nothing() {
    let row = ready();
    let was = row.expires_at;
    let to = Extended::To(was.after(HOUR));
    let row = extend::extend(&row, &to, Actor::Worker, at(5)).unwrap().row;
    assert_eq!(row.work(at(5)), Work::MoveTimer);
    let new = NewJob {
        id: job_id(2),
        by: Actor::Worker,
        now: was,
    };
    let stale = accept::destroy(&row, None, DestroyReason::Expired(was), &new);
    assert_eq!(stale.unwrap_err(), NotAccepted::ExpiryMoved(row.expires_at));
}

#[test]
fn doubt_never_brings_a_verify_forward() {
    let row = ready();
    let new = NewJob {
        id: job_id(2),
        by: Actor::Worker,
        now: at(3),
    };
    let going = accept::destroy(&row, None, DestroyReason::Asked, &new)
        .unwrap()
        .row;
    let gone = settled(&claimed(&going, 9, at(4)), at(4)).row;
    let doubted = doubt::doubt(&gone, at(5)).row;
    assert_eq!(doubted.verify_at, gone.verify_at);
    assert_eq!(doubted.due_at, gone.due_at);
    assert!(replay::wake(&gone, at(5)).is_none());
}

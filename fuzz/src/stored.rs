//! What is read again: messages, rows, names, specifications, repository files. The property tests of
//! `tempus-model` (`model/tests/inputs.rs`) include this file and feed it too.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tempus_model::repository_file::RepositoryFile;
use tempus_model::transition::accept::{self, DestroyReason, NewJob};
use tempus_model::transition::checkpoint::{self, Checkpoint};
use tempus_model::transition::claim::{self, Claim, Fresh};
use tempus_model::transition::doubt::{self, Stop};
use tempus_model::transition::extend::Extended;
use tempus_model::transition::settle::{self, Settle};
use tempus_model::transition::sleep::{self, Idleness};
use tempus_model::transition::turn::{self, Turn};
use tempus_model::transition::vouch::{self, Vouch};
use tempus_model::transition::warn::{Warn, warn};
use tempus_model::transition::{Change, Fence, Seen, discard, extend, replay, rest};
use tempus_model::{
    Actor, DnsName, Failure, Hint, InstallationId, Job, JobId, JobKind, JobStatus, Limits, Meeting,
    MessageId, Nonce, Parked, PreviewId, Row, Saga, Spec, SpecId, StepId, Timestamp, Ttl, WorkerId,
    next, resource_name, slug,
};
use uuid::Uuid;

/// A message's body is a hint or is refused; a hint says the same when it is read again, and
/// there is something to do with it whatever row it meets.
pub fn hints(input: &str) {
    let Ok(hint) = Hint::decode(input) else {
        return;
    };
    assert_eq!(Hint::decode(&hint.encode()).ok(), Some(hint.clone()));
    let row: Row = read(ROW);
    for now in TIMES.map(Timestamp::from_millis) {
        let message = MessageId("1".to_owned());
        let meeting = Meeting {
            hint: &hint,
            message: &message,
            row: &row,
            now,
            skew: Duration::from_secs(2),
        };
        let _ = (meeting.at_first(), meeting.too_early());
        let _ = meeting.with_lease(row.lease.as_ref());
    }
}

/// A stored row is read or is refused. One that was read says the same when it is stored again,
/// and nothing that can happen to it panics or leaves what cannot be read.
pub fn rows(input: &str) {
    let Ok(row) = serde_json::from_str::<Row>(input) else {
        return;
    };
    again(&row);
    for now in TIMES.map(Timestamp::from_millis) {
        let _ = (row.phase(), row.work(now), row.is_verifying());
        for change in changes(&row, now) {
            again(&change.row);
            change.jobs.iter().for_each(again);
        }
    }
    if let Some(mut saga) = row.saga.clone() {
        let mut ledger = row.ledger.clone();
        for _ in 0..8 {
            let _ = next(&mut saga, &ledger);
            saga.enter(&mut ledger, Timestamp::default());
        }
    }
}

/// Any text makes a name, names fit where they must, and two texts make two.
pub fn names(input: &str) {
    let (first, second) = input.split_once('\n').unwrap_or((input, ""));
    let label = slug(first, DnsName::LONGEST);
    assert!(label.parse::<DnsName>().is_ok(), "{label:?}");
    assert_eq!(slug(&label, DnsName::LONGEST), label, "a name is its own");
    if let Ok(name) = first.parse::<DnsName>() {
        assert_eq!(name.as_str(), first);
    }
    let (one, two) = (
        PreviewId::new(Uuid::from_u128(7)),
        PreviewId::new(Uuid::from_u128(1 << 96)),
    );
    let installation = InstallationId::new(1);
    for longest in [32, 64] {
        let name = |preview, part| resource_name(installation, preview, part, longest);
        assert!(name(one, first).len() <= longest);
        assert_eq!(name(one, first) == name(one, second), first == second);
        assert_ne!(name(one, first), name(two, first));
        if first.bytes().all(|b| b.is_ascii_alphanumeric()) {
            let made = name(one, first);
            assert!(made.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
            assert!(!made.ends_with('-') || first.is_empty(), "{made}");
        }
    }
}

/// A specification is read, and held against its limits; a lifetime is read or refused, and is
/// what it says.
pub fn specs(input: &str) {
    if let Ok(ttl) = input.parse::<Ttl>() {
        let end = Timestamp::default().after(ttl.duration());
        assert!(end > Timestamp::default());
        again(&end);
        if ttl.duration().subsec_nanos() == 0 {
            assert_eq!(ttl.to_string().parse::<Ttl>(), Ok(ttl));
        }
    }
    let Ok(spec) = serde_json::from_str::<Spec>(input) else {
        return;
    };
    again(&spec);
    let errors = spec.check(&Limits::default());
    assert!(
        errors
            .iter()
            .all(|error| !error.field.is_empty() && !error.problem.is_empty())
    );
    let copy: Spec = read(&serde_json::to_string(&spec).unwrap());
    assert_eq!(spec.id(), copy.id());
}

/// A repository's file is read, or refused with lines that are there and a reason for each.
pub fn files(input: &str) {
    let Err(mistakes) = RepositoryFile::read("file", input) else {
        return;
    };
    let lines = input.split(['\n', '\r']).count() as u64;
    assert!(!mistakes.list.is_empty());
    for mistake in &mistakes.list {
        assert!(!mistake.problem.is_empty(), "{mistakes}");
        assert!((1..=lines).contains(&mistake.line), "{mistakes}");
    }
}

/// A row to meet hints.
const ROW: &str = include_str!("../../model/tests/golden/row-waiting.json");

/// Before everything, in the middle of most rows, and after everything.
const TIMES: [i64; 4] = [0, 1_800_000_000_000, 1_800_003_600_000, 253_402_207_200_000];

fn read<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap()
}

/// What is stored says the same when it is read.
fn again<T: Serialize + DeserializeOwned>(value: &T) {
    let text = serde_json::to_string(value).unwrap();
    let read: T = serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("stored and not readable: {error}: {text}"));
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
}

/// Everything that can happen to a row.
fn changes(row: &Row, now: Timestamp) -> Vec<Change> {
    let (spec, other) = (SpecId::of(b"1"), now.after(Duration::from_hours(1)));
    let new = NewJob {
        id: JobId::new(Uuid::from_u128(9)),
        by: Actor::Worker,
        now,
    };
    let job = Job {
        id: JobId::new(Uuid::from_u128(8)),
        preview: row.preview,
        kind: JobKind::Update,
        generation: row.generation,
        spec: Some(spec),
        status: JobStatus::Queued,
        by: Some(new.by.clone()),
        created_at: now,
        started_at: None,
        finished_at: None,
        error: None,
        steps: Vec::new(),
    };
    let failure = Failure::rejected(&StepId::single("x"), "no");
    let pinned = Extended::Pinned {
        until: other,
        reason: "the demo".parse().unwrap(),
    };
    let mut all = vec![
        accept::update(row, Some(&job), spec, None, &new).ok(),
        accept::update(row, None, spec, Some(other), &new).ok(),
        accept::destroy(row, Some(&job), DestroyReason::Asked, &new).ok(),
        accept::destroy(row, None, DestroyReason::Expired(row.expires_at), &new).ok(),
        extend::extend(row, &Extended::To(other), Actor::Worker, now).ok(),
        extend::extend(row, &pinned, Actor::Worker, now).ok(),
        extend::extend(
            row,
            &Extended::Unpinned { at_least: other },
            Actor::Worker,
            now,
        )
        .ok(),
        warn(
            row,
            Warn::Begin {
                again: other,
                most: 3,
            },
            now,
        ),
        warn(row, Warn::Given { of: row.expires_at }, now),
        sleep::rouse(row, Actor::Visitor, now),
        sleep::doze(row, row.version, Idleness::Idle, now),
        sleep::doze(row, row.version, Idleness::LookAgain(other), now),
        replay::replay(row, Actor::Worker, now),
        replay::wake(row, now),
        replay::remind(row, now, Duration::from_mins(1)),
        Some(doubt::doubt(row, now)),
        doubt::end_lease(row, now, Stop::Clean),
        doubt::end_lease(row, now, Stop::Crash),
        discard::discard(row, Some(&job), Some(&job), Actor::Worker, now).ok(),
    ];
    let saga = row.saga.clone();
    all.push(claim::claim(row, &ask(row, saga.clone(), now)).ok());
    let saga = saga.or_else(|| read::<Row>(ROW).saga);
    if let Some(saga) = saga {
        all.extend(of_the_holder(row, &saga, &job, &failure, now));
    }
    all.into_iter().flatten().collect()
}

fn ask(row: &Row, saga: Option<Saga>, now: Timestamp) -> Claim {
    Claim {
        worker: WorkerId("w".to_owned()),
        nonce: Nonce(u64::MAX),
        message: None,
        looked_at: row.version,
        fresh: saga.map(|saga| Fresh {
            saga,
            ledger: row.ledger.clone(),
        }),
        now,
        lease: Duration::from_secs(30),
        margin: Duration::from_secs(2),
    }
}

fn of_the_holder(
    row: &Row,
    saga: &Saga,
    job: &Job,
    failure: &Failure,
    now: Timestamp,
) -> Vec<Option<Change>> {
    let fence = Fence {
        preview: row.preview,
        epoch: row.epoch,
        nonce: row.nonce,
        wseq: row.wseq.saturating_add(1),
    };
    let checkpoint = Checkpoint {
        fence,
        saga: saga.clone(),
        ledger: row.ledger.clone(),
        lost_answers: 1,
        lease_until: now,
    };
    let seen = Seen::of(row);
    let turn = Turn {
        checkpoint: checkpoint.clone(),
        next: saga.clone(),
        left: Some(job.clone()),
        seen,
        now,
    };
    let settle = Settle {
        checkpoint: checkpoint.clone(),
        job: Some(job.clone()),
        seen,
        verify_at: now,
        now,
    };
    let vouch = Vouch {
        checkpoint: checkpoint.clone(),
        seen,
        receipt: None,
        verify_at: now,
        now,
    };
    let parked = Parked {
        failure: failure.clone(),
        since: now,
    };
    vec![
        checkpoint::checkpoint(row, &checkpoint).ok(),
        checkpoint::renew(row, &fence, now).ok(),
        rest::wait(row, &checkpoint, seen, now).ok(),
        rest::park(row, &checkpoint, seen, parked).ok(),
        turn::turn(row, &turn).ok(),
        settle::settle(row, &settle).ok(),
        vouch::vouch(row, &vouch).ok(),
    ]
}

//! Any sequence of what may happen, held against what must always be true.

use proptest::prelude::*;

use super::*;
use crate::invariant;
use crate::transition::sleep::Idleness;

/// Anything that users, timers and workers may do, at any time.
#[derive(Debug, Clone)]
enum Act {
    Update(u8),
    Destroy,
    Expire,
    Extend(u16),
    Pin(u16),
    Unpin,
    Warn,
    Warned,
    Claim,
    Checkpoint,
    Wait(u16),
    Turn,
    Park,
    Settle,
    Replay,
    Doubt,
    Wake,
    Rouse,
    /// A look that finds nobody, or says when to look again.
    Look(Option<u16>),
    Pass(u16),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        1 => (1_u8..4).prop_map(Act::Update),
        1 => Just(Act::Destroy),
        1 => Just(Act::Expire),
        1 => (1_u16..9000).prop_map(Act::Extend),
        1 => (1_u16..20000).prop_map(Act::Pin),
        1 => Just(Act::Unpin),
        2 => Just(Act::Warn),
        1 => Just(Act::Warned),
        3 => Just(Act::Claim),
        2 => Just(Act::Checkpoint),
        1 => (0_u16..100).prop_map(Act::Wait),
        2 => Just(Act::Turn),
        1 => Just(Act::Park),
        2 => Just(Act::Settle),
        1 => Just(Act::Replay),
        1 => Just(Act::Doubt),
        1 => Just(Act::Wake),
        2 => Just(Act::Rouse),
        2 => prop::option::weighted(0.3, 0_u16..2000).prop_map(Act::Look),
        1 => (1_u16..2000).prop_map(Act::Pass),
    ];
    prop::collection::vec(act, 1..60)
}

/// A world of one row, and the jobs as a store would hold them.
struct World {
    row: Row,
    jobs: BTreeMap<JobId, Job>,
    now: Timestamp,
    ids: u128,
}

impl World {
    fn new() -> Self {
        let new = NewJob {
            id: job_id(1),
            by: Actor::Worker,
            now: at(0),
        };
        let change = accept::create(
            &identity("ann"),
            spec(1),
            at(0).after(HOUR),
            Some(Duration::from_mins(10)),
            &new,
        );
        let mut world = Self {
            row: change.row.clone(),
            jobs: BTreeMap::new(),
            now: at(0),
            ids: 1,
        };
        world.apply(Some(change));
        world
    }

    fn new_job(&mut self) -> NewJob {
        self.ids += 1;
        NewJob {
            id: job_id(self.ids),
            by: Actor::Worker,
            now: self.now,
        }
    }

    fn apply(&mut self, change: Option<Change>) {
        let Some(change) = change else { return };
        let mut held = invariant::of_change(&self.row, &change.row);
        for job in change.jobs {
            held = held.and_then(|()| invariant::of_outcome(self.jobs.get(&job.id), &job));
            self.jobs.insert(job.id, job);
        }
        assert_eq!(held, Ok(()));
        self.row = change.row;
    }

    fn held(&self) -> Option<Checkpoint> {
        self.row.lease.as_ref()?;
        self.row.saga.as_ref()?;
        Some(write(&self.row))
    }

    fn saga_job(&self) -> Option<Job> {
        let job = self.row.saga.as_ref()?.job?;
        self.jobs.get(&job.id).cloned()
    }

    fn act(&mut self, act: &Act) {
        let now = self.now;
        let pending = self
            .row
            .pending
            .and_then(|job| self.jobs.get(&job.id).cloned());
        let change = match act {
            Act::Pass(seconds) => {
                self.now = now.after(Duration::from_secs(u64::from(*seconds)));
                None
            }
            Act::Update(n) => {
                let new = self.new_job();
                // As often as not a push, which moves the end.
                let end = (n % 2 == 0).then(|| now.after(HOUR));
                accept::update(&self.row, pending.as_ref(), spec(*n), end, &new).ok()
            }
            Act::Destroy => {
                let new = self.new_job();
                accept::destroy(&self.row, pending.as_ref(), DestroyReason::Asked, &new).ok()
            }
            Act::Expire => {
                let (new, why) = (self.new_job(), DestroyReason::Expired(self.row.expires_at));
                accept::destroy(&self.row, pending.as_ref(), why, &new).ok()
            }
            Act::Extend(s) => {
                let to = now.after(Duration::from_secs(u64::from(*s)));
                extend::extend(&self.row, &Extended::To(to), Actor::Worker, now).ok()
            }
            Act::Pin(s) => self.pin(*s),
            Act::Unpin => {
                let at_least = now.after(Duration::from_mins(5));
                let unpinned = Extended::Unpinned { at_least };
                extend::extend(&self.row, &unpinned, Actor::Worker, now).ok()
            }
            Act::Warn => {
                let again = now.after(Duration::from_secs(30));
                warn(&self.row, Warn::Begin { again, most: 3 }, now)
            }
            Act::Warned => {
                let of = self.row.warning.as_ref().and_then(|warning| warning.of);
                of.and_then(|of| warn(&self.row, Warn::Given { of }, now))
            }
            Act::Claim => self.claim(),
            Act::Checkpoint => self
                .held()
                .and_then(|held| checkpoint(&self.row, &held).ok()),
            Act::Wait(s) => self.held().and_then(|held| {
                let until = now.after(Duration::from_secs(u64::from(*s)));
                let seen = Seen::by(&held.saga);
                rest::wait(&self.row, &held, seen, until).ok()
            }),
            Act::Park => self.held().and_then(|held| {
                let failure = Failure::rejected(&StepId::single("x"), "no");
                let seen = Seen::by(&held.saga);
                rest::park(
                    &self.row,
                    &held,
                    seen,
                    Parked {
                        failure,
                        since: now,
                    },
                )
                .ok()
            }),
            Act::Turn => self.turn(),
            Act::Settle => self.held().and_then(|held| {
                let seen = Seen::by(&held.saga);
                let job = self.saga_job();
                let verify_at = now.after(Duration::from_mins(1));
                settle(
                    &self.row,
                    &Settle {
                        checkpoint: held,
                        job,
                        seen,
                        verify_at,
                        now,
                    },
                )
                .ok()
            }),
            Act::Replay => replay::replay(&self.row, Actor::Worker, now),
            Act::Doubt => Some(doubt::doubt(&self.row, now)),
            Act::Wake => replay::wake(&self.row, now),
            Act::Rouse => sleep::rouse(&self.row, Actor::Visitor, now),
            Act::Look(again) => {
                let found = again.map_or(Idleness::Idle, |seconds| {
                    Idleness::LookAgain(now.after(Duration::from_secs(u64::from(seconds))))
                });
                sleep::doze(&self.row, self.row.version, found, now)
            }
        };
        self.apply(change);
    }

    /// A saga towards a preview that sleeps after ten minutes without a request.
    fn saga(&self, course: Course, job: Option<JobRef>) -> Saga {
        Saga {
            sleep: "10m".parse().ok(),
            ..saga(&self.row, course, job, self.now)
        }
    }

    fn pin(&self, seconds: u16) -> Option<Change> {
        let pinned = Extended::Pinned {
            until: self.now.after(Duration::from_secs(seconds.into())),
            reason: "the demo".parse().unwrap(),
        };
        extend::extend(&self.row, &pinned, Actor::Worker, self.now).ok()
    }

    fn claim(&mut self) -> Option<Change> {
        let row = &self.row;
        let course = if row.desired.is_present() {
            Course::Forward
        } else {
            Course::Unwind
        };
        let fresh = match row.work(self.now) {
            Work::Begin(job) => Some(self.saga(course, Some(job))),
            Work::MoveTimer | Work::SleepOrWake => Some(self.saga(course, None)),
            Work::Resume | Work::Turn => None,
            Work::Verify | Work::LookIfIdle | Work::Warn | Work::Expire | Work::Nothing => {
                return None;
            }
        };
        claim(
            row,
            &ask(row, row.wseq + row.epoch.0 * 1000, fresh, self.now),
        )
        .ok()
    }

    fn turn(&mut self) -> Option<Change> {
        let held = self.held()?;
        let row = &self.row;
        if row.work(self.now) != Work::Turn {
            return None;
        }
        let course = if row.desired.is_present() {
            Course::Forward
        } else {
            Course::Unwind
        };
        let job = row.pending.or(held.saga.job);
        let left = if job == held.saga.job {
            None
        } else {
            self.saga_job()
        };
        let next = self.saga(course, job);
        let (seen, now) = (Seen::of(row), self.now);
        turn(
            row,
            &Turn {
                checkpoint: held,
                next,
                left,
                seen,
                now,
            },
        )
        .ok()
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let held = invariant::of_row(&self.row)
            .and_then(|()| invariant::of_jobs(&self.row, self.jobs.values()));
        prop_assert_eq!(held, Ok(()), "{:?}", self.row);
        Ok(())
    }
}

/// Whoever wants to use a preview that is wanted at all is not forgotten: it is wanted awake from
/// then on, and the row of one that sleeps is due.
fn awake_if_asked(act: &Act, before: &Row, row: &Row, now: Timestamp) -> Result<(), TestCaseError> {
    let wanted = before.desired.is_present() && before.expires_at > now;
    if !wanted || !matches!(act, Act::Rouse) {
        return Ok(());
    }
    prop_assert!(row.wakefulness.is_awake());
    let woken = !before.wakefulness.is_awake() && !row.settled.wakefulness.is_awake();
    prop_assert!(
        !woken || row.due_at.is_some_and(|due| due <= now),
        "{row:?}"
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn whatever_happens_in_any_order(acts in acts()) {
        let mut world = World::new();
        for act in &acts {
            let (before, now) = (world.row.clone(), world.now);
            world.act(act);
            world.check()?;
            awake_if_asked(act, &before, &world.row, now)?;
        }
    }
}

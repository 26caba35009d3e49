//! The eye of the crash matrix: holds the predicates against every change that any process of its
//! world makes.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use tempus_engine::{Clock, Filter, Store, Timer, TokioClock};
use tempus_model::invariant::Violation;
use tempus_model::{DnsName, Job, JobId, LedgerEntry, PreviewId, Row, Timestamp};
use tempus_steps::sim::{Cloud, Habits, Item, SimPlatform};
use tempus_steps::{Platform, Resource};

use super::engine::Waiting;
use super::predicate::{Around, Bounds, Sight, Weather, check, resource_of};
use super::witness::{Watch, Written};

/// How many previews a story has at most, and jobs each.
const MOST: usize = 100;

/// Sees everything in a world of the crash matrix.
pub(super) struct Eye {
    pub(super) store: Arc<dyn Store>,
    pub(super) timer: Arc<dyn Timer>,
    pub(super) cloud: Cloud,
    pub(super) clock: TokioClock,
    pub(super) platform: SimPlatform,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    violation: Option<Violation>,
    existed: BTreeSet<Resource>,
}

impl Eye {
    pub(super) fn new(
        store: Arc<dyn Store>,
        timer: Arc<dyn Timer>,
        cloud: &Cloud,
        clock: TokioClock,
    ) -> Self {
        Self {
            store,
            timer,
            cloud: cloud.clone(),
            clock,
            platform: SimPlatform::new(cloud, Duration::ZERO),
            seen: Mutex::default(),
        }
    }

    /// The first predicate that did not hold, now or at any change so far.
    pub(super) fn look(&self, sight: &Sight<'_>) -> Result<(), String> {
        let first = self.seen().violation.clone();
        match first {
            Some(violation) => Err(violation.to_string()),
            None => check(sight, self).map_err(|violation| violation.to_string()),
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the sqlite engine in memory is asked it answers at once.
fn at_once<T>(answer: impl Future<Output = T>) -> T {
    answer
        .now_or_never()
        .unwrap_or_else(|| unreachable!("an engine in memory does not wait"))
}

impl Watch for Eye {
    fn written(&self, written: &Written<'_>) {
        let exist: Vec<_> = self.cloud.truth().iter().map(resource_of).collect();
        self.seen().existed.extend(exist);
        if let Err(violation) = check(&Sight::Written(written), self) {
            self.seen().violation.get_or_insert(violation);
        }
    }
}

impl Around for Eye {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn latest_clock(&self) -> Timestamp {
        self.clock.now()
    }

    fn weather(&self) -> Weather {
        Weather::Rough
    }

    fn bounds(&self) -> Bounds {
        Bounds {
            remind_every: Duration::from_mins(1),
            skew: Duration::from_secs(2),
            hint: Duration::from_secs(15),
            unwind: Duration::from_mins(10),
            alarm_off_by: Duration::ZERO,
            messages: MOST,
            lag: Habits::default().lag,
        }
    }

    /// One fault, of any kind: a freeze, the lease that runs out, and the reminder after it.
    fn injected(&self, _preview: PreviewId, _since: Timestamp) -> Duration {
        Duration::from_mins(3)
    }

    fn things(&self) -> Vec<Item> {
        self.cloud.truth()
    }

    fn is_late(&self, _thing: &Item) -> bool {
        false
    }

    fn has_existed(&self, resource: &Resource) -> bool {
        self.seen().existed.contains(resource)
    }

    fn resource(&self, entry: &LedgerEntry) -> Option<Resource> {
        self.platform
            .step(entry.step.kind())?
            .resource(&entry.planned)
    }

    fn alarms(&self, preview: PreviewId) -> usize {
        at_once(self.timer.list(preview)).map_or(0, |names| names.len())
    }

    fn messages(&self) -> Option<Vec<(Option<PreviewId>, Waiting)>> {
        None
    }

    /// One fault cannot end five leases.
    fn takeovers(&self, _preview: PreviewId) -> u32 {
        1
    }

    fn rows(&self) -> Vec<Arc<Row>> {
        let page = at_once(self.store.list(&Filter::default(), None, MOST));
        let items = page.map(|page| page.items).unwrap_or_default();
        items.into_iter().map(|item| Arc::new(item.row)).collect()
    }

    fn name(&self, preview: PreviewId) -> Option<DnsName> {
        let found = at_once(self.store.get(preview)).ok()??;
        Some(found.identity.name)
    }

    fn jobs(&self) -> Vec<Job> {
        let previews = self.rows().into_iter().map(|row| row.preview);
        let jobs = previews.filter_map(|preview| at_once(self.store.jobs(preview, MOST)).ok());
        jobs.flatten().collect()
    }

    fn acknowledged(&self) -> Vec<JobId> {
        Vec::new()
    }
}

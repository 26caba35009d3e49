//! What the store holds, and the one way in which it changes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tempus_engine::{Accepted, DeadLetter, DeadLetterId, Idempotency, JobError, Repeat};
use tempus_model::github::{Source, SourceKey};
use tempus_model::transition::{Change, Fence, Slots as Give};
use tempus_model::{
    Deed, DnsName, Identity, Job, JobId, JobRef, PreviewId, Receipt, Row, ShortId, Snapshot, Spec,
    SpecId, Timestamp, TokenRecord,
};
use tokio::time::Instant;

use super::slots::Slots;
use crate::sim::witness::{Taken, Watch, Written};

/// A preview.
pub(super) struct Kept {
    pub(super) identity: Identity,
    pub(super) row: Arc<Row>,
    /// The rows that a lagging list may still show, each with when it was replaced.
    pub(super) before: VecDeque<(Instant, Option<Arc<Row>>)>,
    pub(super) specs: BTreeMap<SpecId, Spec>,
    pub(super) jobs: Vec<JobId>,
    pub(super) receipt: Option<Receipt>,
    /// What was done without a job, oldest first.
    pub(super) deeds: Vec<Deed>,
    /// Counts up over the store: what lists go by where two were made at the same moment.
    pub(super) number: u64,
}

pub(super) struct State {
    pub(super) previews: BTreeMap<PreviewId, Kept>,
    pub(super) names: BTreeMap<DnsName, PreviewId>,
    pub(super) shorts: BTreeMap<ShortId, PreviewId>,
    pub(super) jobs: BTreeMap<JobId, Job>,
    pub(super) slots: Slots,
    keys: BTreeMap<(String, String), (String, Accepted, Timestamp)>,
    pub(super) letters: BTreeMap<DeadLetterId, DeadLetter>,
    /// Oldest first.
    pub(super) tokens: Vec<TokenRecord>,
    pub(super) sources: BTreeMap<SourceKey, Source>,
    pub(super) lag: Duration,
}

pub(super) fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    pub(super) fn new(lag: Duration) -> Self {
        Self {
            previews: BTreeMap::new(),
            names: BTreeMap::new(),
            shorts: BTreeMap::new(),
            jobs: BTreeMap::new(),
            slots: Slots::default(),
            keys: BTreeMap::new(),
            letters: BTreeMap::new(),
            tokens: Vec::new(),
            sources: BTreeMap::new(),
            lag,
        }
    }

    pub(super) fn snapshot(&self, preview: PreviewId) -> Option<Snapshot> {
        let kept = self.previews.get(&preview)?;
        Some(Snapshot {
            identity: kept.identity.clone(),
            row: Row::clone(&kept.row),
        })
    }

    pub(super) fn row(&self, preview: PreviewId) -> Option<Arc<Row>> {
        self.previews
            .get(&preview)
            .map(|kept| Arc::clone(&kept.row))
    }

    pub(super) fn job(&self, job: Option<JobRef>) -> Option<Job> {
        self.jobs.get(&job?.id).cloned()
    }

    /// Makes a change of a row that is there, with everything that changes with it.
    pub(super) fn apply(
        &mut self,
        watch: &dyn Watch,
        verb: &'static str,
        fence: Option<&Fence>,
        change: Change,
    ) -> Row {
        let Change {
            row,
            jobs,
            quota,
            reservations,
            receipt,
            deed,
        } = change;
        let preview = row.preview;
        let row = Arc::new(row);
        let mut ended = Vec::new();
        let mut before = None;
        if let Some(kept) = self.previews.get_mut(&preview) {
            let now = Instant::now();
            let was = std::mem::replace(&mut kept.row, Arc::clone(&row));
            while kept
                .before
                .front()
                .is_some_and(|(until, _)| *until + self.lag < now)
            {
                kept.before.pop_front();
            }
            if !self.lag.is_zero() {
                kept.before.push_back((now, Some(Arc::clone(&was))));
            }
            before = Some(was);
            for job in &jobs {
                if !kept.jobs.contains(&job.id) {
                    kept.jobs.push(job.id);
                }
            }
            if receipt.is_some() {
                kept.receipt.clone_from(&receipt);
            }
            kept.deeds.extend(deed.map(|deed| *deed));
        }
        for job in jobs {
            let was = self.jobs.get(&job.id).cloned();
            // The first outcome stands, whoever tries to write another; but it is seen.
            if was.as_ref().is_none_or(|was| !was.status.is_final()) {
                self.jobs.insert(job.id, job.clone());
            }
            ended.push((was, job));
        }
        if quota == Give::Free {
            self.slots.free_quota(preview);
        }
        if reservations == Give::Free {
            self.slots.free_reservations(preview);
        }
        self.tell(
            watch,
            verb,
            fence,
            before.as_deref(),
            &row,
            &ended,
            receipt.as_ref(),
        );
        Row::clone(&row)
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "the parts of one change, passed on once"
    )]
    pub(super) fn tell(
        &self,
        watch: &dyn Watch,
        verb: &'static str,
        fence: Option<&Fence>,
        before: Option<&Row>,
        after: &Row,
        jobs: &[(Option<Job>, Job)],
        receipt: Option<&Receipt>,
    ) {
        watch.written(&Written {
            verb,
            before,
            after,
            fence,
            jobs,
            receipt,
            // Counted where it can have changed: it is counted by walking all there is.
            taken: matches!(verb, "create" | "destroy" | "discard" | "settle" | "vouch")
                .then(|| self.taken()),
        });
    }

    fn taken(&self) -> Taken {
        let count = |wanted: fn(&Row) -> bool| {
            let rows = self.previews.values();
            rows.filter(|kept| wanted(&kept.row)).count()
        };
        let counted = self
            .previews
            .values()
            .filter(|kept| kept.row.receipt_at.is_none() && kept.identity.slot().is_some());
        Taken {
            quota: self.slots.of_all(),
            owners: self.slots.of_owners(),
            exist: count(|row| !row.is_gone()),
            listeners: self.slots.of_listeners(),
            unproven: counted.count(),
        }
    }

    /// The first answer to this key, if it was given less than 24 hours ago.
    pub(super) fn first_answer(
        &self,
        key: Option<&Idempotency>,
        now: Timestamp,
    ) -> Result<Option<Accepted>, JobError> {
        let Some(key) = key else { return Ok(None) };
        let found = self.keys.get(&(key.owner.clone(), key.key.clone()));
        match found {
            Some((_, _, at)) if at.after(Idempotency::KEPT) <= now => Ok(None),
            Some((hash, ..)) if *hash != key.body_hash => Err(JobError::KeyReused),
            Some((_, answer, _)) => Ok(Some(Accepted {
                repeat: Repeat::Yes,
                ..answer.clone()
            })),
            None => Ok(None),
        }
    }

    /// Keeps an answer.
    pub(super) fn keep(&mut self, key: Option<&Idempotency>, answer: &Accepted, now: Timestamp) {
        if let Some(key) = key {
            self.keys.insert(
                (key.owner.clone(), key.key.clone()),
                (key.body_hash.clone(), answer.clone(), now),
            );
        }
    }
}

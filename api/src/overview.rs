//! How an installation stands: read from the rows of what is not gone, now and then rather than on every
//! look, however many look.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use tempus_engine::StoreError;
use tempus_model::{Phase, PreviewId, Snapshot};
use tracing::warn;

use crate::handler::dead_letters;
use crate::kept::Kept;
use crate::live;
use crate::shape::{
    FindingsView, LeaseView, ListenerView, OrphanView, OverviewView, OwnerSlots, PhaseCount,
    PreviewName, QueueView, QuotaView, WorkerView,
};
use crate::state::Api;

/// How old a look may be before there is another.
const FRESH: Duration = Duration::from_secs(2);
/// What is gone and not proved to be is due for its verify within this time.
const VERIFIED: Duration = Duration::from_hours(1);
/// How many of those are looked for.
const UNPROVED: usize = 1000;
/// How many rows are read side by side.
const READS: usize = 16;

/// The last look.
#[derive(Debug, Default)]
pub(crate) struct Lookout(Kept<OverviewView>);

impl Lookout {
    /// How it stands, at most a few seconds ago.
    pub async fn look(&self, api: &Api) -> Result<Arc<OverviewView>, StoreError> {
        let api = api.clone();
        let anew = |_| async move { look(&api).await };
        self.0.get(FRESH, |_| true, anew).await
    }
}

async fn look(api: &Api) -> Result<OverviewView, StoreError> {
    let mut tally = Tally::default();
    let mut pages = pin!(live::pages(api.store()));
    while let Some(page) = pages.try_next().await? {
        for preview in &page {
            tally.live(preview);
        }
    }
    unproved(api, &mut tally).await?;
    let queue = match api.queue().depth().await {
        Ok(depth) => Some(QueueView {
            waiting: depth.visible,
            in_flight: depth.in_flight,
            delayed: depth.delayed,
            oldest_ms: u64::try_from(depth.oldest.as_millis()).unwrap_or(u64::MAX),
        }),
        Err(error) => {
            warn!(%error, "queue not measured");
            None
        }
    };
    let letters = api.store().dead_letters(dead_letters::MOST).await?;
    let (reports, unreadable): (Vec<_>, Vec<_>) = letters
        .into_iter()
        .partition(|letter| letter.id.is_report());
    let orphans = reports.into_iter().map(|letter| OrphanView {
        id: letter.id.0,
        reason: letter.reason,
        since: letter.at,
    });
    let config = api.config();
    let mut owners: Vec<_> = tally.owners.into_values().collect();
    owners.sort_by_key(|owner| std::cmp::Reverse(owner.previews.len()));
    let workers = tally.workers.into_iter();
    Ok(OverviewView {
        installation: api.store().installation().to_string(),
        at: api.now(),
        queue,
        phases: Phase::LIVE
            .map(|phase| PhaseCount {
                phase,
                previews: tally.phases.get(phase.as_str()).copied().unwrap_or(0),
            })
            .to_vec(),
        workers: workers
            .map(|(worker, leases)| WorkerView { worker, leases })
            .collect(),
        quota: QuotaView {
            total: config.quotas.total,
            per_owner: config.quotas.per_owner,
            taken: owners.iter().map(|owner| owner.previews.len()).sum(),
            owners,
        },
        listeners: config
            .listeners
            .iter()
            .map(|listener| ListenerView {
                name: listener.name.clone(),
                url: listener.url.clone(),
                slots: listener.slots,
                taken: tally.listeners.get(&listener.name).copied().unwrap_or(0),
            })
            .collect(),
        findings: FindingsView {
            parked: tally.parked,
            unreadable: unreadable.len(),
            orphans: orphans.collect(),
            suspect: tally.suspect,
        },
    })
}

/// Adds what is gone and has no receipt yet: it has its slot on a listener until then. No list has these
/// by themselves, but they are due for their verify.
async fn unproved(api: &Api, tally: &mut Tally) -> Result<(), StoreError> {
    let soon = api.now().after(VERIFIED);
    let due = api.store().due(soon, UNPROVED).await?;
    let unknown: Vec<PreviewId> = due.into_iter().filter(|id| !tally.seen(*id)).collect();
    let found: Vec<_> = stream::iter(unknown)
        .map(|id| api.store().get(id))
        .buffered(READS)
        .try_collect()
        .await?;
    for preview in found.iter().flatten() {
        if preview.row.is_gone() && preview.row.receipt_at.is_none() {
            tally.gone(preview);
        }
    }
    Ok(())
}

/// What is added up on the way.
#[derive(Debug, Default)]
struct Tally {
    phases: BTreeMap<&'static str, usize>,
    parked: usize,
    owners: BTreeMap<String, OwnerSlots>,
    workers: BTreeMap<String, Vec<LeaseView>>,
    listeners: BTreeMap<String, usize>,
    suspect: Vec<PreviewName>,
    live: std::collections::BTreeSet<PreviewId>,
}

impl Tally {
    fn seen(&self, preview: PreviewId) -> bool {
        self.live.contains(&preview)
    }

    fn live(&mut self, preview: &Snapshot) {
        let Snapshot { identity, row } = preview;
        self.live.insert(identity.id);
        let phase: Phase = row.phase();
        *self.phases.entry(phase.as_str()).or_default() += 1;
        self.parked += usize::from(row.parked.is_some());
        let owner = &identity.owner;
        let slots = self.owners.entry(owner.id.clone());
        let slots = slots.or_insert_with(|| OwnerSlots {
            id: owner.id.clone(),
            login: owner.login.clone(),
            previews: Vec::new(),
        });
        slots.previews.push(name(preview));
        self.gone(preview);
    }

    /// What a preview has that is gone, too.
    fn gone(&mut self, preview: &Snapshot) {
        let Snapshot { identity, row } = preview;
        if let Some(route) = &identity.route {
            *self.listeners.entry(route.listener.clone()).or_default() += 1;
        }
        if row.suspicion > 0 {
            self.suspect.push(name(preview));
        }
        if let Some(lease) = &row.lease {
            let leases = self.workers.entry(lease.worker.to_string());
            leases.or_default().push(LeaseView {
                of: name(preview),
                plan: row.saga.as_ref().map(|saga| saga.plan.to_string()),
                until: lease.until,
            });
        }
    }
}

fn name(preview: &Snapshot) -> PreviewName {
    PreviewName {
        preview_id: preview.identity.id,
        name: preview.identity.name.to_string(),
    }
}

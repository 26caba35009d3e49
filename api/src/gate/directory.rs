//! Where a preview stands that cannot be served: the store knows.

use std::sync::Arc;

use async_trait::async_trait;
use tempus_engine::{Clock, Queue, Store, StoreError};
use tempus_model::{Absence, Access, Actor, Desired, Phase, Row, Snapshot, SpecId, Timestamp};
use tempus_steps::local::proxy::{Directory, PreviewKey, Site};
use tempus_steps::visitor::Standing;

use crate::rouse::rouse;

/// Looks previews up in a store, and wakes them there.
pub struct StoreDirectory {
    store: Arc<dyn Store>,
    queue: Arc<dyn Queue>,
    clock: Arc<dyn Clock>,
}

/// A preview as a visitor may know it.
pub(super) struct Found {
    pub(super) snapshot: Snapshot,
    /// Who may see it; nobody, as it were, whose specification is not found.
    pub(super) access: Access,
}

#[async_trait]
impl Directory for StoreDirectory {
    async fn lookup(&self, site: &Site) -> Standing {
        match self.find(site).await {
            Ok(Some(found)) => found.standing(Onlooker::of(&found.access)),
            Ok(None) => Standing::Unknown,
            Err(error) => unavailable(&error),
        }
    }

    async fn rouse(&self, preview: &PreviewKey) -> Result<(), String> {
        let Ok(id) = preview.as_str().parse() else {
            return Ok(());
        };
        let roused = async {
            // Of many visitors only those who come before it is wanted awake write anything.
            match self.store.get(id).await? {
                Some(asleep) if !asleep.row.wakefulness.is_awake() => {
                    let (by, now) = (Actor::Visitor, self.clock.now());
                    rouse(&*self.store, &*self.queue, &asleep, by, now).await
                }
                _ => Ok(()),
            }
        };
        roused.await.map_err(|error: StoreError| error.to_string())
    }
}

/// Who asks where a preview stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Onlooker {
    /// Somebody who may see it, and so what its processes say.
    Welcome,
    /// Somebody of whom that is not known.
    Stranger,
}

impl Onlooker {
    fn of(access: &Access) -> Self {
        match access {
            Access::Open => Self::Welcome,
            Access::Link | Access::Password(_) => Self::Stranger,
        }
    }
}

pub(super) fn unavailable(error: &StoreError) -> Standing {
    Standing::Unavailable {
        reason: error.to_string(),
    }
}

impl StoreDirectory {
    /// A directory of these.
    pub fn new(store: Arc<dyn Store>, queue: Arc<dyn Queue>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            queue,
            clock,
        }
    }

    pub(super) async fn find(&self, site: &Site) -> Result<Option<Found>, StoreError> {
        let found = match site {
            Site::Host(label) => match label.as_str().parse() {
                Ok(name) => self.store.get_by_name(&name).await?,
                Err(_) => None,
            },
            Site::Short(short) => match short.as_str().parse() {
                Ok(short) => self.store.get_by_short(short).await?,
                Err(_) => None,
            },
        };
        // One without a URL is nobody's to see, and its name says nothing.
        let Some(snapshot) = found.filter(|found| found.identity.route.is_some()) else {
            return Ok(None);
        };
        let access = self.access(&snapshot.row).await?;
        Ok(Some(Found { snapshot, access }))
    }

    /// Who may see it: as is wanted, or as was wanted last.
    async fn access(&self, row: &Row) -> Result<Access, StoreError> {
        let wanted = match &row.desired {
            Desired::Present(spec) => Some(*spec),
            Desired::Absent(_) => match row.settled.spec {
                Some(spec) => Some(spec),
                None => self.last_wanted(row).await?,
            },
        };
        let spec = match wanted {
            Some(spec) => self.store.spec(row.preview, spec).await?,
            None => None,
        };
        // A preview without a specification is long gone, and tells nothing.
        Ok(spec.map_or(Access::Link, |spec| spec.access))
    }

    async fn last_wanted(&self, row: &Row) -> Result<Option<SpecId>, StoreError> {
        let jobs = self.store.jobs(row.preview, 10).await?;
        Ok(jobs.iter().find_map(|job| job.spec))
    }
}

impl Found {
    /// Where it stands. What its processes say is for those who may see it.
    pub(super) fn standing(&self, to: Onlooker) -> Standing {
        let row = &self.snapshot.row;
        let at = |time: Timestamp| jiff::Timestamp::from_millisecond(time.millis()).ok();
        match (row.phase(), &row.desired) {
            (Phase::Failed, Desired::Absent(Absence::Failed(failure))) => Standing::Failed {
                reason: (to == Onlooker::Welcome).then(|| failure.reason.clone()),
                at: at(row.settled.at),
            },
            (Phase::Destroyed | Phase::Failed, _) => Standing::Gone {
                at: at(row.settled.at),
            },
            (Phase::Destroying, _) => Standing::Gone { at: None },
            (Phase::Asleep, _) => Standing::Waking {
                detail: self.detail(to),
                again: WAKES_WITHIN,
            },
            (phase, _) => Standing::Starting {
                phase: phase.to_string(),
                detail: self.detail(to),
            },
        }
    }

    /// More about one that is not up yet, for who may see it.
    fn detail(&self, to: Onlooker) -> Option<String> {
        match &self.snapshot.row.parked {
            _ if to == Onlooker::Stranger => None,
            Some(parked) => Some(parked.failure.reason.clone()),
            None => waiting_for(&self.snapshot),
        }
    }
}

/// How soon a page that waits for a preview to wake looks again, in seconds.
const WAKES_WITHIN: u32 = 2;

/// The step under way, and what it waits for.
fn waiting_for(snapshot: &Snapshot) -> Option<String> {
    let saga = snapshot.row.saga.as_ref()?;
    let step = saga
        .progress
        .iter()
        .rev()
        .find(|progress| progress.state.is_open())?;
    Some(match &step.error {
        Some(reason) => format!("{}: {reason}", step.step),
        None => step.step.to_string(),
    })
}

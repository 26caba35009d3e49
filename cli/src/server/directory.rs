//! What the proxy says of a preview that has no live route: the store knows.

use std::sync::Arc;

use async_trait::async_trait;
use tempus_engine::{Store, StoreError};
use tempus_model::{Absence, Desired, Phase, Snapshot, Timestamp};
use tempus_steps::local::proxy::{Directory, Site, Standing};

/// Looks previews up in a store.
pub(super) struct StoreDirectory(pub(super) Arc<dyn Store>);

#[async_trait]
impl Directory for StoreDirectory {
    async fn lookup(&self, site: &Site) -> Standing {
        match self.find(site).await {
            Ok(Some(snapshot)) => standing(&snapshot),
            Ok(None) => Standing::Unknown,
            Err(error) => Standing::Unavailable {
                reason: error.to_string(),
            },
        }
    }
}

impl StoreDirectory {
    async fn find(&self, site: &Site) -> Result<Option<Snapshot>, StoreError> {
        match site {
            Site::Host(label) => match label.as_str().parse() {
                Ok(name) => self.0.get_by_name(&name).await,
                Err(_) => Ok(None),
            },
            Site::Short(short) => match short.as_str().parse() {
                Ok(short) => self.0.get_by_short(short).await,
                Err(_) => Ok(None),
            },
        }
    }
}

fn standing(snapshot: &Snapshot) -> Standing {
    let row = &snapshot.row;
    let at = |time: Timestamp| jiff::Timestamp::from_millisecond(time.millis()).ok();
    match (row.phase(), &row.desired) {
        (Phase::Failed, Desired::Absent(Absence::Failed(failure))) => Standing::Failed {
            reason: failure.reason.clone(),
            at: at(row.settled.at),
        },
        (Phase::Destroyed | Phase::Failed, _) => Standing::Gone {
            at: at(row.settled.at),
        },
        (Phase::Destroying, _) => Standing::Gone { at: None },
        (phase, _) => Standing::Starting {
            phase: phase.to_string(),
            detail: match &row.parked {
                Some(parked) => Some(parked.failure.reason.clone()),
                None => waiting_for(snapshot),
            },
        },
    }
}

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

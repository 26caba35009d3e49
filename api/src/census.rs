//! How many previews there are in each phase, counted now and then rather than on every look.

use std::time::Duration;

use tempus_engine::{Filter, Store, StoreError};
use tempus_model::Phase;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How old a count may be.
const FRESH: Duration = Duration::from_secs(10);

/// What is not gone: bounded by the quota, unlike the history.
const LIVE: [Phase; 5] = [
    Phase::Pending,
    Phase::Provisioning,
    Phase::Ready,
    Phase::Updating,
    Phase::Destroying,
];

/// The last count. One look at a time counts anew; others meanwhile wait for it.
#[derive(Debug, Default)]
pub(crate) struct Census(Mutex<Option<(Instant, Count)>>);

/// How many previews there were.
#[derive(Debug, Clone)]
pub(crate) struct Count {
    /// By phase, those that are not gone.
    pub phases: [(Phase, f64); LIVE.len()],
    /// Parked ones.
    pub parked: f64,
}

impl Census {
    /// The count, at most a few seconds old.
    pub async fn take(&self, store: &dyn Store) -> Result<Count, StoreError> {
        let mut last = self.0.lock().await;
        match &*last {
            Some((at, count)) if at.elapsed() < FRESH => Ok(count.clone()),
            _ => {
                let count = count(store).await?;
                *last = Some((Instant::now(), count.clone()));
                Ok(count)
            }
        }
    }
}

async fn count(store: &dyn Store) -> Result<Count, StoreError> {
    let filter = Filter {
        phases: LIVE.to_vec(),
        ..Filter::default()
    };
    let mut count = Count {
        phases: LIVE.map(|phase| (phase, 0.0)),
        parked: 0.0,
    };
    let mut cursor = None;
    loop {
        let page = store.list(&filter, cursor.as_ref(), 200).await?;
        for preview in &page.items {
            let phase = preview.row.phase();
            if let Some((_, number)) = count.phases.iter_mut().find(|(of, _)| *of == phase) {
                *number += 1.0;
            }
            if preview.row.parked.is_some() {
                count.parked += 1.0;
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(count);
        }
    }
}

//! How many previews there are in each phase, and what else the store holds that somebody should
//! look at: counted now and then rather than on every look.

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use futures::TryStreamExt;
use tempus_engine::{Store, StoreError};
use tempus_model::{Desired, Footprint, Phase, PreviewId, Prices, Row, SpecId};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::handler::dead_letters;
use crate::live;

/// How old a count may be.
const FRESH: Duration = Duration::from_secs(10);

/// The last count. One look at a time counts anew; others meanwhile wait for it.
#[derive(Debug, Default)]
pub(crate) struct Census(Mutex<Last>);

#[derive(Debug, Default)]
struct Last {
    count: Option<(Instant, Count)>,
    /// What specs take that were counted last: a spec never changes.
    footprints: Footprints,
}

type Footprints = BTreeMap<(PreviewId, SpecId), Footprint>;

/// How much there was.
#[derive(Debug, Clone)]
pub(crate) struct Count {
    /// Previews by phase, those that are not gone.
    pub phases: [(Phase, f64); Phase::LIVE.len()],
    /// Parked ones.
    pub parked: f64,
    /// Messages that nobody could read.
    pub messages: f64,
    /// Reports of what belongs to no row.
    pub orphans: f64,
    /// What the previews cost, where that has a price.
    pub dollars_per_hour: Option<f64>,
}

impl Census {
    /// The count, at most a few seconds old.
    pub async fn take(
        &self,
        store: &dyn Store,
        prices: Option<&Prices>,
    ) -> Result<Count, StoreError> {
        let mut last = self.0.lock().await;
        match &last.count {
            Some((at, count)) if at.elapsed() < FRESH => Ok(count.clone()),
            _ => {
                let mut count = previews(store, prices, &mut last.footprints).await?;
                for letter in store.dead_letters(dead_letters::MOST).await? {
                    if letter.id.is_report() {
                        count.orphans += 1.0;
                    } else {
                        count.messages += 1.0;
                    }
                }
                last.count = Some((Instant::now(), count.clone()));
                Ok(count)
            }
        }
    }
}

async fn previews(
    store: &dyn Store,
    prices: Option<&Prices>,
    footprints: &mut Footprints,
) -> Result<Count, StoreError> {
    let mut count = Count {
        phases: Phase::LIVE.map(|phase| (phase, 0.0)),
        parked: 0.0,
        messages: 0.0,
        orphans: 0.0,
        dollars_per_hour: prices.map(|_| 0.0),
    };
    let known = std::mem::take(footprints);
    let mut pages = pin!(live::pages(store));
    while let Some(page) = pages.try_next().await? {
        for preview in &page {
            let phase = preview.row.phase();
            if let Some((_, number)) = count.phases.iter_mut().find(|(of, _)| *of == phase) {
                *number += 1.0;
            }
            if preview.row.parked.is_some() {
                count.parked += 1.0;
            }
            let Some(prices) = prices else { continue };
            let footprint = match paid_for(&preview.row) {
                Paid::For(footprint) => Some(footprint),
                Paid::Nothing => None,
                Paid::ForSpec(spec) => {
                    let key = (preview.row.preview, spec);
                    let footprint = if let Some(footprint) = known.get(&key) {
                        Some(*footprint)
                    } else {
                        let spec = store.spec(preview.row.preview, spec).await?;
                        spec.map(|spec| spec.footprint())
                    };
                    if let Some(footprint) = footprint {
                        footprints.insert(key, footprint);
                    }
                    footprint
                }
            };
            if let Some(footprint) = footprint {
                let cost = prices.hourly(footprint);
                count.dollars_per_hour = count.dollars_per_hour.map(|sum| sum + cost);
            }
        }
    }
    Ok(count)
}

/// What of a preview is paid for.
enum Paid {
    For(Footprint),
    ForSpec(SpecId),
    Nothing,
}

/// What of a preview runs, or is about to for the first time.
fn paid_for(row: &Row) -> Paid {
    if let Some(footprint) = row.spans.running() {
        return Paid::For(footprint);
    }
    if !row.spans.is_empty() {
        return Paid::Nothing;
    }
    let wanted = match row.desired {
        Desired::Present(spec) => Some(spec),
        Desired::Absent(_) => None,
    };
    let spec = row.settled.spec.or(wanted);
    spec.map_or(Paid::Nothing, Paid::ForSpec)
}

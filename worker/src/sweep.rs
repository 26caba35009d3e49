//! The sweep: compares the platform's inventory with the rows, for what even a verify was too
//! early to see. It removes nothing itself.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tempus_engine::{DeadLetter, DeadLetterId, Filter, StoreError};
use tempus_model::{Hint, Phase, PreviewId, Row, Timestamp};
use tempus_steps::{Progress, Resource, Stray};

use crate::ctx::AttemptCtx;
use crate::intake::Shared;
use crate::metrics::{self, Finding, Sweep};

/// How often one reaping looks for what is left.
const REAP_LOOKS: u32 = 30;
/// How long it waits between two looks, at least.
const REAP_PAUSE: Duration = Duration::from_secs(1);

/// What a sweep saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// Things that exist, by the platform's listing.
    pub listed: usize,
    /// Previews whose row says something else than the listing; due for a verify now.
    pub doubted: BTreeSet<PreviewId>,
    /// Things that carry our tags and belong to no row. Reported, never removed unasked.
    pub orphans: Vec<Resource>,
}

impl Shared {
    pub(crate) async fn sweep_from_time_to_time(mut self) {
        let Some(every) = self.config.sweep_every else {
            return;
        };
        while !self.sleep(every).await {
            self.parts.hint_now(&Hint::Sweep).await;
        }
    }

    /// One pass. What cannot be listed is no information, and nothing is done on it.
    pub(crate) async fn sweep(&self) {
        let installation = self.parts.store.installation();
        // The cloud first, then the rows: what was made in between has a row by then.
        let listed = match self.platform().inventory(installation).await {
            Ok(listed) => listed,
            Err(error) => {
                tracing::warn!(%error, "the inventory could not be listed: nothing is concluded");
                metrics::swept(Sweep::Unlisted);
                return;
            }
        };
        let before = self.last_sweep.lock().await.replace(listed.len());
        if before.is_some_and(|before| listed.len() < before.div_ceil(2)) {
            tracing::warn!(
                listed = listed.len(),
                before,
                "the inventory is unexpectedly small: nothing is concluded from this one"
            );
            metrics::swept(Sweep::Shrunk);
            return;
        }
        match self.compare(listed).await {
            Ok(report) => {
                tracing::info!(
                    listed = report.listed,
                    doubted = report.doubted.len(),
                    orphans = report.orphans.len(),
                    "swept"
                );
                metrics::found(Finding::Orphan, report.orphans.len());
                metrics::swept(Sweep::Done);
            }
            Err(error) => {
                tracing::warn!(%error, "the sweep was cut short");
                metrics::swept(Sweep::CutShort);
            }
        }
    }

    async fn compare(&self, listed: Vec<Stray>) -> Result<SweepReport, StoreError> {
        let now = self.parts.now();
        let mut report = SweepReport {
            listed: listed.len(),
            ..SweepReport::default()
        };
        let mut by_preview: BTreeMap<PreviewId, Vec<Stray>> = BTreeMap::new();
        for stray in listed {
            match stray.preview {
                Some(preview) => by_preview.entry(preview).or_default().push(stray),
                None => report.orphans.push(stray.resource),
            }
        }
        for (preview, strays) in &by_preview {
            let Some(snapshot) = self.parts.store.get(*preview).await? else {
                let old = strays.iter().filter(|stray| self.is_old(stray.since, now));
                let orphans: Vec<_> = old.map(|stray| stray.resource.clone()).collect();
                self.report_orphans(*preview, &orphans).await?;
                report.orphans.extend(orphans);
                continue;
            };
            let expected = self.expected(&snapshot.row);
            let is_unknown = |stray: &Stray| {
                self.is_old(stray.since, now) && !expected.contains(&stray.resource)
            };
            if strays.iter().any(is_unknown) {
                self.doubt(*preview, Finding::Unknown, &mut report).await?;
            }
        }
        self.find_missing(&by_preview, &mut report).await?;
        Ok(report)
    }

    /// Ready previews that own something which the listing does not have.
    async fn find_missing(
        &self,
        listed: &BTreeMap<PreviewId, Vec<Stray>>,
        report: &mut SweepReport,
    ) -> Result<(), StoreError> {
        let filter = Filter {
            phases: vec![Phase::Ready],
            ..Filter::default()
        };
        let (mut after, now) = (None, self.parts.now());
        loop {
            let page = self.parts.store.list(&filter, after.as_ref(), 100).await?;
            for snapshot in page.items {
                let row = &snapshot.row;
                if row.saga.is_some() || !self.is_old(Some(row.settled.at), now) {
                    continue;
                }
                let there: BTreeSet<_> = listed
                    .get(&row.preview)
                    .into_iter()
                    .flatten()
                    .map(|s| &s.resource)
                    .collect();
                if self
                    .expected(row)
                    .iter()
                    .any(|resource| !there.contains(resource))
                {
                    self.doubt(row.preview, Finding::Missing, report).await?;
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// What the row says exists. Alarms belong to the engine's timer and are not in a platform's
    /// inventory.
    fn expected(&self, row: &Row) -> BTreeSet<Resource> {
        let entries = row.ledger.entries().iter();
        entries
            .filter(|entry| entry.step.kind() != "timer")
            .filter_map(|entry| {
                self.platform()
                    .step(entry.step.kind())?
                    .resource(&entry.planned)
            })
            .collect()
    }

    fn is_old(&self, since: Option<Timestamp>, now: Timestamp) -> bool {
        since.is_none_or(|since| since.after(self.config.sweep_age) <= now)
    }

    async fn doubt(
        &self,
        preview: PreviewId,
        finding: Finding,
        report: &mut SweepReport,
    ) -> Result<(), StoreError> {
        if report.doubted.len() >= self.config.sweep_most {
            return Ok(());
        }
        if report.doubted.insert(preview)
            && self.parts.store.doubt(preview, self.parts.now()).await?
        {
            tracing::warn!(preview.id = %preview, "the platform and the row disagree: verifying");
            metrics::found(finding, 1);
            self.parts.hint_now(&Hint::look(preview)).await;
        }
        Ok(())
    }

    /// Removes what carries this id and belongs to no row: an operator confirmed it. What cannot
    /// be removed now stays reported.
    pub(crate) async fn reap(&self, preview: PreviewId) -> Result<(), StoreError> {
        if self.parts.store.get(preview).await?.is_some() {
            tracing::warn!(preview.id = %preview, "not reaped: there is a row for it");
            return Ok(());
        }
        let ctx = AttemptCtx::for_orphans(&self.parts, preview);
        for _ in 0..REAP_LOOKS {
            let listed = match self
                .platform()
                .inventory(self.parts.store.installation())
                .await
            {
                Ok(listed) => listed,
                Err(error) => {
                    tracing::warn!(%error, "not reaped: what exists could not be listed");
                    return Ok(());
                }
            };
            let orphans: Vec<_> = listed
                .into_iter()
                .filter(|stray| stray.preview == Some(preview))
                .collect();
            if orphans.is_empty() {
                let id = DeadLetterId::orphan(preview);
                self.parts.store.delete_dead_letter(&id).await?;
                tracing::info!(preview.id = %preview, "reaped what belonged to no row");
                return Ok(());
            }
            let mut pause = REAP_PAUSE;
            for stray in orphans {
                match self.platform().remove(&ctx, &stray).await {
                    Ok(Progress::Done(())) => {}
                    Ok(Progress::Wait { after, .. }) => pause = pause.max(after),
                    Err(error) => {
                        tracing::warn!(%error, name = stray.resource.name, "not removed yet");
                    }
                }
            }
            tokio::time::sleep(pause).await;
        }
        Ok(())
    }

    async fn report_orphans(
        &self,
        preview: PreviewId,
        orphans: &[Resource],
    ) -> Result<(), StoreError> {
        if orphans.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = orphans
            .iter()
            .map(|r| format!("{} {}", r.kind, r.name))
            .collect();
        tracing::error!(preview.id = %preview, resources = ?names, "resources without a row");
        let letter = DeadLetter {
            id: DeadLetterId::orphan(preview),
            body: names.join("\n"),
            reason: "these exist, carry this installation's tags, and belong to no preview that \
                     this store knows"
                .to_owned(),
            at: self.parts.now(),
        };
        self.parts.store.put_dead_letter(&letter).await
    }
}

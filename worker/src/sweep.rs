//! The sweep: compares the platform's inventory with the rows, for what even a verify was too
//! early to see. It removes nothing itself.

use std::collections::{BTreeMap, BTreeSet};

use tempus_engine::{DeadLetter, DeadLetterId, Filter, StoreError};
use tempus_model::{Hint, Phase, PreviewId, Row, Timestamp};
use tempus_steps::{Resource, Stray};

use crate::intake::Shared;

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
            return;
        }
        match self.compare(listed).await {
            Ok(report) => tracing::info!(
                listed = report.listed,
                doubted = report.doubted.len(),
                orphans = report.orphans.len(),
                "swept"
            ),
            Err(error) => tracing::warn!(%error, "the sweep was cut short"),
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
            match self.parts.store.get(*preview).await? {
                Some(snapshot) => {
                    let expected = self.expected(&snapshot.row);
                    let is_unknown = |stray: &&Stray| {
                        self.is_old(stray.since, now) && !expected.contains(&stray.resource)
                    };
                    if strays.iter().any(|stray| is_unknown(&stray)) {
                        self.doubt(*preview, &mut report).await?;
                    }
                }
                None => {
                    let old = strays.iter().filter(|stray| self.is_old(stray.since, now));
                    let orphans: Vec<_> = old.map(|stray| stray.resource.clone()).collect();
                    self.report_orphans(*preview, &orphans).await?;
                    report.orphans.extend(orphans);
                }
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
                    self.doubt(row.preview, report).await?;
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

    async fn doubt(&self, preview: PreviewId, report: &mut SweepReport) -> Result<(), StoreError> {
        if report.doubted.len() >= self.config.sweep_most {
            return Ok(());
        }
        if report.doubted.insert(preview)
            && self.parts.store.doubt(preview, self.parts.now()).await?
        {
            tracing::warn!(preview.id = %preview, "the platform and the row disagree: verifying");
            self.parts.hint_now(&Hint::look(preview)).await;
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
            id: DeadLetterId(format!("orphan-{preview}")),
            body: names.join("\n"),
            reason: "these exist, carry this installation's tags, and belong to no preview that \
                     this store knows"
                .to_owned(),
            at: self.parts.now(),
        };
        self.parts.store.put_dead_letter(&letter).await
    }
}

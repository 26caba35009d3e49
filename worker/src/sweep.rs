//! The sweep: compares the platform's inventory with the rows, for what even a verify was too
//! early to see. It removes nothing itself.
//!
//! What is listed is taken for a hint, as a message is: it may be late, torn between two pages, or
//! wrong. The worst that a wrong one causes is a verify, which looks for itself and acts under the
//! row's lease.

use std::collections::{BTreeMap, BTreeSet};

use tempus_engine::{DeadLetter, DeadLetterId, Filter, StoreError};
use tempus_model::{Hint, Phase, PreviewId, Row, Timestamp, short_of};
use tempus_steps::{Resource, Stray};

use crate::intake::Shared;
use crate::metrics::{self, Finding, Sweep};
use crate::swept::Swept;

/// How much of a report is kept.
const KEPT: usize = 4096;

/// What a sweep saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// Things that exist, by the platform's listing.
    pub listed: usize,
    /// Previews whose row says something else than the listing; due for a verify now.
    pub doubted: BTreeSet<PreviewId>,
    /// Previews of which the same is true and which the next sweep marks: there were too many.
    pub put_off: usize,
    /// Things that carry our tags and belong to no row. Reported, never removed unasked.
    pub orphans: Vec<Resource>,
}

impl Shared {
    pub(crate) async fn sweep_from_time_to_time(self) {
        let Some(every) = self.config.sweep_every else {
            return;
        };
        while !self.sleep(every).await {
            self.parts.hint_now(&Hint::Sweep).await;
        }
    }

    /// One pass. What cannot be listed is no information, and nothing is done on it.
    pub(crate) async fn sweep(&self) {
        // One after the other: what the first has marked, the second passes over.
        let mut memory = self.swept.lock().await;
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
        match self.compare(listed, &mut memory).await {
            Ok(Some(report)) => {
                tracing::info!(
                    listed = report.listed,
                    doubted = report.doubted.len(),
                    put_off = report.put_off,
                    orphans = report.orphans.len(),
                    "swept"
                );
                metrics::found(Finding::Orphan, report.orphans.len());
                metrics::swept(Sweep::Done);
            }
            Ok(None) => metrics::swept(Sweep::Shrunk),
            Err(error) => {
                tracing::warn!(%error, "the sweep was cut short");
                metrics::swept(Sweep::CutShort);
            }
        }
    }

    /// `None` if so much less is listed than there was that nothing is concluded from it.
    async fn compare(
        &self,
        listed: Vec<Stray>,
        memory: &mut Swept,
    ) -> Result<Option<SweepReport>, StoreError> {
        let (now, ready) = (self.parts.now(), self.ready().await?);
        if memory.has_shrunk(&listed, &ready) {
            return Ok(None);
        }
        let mut report = SweepReport {
            listed: listed.len(),
            ..SweepReport::default()
        };
        let (by_preview, untold) = self.by_preview(listed).await?;
        let mut wrong = BTreeMap::new();
        for (preview, strays) in &by_preview {
            let Some(snapshot) = self.parts.store.get(*preview).await? else {
                let orphans = self.old(strays, now);
                let id = DeadLetterId::orphan(*preview);
                self.report(id, &orphans, WITHOUT_ROW).await?;
                report.orphans.extend(orphans);
                continue;
            };
            if self.has_unknown(&snapshot.row, strays, now) {
                wrong.insert(*preview, Finding::Unknown);
            }
        }
        let untold = self.old(&untold, now);
        self.report(DeadLetterId::untold(), &untold, UNTOLD).await?;
        report.orphans.extend(untold);

        for (preview, expected) in &ready {
            let there = by_preview.get(preview).into_iter().flatten();
            let there: BTreeSet<_> = there.map(|stray| &stray.resource).collect();
            if expected.iter().any(|resource| !there.contains(resource)) {
                wrong.entry(*preview).or_insert(Finding::Missing);
            }
        }
        self.mark(wrong, memory, &mut report).await?;
        Ok(Some(report))
    }

    /// Previews that have been ready, and at rest, for long enough, and what their rows say exists.
    async fn ready(&self) -> Result<BTreeMap<PreviewId, BTreeSet<Resource>>, StoreError> {
        let filter = Filter {
            phases: vec![Phase::Ready, Phase::Asleep],
            ..Filter::default()
        };
        let (mut ready, mut after) = (BTreeMap::new(), None);
        let now = self.parts.now();
        loop {
            let page = self.parts.store.list(&filter, after.as_ref(), 100).await?;
            for snapshot in page.items {
                let row = &snapshot.row;
                let is_at_rest = row.saga.is_none() && row.verify_at.is_none();
                if is_at_rest && self.is_old(row.settled.at, now) {
                    ready.insert(row.preview, self.expected(row));
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(ready);
            }
        }
    }

    /// What is listed, by whose it is: by its tags or, where those are lost, by its name. And what
    /// says neither.
    async fn by_preview(
        &self,
        listed: Vec<Stray>,
    ) -> Result<(BTreeMap<PreviewId, Vec<Stray>>, Vec<Stray>), StoreError> {
        let installation = self.parts.store.installation();
        let (mut by_preview, mut untold) = (BTreeMap::<_, Vec<Stray>>::new(), Vec::new());
        for stray in listed {
            let mut preview = stray.preview;
            if preview.is_none()
                && let Some(short) = short_of(installation, &stray.resource.name)
            {
                let named = self.parts.store.get_by_short(short).await?;
                preview = named.map(|named| named.identity.id);
            }
            match preview {
                Some(preview) => by_preview.entry(preview).or_default().push(stray),
                None => untold.push(stray),
            }
        }
        Ok((by_preview, untold))
    }

    /// Whether something exists that the row does not say. What is being worked on settles or parks
    /// first, and what waits for its verify will have one.
    fn has_unknown(&self, row: &Row, strays: &[Stray], now: Timestamp) -> bool {
        let is_worked_on = row.saga.is_some() && row.parked.is_none();
        if is_worked_on || row.verify_at.is_some() {
            return false;
        }
        let expected = self.expected(row);
        strays.iter().any(|stray| {
            // What does not say how old it is, is as old as what the row says.
            let since = stray.since.unwrap_or(row.settled.at);
            self.is_old(since, now) && !expected.contains(&stray.resource)
        })
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

    fn is_old(&self, since: Timestamp, now: Timestamp) -> bool {
        since.after(self.config.sweep_age) <= now
    }

    /// Those that are old, or do not say how old: a row is always there first.
    fn old(&self, strays: &[Stray], now: Timestamp) -> Vec<Resource> {
        let is_old = |stray: &&Stray| stray.since.is_none_or(|since| self.is_old(since, now));
        let old = strays.iter().filter(is_old);
        old.map(|stray| stray.resource.clone()).collect()
    }

    /// Makes a verify due of as many as one sweep may mark.
    async fn mark(
        &self,
        wrong: BTreeMap<PreviewId, Finding>,
        memory: &mut Swept,
        report: &mut SweepReport,
    ) -> Result<(), StoreError> {
        let begin = memory.marked;
        let (before, behind): (Vec<_>, Vec<_>) = wrong
            .into_iter()
            .partition(|(preview, _)| begin.is_some_and(|marked| *preview <= marked));
        for (preview, finding) in behind.into_iter().chain(before) {
            if report.doubted.len() >= self.config.sweep_most {
                report.put_off += 1;
                continue;
            }
            if self.parts.store.doubt(preview, self.parts.now()).await? {
                tracing::warn!(preview.id = %preview, "the platform and the row disagree: verifying");
                metrics::found(finding, 1);
                self.parts.hint_now(&Hint::look(preview)).await;
            }
            report.doubted.insert(preview);
            memory.marked = Some(preview);
        }
        Ok(())
    }

    async fn report(
        &self,
        id: DeadLetterId,
        resources: &[Resource],
        reason: &str,
    ) -> Result<(), StoreError> {
        if resources.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = resources
            .iter()
            .map(|r| format!("{} {}", r.kind, r.name))
            .collect();
        tracing::error!(report = id.0, resources = ?names, "resources without a row");
        let mut body = names.join("\n");
        body.truncate(body.floor_char_boundary(KEPT));
        let letter = DeadLetter {
            id,
            body,
            reason: reason.to_owned(),
            at: self.parts.now(),
        };
        self.parts.store.put_dead_letter(&letter).await
    }
}

/// Why there is a report of what carries an id.
const WITHOUT_ROW: &str = "these exist, carry this installation's tags, and belong to no preview \
                           that this store knows";
/// Why there is a report of what carries none.
const UNTOLD: &str = "these exist, carry this installation's name or tag, and do not say which \
                      preview's they are; remove them by hand, or give them their tags back";

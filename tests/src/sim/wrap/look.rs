//! Every change of a row is seen: by a look before it and one after it.

use tempus_model::transition::Fence;
use tempus_model::{Job, PreviewId, Row};

use super::WrappedStore;
use crate::sim::witness::Written;

/// A preview as it is seen around a change: its row and its jobs.
pub(super) type Look = (Option<Row>, Vec<Job>);

impl WrappedStore {
    pub(super) async fn looks(&self, verb: &str, preview: PreviewId) -> Option<Look> {
        self.watch.as_ref()?;
        let row = self.inner.get(preview).await.ok()?.map(|found| found.row);
        // The writes that are made most often are not asked about jobs: they have none to write.
        let of_row = [
            "checkpoint",
            "renew",
            "wait",
            "wake",
            "remind",
            "doubt",
            "warn",
        ];
        if of_row.contains(&verb.trim_start_matches("store.")) {
            return Some((row, Vec::new()));
        }
        Some((row, self.inner.jobs(preview, 100).await.ok()?))
    }

    /// Tells of a change that was made between two looks.
    pub(super) async fn saw(
        &self,
        verb: &'static str,
        preview: PreviewId,
        fence: Option<&Fence>,
        before: Option<Look>,
    ) {
        let (Some(watch), Some((before, jobs_before))) = (&self.watch, before) else {
            return;
        };
        let Some((Some(after), jobs)) = self.looks(verb, preview).await else {
            return;
        };
        if before
            .as_ref()
            .is_some_and(|before| before.version == after.version)
        {
            return;
        }
        let jobs: Vec<_> = jobs
            .into_iter()
            .map(|job| {
                (
                    jobs_before.iter().find(|was| was.id == job.id).cloned(),
                    job,
                )
            })
            .collect();
        let proven = after.receipt_at.is_some()
            && before
                .as_ref()
                .is_some_and(|before| before.receipt_at != after.receipt_at);
        let receipt = if proven {
            self.inner.receipt(preview).await.ok().flatten()
        } else {
            None
        };
        watch.written(&Written {
            verb: verb.trim_start_matches("store."),
            before: before.as_ref(),
            after: &after,
            fence,
            jobs: &jobs,
            receipt: receipt.as_ref(),
            taken: None,
        });
    }
}

//! What is to be said, from what is stored.

use tempus_model::github::{Cost, Links, Repository, Scene, Verdict, render};
use tempus_model::{Desired, Snapshot};

use super::tend::{Tending, Trouble};

impl Tending<'_> {
    /// Says how it stands, where that has changed.
    pub(super) async fn report(
        &mut self,
        repository: &Repository,
        number: Option<u64>,
        verdict: Option<&Verdict>,
    ) -> Result<(), Trouble> {
        let preview = self.preview().await?;
        let (mut job, mut receipt, mut cost) = (None, None, None);
        if let Some(Snapshot { row, .. }) = &preview {
            let store = &self.parts.store;
            let newest = store.jobs(row.preview, 1).await?.pop();
            if row.is_gone() {
                receipt = store.receipt(row.preview).await?;
            }
            let spec = match (&row.desired, newest.as_ref().and_then(|job| job.spec)) {
                (Desired::Present(spec), _) => Some(*spec),
                (Desired::Absent(_), spec) => row.settled.spec.or(spec),
            };
            if let (Some(spec), Some(prices)) = (spec, &self.github.settings.prices) {
                let spec = store.spec(row.preview, spec).await?;
                cost = spec.map(|spec| Cost {
                    prices,
                    wanted: spec.footprint(),
                });
            }
            job = newest.map(|job| job.seen_with(row));
        }
        let mut source = self.source.clone();
        source.tended = self.tended.clone();
        let scene = Scene {
            installation: self.parts.store.installation(),
            source: &source,
            verdict,
            preview: preview.as_ref(),
            job: job.as_ref(),
            receipt: receipt.as_ref(),
            cost,
            links: Links {
                api: self.github.settings.api_url.as_deref(),
            },
        };
        let said = render(&scene);
        self.say(repository, number, said).await
    }
}

//! Reaping: what belongs to no row is removed once an operator has said so.

use std::time::Duration;

use tempus_engine::{DeadLetterId, StoreError};
use tempus_model::PreviewId;
use tempus_steps::Progress;

use crate::ctx::AttemptCtx;
use crate::intake::Shared;

/// How often one reaping looks for what is left.
const LOOKS: u32 = 30;
/// How long it waits between two looks, at least.
const PAUSE: Duration = Duration::from_secs(1);

impl Shared {
    /// Removes what carries this id and belongs to no row: an operator confirmed it. What cannot
    /// be removed now stays reported.
    pub(crate) async fn reap(&self, preview: PreviewId) -> Result<(), StoreError> {
        if self.parts.store.get(preview).await?.is_some() {
            tracing::warn!(preview.id = %preview, "not reaped: there is a row for it");
            return Ok(());
        }
        let ctx = AttemptCtx::for_orphans(&self.parts, preview);
        for _ in 0..LOOKS {
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
            let mut pause = PAUSE;
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
}

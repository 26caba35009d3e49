//! The reminder: what guarantees progress. Every minute the rows that are due and that nobody
//! holds get a hint, so the worst that any lost hint costs is a minute.

use tempus_engine::{Filter, StoreError};
use tempus_model::{Hint, Phase, broken};
use tempus_steps::Afresh;

use crate::intake::Shared;

impl Shared {
    pub(crate) async fn remind(self) {
        loop {
            if broken!(NoReminder) {
                return;
            }
            if let Err(error) = self.remind_once().await {
                tracing::warn!(%error, "the due rows could not be listed");
            }
            if let Err(error) = self.remind_sources().await {
                tracing::warn!(%error, "the due pull requests could not be listed");
            }
            if self.sleep(self.config.remind_every).await {
                return;
            }
        }
    }

    async fn remind_once(&self) -> Result<(), StoreError> {
        let store = &self.parts.store;
        let due = store.due(self.parts.now(), self.config.remind_most).await?;
        for preview in due {
            // Several workers look; for each row one of them sends.
            let spacing = self.config.remind_every;
            if store.remind(preview, self.parts.now(), spacing).await? {
                self.parts.hint_now(&Hint::remind(preview)).await;
            }
        }
        Ok(())
    }

    /// On a platform whose previews end with the program, makes every wanted preview due for a
    /// verify, which brings up what should be up.
    pub(crate) async fn bring_up(self) {
        if self.platform().starts_afresh() == Afresh::No {
            return;
        }
        while let Err(error) = self.doubt_wanted().await {
            tracing::warn!(%error, "the wanted previews could not be listed");
            if self.sleep(self.config.backoff_most).await {
                return;
            }
        }
    }

    async fn doubt_wanted(&self) -> Result<(), StoreError> {
        let filter = Filter {
            phases: vec![
                Phase::Provisioning,
                Phase::Ready,
                Phase::Asleep,
                Phase::Updating,
            ],
            ..Filter::default()
        };
        let mut after = None;
        loop {
            let page = self.parts.store.list(&filter, after.as_ref(), 100).await?;
            for snapshot in page.items {
                let preview = snapshot.identity.id;
                if self.parts.store.doubt(preview, self.parts.now()).await? {
                    self.parts.hint_now(&Hint::look(preview)).await;
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}

//! What accepts previews here: the store itself, with a specification that names the commit.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tempus_engine::{
    Budget, Clock, CreateError, Listener, NewPreview, Outgoing, Queue, Quotas, Store, SystemClock,
};
use tempus_model::github::{Drafts, Rules};
use tempus_model::transition::accept::NewJob;
use tempus_model::{Hint, Identity, JobId, PreviewId};
use tempus_worker::github::{Called, FileText, NoFile, NotCalled, Previews, Wish};
use uuid::Uuid;

use crate::sim::spec;

pub(super) struct StorePreviews {
    pub store: Arc<dyn Store>,
    pub queue: Arc<dyn Queue>,
    pub total: u32,
}

#[async_trait]
impl Previews for StorePreviews {
    /// Lines of `labels a b`, `drafts` and `sleep 1s`.
    fn rules(&self, file: Option<&FileText>) -> Result<Rules, NoFile> {
        let mut rules = Rules::default();
        for line in file
            .map(|file| file.text.as_str())
            .unwrap_or_default()
            .lines()
        {
            let mut words = line.split_whitespace().map(ToOwned::to_owned);
            match words.next().as_deref() {
                Some("labels") => rules.labels = words.collect(),
                Some("drafts") => rules.drafts = Drafts::Previewed,
                Some("sleep") => {}
                _ => return Err(NoFile(format!("{line:?} is no rule"))),
            }
        }
        Ok(rules)
    }

    async fn call_for(&self, wish: Wish) -> Result<Called, NotCalled> {
        self.rules(wish.file.as_ref())
            .map_err(|no| NotCalled::Refused(no.to_string()))?;
        let now = SystemClock.now();
        let mut spec = spec(&[("web", &wish.sha[..7])]);
        spec.commit_sha = Some(wish.sha);
        let file = wish.file.iter().flat_map(|file| file.text.lines());
        let mut sleeps = file.filter_map(|line| line.strip_prefix("sleep "));
        spec.sleep = sleeps.next().and_then(|time| time.parse().ok());
        let id = PreviewId::new(Uuid::new_v4());
        let listener = Listener {
            name: "main".to_owned(),
            slots: None,
            url: format!("http://{}.test/", wish.name),
        };
        let new = NewPreview {
            identity: Identity {
                id,
                name: wish.name,
                owner: wish.owner,
                origin: wish.origin,
                template: spec.template.clone(),
                route: None,
                created_at: now,
                predecessor: None,
            },
            spec,
            expires_at: now.after(Duration::from_hours(1)),
            warn_before: None,
            job: NewJob {
                id: JobId::new(Uuid::new_v4()),
                by: wish.by,
                now,
            },
            listeners: vec![listener],
            quotas: Quotas {
                per_owner: self.total,
                total: self.total,
            },
            budget: Budget::Within,
            key: None,
        };
        let accepted = self.store.create(new).await.map_err(|error| match error {
            CreateError::NameTaken(_) => NotCalled::NameTaken,
            CreateError::Quota { .. } | CreateError::NoListener => {
                NotCalled::Later(error.to_string())
            }
            other => NotCalled::Unavailable(other.to_string()),
        })?;
        let hint = Outgoing::now(&Hint::look(accepted.preview));
        let _ = self.queue.send(&[hint]).await;
        Ok(Called {
            preview: accepted.preview,
            warning: None,
        })
    }
}

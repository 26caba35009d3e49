//! Making the preview that is called for, and taking down the one that is not.

use tempus_engine::JobError;
use tempus_model::github::{Call, NameForm, Named, Repository, Rules, RulesAt, preview_name};
use tempus_model::repository_file::PLACES;
use tempus_model::transition::accept::{DestroyReason, NewJob};
use tempus_model::{DnsName, Hint, JobId, Origin, Owner, Snapshot};

use super::client::GitHubError;
use super::previews::{FileText, NotCalled, Wish};
use super::tend::{Tending, Trouble};

/// What became of a call for a preview.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deployed {
    /// It is accepted, or refused for good.
    Settled,
    /// It is to be tried again after a while.
    Later,
}

impl Tending<'_> {
    /// The repository's file at a commit.
    async fn file(
        &self,
        repository: &Repository,
        sha: &str,
    ) -> Result<Option<FileText>, GitHubError> {
        for path in PLACES {
            if let Some(text) = self.github.client.file(repository, sha, path).await? {
                let path = path.to_owned();
                return Ok(Some(FileText { path, text }));
            }
        }
        Ok(None)
    }

    /// When the repository wants previews, by its file at this commit. A file that cannot be read asks
    /// for nothing here; what is wrong with it is said when a preview is called for.
    pub(super) async fn rules(
        &mut self,
        repository: &Repository,
        sha: &str,
    ) -> Result<Rules, Trouble> {
        if let Some(known) = self.tended.rules.as_ref().filter(|known| known.sha == sha) {
            return Ok(known.rules.clone());
        }
        let file = self.file(repository, sha).await?;
        let rules = self.github.previews.rules(file.as_ref());
        let rules = rules.unwrap_or_else(|_| Rules::none());
        self.tended.rules = Some(RulesAt {
            sha: sha.to_owned(),
            rules: rules.clone(),
        });
        Ok(rules)
    }

    /// Calls for a preview of a commit.
    pub(super) async fn deploy(
        &mut self,
        repository: &Repository,
        origin: Origin,
        call: Call,
    ) -> Result<Deployed, Trouble> {
        let file = self.file(repository, &call.sha).await?;
        let mut name = match &self.tended.name {
            Some(name) => name.clone(),
            None => self.free_name(&origin).await?,
        };
        for form in [NameForm::Plain, NameForm::Hashed] {
            if form == NameForm::Hashed {
                name = named(&origin, form);
            }
            let wish = Wish {
                name: name.clone(),
                owner: owner(repository),
                origin: origin.clone(),
                sha: call.sha.clone(),
                file: file.clone(),
            };
            match self.github.previews.call_for(wish).await {
                Ok(preview) => {
                    tracing::info!(source = %self.source.key, preview.id = %preview, sha = call.sha, "called for a preview");
                    self.tended.name = Some(name);
                    self.tended.preview = Some(preview);
                    self.tended.made = Some(call);
                    self.tended.problem = None;
                    self.keep().await?;
                    return Ok(Deployed::Settled);
                }
                Err(NotCalled::NameTaken) => {}
                Err(NotCalled::Refused(why)) => {
                    // Another commit may say something else.
                    self.tended.made = Some(call);
                    self.tended.problem = Some(why);
                    return Ok(Deployed::Settled);
                }
                Err(NotCalled::Later(why)) => {
                    self.tended.problem = Some(why);
                    return Ok(Deployed::Later);
                }
                Err(NotCalled::Unavailable(why)) => {
                    return Err(GitHubError::Unavailable(why).into());
                }
            }
        }
        self.tended.made = Some(call);
        self.tended.problem = Some(format!("the name {name} is held by another preview"));
        Ok(Deployed::Settled)
    }

    /// The name that reads best, unless a live preview of something else has it.
    async fn free_name(&self, origin: &Origin) -> Result<DnsName, Trouble> {
        let plain = named(origin, NameForm::Plain);
        let holder = self.parts.store.get_by_name(&plain).await?;
        let taken = holder.is_some_and(|holder| {
            holder.row.desired.is_present() && !holder.identity.origin.is_same(origin)
        });
        Ok(if taken {
            named(origin, NameForm::Hashed)
        } else {
            plain
        })
    }

    /// Takes a preview down, if there is one that is wanted.
    pub(super) async fn destroy(&mut self, preview: Option<&Snapshot>) -> Result<(), Trouble> {
        let Some(preview) = preview.filter(|preview| preview.row.desired.is_present()) else {
            return Ok(());
        };
        let id = preview.identity.id;
        let job = NewJob {
            id: JobId::new(uuid::Uuid::new_v4()),
            now: self.now(),
        };
        let destroyed = self
            .parts
            .store
            .destroy(id, DestroyReason::Asked, job, None);
        match destroyed.await {
            // No key was sent.
            Ok(_) | Err(JobError::NotAccepted(_) | JobError::NotFound | JobError::KeyReused) => {}
            Err(JobError::Store(error)) => return Err(error.into()),
        }
        tracing::info!(source = %self.source.key, preview.id = %id, "not called for any more: destroying");
        self.parts.hint_now(&Hint::look(id)).await;
        Ok(())
    }
}

fn named(origin: &Origin, form: NameForm) -> DnsName {
    let repository = origin.repository.as_deref().unwrap_or_default();
    let named = match (origin.pr_number, &origin.branch) {
        (Some(number), _) => Named::Pull { number, repository },
        (None, name) => Named::Branch {
            name: name.as_deref().unwrap_or_default(),
            repository,
        },
    };
    preview_name(named, form)
}

/// The repository, by the number and the name that its workflows' identity tokens have too.
fn owner(repository: &Repository) -> Owner {
    Owner {
        id: repository.id.to_string(),
        login: repository.full_name.clone(),
        avatar_url: None,
    }
}

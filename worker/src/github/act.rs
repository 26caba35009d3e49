//! Making the preview that is called for, and taking down the one that is not.

use tempus_engine::JobError;
use tempus_model::github::{
    Absent, Act, Call, NameForm, Named, Repository, Rules, RulesAt, Verdict, behind_call,
    behind_end, preview_name,
};
use tempus_model::repository_file::PLACES;
use tempus_model::transition::accept::{DestroyReason, NewJob};
use tempus_model::{Hint, JobId, Origin, Owner, Snapshot};

use super::client::GitHubError;
use super::previews::{Called, FileText, NotCalled, Wish};
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
    /// The repository's file at a commit, asked for once while the source is tended.
    async fn file(
        &mut self,
        repository: &Repository,
        sha: &str,
    ) -> Result<Option<FileText>, GitHubError> {
        if let Some((_, file)) = self.file.as_ref().filter(|(of, _)| of == sha) {
            return Ok(file.clone());
        }
        let mut file = None;
        for path in PLACES {
            if let Some(text) = self.github.client.file(repository, sha, path).await? {
                let path = path.to_owned();
                file = Some(FileText { path, text });
                break;
            }
        }
        self.file = Some((sha.to_owned(), file.clone()));
        Ok(file)
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

    /// Sees to what a pull request or branch calls for.
    pub(super) async fn follow(
        &mut self,
        repository: &Repository,
        origin: Origin,
        verdict: &Verdict,
        act: Act,
        preview: Option<&Snapshot>,
    ) -> Result<Deployed, Trouble> {
        let deployed = match act {
            Act::Deploy(call) => self.deploy(repository, origin, call).await?,
            Act::Destroy => {
                if let Verdict::Absent(why) = verdict {
                    self.destroy(preview, why).await?;
                }
                Deployed::Settled
            }
            Act::Nothing => Deployed::Settled,
        };
        if let Verdict::Absent(why) = verdict {
            self.absent(why);
        }
        Ok(deployed)
    }

    /// Calls for a preview of a commit.
    async fn deploy(
        &mut self,
        repository: &Repository,
        origin: Origin,
        call: Call,
    ) -> Result<Deployed, Trouble> {
        let file = self.file(repository, &call.sha).await?;
        let called = |form| Named::of(&origin).map(|named| preview_name(named, form));
        // The one that reads best, and if another source has that, the one that no other has.
        let best = self.tended.name.clone();
        let names = [
            best.or_else(|| called(NameForm::Plain)),
            called(NameForm::Hashed),
        ];
        let mut taken = None;
        for name in names.into_iter().flatten() {
            let wish = Wish {
                name: name.clone(),
                owner: owner(repository),
                by: behind_call(&self.source, &self.tended, &call),
                origin: origin.clone(),
                sha: call.sha.clone(),
                file: file.clone(),
            };
            match self.github.previews.call_for(wish).await {
                Ok(Called { preview, warning }) => {
                    tracing::info!(source = %self.source.key, preview.id = %preview, sha = call.sha, "called for a preview");
                    self.tended.name = Some(name);
                    self.tended.preview = Some(preview);
                    self.tended.made = Some(call);
                    self.tended.problem = None;
                    self.tended.warning = warning;
                    self.keep().await?;
                    return Ok(Deployed::Settled);
                }
                Err(NotCalled::NameTaken) => taken = Some(name),
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
        self.tended.problem =
            taken.map(|name| format!("the name {name} is held by another preview"));
        Ok(Deployed::Settled)
    }

    /// Takes a preview down that is not called for, if there is one that is wanted.
    pub(super) async fn destroy(
        &mut self,
        preview: Option<&Snapshot>,
        why: &Absent,
    ) -> Result<(), Trouble> {
        let Some(preview) = preview.filter(|preview| preview.row.desired.is_present()) else {
            return Ok(());
        };
        let id = preview.identity.id;
        let job = NewJob {
            id: JobId::new(uuid::Uuid::now_v7()),
            by: behind_end(&self.source, &self.tended, why),
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

/// The repository, by the number and the name that its workflows' identity tokens have too.
fn owner(repository: &Repository) -> Owner {
    Owner {
        id: repository.id.to_string(),
        login: repository.full_name.clone(),
        avatar_url: None,
    }
}

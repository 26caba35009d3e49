//! The pass that needs no webhooks: lists the open pull requests of every repository and compares them
//! with what is known.
//!
//! It destroys nothing. What is open and not known so is noted like a delivery. What is known to be
//! open and is not in the list is put in doubt, and whoever tends it asks GitHub about that very one.
//! So a list that fails, or is empty when it should not be, is no information: it leads to questions,
//! of which one pass asks so many at most.

use std::collections::BTreeSet;

use tempus_model::github::{News, Next, Note, PullState, Repository, Source, SourceKey, Trust};

use super::client::GitHubError;
use super::tend::{Tending, Trouble};

/// What a pass saw.
#[derive(Debug, Default)]
struct Seen {
    repositories: usize,
    open: usize,
    doubted: usize,
    unlisted: usize,
}

impl Tending<'_> {
    pub(super) async fn pass(&mut self) -> Result<Next, Trouble> {
        let mut seen = Seen::default();
        for installation in self.github.client.installations().await? {
            let repositories = match self.github.client.repositories(installation).await {
                Ok(repositories) => repositories,
                Err(error) => {
                    seen.skip(&installation, &error);
                    continue;
                }
            };
            for repository in repositories {
                self.keep().await?;
                match self.compare(&repository, &mut seen).await {
                    Ok(()) => {}
                    Err(Trouble::GitHub(error)) => seen.skip(&repository.full_name, &error),
                    Err(error) => return Err(error),
                }
            }
        }
        tracing::info!(
            repositories = seen.repositories,
            open = seen.open,
            doubted = seen.doubted,
            unlisted = seen.unlisted,
            "compared with the open pull requests"
        );
        Ok(Next::At(self.now().after(self.github.settings.pass_every)))
    }

    async fn compare(&self, repository: &Repository, seen: &mut Seen) -> Result<(), Trouble> {
        let listed = self.github.client.open_pulls(repository).await?;
        seen.repositories += 1;
        seen.open += listed.len();
        let mut open = BTreeSet::new();
        for shape in listed {
            let key = SourceKey::Pull {
                repository: repository.id,
                number: shape.number,
            };
            open.insert(key.clone());
            let note = Note {
                delivery: None,
                repository: Some(repository.clone()),
                by: None,
                news: News::Pull(shape.into_pull(), Trust::Heard),
            };
            self.parts.noted(&key, note).await?;
        }
        for source in self.parts.store.sources(repository.id).await? {
            if seen.doubted >= self.github.settings.pass_cap {
                tracing::warn!(
                    cap = self.github.settings.pass_cap,
                    "more is missing from the lists than one pass doubts: the rest is left to the next"
                );
                return Ok(());
            }
            if should_be_listed(&source) && !open.contains(&source.key) {
                seen.doubted += 1;
                self.parts.note(&source.key, News::Doubt).await?;
            }
        }
        Ok(())
    }
}

/// Whether it is known to be open, or has a preview that was called for.
fn should_be_listed(source: &Source) -> bool {
    let open = source
        .pull
        .as_ref()
        .is_some_and(|pull| pull.state == PullState::Open);
    match source.key {
        SourceKey::App => false,
        SourceKey::Pull { .. } => open,
        // Whether it is there is asked about each by itself.
        SourceKey::Branch { .. } => source.tended.made.is_some(),
    }
}

impl Seen {
    fn skip(&mut self, what: &impl std::fmt::Display, error: &GitHubError) {
        self.unlisted += 1;
        tracing::warn!(%what, %error, "not listed: nothing is concluded");
    }
}

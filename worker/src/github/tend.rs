//! One source being tended: its lease, and the frame around what each kind does.

use std::time::Duration;

use tempus_engine::{Outgoing, SourceError, StoreError};
use tempus_model::github::{
    News, Next, NoChange, Note, Pull, Source, SourceChange, SourceKey, Tended, Trust,
};
use tempus_model::{Hint, Nonce, Origin, Timestamp};

use super::client::GitHubError;
use super::previews::FileText;
use super::{GitHub, LEASE, LONGEST_PAUSE, PAUSE};
use crate::Parts;
use crate::backoff::pause;
use crate::intake::Shared;

/// Why tending ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// GitHub did not do it: what was done is kept, the rest is tried again.
    #[error(transparent)]
    GitHub(#[from] GitHubError),
    /// The store did not do it: the lease runs out, and somebody goes on.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Somebody else has claimed the source.
    #[error("the source's lease was lost")]
    Lost,
}

impl From<SourceError> for Trouble {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Store(error) => Self::Store(error),
            SourceError::NoChange(_) => Self::Lost,
        }
    }
}

/// A source that this worker holds.
pub(super) struct Tending<'a> {
    pub parts: &'a Parts,
    pub github: &'a GitHub,
    /// As it was last read; its notes are the ones that were seen.
    pub source: Source,
    /// What was done, as it will be written.
    pub tended: Tended,
    nonce: Nonce,
    /// The repository's file that was read, and the commit that it is of.
    pub file: Option<(String, Option<FileText>)>,
}

impl Shared {
    /// Tends a source, if it is due and nobody holds it.
    pub(crate) async fn tend(&self, key: &SourceKey) -> Result<(), StoreError> {
        let Some(github) = &self.parts.github else {
            return Ok(());
        };
        let nonce = Nonce(rand::random());
        let claim = SourceChange::Claim {
            nonce,
            lease: LEASE,
        };
        let now = self.parts.now();
        let source = match self.parts.store.change_source(key, &claim, now).await {
            Ok(source) => source,
            Err(SourceError::NoChange(_)) => return Ok(()),
            Err(SourceError::Store(error)) => return Err(error),
        };
        let mut tending = Tending {
            parts: &self.parts,
            github,
            tended: source.tended.clone(),
            source,
            nonce,
            file: None,
        };
        let next = match key {
            SourceKey::App => tending.pass().await,
            SourceKey::Pull { number, .. } => tending.pull(*number).await,
            SourceKey::Branch { name, .. } => tending.branch(name).await,
        };
        tending.end(next).await;
        Ok(())
    }

    /// Notes that a preview moved on, for whoever reports it.
    pub(crate) async fn tell_source(&self, origin: &Origin) {
        if let Some(source) = SourceKey::of(origin)
            && let Err(error) = self.parts.note(&source, News::Moved).await
        {
            tracing::debug!(%error, %source, "it will be looked at later");
        }
    }

    /// Begins the periodic pass, and again whenever nothing is known of it.
    pub(crate) async fn begin_pass(self) {
        if self.parts.github.is_none() {
            return;
        }
        while let Err(error) = self.parts.note(&SourceKey::App, News::Look).await {
            tracing::warn!(%error, "the pull requests could not be listed yet");
            if self.sleep(self.config.backoff_most).await {
                return;
            }
        }
    }

    /// Sends a hint for every source that is due.
    pub(crate) async fn remind_sources(&self) -> Result<(), StoreError> {
        if self.parts.github.is_none() {
            return Ok(());
        }
        let (now, most) = (self.parts.now(), self.config.remind_most);
        for source in self.parts.store.due_sources(now, most).await? {
            self.parts.hint_now(&Hint::Source { source }).await;
        }
        Ok(())
    }
}

impl Parts {
    /// Notes something of a source, and says where to look. News of what nobody knows, and what is no
    /// news, is nothing to look at.
    pub(super) async fn note(&self, key: &SourceKey, news: News) -> Result<(), StoreError> {
        let note = Note {
            delivery: None,
            repository: None,
            by: None,
            news,
        };
        self.noted(key, note).await
    }

    pub(super) async fn noted(&self, key: &SourceKey, note: Note) -> Result<(), StoreError> {
        let change = SourceChange::Note(note);
        match self.store.change_source(key, &change, self.now()).await {
            Ok(_) => {
                let source = key.clone();
                self.hint_now(&Hint::Source { source }).await;
                Ok(())
            }
            Err(SourceError::NoChange(_)) => Ok(()),
            Err(SourceError::Store(error)) => Err(error),
        }
    }
}

impl Tending<'_> {
    pub(super) fn now(&self) -> Timestamp {
        self.parts.now()
    }

    /// Records what was done so far and renews the lease: before anything is made on GitHub, and
    /// after, so that it is not made again.
    pub(super) async fn keep(&mut self) -> Result<(), Trouble> {
        let keep = SourceChange::Keep {
            nonce: self.nonce,
            tended: Box::new(self.tended.clone()),
            lease: LEASE,
        };
        let (key, now) = (self.source.key.clone(), self.now());
        let kept = self.parts.store.change_source(&key, &keep, now).await?;
        // What was noted meanwhile has not been seen: the source stays due.
        self.source.tended = kept.tended;
        Ok(())
    }

    /// Takes in GitHub's own answer.
    pub(super) async fn learn(&mut self, pull: Pull) -> Result<(), Trouble> {
        let note = SourceChange::Note(Note {
            delivery: None,
            repository: None,
            by: None,
            news: News::Pull(pull, Trust::Asked),
        });
        let (key, now) = (self.source.key.clone(), self.now());
        self.source = match self.parts.store.change_source(&key, &note, now).await {
            Ok(source) => source,
            Err(SourceError::NoChange(NoChange::Nothing)) => {
                let known = self.parts.store.source(&key).await?;
                known.ok_or(Trouble::Lost)?
            }
            Err(error) => return Err(error.into()),
        };
        Ok(())
    }

    /// Gives the source back, and says when it is to be looked at again.
    async fn end(mut self, next: Result<Next, Trouble>) {
        let key = self.source.key.clone();
        let next = match next {
            Ok(next) => {
                self.tended.failures = 0;
                next
            }
            Err(Trouble::GitHub(error)) => {
                self.tended.failures = self.tended.failures.saturating_add(1);
                tracing::warn!(source = %key, %error, "tried again later");
                Next::At(self.now().after(self.pause(&error)))
            }
            Err(Trouble::Lost) => return,
            Err(error @ Trouble::Store(_)) => {
                tracing::warn!(source = %key, %error, "the source is left to its lease's end");
                return;
            }
        };
        let release = SourceChange::Release {
            nonce: self.nonce,
            noted: self.source.noted,
            tended: Box::new(self.tended.clone()),
            next,
        };
        let now = self.now();
        match self.parts.store.change_source(&key, &release, now).await {
            Ok(source) => self.hint_again(source.due_at).await,
            Err(error) => tracing::warn!(source = %key, %error, "the source was not given back"),
        }
    }

    fn pause(&self, error: &GitHubError) -> Duration {
        match error {
            GitHubError::Limited(wait) => *wait,
            _ => pause(PAUSE, LONGEST_PAUSE, self.tended.failures),
        }
    }

    /// Sends the hint for the next look, where that is nearer than the reminder.
    async fn hint_again(&self, due: Option<Timestamp>) {
        let Some(due) = due else { return };
        let delay = self.now().until(due);
        let queue = &self.parts.queue;
        if delay > queue.longest_delay() {
            return;
        }
        let source = self.source.key.clone();
        if let Err(error) = queue
            .post(Outgoing::later(&Hint::Source { source }, delay))
            .await
        {
            tracing::debug!(%error, "the reminder will find the source");
        }
    }
}

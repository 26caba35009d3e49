//! Commands of comments: carried out once each, for those who may write.

use tempus_engine::{ExtendError, Extended};
use tempus_model::github::{Command, CommandKind, Repository};
use tempus_model::{Actor, Did, Hint, Ttl};

use super::client::Access;
use super::tend::{Tending, Trouble};

impl Tending<'_> {
    /// Carries out the commands that wait, in the order in which they came.
    pub(super) async fn commands(
        &mut self,
        repository: &Repository,
        number: u64,
        asked: &mut bool,
    ) -> Result<(), Trouble> {
        for command in self.source.commands.clone() {
            if !*asked {
                // What a command is about is the pull request as it is.
                self.ask(repository, number).await?;
                *asked = true;
            }
            let access = self.github.client.access(repository, &command.by).await?;
            let answer = match access {
                Access::Write => self.carry_out(repository, &command).await?,
                Access::Read => Some(CommandKind::not_allowed(&command.by)),
            };
            tracing::info!(source = %self.source.key, by = command.by, ?access, kind = ?command.kind, "command");
            self.tended.handle(command.comment, answer);
            // Not a second time, whatever comes next.
            self.keep().await?;
        }
        Ok(())
    }

    /// What is to be answered, if anything is.
    async fn carry_out(
        &mut self,
        repository: &Repository,
        command: &Command,
    ) -> Result<Option<String>, Trouble> {
        match &command.kind {
            CommandKind::Preview { commit } => {
                Ok(self.wanted(repository, command, commit.as_deref()))
            }
            CommandKind::Stop => {
                self.tended.standing.stopped = true;
                self.tended.standing.asked = None;
                self.tended.standing.by = Some(command.who(Did::Commented));
                Ok(None)
            }
            CommandKind::Extend(ttl) => {
                let longest = self.github.settings.longest;
                let end = self.now().after(ttl.duration());
                self.another_end(command, *ttl, longest, Extended::To(end))
                    .await
            }
            CommandKind::Pin { length, reason } => {
                let longest = self.github.settings.longest_pin;
                let pinned = Extended::Pinned {
                    until: self.now().after(length.duration()),
                    reason: reason.clone(),
                };
                self.another_end(command, *length, longest, pinned).await
            }
            CommandKind::Unpin => {
                let left = self.github.settings.left_unpinned;
                let at_least = self.now().after(left.duration());
                let unpinned = Extended::Unpinned { at_least };
                self.another_end(command, left, left, unpinned).await
            }
            CommandKind::Wake => self.rouse(command).await,
            CommandKind::Unknown => Ok(Some(CommandKind::ACCEPTED.to_owned())),
        }
    }

    fn wanted(
        &mut self,
        repository: &Repository,
        command: &Command,
        commit: Option<&str>,
    ) -> Option<String> {
        let pull = self.source.pull.as_ref()?;
        let (head, is_fork) = (&pull.head, pull.head.repository != Some(repository.id));
        if commit.is_some_and(|commit| !head.sha.starts_with(commit)) {
            return Some(format!("The latest commit is {}, not that one.", head.sha));
        }
        if is_fork {
            // Without a commit in it, a comment is about what was there when it was written. What
            // became the head in that very second may have come after it.
            let seen = self
                .source
                .head_since
                .is_some_and(|since| since < command.at);
            if commit.is_none() && !seen {
                return Some(format!(
                    "The commit may have changed since that comment: look at it, and approve exactly \
                     that one by `/preview {}`.",
                    head.sha
                ));
            }
            self.tended.standing.approved = Some(head.sha.clone());
        }
        let did = if is_fork {
            Did::Approved
        } else {
            Did::Commented
        };
        self.tended.standing.by = Some(command.who(did));
        self.tended.standing.stopped = false;
        self.tended.standing.asked = Some(command.comment);
        None
    }

    async fn rouse(&mut self, command: &Command) -> Result<Option<String>, Trouble> {
        let Some(preview) = self.tended.preview else {
            return Ok(Some(
                "There is no preview to wake; `/preview` asks for one.".to_owned(),
            ));
        };
        let by = Actor::on_github(Some(&command.who(Did::Commented)));
        if self.parts.store.rouse(preview, by, self.now()).await? {
            self.parts.hint_now(&Hint::look(preview)).await;
        }
        Ok(None)
    }

    /// Gives the preview another end, no further from now than is allowed.
    async fn another_end(
        &mut self,
        command: &Command,
        length: Ttl,
        longest: Ttl,
        to: Extended,
    ) -> Result<Option<String>, Trouble> {
        if length > longest {
            return Ok(Some(match to {
                Extended::Pinned { .. } => format!("A preview is pinned for {longest} at most."),
                _ => format!("A preview lives {longest} at most."),
            }));
        }
        let Some(preview) = self.tended.preview else {
            return Ok(Some(
                "There is no preview; `/preview` asks for one.".to_owned(),
            ));
        };
        let now = self.now();
        let by = Actor::on_github(Some(&command.who(Did::Commented)));
        match self.parts.store.extend(preview, to, by, now).await {
            Ok(_) => {
                self.parts.hint_now(&Hint::look(preview)).await;
                Ok(None)
            }
            Err(ExtendError::Store(error)) => Err(error.into()),
            Err(error) => Ok(Some(format!("Its end cannot be changed: {error}."))),
        }
    }
}

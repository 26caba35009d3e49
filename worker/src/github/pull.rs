//! A pull request: what it calls for, and seeing to it.

use tempus_engine::Store;
use tempus_model::github::{
    Absent, Act, Command, Next, Pull, PullState, Repository, Rules, Sure, Verdict, act, verdict,
};
use tempus_model::{Origin, Snapshot};

use super::act::Deployed;
use super::client::GitHubError;
use super::tend::{Tending, Trouble};
use super::{LATER, LOOK, REST};

/// How often what is called for is looked at anew, because it changed under our hands.
const ROUNDS: u32 = 3;

impl Tending<'_> {
    pub(super) async fn pull(&mut self, number: u64) -> Result<Next, Trouble> {
        let Some(repository) = self.source.repository.clone() else {
            return Ok(Next::WhenNoted);
        };
        let mut asked = false;
        if self.source.gone {
            return self.without().await;
        }
        if self.source.pull.is_none() || self.source.sure == Sure::No {
            self.ask(&repository, number).await?;
            asked = true;
        }
        // A command that cannot be looked into now must not keep a close waiting.
        let commanded = self.commands(&repository, number, &mut asked).await;
        let mut deployed = Deployed::Settled;
        let mut said = None;
        for _ in 0..ROUNDS {
            let verdict = self.verdict(&repository).await?;
            let preview = self.preview().await?;
            let row = preview.as_ref().map(|preview| &preview.row);
            let act = act(&verdict, &self.tended, row);
            if matches!(act, Act::Deploy(_)) && !asked {
                // What starts something is never started by what may be out of date.
                self.ask(&repository, number).await?;
                asked = true;
                continue;
            }
            let origin = origin(&repository, Some(number), None);
            deployed = self
                .follow(&repository, origin, &verdict, act, preview.as_ref())
                .await?;
            said = Some(verdict);
            break;
        }
        self.report(&repository, Some(number), said.as_ref())
            .await?;
        commanded?;
        let handled = &self.tended.handled;
        let waits = |command: &Command| !handled.contains(&command.comment);
        if self.source.commands.iter().any(waits) || said.is_none() {
            // It came while GitHub was asked.
            return Ok(Next::At(self.now()));
        }
        if deployed == Deployed::Later {
            return Ok(Next::At(self.now().after(LATER)));
        }
        self.next().await
    }

    /// Asks GitHub how it is now.
    pub(super) async fn ask(
        &mut self,
        repository: &Repository,
        number: u64,
    ) -> Result<(), Trouble> {
        let pull = self.github.client.pull(repository, number).await?;
        self.learn(pull.into_pull()).await?;
        if self.source.sure == Sure::Yes {
            return Ok(());
        }
        // Its reads lag behind its deliveries, or something was heard just now.
        let why = "its answer is older than what it has delivered".to_owned();
        Err(GitHubError::Unavailable(why).into())
    }

    /// What it calls for, by the repository's own file where that matters.
    async fn verdict(&mut self, repository: &Repository) -> Result<Verdict, Trouble> {
        let Some(pull) = self.source.pull.clone() else {
            return Ok(Verdict::Absent(Absent::Closed));
        };
        let standing = &self.tended.standing;
        let open = verdict(&pull, repository.id, standing, &Rules::none());
        if matches!(open, Verdict::Absent(_)) {
            return Ok(open);
        }
        let rules = self.rules(repository, &pull.head.sha).await?;
        Ok(verdict(&pull, repository.id, &self.tended.standing, &rules))
    }

    /// What is forgotten with a preview that is not wanted: it may be wanted again, from the start.
    pub(super) fn absent(&mut self, why: &Absent) {
        self.tended.made = None;
        self.tended.problem = None;
        if matches!(why, Absent::Closed | Absent::Gone) {
            self.tended.standing.stopped = false;
            self.tended.standing.asked = None;
        }
    }

    /// The App was taken away from the repository: nothing can be said there any more.
    pub(super) async fn without(&mut self) -> Result<Next, Trouble> {
        let preview = self.preview().await?;
        self.destroy(preview.as_ref(), &Absent::Gone).await?;
        self.absent(&Absent::Gone);
        Ok(Next::Ended(self.github.settings.kept))
    }

    /// Its latest preview.
    pub(super) async fn preview(&self) -> Result<Option<Snapshot>, Trouble> {
        let store: &dyn Store = &*self.parts.store;
        match self.tended.preview {
            Some(id) => Ok(store.get(id).await?),
            None => Ok(None),
        }
    }

    /// When to look again, as everything stands.
    pub(super) async fn next(&mut self) -> Result<Next, Trouble> {
        let now = self.now();
        let Some(Snapshot { row, .. }) = self.preview().await? else {
            let closed = |pull: &Pull| pull.state == PullState::Closed;
            let ended = self.source.pull.as_ref().is_some_and(closed);
            let kept = self.github.settings.kept;
            return Ok(if ended {
                Next::Ended(kept)
            } else {
                Next::WhenNoted
            });
        };
        if row.is_gone() {
            let proved = row.receipt_at.is_some();
            return Ok(match (proved, self.tended.made.is_some()) {
                (false, _) => Next::At(now.after(LOOK * 3)),
                (true, true) => Next::WhenNoted,
                (true, false) => Next::Ended(self.github.settings.kept),
            });
        }
        let at_rest = row.saga.is_none() && row.pending.is_none() && row.desired.is_present();
        let rest = if at_rest || row.parked.is_some() {
            REST
        } else {
            LOOK
        };
        Ok(Next::At(now.after(rest)))
    }
}

/// What previews of this repository's pull request or branch are made from.
pub(super) fn origin(repository: &Repository, number: Option<u64>, branch: Option<&str>) -> Origin {
    Origin {
        repository_id: Some(repository.id),
        repository: Some(repository.full_name.clone()),
        pr_number: number,
        branch: branch.map(ToOwned::to_owned),
        installation_id: Some(repository.installation),
    }
}

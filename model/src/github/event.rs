//! Webhook deliveries: the few fields that are read of each, in GitHub's form, and what they tell.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{
    Command, CommandKind, Head, News, Note, Pull, PullState, Repository, SourceKey, Trust,
};
use crate::{By, Did, Person, Timestamp};

/// Whether branches without a pull request have previews.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Branches {
    /// They have not.
    #[default]
    Ignored,
    /// They have, the default branch excepted.
    Followed,
}

/// What a delivery tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// News of one source.
    Of(SourceKey, Box<Note>),
    /// That the App was taken away from this repository, and with it from all of its sources.
    Gone(u64),
}

/// Why a delivery cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// It has not GitHub's form: names the field and what is expected there.
    #[error("{0}")]
    Form(#[from] serde_json::Error),
    /// It is of a webhook that belongs to no installation of the App.
    #[error(
        "installation is missing: deliver the events of the App, not of a repository's webhook"
    )]
    NoInstallation,
}

/// The actions of `pull_request` that change what is called for.
const ACTIONS: [(&str, Did); 9] = [
    ("opened", Did::Opened),
    ("reopened", Did::Reopened),
    ("synchronize", Did::Pushed),
    ("closed", Did::Closed),
    ("labeled", Did::Labeled),
    ("unlabeled", Did::Unlabeled),
    ("edited", Did::Edited),
    ("ready_for_review", Did::Readied),
    ("converted_to_draft", Did::Drafted),
];

/// What a delivery of this event tells; nothing, if it is of no interest here.
pub fn read(
    event: &str,
    delivery: &str,
    body: &[u8],
    branches: Branches,
) -> Result<Vec<Told>, EventError> {
    let reader = Reader { delivery, branches };
    match event {
        "pull_request" => reader.pull_request(parse(body)?),
        "issue_comment" => reader.issue_comment(parse(body)?),
        "push" if branches == Branches::Followed => reader.push(parse(body)?),
        "delete" if branches == Branches::Followed => reader.delete(parse(body)?),
        "installation" => Ok(reader.installation(parse(body)?)),
        "installation_repositories" => Ok(reader.repositories(parse(body)?)),
        _ => Ok(Vec::new()),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, EventError> {
    Ok(serde_json::from_slice(body)?)
}

struct Reader<'a> {
    delivery: &'a str,
    branches: Branches,
}

impl Reader<'_> {
    fn note(&self, repository: Option<Repository>, by: Option<By>, news: News) -> Box<Note> {
        Box::new(Note {
            delivery: Some(self.delivery.to_owned()),
            repository,
            by: by.map(Box::new),
            news,
        })
    }

    fn pull_request(&self, event: PullRequestEvent) -> Result<Vec<Told>, EventError> {
        let mut actions = ACTIONS.into_iter();
        let Some((_, did)) = actions.find(|(action, _)| *action == event.action) else {
            return Ok(Vec::new());
        };
        let by = event.sender.map(|sender| sender.who(did));
        let repository = event.repository.through(event.installation)?;
        let (id, number) = (repository.id, event.pull_request.number);
        let pull = event.pull_request.into_pull();
        let mut told = Vec::new();
        if self.branches == Branches::Followed && pull.head.repository == Some(id) {
            // A branch with an open pull request has no preview of its own.
            let key = SourceKey::Branch {
                repository: id,
                name: pull.head.branch.clone(),
            };
            told.push(Told::Of(
                key,
                self.note(Some(repository.clone()), by.clone(), News::Look),
            ));
        }
        let key = SourceKey::Pull {
            repository: id,
            number,
        };
        let news = News::Pull(pull, Trust::Heard);
        told.push(Told::Of(key, self.note(Some(repository), by, news)));
        Ok(told)
    }

    fn issue_comment(&self, event: IssueCommentEvent) -> Result<Vec<Told>, EventError> {
        let on_pull = event.action == "created" && event.issue.pull_request.is_some();
        let person = |user: &UserShape| user.kind.as_deref() != Some("Bot");
        let by = event.comment.user.filter(|user| on_pull && person(user));
        let kind = CommandKind::find(event.comment.body.as_deref().unwrap_or_default());
        let Some((by, kind)) = by.zip(kind) else {
            return Ok(Vec::new());
        };
        let repository = event.repository.through(event.installation)?;
        let key = SourceKey::Pull {
            repository: repository.id,
            number: event.issue.number,
        };
        let command = Command {
            comment: event.comment.id,
            by: by.login,
            by_id: by.id,
            at: event.comment.created_at,
            kind,
        };
        let note = self.note(Some(repository), None, News::Command(command));
        Ok(vec![Told::Of(key, note)])
    }

    fn push(&self, event: PushEvent) -> Result<Vec<Told>, EventError> {
        let Some(branch) = event.reference.strip_prefix("refs/heads/") else {
            return Ok(Vec::new());
        };
        let by = event.sender.map(|sender| sender.who(Did::Pushed));
        self.branch(branch, event.repository, event.installation, by)
    }

    fn delete(&self, event: DeleteEvent) -> Result<Vec<Told>, EventError> {
        if event.ref_type != "branch" {
            return Ok(Vec::new());
        }
        let by = event.sender.map(|sender| sender.who(Did::Deleted));
        self.branch(&event.reference, event.repository, event.installation, by)
    }

    fn branch(
        &self,
        branch: &str,
        repository: RepositoryShape,
        installation: Option<Id>,
        by: Option<By>,
    ) -> Result<Vec<Told>, EventError> {
        if repository.default_branch.as_deref() == Some(branch) {
            return Ok(Vec::new());
        }
        let repository = repository.through(installation)?;
        let key = SourceKey::Branch {
            repository: repository.id,
            name: branch.to_owned(),
        };
        // Pushes carry no time that orders them, so GitHub is asked how the branch is.
        let note = self.note(Some(repository), by, News::Look);
        Ok(vec![Told::Of(key, note)])
    }

    fn installation(&self, event: InstallationEvent) -> Vec<Told> {
        match event.action.as_str() {
            "deleted" => gone(event.repositories),
            "created" | "unsuspend" | "new_permissions_accepted" => vec![self.look()],
            _ => Vec::new(),
        }
    }

    fn repositories(&self, event: RepositoriesEvent) -> Vec<Told> {
        let mut told = gone(event.repositories_removed);
        if !event.repositories_added.is_empty() {
            told.push(self.look());
        }
        told
    }

    fn look(&self) -> Told {
        Told::Of(SourceKey::App, self.note(None, None, News::Look))
    }
}

fn gone(repositories: Vec<Id>) -> Vec<Told> {
    let gone = repositories.into_iter();
    gone.map(|repository| Told::Gone(repository.id)).collect()
}

#[derive(Deserialize)]
struct Id {
    id: u64,
}

/// A repository in GitHub's form.
#[derive(Debug, Clone, Deserialize)]
pub struct RepositoryShape {
    /// Its stable id.
    pub id: u64,
    /// Its full name.
    pub full_name: String,
    /// The branch that others are merged into.
    #[serde(default)]
    pub default_branch: Option<String>,
}

impl RepositoryShape {
    fn through(self, installation: Option<Id>) -> Result<Repository, EventError> {
        let installation = installation.ok_or(EventError::NoInstallation)?.id;
        Ok(Repository {
            id: self.id,
            full_name: self.full_name,
            installation,
        })
    }
}

/// A pull request in GitHub's form: the same in deliveries and in answers.
#[derive(Debug, Clone, Deserialize)]
pub struct PullShape {
    /// Its number.
    pub number: u64,
    state: String,
    #[serde(default)]
    draft: Option<bool>,
    updated_at: Timestamp,
    head: RefShape,
    base: RefShape,
    #[serde(default)]
    labels: Vec<LabelShape>,
}

#[derive(Debug, Clone, Deserialize)]
struct RefShape {
    #[serde(rename = "ref")]
    reference: String,
    sha: String,
    #[serde(default)]
    repo: Option<RepositoryShape>,
}

#[derive(Debug, Clone, Deserialize)]
struct LabelShape {
    name: String,
}

impl PullShape {
    /// The repository that it belongs to.
    pub fn repository(&self) -> Option<u64> {
        self.base.repo.as_ref().map(|repository| repository.id)
    }

    /// As it is kept.
    pub fn into_pull(self) -> Pull {
        let mut labels: Vec<_> = self.labels.into_iter().map(|label| label.name).collect();
        labels.sort_unstable();
        Pull {
            updated_at: self.updated_at,
            state: match self.state.as_str() {
                "open" => PullState::Open,
                _ => PullState::Closed,
            },
            draft: self.draft.unwrap_or(false),
            head: Head {
                sha: self.head.sha,
                branch: self.head.reference,
                repository: self.head.repo.map(|repository| repository.id),
            },
            base: self.base.reference,
            labels,
        }
    }
}

#[derive(Deserialize)]
struct PullRequestEvent {
    action: String,
    pull_request: PullShape,
    repository: RepositoryShape,
    #[serde(default)]
    sender: Option<UserShape>,
    #[serde(default)]
    installation: Option<Id>,
}

#[derive(Deserialize)]
struct IssueCommentEvent {
    action: String,
    issue: IssueShape,
    comment: CommentShape,
    repository: RepositoryShape,
    #[serde(default)]
    installation: Option<Id>,
}

#[derive(Deserialize)]
struct IssueShape {
    number: u64,
    /// There if and only if the issue is a pull request.
    #[serde(default)]
    pull_request: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct CommentShape {
    id: u64,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    user: Option<UserShape>,
    created_at: Timestamp,
}

#[derive(Deserialize)]
struct UserShape {
    #[serde(default)]
    id: Option<u64>,
    login: String,
    #[serde(default, rename = "type")]
    kind: Option<String>,
}

impl UserShape {
    fn who(self, did: Did) -> By {
        let Self { id, login, .. } = self;
        By {
            person: Person { id, login },
            did,
        }
    }
}

#[derive(Deserialize)]
struct PushEvent {
    #[serde(rename = "ref")]
    reference: String,
    repository: RepositoryShape,
    #[serde(default)]
    sender: Option<UserShape>,
    #[serde(default)]
    installation: Option<Id>,
}

#[derive(Deserialize)]
struct DeleteEvent {
    #[serde(rename = "ref")]
    reference: String,
    ref_type: String,
    repository: RepositoryShape,
    #[serde(default)]
    sender: Option<UserShape>,
    #[serde(default)]
    installation: Option<Id>,
}

#[derive(Deserialize)]
struct InstallationEvent {
    action: String,
    #[serde(default)]
    repositories: Vec<Id>,
}

#[derive(Deserialize)]
struct RepositoriesEvent {
    #[serde(default)]
    repositories_added: Vec<Id>,
    #[serde(default)]
    repositories_removed: Vec<Id>,
}

//! What tending asks of its surroundings: to read the repository's file, and to accept a preview. The
//! worker knows neither the file's keys nor listeners, quotas and lifetimes.

use async_trait::async_trait;
use tempus_model::github::Rules;
use tempus_model::{Actor, DnsName, Origin, Owner, PreviewId};

/// A repository's file at a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileText {
    /// Where it is in the repository.
    pub path: String,
    /// What it says.
    pub text: String,
}

/// What a pull request or branch calls for.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The preview's name.
    pub name: DnsName,
    /// Whose it is: the repository's, as it is for the repository's own workflows.
    pub owner: Owner,
    /// Who is behind it.
    pub by: Actor,
    /// What it is made from.
    pub origin: Origin,
    /// The commit.
    pub sha: String,
    /// The repository's file at that commit; `None` where it has none, which calls for the defaults.
    pub file: Option<FileText>,
}

/// A file that cannot be read: names the line, the key and what would be accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoFile(pub String);

/// A preview that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    /// Which.
    pub preview: PreviewId,
    /// What whoever asked for it should know: a budget is nearly spent, or spent.
    pub warning: Option<String>,
}

/// Why a preview is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotCalled {
    /// Another source has the name.
    #[error("the name is taken")]
    NameTaken,
    /// It will not be, however often it is asked for: another commit may.
    #[error("{0}")]
    Refused(String),
    /// It is not now, and may be later: all slots are taken, or the month's budget is spent.
    #[error("{0}")]
    Later(String),
    /// Nobody knows, or the store did not answer.
    #[error("{0}")]
    Unavailable(String),
}

/// Reads files and accepts previews.
#[async_trait]
pub trait Previews: Send + Sync {
    /// When the repository wants previews, by its file.
    fn rules(&self, file: Option<&FileText>) -> Result<Rules, NoFile>;

    /// Creates the preview, or moves the one that there is to this commit, and gives it its whole
    /// life again. Called again with the same wish, it changes nothing that matters.
    async fn call_for(&self, wish: Wish) -> Result<Called, NotCalled>;
}

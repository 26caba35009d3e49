//! The source: what is known of one pull request or branch, and what was done about it.

mod change;
mod key;
mod pull;
mod tended;

use serde::{Deserialize, Serialize};

use super::Command;
use crate::{By, Nonce, Timestamp};

pub use change::{News, Next, NoChange, Note, SourceChange, Trust};
pub use key::SourceKey;
pub use pull::{Head, Pull, PullState, Repository, Sure};
pub use tended::{Call, Deployed, Posted, RulesAt, Standing, Tended};

/// How many deliveries, and how many commands that were carried out, are remembered.
const REMEMBERED: usize = 64;

/// A source as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Which one.
    pub key: SourceKey,
    /// Raised by every write, whoever makes it.
    pub version: u64,
    /// When somebody should look; `None` is never. While it is held, the end of the lease.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// The nonce of the last claim. Outlives the lease, so that its own release is recognised.
    #[serde(default)]
    pub nonce: Nonce,
    /// Whether that claim has not been released. It ends by itself at `due_at`.
    #[serde(default)]
    pub held: bool,
    /// Counts the notes that changed something.
    #[serde(default)]
    pub noted: u64,
    /// When it may be forgotten: set if and only if nothing is left of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forget_at: Option<Timestamp>,
    /// Its repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<Repository>,
    /// The pull request as it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull: Option<Pull>,
    /// GitHub's time of the change with which its head became what it is. A comment that is older
    /// was not about this commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head_since: Option<Timestamp>,
    /// Who made that head what it is, where GitHub has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushed_by: Option<By>,
    /// Who made the last change of what is known, where GitHub has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<By>,
    /// What was heard last that contradicts it, until GitHub is asked: if it is so, this is who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard: Option<Box<Heard>>,
    /// Whether that can be acted on.
    #[serde(default)]
    pub sure: Sure,
    /// Whether the App was taken away from its repository.
    #[serde(default)]
    pub gone: bool,
    /// Commands that were not carried out yet, in the order in which they came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<Command>,
    /// The last deliveries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deliveries: Vec<String>,
    /// What was done.
    #[serde(default)]
    pub tended: Tended,
}

impl Source {
    /// A source of which nothing is known yet.
    fn new(key: &SourceKey) -> Self {
        Self {
            key: key.clone(),
            version: 0,
            due_at: None,
            nonce: Nonce::default(),
            held: false,
            noted: 0,
            forget_at: None,
            repository: None,
            pull: None,
            head_since: None,
            pushed_by: None,
            by: None,
            heard: None,
            sure: Sure::No,
            gone: false,
            commands: Vec::new(),
            deliveries: Vec::new(),
            tended: Tended::default(),
        }
    }
}

/// A pull request as a delivery had it, and who did what it tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// The pull request.
    pub pull: Pull,
    /// Who did what.
    pub by: By,
}

fn remember<T>(list: &mut Vec<T>, item: T) {
    list.push(item);
    if list.len() > REMEMBERED {
        list.remove(0);
    }
}

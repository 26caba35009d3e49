//! The source: what is known of one pull request or branch, and what was done about it.

use std::cmp::Ordering;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Command, Rules};
use crate::{DnsName, Nonce, Origin, PreviewId, Timestamp};

/// How many deliveries, and how many commands that were carried out, are remembered.
const REMEMBERED: usize = 64;
/// How many commands wait at most; what is more is dropped, and can be written again.
const COMMANDS: usize = 32;

/// Names a source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKey {
    /// The App itself: due when its repositories' pull requests are to be listed.
    App,
    /// A pull request.
    Pull {
        /// Its repository's stable id.
        repository: u64,
        /// Its number.
        number: u64,
    },
    /// A branch.
    Branch {
        /// Its repository's stable id.
        repository: u64,
        /// Its name.
        name: String,
    },
}

const APP: &str = "app";
const PULL: &str = "pull#";
const BRANCH: &str = "branch#";

impl SourceKey {
    /// The source of a preview that was made from this, if it was made from one.
    pub fn of(origin: &Origin) -> Option<Self> {
        let repository = origin.repository_id?;
        match (origin.pr_number, &origin.branch) {
            (Some(number), _) => Some(Self::Pull { repository, number }),
            (None, Some(name)) => Some(Self::Branch {
                repository,
                name: name.clone(),
            }),
            (None, None) => None,
        }
    }

    /// The repository, where it is of one.
    pub const fn repository(&self) -> Option<u64> {
        match self {
            Self::App => None,
            Self::Pull { repository, .. } | Self::Branch { repository, .. } => Some(*repository),
        }
    }

    /// The first half of the key as it is stored: what is listed together.
    pub fn scope(&self) -> String {
        self.repository()
            .map_or_else(|| APP.to_owned(), |repository| repository.to_string())
    }

    /// The second half of the key as it is stored.
    pub fn item(&self) -> String {
        match self {
            Self::App => APP.to_owned(),
            Self::Pull { number, .. } => format!("{PULL}{number:020}"),
            Self::Branch { name, .. } => format!("{BRANCH}{name}"),
        }
    }

    /// The key that is stored as these two halves.
    pub fn parse(scope: &str, item: &str) -> Option<Self> {
        if scope == APP {
            return (item == APP).then_some(Self::App);
        }
        let repository = scope.parse().ok()?;
        if let Some(number) = item.strip_prefix(PULL) {
            let number = number.parse().ok()?;
            return Some(Self::Pull { repository, number });
        }
        let name = item.strip_prefix(BRANCH)?.to_owned();
        Some(Self::Branch { repository, name })
    }
}

impl fmt::Display for SourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::App => f.write_str(APP),
            Self::Pull { repository, number } => write!(f, "repository {repository} pull {number}"),
            Self::Branch { repository, name } => write!(f, "repository {repository} branch {name}"),
        }
    }
}

/// A repository as it was last heard of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// Its stable id.
    pub id: u64,
    /// Its full name, which may change.
    pub full_name: String,
    /// The installation of the App through which it is reached.
    pub installation: u64,
}

/// A pull request as GitHub had it at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pull {
    /// When GitHub last changed it, by GitHub's clock, to the second.
    pub updated_at: Timestamp,
    /// Whether it is open.
    pub state: PullState,
    /// Whether it is a draft.
    #[serde(default)]
    pub draft: bool,
    /// What it would merge.
    pub head: Head,
    /// The branch that it would be merged into.
    pub base: String,
    /// Its labels, sorted.
    #[serde(default)]
    pub labels: Vec<String>,
}

/// Whether a pull request is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PullState {
    /// It is.
    Open,
    /// It is closed, merged or not.
    Closed,
}

/// What a pull request would merge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The commit.
    pub sha: String,
    /// The branch.
    pub branch: String,
    /// The repository of the branch; `None` where it is gone. Another one is a fork.
    #[serde(default)]
    pub repository: Option<u64>,
}

/// Whether what is known can be acted on without asking.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sure {
    /// GitHub must be asked first.
    #[default]
    No,
    /// It is the newest that was heard, and nothing contradicts it.
    Yes,
}

/// What writers have said in comments.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Whether it was stopped, and not asked for since.
    #[serde(default)]
    pub stopped: bool,
    /// The comment that asked for a preview last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<u64>,
    /// The commit of a fork that may be run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<String>,
}

/// What a preview was called for by. Called for once: what expired or failed comes back only for
/// another commit, or when somebody asks again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The commit.
    pub sha: String,
    /// The comment that asked for it, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<u64>,
}

/// What was said on GitHub, so that it is said again only when it has changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// The comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<u64>,
    /// A hash of its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// A hash of the commit status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<Deployed>,
}

/// What the repository's file says at a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesAt {
    /// The commit.
    pub sha: String,
    /// What it says.
    pub rules: Rules,
}

/// A deployment on GitHub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployed {
    /// Its id.
    pub id: u64,
    /// The commit that it is of.
    pub sha: String,
    /// A hash of its last status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// What was done. Written only by the holder of the lease.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tended {
    /// What its previews are called. Chosen once, so that it is stable over re-creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<DnsName>,
    /// Its latest preview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<PreviewId>,
    /// What that was called for by; none when it was destroyed because it is not wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<Call>,
    /// What writers have said.
    #[serde(default)]
    pub standing: Standing,
    /// The comments whose commands were carried out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handled: Vec<u64>,
    /// What the last command was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// When it has a preview, by the repository's file at a commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<RulesAt>,
    /// Why no preview could be called for, though one is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// What was said on GitHub.
    #[serde(default)]
    pub posted: Posted,
    /// Failures in a row, for the pause before the next try.
    #[serde(default)]
    pub failures: u32,
}

impl Tended {
    /// Notes that a command was carried out.
    pub fn handle(&mut self, comment: u64, answer: Option<String>) {
        remember(&mut self.handled, comment);
        self.answer = answer;
    }
}

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

/// Something that is newly known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The delivery that said so: noted once.
    pub delivery: Option<String>,
    /// The repository as it is called there.
    pub repository: Option<Repository>,
    /// What is known.
    pub news: News,
}

/// What is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// That it is worth a look.
    Look,
    /// That its preview has moved on.
    Moved,
    /// That a list which should have it has not: GitHub is asked.
    Doubt,
    /// How a pull request is.
    Pull(Pull, Trust),
    /// That somebody wrote a command.
    Command(Command),
    /// That the App was taken away from the repository.
    Gone,
}

/// Where news of a pull request is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// A delivery, or a list: it may have been overtaken.
    Heard,
    /// GitHub's answer to the question how it is now.
    Asked,
}

/// A change of a source.
#[derive(Debug, Clone)]
pub enum SourceChange {
    /// Something is newly known.
    Note(Note),
    /// A worker takes the lease of what is due.
    Claim {
        /// Random per claim.
        nonce: Nonce,
        /// How long the lease lasts, the margin between two clocks included.
        lease: Duration,
    },
    /// The holder records what was done, and keeps the lease.
    Keep {
        /// The claim's.
        nonce: Nonce,
        /// What was done.
        tended: Box<Tended>,
        /// How long the lease lasts from now.
        lease: Duration,
    },
    /// The holder records what was done, and gives the lease back.
    Release {
        /// The claim's.
        nonce: Nonce,
        /// The notes that the holder has seen: what came later leaves the source due.
        noted: u64,
        /// What was done.
        tended: Box<Tended>,
        /// When to look again.
        next: Next,
    },
}

/// When a source is to be looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// At this time.
    At(Timestamp),
    /// When something is noted.
    WhenNoted,
    /// When something is noted; forgotten after so long.
    Ended(Duration),
}

/// Why a source is not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoChange {
    /// Nothing is known of it.
    #[error("nothing is known of it")]
    Unknown,
    /// It was known before, or is out of date.
    #[error("nothing new")]
    Nothing,
    /// It is not due, or somebody holds it.
    #[error("not due")]
    NotDue,
    /// Somebody else has claimed it since.
    #[error("the lease was lost to another claim")]
    Lost,
    /// This very write was made before, and its answer was lost: it counts as success.
    #[error("already written")]
    Already(Box<Source>),
}

impl Source {
    /// The source as a change makes it.
    pub fn changed(
        was: Option<&Self>,
        key: &SourceKey,
        change: &SourceChange,
        now: Timestamp,
    ) -> Result<Self, NoChange> {
        let mut next = match (was, change) {
            (Some(was), _) => was.clone(),
            (None, SourceChange::Note(note)) if note.news.begins() => Self::new(key),
            (None, _) => return Err(NoChange::Unknown),
        };
        match change {
            SourceChange::Note(note) => next.note(note, now)?,
            SourceChange::Claim { nonce, lease } => next.claim(*nonce, *lease, now)?,
            SourceChange::Keep {
                nonce,
                tended,
                lease,
            } => {
                next.must_be_held_by(*nonce)?;
                next.tended = Tended::clone(tended);
                next.due_at = Some(now.after(*lease));
            }
            SourceChange::Release {
                nonce,
                noted,
                tended,
                next: until,
            } => {
                if next.nonce == *nonce && !next.held {
                    return Err(NoChange::Already(Box::new(next)));
                }
                next.must_be_held_by(*nonce)?;
                next.release(*noted, tended, *until, now);
            }
        }
        next.version += 1;
        Ok(next)
    }

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
            sure: Sure::No,
            gone: false,
            commands: Vec::new(),
            deliveries: Vec::new(),
            tended: Tended::default(),
        }
    }

    fn note(&mut self, note: &Note, now: Timestamp) -> Result<(), NoChange> {
        if let Some(delivery) = &note.delivery {
            if self.deliveries.contains(delivery) {
                return Err(NoChange::Nothing);
            }
            remember(&mut self.deliveries, delivery.clone());
        }
        let before = self.clone();
        match &note.news {
            News::Look | News::Moved => {}
            News::Doubt => self.sure = Sure::No,
            News::Pull(pull, trust) => {
                self.hear(pull, *trust);
                self.gone = false;
            }
            News::Command(command) => {
                let known = self.tended.handled.contains(&command.comment)
                    || self.commands.iter().any(|c| c.comment == command.comment);
                if known || self.commands.len() >= COMMANDS {
                    return Err(NoChange::Nothing);
                }
                self.commands.push(command.clone());
            }
            News::Gone => self.gone = true,
        }
        if let Some(repository) = &note.repository
            && !note.news.is_older_than(before.pull.as_ref())
        {
            self.repository = Some(repository.clone());
        }
        // What is known already is no news, unless somebody says that it is worth a look.
        let same = self.pull == before.pull
            && self.sure == before.sure
            && self.gone == before.gone
            && self.repository == before.repository;
        if same && matches!(note.news, News::Pull(..) | News::Gone) {
            return Err(NoChange::Nothing);
        }
        self.noted += 1;
        self.forget_at = None;
        if !self.held || self.due_at.is_none_or(|due| due <= now) {
            self.due_at = Some(self.due_at.map_or(now, |due| due.min(now)));
        }
        Ok(())
    }

    /// Takes in how a pull request is: the newest by GitHub's own clock. What contradicts that and is
    /// not newer is a reason to ask.
    fn hear(&mut self, heard: &Pull, trust: Trust) {
        let newer = match &self.pull {
            None => true,
            Some(known) => match heard.updated_at.cmp(&known.updated_at) {
                Ordering::Greater => true,
                Ordering::Equal => trust == Trust::Asked,
                Ordering::Less => false,
            },
        };
        if newer {
            let head = |pull: &Pull| pull.head.sha == heard.head.sha;
            if !self.pull.as_ref().is_some_and(head) {
                self.head_since = Some(heard.updated_at);
            }
            self.pull = Some(heard.clone());
            self.sure = Sure::Yes;
        } else if self.pull.as_ref() != Some(heard) {
            self.sure = Sure::No;
        }
    }

    fn claim(&mut self, nonce: Nonce, lease: Duration, now: Timestamp) -> Result<(), NoChange> {
        if self.held && self.nonce == nonce {
            return Err(NoChange::Already(Box::new(self.clone())));
        }
        if self.due_at.is_none_or(|due| due > now) {
            return Err(NoChange::NotDue);
        }
        self.nonce = nonce;
        self.held = true;
        self.due_at = Some(now.after(lease));
        Ok(())
    }

    fn must_be_held_by(&self, nonce: Nonce) -> Result<(), NoChange> {
        if self.held && self.nonce == nonce {
            Ok(())
        } else {
            Err(NoChange::Lost)
        }
    }

    fn release(&mut self, noted: u64, tended: &Tended, next: Next, now: Timestamp) {
        self.tended = tended.clone();
        self.held = false;
        let handled = &self.tended.handled;
        self.commands.retain(|c| !handled.contains(&c.comment));
        (self.due_at, self.forget_at) = match next {
            _ if self.noted != noted => (Some(now), None),
            Next::At(at) => (Some(at), None),
            Next::WhenNoted => (None, None),
            Next::Ended(kept) => (None, Some(now.after(kept))),
        };
    }
}

impl News {
    /// Whether a source of which nothing is known begins with this. What moved or is gone of what
    /// nobody knows is nobody's.
    const fn begins(&self) -> bool {
        !matches!(self, Self::Moved | Self::Doubt | Self::Gone)
    }

    /// Whether it is of a time before this: the repository's name in it may have changed since.
    fn is_older_than(&self, known: Option<&Pull>) -> bool {
        match (self, known) {
            (Self::Pull(heard, _), Some(known)) => heard.updated_at < known.updated_at,
            _ => false,
        }
    }
}

fn remember<T>(list: &mut Vec<T>, item: T) {
    list.push(item);
    if list.len() > REMEMBERED {
        list.remove(0);
    }
}

//! What may happen to a source: news of it, and what is done by whoever holds its lease.

use std::cmp::Ordering;
use std::time::Duration;

use super::super::Command;
use super::{Heard, Pull, Repository, Source, SourceKey, Sure, Tended, remember};
use crate::{By, Nonce, Timestamp};

/// How many commands wait at most; what is more is dropped, and can be written again.
const COMMANDS: usize = 32;

/// Something that is newly known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The delivery that said so: noted once.
    pub delivery: Option<String>,
    /// The repository as it is called there.
    pub repository: Option<Repository>,
    /// Who did what is known, where that is said.
    pub by: Option<Box<By>>,
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

    fn note(&mut self, note: &Note, now: Timestamp) -> Result<(), NoChange> {
        if let Some(delivery) = &note.delivery {
            if self.deliveries.contains(delivery) {
                return Err(NoChange::Nothing);
            }
            remember(&mut self.deliveries, delivery.clone());
        }
        let before = self.clone();
        match &note.news {
            News::Look if note.by.is_some() => self.by = note.by.as_deref().cloned(),
            News::Look | News::Moved => {}
            News::Doubt => self.sure = Sure::No,
            News::Pull(pull, trust) => {
                self.hear(pull, *trust, note.by.as_deref());
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
    fn hear(&mut self, heard: &Pull, trust: Trust, by: Option<&By>) {
        let newer = match &self.pull {
            None => true,
            Some(known) => match heard.updated_at.cmp(&known.updated_at) {
                Ordering::Greater => true,
                Ordering::Equal => trust == Trust::Asked,
                Ordering::Less => false,
            },
        };
        if newer {
            let told = self.heard.take().filter(|told| is_same(&told.pull, heard));
            let by = by.cloned().or(told.map(|told| told.by));
            let head = |pull: &Pull| pull.head.sha == heard.head.sha;
            if !self.pull.as_ref().is_some_and(head) {
                self.head_since = Some(heard.updated_at);
                self.pushed_by.clone_from(&by);
            }
            if !self.pull.as_ref().is_some_and(|pull| is_same(pull, heard)) {
                self.by = by;
            }
            self.pull = Some(heard.clone());
            self.sure = Sure::Yes;
        } else if self.pull.as_ref() != Some(heard) {
            self.heard = by.cloned().map(|by| {
                let pull = heard.clone();
                Box::new(Heard { pull, by })
            });
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

/// Whether two are the same but for their times: that somebody has commented changes nothing else.
fn is_same(one: &Pull, other: &Pull) -> bool {
    let updated_at = other.updated_at;
    let one = Pull {
        updated_at,
        ..one.clone()
    };
    one == *other
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

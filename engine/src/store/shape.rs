//! What a store is asked with, and what it answers.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tempus_model::transition::accept::NewJob;
use tempus_model::{Identity, JobRef, Phase, PreviewId, Spec, Timestamp};

use super::error::CreateError;

/// A create.
#[derive(Debug, Clone)]
pub struct NewPreview {
    /// Who, what, under which name. Its `route` is chosen from `listeners` by the store, and its
    /// `predecessor` found by it: what stands there is ignored.
    pub identity: Identity,
    /// What it shall run.
    pub spec: Spec,
    /// When its time is over.
    pub expires_at: Timestamp,
    /// How long before its end somebody is to be warned; `None` if nobody ever is. A preview that
    /// there is already keeps what it was created with.
    pub warn_before: Option<Duration>,
    /// The job's id, who asks for it, and now.
    pub job: NewJob,
    /// The listeners it may answer on, in order of preference.
    pub listeners: Vec<Listener>,
    /// What may be taken.
    pub quotas: Quotas,
    /// What whoever asks found out about the month's budget. It keeps new previews out, and nobody
    /// from a repeated request's first answer, or from an update.
    pub budget: Budget,
    /// Makes a repeated request return the first answer.
    pub key: Option<Idempotency>,
}

/// A listener that has room for previews.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// Its name in the configuration.
    pub name: String,
    /// How many previews it takes; `None` is any number.
    pub slots: Option<u32>,
    /// The URL that a preview has on it.
    pub url: String,
}

/// How many previews may exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// Of one owner.
    pub per_owner: u32,
    /// In all.
    pub total: u32,
}

impl NewPreview {
    /// Whether it may be a preview of its own, as far as money goes.
    pub fn within_budget(&self) -> Result<(), CreateError> {
        match self.budget {
            Budget::Within => Ok(()),
            Budget::Spent => Err(CreateError::Budget),
        }
    }
}

/// Whether a budget allows a new preview.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Budget {
    /// It does, or there is none.
    #[default]
    Within,
    /// It is spent.
    Spent,
}

/// An update.
#[derive(Debug, Clone)]
pub struct Update {
    /// The preview.
    pub preview: PreviewId,
    /// What it shall run.
    pub spec: Spec,
    /// Its new expiry, if it gets one.
    pub expires_at: Option<Timestamp>,
    /// The job's id, who asks for it, and now.
    pub job: NewJob,
    /// Makes a repeated request return the first answer.
    pub key: Option<Idempotency>,
}

/// Makes a repeated request return the first answer, for 24 hours. Refusals are not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// Whose key it is.
    pub owner: String,
    /// The key.
    pub key: String,
    /// A hash of the request's body: the same key with another body is refused.
    pub body_hash: String,
}

impl Idempotency {
    /// How long an answer is kept.
    pub const KEPT: Duration = Duration::from_hours(24);
}

/// What was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The preview.
    pub preview: PreviewId,
    /// Its job.
    pub job: JobRef,
    /// Where it answers; `None` for one without a URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When its time is over.
    pub expires_at: Timestamp,
    /// Whether this is the answer to an earlier request.
    #[serde(skip, default)]
    pub repeat: Repeat,
}

/// Whether an answer is new.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Repeat {
    /// The request changed something.
    #[default]
    No,
    /// An earlier request had asked for the same; nothing changed.
    Yes,
}

/// Asks for a number from a pool.
#[derive(Debug, Clone)]
pub struct Reserve {
    /// The preview it is for.
    pub preview: PreviewId,
    /// The pool, such as `port`.
    pub pool: String,
    /// What of the preview it is for, such as a service's name.
    pub item: String,
    /// The pool's numbers.
    pub range: RangeInclusive<u32>,
    /// Numbers not to give, though they are free here: somebody else was seen to use them. An
    /// item that has one of them is given another.
    pub avoid: BTreeSet<u32>,
}

/// Which previews to list. Every set field must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The owner's id.
    pub owner: Option<String>,
    /// The repository's full name.
    pub repository: Option<String>,
    /// The pull request.
    pub pr_number: Option<u64>,
    /// One of these phases; empty is any.
    pub phases: Vec<Phase>,
    /// Parked ones only.
    pub parked: bool,
}

/// Where the next page begins. Opaque to clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor(pub String);

/// A page of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

/// Names a dead letter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeadLetterId(pub String);

impl DeadLetterId {
    const ORPHAN: &str = "orphan-";

    /// The report of what carries this id and belongs to no row.
    pub fn orphan(preview: PreviewId) -> Self {
        Self(format!("{}{preview}", Self::ORPHAN))
    }

    /// The report of what is this installation's and does not say which preview's.
    pub fn untold() -> Self {
        Self(format!("{}untold", Self::ORPHAN))
    }

    /// Whether this is a report of resources, and no message.
    pub fn is_report(&self) -> bool {
        *self == Self::untold() || self.orphaned().is_some()
    }

    /// The id that such a report is about.
    pub fn orphaned(&self) -> Option<PreviewId> {
        self.0.strip_prefix(Self::ORPHAN)?.parse().ok()
    }
}

/// A message that nobody could read, or a report of resources that belong to no row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Its id; keeping the same message twice keeps one.
    pub id: DeadLetterId,
    /// The body, cut to a few kilobytes; of a report the resources, one on a line.
    pub body: String,
    /// What is wrong with it.
    pub reason: String,
    /// When it was put aside.
    pub at: Timestamp,
}

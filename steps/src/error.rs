//! How a call to a platform can fail, sorted by what to do about it.

/// Why a step's call did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// Passing: the call is made again, with back-off, until the step's deadline.
    #[error("{reason}")]
    Transient {
        /// What happened.
        reason: String,
        /// Whether the call may have had its effect.
        landed: Landed,
    },
    /// The platform asks for fewer calls. Repeated like a transient error, later.
    #[error("throttled: {0}")]
    Throttled(String),
    /// The platform will not do it, however often it is asked: the saga turns round.
    #[error("{reason}")]
    Rejected {
        /// One sentence for the user: what is wrong and, where known, what would be right.
        reason: String,
        /// What helps to understand it, such as an application's last lines.
        detail: Vec<String>,
    },
    /// It did not happen in the time that it has. The saga turns round as after a refusal; a step
    /// says so by itself where it knows more than that its deadline has passed.
    #[error("{reason}")]
    Overdue {
        /// One sentence for the user: what did not happen, and what it was seen to wait for.
        reason: String,
        /// What helps to understand it, such as an application's last lines.
        detail: Vec<String>,
    },
}

/// Whether a failed call may have had its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landed {
    /// It has not: the platform said so.
    No,
    /// Nobody knows: its answer was lost. The row becomes suspect.
    Unknown,
}

impl StepError {
    /// A passing failure that had no effect.
    pub fn transient(reason: impl Into<String>) -> Self {
        Self::Transient {
            reason: reason.into(),
            landed: Landed::No,
        }
    }

    /// A call whose answer was lost.
    pub fn lost(reason: impl Into<String>) -> Self {
        Self::Transient {
            reason: reason.into(),
            landed: Landed::Unknown,
        }
    }

    /// A refusal.
    pub fn rejected(reason: impl Into<String>) -> Self {
        Self::Rejected {
            reason: reason.into(),
            detail: Vec::new(),
        }
    }

    /// What did not happen in time.
    pub fn overdue(reason: impl Into<String>) -> Self {
        Self::Overdue {
            reason: reason.into(),
            detail: Vec::new(),
        }
    }

    /// The same end, with these lines to understand it by. What passes has none.
    #[must_use]
    pub fn detailed(mut self, lines: Vec<String>) -> Self {
        if let Self::Rejected { detail, .. } | Self::Overdue { detail, .. } = &mut self {
            *detail = lines;
        }
        self
    }
}

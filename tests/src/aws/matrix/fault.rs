//! What can go wrong with a request.

use std::fmt;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// The request never arrives.
    NeverArrives,
    /// It has its effect, and its answer is lost.
    AnswerLost,
    /// The service asks for fewer calls.
    Throttled,
    /// The service is broken: a 5xx.
    Unavailable,
    /// Nothing comes back until the client gives up.
    TimedOut,
    /// The process is killed before the request arrives.
    KilledBefore,
    /// The process is killed after its effect, before the answer.
    KilledAfter,
    /// The process is frozen past its lease before the request arrives; when another has taken
    /// over and finished, the request arrives and the process goes on.
    FrozenBefore,
    /// The same with the answer: the process goes on with it when another has finished.
    FrozenAfter,
}

impl FaultKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::NeverArrives,
        Self::AnswerLost,
        Self::Throttled,
        Self::Unavailable,
        Self::TimedOut,
        Self::KilledBefore,
        Self::KilledAfter,
        Self::FrozenBefore,
        Self::FrozenAfter,
    ];

    /// Whether this is a fault of its own with this call. A read has no effect: whether its
    /// request or its answer is lost, and on which side of it the process ends, is the same.
    pub fn applies_to(self, call: &str) -> bool {
        let needs_effect = matches!(
            self,
            Self::AnswerLost | Self::KilledAfter | Self::FrozenAfter
        );
        !(needs_effect && is_read(call))
    }

    /// Whether the process ends by it.
    pub fn kills(self) -> bool {
        matches!(self, Self::KilledBefore | Self::KilledAfter)
    }

    /// Whether the process stands still by it.
    pub fn freezes(self) -> bool {
        matches!(self, Self::FrozenBefore | Self::FrozenAfter)
    }
}

/// To receive a message hides it from others, so that is none.
fn is_read(call: &str) -> bool {
    let operation = call
        .split_once('.')
        .map_or(call, |(_, operation)| operation);
    let reads = [
        "Get",
        "List",
        "Describe",
        "Query",
        "Scan",
        "BatchGet",
        "TransactGet",
        "Filter",
    ];
    reads.iter().any(|verb| operation.starts_with(verb))
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::NeverArrives => "never arrives",
            Self::AnswerLost => "answer lost",
            Self::Throttled => "throttled",
            Self::Unavailable => "5xx",
            Self::TimedOut => "timed out",
            Self::KilledBefore => "killed before",
            Self::KilledAfter => "killed after",
            Self::FrozenBefore => "frozen before",
            Self::FrozenAfter => "frozen after",
        })
    }
}

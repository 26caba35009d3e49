//! Queue messages. A hint says "look at this preview"; it carries no state that matters.

use serde::{Deserialize, Serialize};

use crate::github::SourceKey;
use crate::{Nonce, PreviewId, Timestamp};

/// The body of a queue message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Hint {
    /// Look at this preview.
    Look {
        /// Which preview.
        preview: PreviewId,
        /// The claim that sent it ahead of its own release. Met while that very claim still
        /// holds the lease, it is sent again instead of being deleted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sent_by: Option<Nonce>,
        /// Sent by the reminder. There will be another, so one that is declined is not sent again:
        /// else each reminder of a row that nobody can take would add a hint for good.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        reminds: bool,
    },
    /// The preview's timer fired.
    Expire {
        /// Which preview.
        preview: PreviewId,
        /// The expiry that the timer was set for; it may have been extended since.
        expires_at: Timestamp,
        /// The `traceparent` of what set the timer: the trace of the destroy links back to it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        set_by: Option<String>,
    },
    /// The platform changed something that belongs to this preview.
    Event {
        /// Which preview.
        preview: PreviewId,
        /// Already put back once because it met a live lease.
        #[serde(default)]
        again: bool,
    },
    /// Compare the platform's inventory with the rows.
    Sweep,
    /// An operator confirmed that what carries this id, and belongs to no row, shall go.
    Reap {
        /// The id that it is tagged with.
        preview: PreviewId,
    },
    /// Look at this pull request or branch, or at the App's repositories.
    Source {
        /// Which one.
        source: SourceKey,
    },
}

/// Why a message body is not a hint. Such a message is kept as a dead letter.
#[derive(Debug, thiserror::Error)]
#[error("not a message that this version understands: {0}")]
pub struct HintError(#[from] serde_json::Error);

impl Hint {
    /// Look at this preview.
    pub const fn look(preview: PreviewId) -> Self {
        Self::Look {
            preview,
            sent_by: None,
            reminds: false,
        }
    }

    /// The same, from the reminder.
    pub const fn remind(preview: PreviewId) -> Self {
        Self::Look {
            preview,
            sent_by: None,
            reminds: true,
        }
    }

    /// The destroy that a timer posts.
    pub const fn expire(preview: PreviewId, expires_at: Timestamp, set_by: Option<String>) -> Self {
        Self::Expire {
            preview,
            expires_at,
            set_by,
        }
    }

    /// The preview whose row it is about.
    pub const fn preview(&self) -> Option<PreviewId> {
        match self {
            Self::Look { preview, .. }
            | Self::Expire { preview, .. }
            | Self::Event { preview, .. } => Some(*preview),
            Self::Sweep | Self::Reap { .. } | Self::Source { .. } => None,
        }
    }

    /// The message body.
    pub fn encode(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads a message body.
    pub fn decode(body: &str) -> Result<Self, HintError> {
        Ok(serde_json::from_str(body)?)
    }
}

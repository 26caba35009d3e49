//! What GitHub did not do, and when it is worth asking again.

use std::time::Duration;

/// Why GitHub did not answer with what was asked for. Never holds a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GitHubError {
    /// It may have been done; ask again.
    #[error("GitHub does not answer: {0}")]
    Unavailable(String),
    /// A limit is reached: ask again after this long.
    #[error("GitHub's limits are reached: again in {} s", .0.as_secs())]
    Limited(Duration),
    /// There is nothing there, or nothing that this installation may see. Proves nothing by itself.
    #[error("GitHub has nothing at {0}")]
    NotFound(String),
    /// It is not allowed, or not possible; the message is GitHub's.
    #[error("GitHub refuses {what}: {status} {message}")]
    Refused {
        /// What was asked for.
        what: String,
        /// The status.
        status: u16,
        /// What GitHub says.
        message: String,
    },
    /// The answer has another form than GitHub documents.
    #[error("GitHub's answer at {what} cannot be read: {why}")]
    Unreadable {
        /// What was asked for.
        what: String,
        /// Why.
        why: String,
    },
}

//! What is known of a preview that cannot be served.

use std::fmt::Display;

use hyper::StatusCode;
use jiff::Timestamp;

use super::Card;
use super::card::shorten;

/// Where a preview stands while it cannot be served. Its texts may come from anyone (a pull
/// request's title, a build's output): they are escaped and shortened where they are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is wanted and on its way; asking again soon is worth it.
    Starting {
        /// What is being done, in a few words.
        phase: String,
        /// More about it, for a person who waits.
        detail: Option<String>,
    },
    /// It slept because nobody used it, and is being started again: asking again soon is worth it.
    Waking {
        /// What it waits for, for a person who does.
        detail: Option<String>,
        /// How soon it is worth asking again, in seconds.
        again: u32,
    },
    /// It was taken down, and this preview does not come back.
    Gone {
        /// When that was, as far as it is known.
        at: Option<Timestamp>,
    },
    /// It could not be made.
    Failed {
        /// Why, in plain words; nothing where whoever asks is not to know.
        reason: Option<String>,
        /// When it was given up, as far as it is known.
        at: Option<Timestamp>,
    },
    /// Nobody here has heard of it.
    Unknown,
    /// The directory itself cannot say.
    Unavailable {
        /// What is wrong with it.
        reason: String,
    },
}

impl Standing {
    /// The answer, about the preview that was asked for by this name.
    pub fn card(self, site: &dyn Display) -> Card {
        match self {
            Self::Starting { phase, detail } => Card::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "starting",
                "The preview is starting",
                format!("{site} is on its way: {}.", shorten(&phase)),
            )
            .quote(detail)
            .retry_after(1),
            Self::Waking { detail, again } => Card::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "waking",
                "The preview is waking up",
                format!("{site} slept because nobody used it. It is being started again."),
            )
            .quote(detail)
            .retry_after(again),
            Self::Gone { at } => Card::new(
                StatusCode::GONE,
                "gone",
                "The preview is gone",
                format!("{site} was taken down{}.", when(at)),
            ),
            Self::Failed { reason, at } => Card::new(
                StatusCode::GONE,
                "failed",
                "The preview could not be made",
                format!("{site} failed and was taken down{}.", when(at)),
            )
            .quote(reason),
            Self::Unknown => Card::new(
                StatusCode::NOT_FOUND,
                "unknown",
                "No such preview",
                format!("No preview is called {site} here."),
            ),
            Self::Unavailable { reason } => Card::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "The preview cannot be looked up",
                format!("What became of {site} cannot be said right now."),
            )
            .quote(Some(reason))
            .retry_after(5),
        }
    }
}

/// ` at 2026-01-02T03:04:05Z`, or nothing if it is not known.
fn when(at: Option<Timestamp>) -> String {
    at.map(|at| format!(" at {at:.0}")).unwrap_or_default()
}

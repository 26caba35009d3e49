//! Pins: a preview that lives longer than others may, for a reason that somebody gives.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// What keeps a preview beyond its time. Its end is as real as any other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// Until when.
    pub until: Timestamp,
    /// When the preview's time is over without it.
    pub otherwise: Timestamp,
    /// Why.
    pub reason: PinReason,
}

/// Why a preview is pinned: 1 to 200 characters on one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PinReason(String);

/// A text that is no reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must say why in 1 to {} characters, on one line", PinReason::LONGEST)]
pub struct PinReasonError;

impl PinReason {
    /// The longest, in characters.
    pub const LONGEST: usize = 200;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PinReason {
    type Err = PinReasonError;

    fn from_str(text: &str) -> Result<Self, PinReasonError> {
        let text = text.trim();
        let fits = (1..=Self::LONGEST).contains(&text.chars().count());
        if fits && !text.contains(char::is_control) {
            Ok(Self(text.to_owned()))
        } else {
            Err(PinReasonError)
        }
    }
}

impl TryFrom<String> for PinReason {
    type Error = PinReasonError;

    fn try_from(text: String) -> Result<Self, PinReasonError> {
        text.parse()
    }
}

impl From<PinReason> for String {
    fn from(reason: PinReason) -> Self {
        reason.0
    }
}

impl fmt::Display for PinReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_of_some_length() {
        let reason: PinReason = " the demo on Friday ".parse().unwrap();
        assert_eq!(reason.as_str(), "the demo on Friday");
        assert!("ü".repeat(200).parse::<PinReason>().is_ok());
        for wrong in ["", "  ", "a\nb", "a\u{1b}[31m", &"x".repeat(201)] {
            assert_eq!(wrong.parse::<PinReason>(), Err(PinReasonError), "{wrong:?}");
        }
    }
}

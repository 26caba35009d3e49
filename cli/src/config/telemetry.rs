//! What is configured about telemetry. Credentials of a collector are no keys: what is a key is shown
//! by `tempus config`.

use std::time::Duration;

use serde_json::Value;

use super::Setting;
use super::text::{HttpUrl, Word};
use super::value::Answer;

/// `[telemetry]`
#[derive(Debug, Clone, PartialEq)]
pub struct Telemetry {
    /// Where a collector takes OTLP over HTTP; the paths are added.
    pub otlp_endpoint: Option<HttpUrl>,
    /// The share of traces that is sent.
    pub sample: Share,
    /// How often metrics are sent, or written for `CloudWatch`.
    pub interval: Duration,
    /// The installation's name, to tell it from others.
    pub name: Word,
    /// Whether metrics are written for `CloudWatch`.
    pub emf: Answer,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self {
            otlp_endpoint: None,
            sample: Share(1.0),
            interval: Duration::from_mins(1),
            name: Word::named("tempus"),
            emf: Answer::No,
        }
    }
}

/// A part of a whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share(f64);

impl Share {
    /// From 0 to 1.
    pub const fn ratio(self) -> f64 {
        self.0
    }
}

impl Setting for Share {
    const EXPECTS: &'static str = "a number from 0 to 1, such as \"0.1\"";

    fn read(text: &str) -> Option<Self> {
        let number: Option<f64> = text.parse().ok();
        number.filter(|ratio| (0.0..=1.0).contains(ratio)).map(Self)
    }

    fn show(&self) -> Value {
        self.0.to_string().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_part() {
        for (text, ratio) in [("0", 0.0), ("0.25", 0.25), ("1", 1.0)] {
            let share = Share::read(text).unwrap();
            assert!((share.ratio() - ratio).abs() < f64::EPSILON);
            assert_eq!(share.show().as_str(), Some(text));
        }
        for wrong in ["", "-0.1", "1.1", "NaN", "10%"] {
            assert_eq!(Share::read(wrong), None, "{wrong}");
        }
    }
}

//! Lifetimes: `ttl_hours` or `ttl`, within the range that is configured.

use tempus_model::Ttl;

use crate::config::TtlRange;
use crate::extract::Errors;

/// The lifetime that a request asks for; `None` if it says nothing, or nothing acceptable.
pub(crate) fn read(
    ttl_hours: Option<f64>,
    ttl: Option<&str>,
    range: &TtlRange,
    errors: &mut Errors,
) -> Option<Ttl> {
    match (ttl_hours, ttl) {
        (Some(_), Some(_)) => {
            errors.push("ttl", "cannot be given together with ttl_hours");
            None
        }
        (Some(hours), None) => errors.take("ttl_hours", range.admit(Ttl::from_hours(hours))),
        (None, Some(text)) => errors.take("ttl", range.admit(text.parse())),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range() -> TtlRange {
        let ttl = |text: &str| text.parse().unwrap();
        TtlRange::new(ttl("30s"), ttl("2h"), ttl("7d")).unwrap()
    }

    fn refused(ttl_hours: Option<f64>, ttl: Option<&str>) -> String {
        let mut errors = Errors::default();
        assert_eq!(read(ttl_hours, ttl, &range(), &mut errors), None);
        errors.finish().unwrap_err().problem().detail.clone()
    }

    #[test]
    fn a_lifetime_is_refused_with_what_would_be_accepted() {
        let between = "must be between 30s and 7d";
        for hours in [0.0, -1.0, f64::NAN, f64::INFINITY, 169.0, 1e300, 0.001] {
            assert_eq!(refused(Some(hours), None), format!("ttl_hours {between}"));
        }
        for text in ["0s", "1s", "8d", "99999999999d"] {
            assert_eq!(refused(None, Some(text)), format!("ttl {between}"));
        }
        assert!(refused(None, Some("soon")).contains("\"90m\""));
        assert!(refused(Some(2.0), Some("2h")).contains("together"));
    }

    #[test]
    fn both_forms_are_read() {
        let mut errors = Errors::default();
        for (hours, text, seconds) in [(Some(0.5), None, 1800), (None, Some("90m"), 5400)] {
            let ttl = read(hours, text, &range(), &mut errors).unwrap();
            assert_eq!(ttl.duration().as_secs(), seconds);
        }
        assert_eq!(read(None, None, &range(), &mut errors), None);
        errors.finish().unwrap();
    }
}

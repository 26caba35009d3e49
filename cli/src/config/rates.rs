//! The account's request rates where they differ from what AWS grants by default, as one text that
//! every layer can carry: `service_changes=100/10, elb_changes=40/6`, each the number of calls at
//! once after a quiet while and the number a second after that.

use serde_json::Value;

use super::value::RateFamily;
use super::{Setting, list};

/// The rate of a family of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// The calls that share it.
    pub family: RateFamily,
    /// How many at once, after a quiet while.
    pub burst: u32,
    /// How many a second after that.
    pub per_second: u32,
}

impl Rate {
    fn read(text: &str) -> Option<Self> {
        let (family, rate) = text.split_once('=')?;
        let (burst, per_second) = rate.split_once('/')?;
        Some(Self {
            family: RateFamily::read(family)?,
            burst: u32::read(burst)?,
            per_second: u32::read(per_second)?,
        })
    }
}

impl Setting for Vec<Rate> {
    const EXPECTS: &'static str = "rates with commas between them, each FAMILY=BURST/PER_SECOND in \
        whole numbers and each family once; the families are task_definition_changes, \
        task_definition_deletes, service_changes, ecs_reads, elb_changes, elb_reads, log_reads and \
        security_groups";

    fn read(text: &str) -> Option<Self> {
        list::read_once(text, Rate::read, |rate| rate.family.to_string())
    }

    fn show(&self) -> Value {
        list::show(self, |rate| {
            format!("{}={}/{}", rate.family, rate.burst, rate.per_second)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_shown() {
        let text = "service_changes=100/10, elb_changes=40/6";
        let read = Vec::<Rate>::read(text).unwrap();
        assert_eq!(read[1].family, RateFamily::ElbChanges);
        assert_eq!((read[1].burst, read[1].per_second), (40, 6));
        assert_eq!(read.show().as_str(), Some(text));
        assert_eq!(Vec::<Rate>::read("").unwrap(), []);
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for wrong in [
            "service_changes",
            "service_changes=100",
            "service_changes=0/10",
            "service_changes=100/0.5",
            "services=100/10",
            "elb_reads=1/1, elb_reads=2/2",
        ] {
            assert!(Vec::<Rate>::read(wrong).is_none(), "{wrong}");
        }
    }
}

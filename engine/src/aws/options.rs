//! How the aws engine is opened.

use std::sync::Arc;
use std::time::Duration;

use crate::{Clock, SystemClock};

/// Names what an open engine works with. [`super::bootstrap()`] and the Terraform modules make it
/// all, and print it in this form.
#[derive(Clone)]
pub struct AwsOptions {
    /// The account as seen from here.
    pub access: Access,
    /// The table.
    pub table: String,
    /// The queue of hints.
    pub queue_url: String,
    /// Where SQS puts messages that were received too often.
    pub dead_letter_url: String,
    /// The group that the one-time schedules are made in.
    pub schedule_group: String,
    /// The role by which EventBridge Scheduler may send to the queue.
    pub schedule_role_arn: String,
    /// How long a received message stays invisible.
    pub visibility: Duration,
    /// How long jobs, receipts and whatever else tells of a preview are kept after it is gone.
    pub history: Duration,
    /// Says what time it is: an alarm whose time has passed is posted at once.
    pub clock: Arc<dyn Clock>,
}

/// How long a received message stays invisible, if not told otherwise: as long as a lease.
pub const VISIBILITY: Duration = Duration::from_secs(30);

/// How long what is gone is remembered, if not told otherwise: 90 days.
const HISTORY: Duration = Duration::from_hours(90 * 24);

impl AwsOptions {
    /// These names, with half a minute of visibility, 90 days of history and the machine's clock.
    pub fn new(access: Access, names: AwsNames) -> Self {
        Self {
            access,
            table: names.table,
            queue_url: names.queue_url,
            dead_letter_url: names.dead_letter_url,
            schedule_group: names.schedule_group,
            schedule_role_arn: names.schedule_role_arn,
            visibility: VISIBILITY,
            history: HISTORY,
            clock: Arc::new(SystemClock),
        }
    }
}

/// What a bootstrap made, as it is configured afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsNames {
    /// The table.
    pub table: String,
    /// The queue of hints.
    pub queue_url: String,
    /// Where SQS puts messages that were received too often.
    pub dead_letter_url: String,
    /// The group of the one-time schedules.
    pub schedule_group: String,
    /// The role by which EventBridge Scheduler may send to the queue.
    pub schedule_role_arn: String,
}

/// Which account and region, and how calls are made.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// The region; `None` takes it from where AWS's tools take it.
    pub region: Option<String>,
    /// An endpoint that serves every service, such as an emulator's; `None` is AWS.
    pub endpoint: Option<String>,
    /// Who calls.
    pub credentials: Credentials,
    /// How long calls may take.
    pub timeouts: Timeouts,
}

/// Who calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Credentials {
    /// Whoever AWS's tools would be here: environment, profile, web identity, container, instance.
    #[default]
    Ambient,
    /// Nobody: what emulators take, which look at no signature.
    Emulator,
}

/// How long calls may take. The parts of one call: connecting is part of an attempt, and all its
/// attempts are one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// To connect.
    pub connect: Duration,
    /// One attempt.
    pub attempt: Duration,
    /// A whole operation. The store begins no repetition later than this, so a write has its
    /// answer, or none, within `operation + attempt`: a third of a lease at most, so that a holder
    /// can make a write again whose answer was lost.
    pub operation: Duration,
}

impl Timeouts {
    /// The usual ones; all shorter, in proportion, for a lease that is shorter than half a minute.
    #[must_use]
    pub fn within(lease: Duration) -> Self {
        let usual = Self::default();
        Self {
            connect: usual.connect.min(lease / 30),
            attempt: usual.attempt.min(lease / 10),
            operation: usual.operation.min(lease * 7 / 30),
        }
    }
}

impl Default for Timeouts {
    /// For leases of half a minute.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(1),
            attempt: Duration::from_secs(3),
            operation: Duration::from_secs(7),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_has_its_answer_within_a_third_of_any_lease() {
        for seconds in [3, 6, 30, 600] {
            let lease = Duration::from_secs(seconds);
            let its = Timeouts::within(lease);
            assert!(
                its.operation + its.attempt <= lease / 3,
                "{its:?} of {lease:?}"
            );
            assert!(its.connect < its.attempt && its.attempt < its.operation);
        }
        let long = Timeouts::within(Duration::from_mins(10));
        assert_eq!(long, Timeouts::default(), "never longer than usual");
    }
}

//! Bootstrap: makes what an engine needs, and finds it again: table, queues, schedule group, the
//! recurring sweep, the installation id. Run twice, it changes nothing.
//!
//! For emulators, tests and first steps. In a real account Terraform makes the same things by the
//! same names, and with them the scheduler's role, which a bootstrap does not make.

mod installation;
mod queues;
mod schedules;
mod table;

use std::time::Duration;

use tempus_model::InstallationId;

use super::client::Clients;
use super::error::AwsError;
use super::options::{Access, AwsNames, VISIBILITY};

pub(super) use installation::installed;
pub(super) use queues::arn;

/// What to make.
#[derive(Debug, Clone)]
pub struct Bootstrap {
    /// The account.
    pub access: Access,
    /// What every name begins with: `{prefix}` is the table and the schedule group,
    /// `{prefix}-hints` and `{prefix}-hints-dead` the queues.
    pub prefix: String,
    /// The role by which EventBridge Scheduler may send to the queue. `None` is
    /// `{prefix}-scheduler` in the queue's account.
    pub schedule_role_arn: Option<String>,
    /// The installation id of a table that holds none yet.
    pub installation: InstallationId,
    /// How often a message is received before SQS puts it aside.
    pub receives: u32,
    /// How often the platform's inventory is compared with the rows.
    pub sweep_every: Duration,
    /// Whether the table can be taken back to any moment of the last days. Not every emulator
    /// knows this; one that does not is forgiven.
    pub recovery: Recovery,
}

/// Whether a table can be taken back to an earlier moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// It can.
    PointInTime,
    /// It cannot.
    None,
}

impl Bootstrap {
    /// With this prefix in this account: ten receives, a sweep every 15 minutes, point-in-time
    /// recovery, a random installation id.
    pub fn new(access: Access, prefix: impl Into<String>) -> Self {
        Self {
            access,
            prefix: prefix.into(),
            schedule_role_arn: None,
            installation: InstallationId::new(rand::random()),
            receives: 10,
            sweep_every: Duration::from_mins(15),
            recovery: Recovery::PointInTime,
        }
    }
}

/// What there is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bootstrapped {
    /// The names to configure.
    pub names: AwsNames,
    /// Whose table it is: the one that was asked for only where the table held none.
    pub installation: InstallationId,
}

/// Makes what is missing.
pub async fn bootstrap(wanted: &Bootstrap) -> Result<Bootstrapped, AwsError> {
    let clients = Clients::of(&wanted.access).await?;
    let table = wanted.prefix.clone();
    table::make(&clients, &table, wanted.recovery).await?;
    let queues = queues::make(&clients, &wanted.prefix, wanted.receives, VISIBILITY).await?;
    let role = wanted.schedule_role_arn.clone();
    let schedule_role_arn = role.unwrap_or_else(|| role_beside(&queues.live.arn, &wanted.prefix));
    let names = AwsNames {
        table,
        queue_url: queues.live.url,
        dead_letter_url: queues.dead.url,
        schedule_group: wanted.prefix.clone(),
        schedule_role_arn,
    };
    let post = super::timer::Post {
        queue: queues.live.arn,
        role: names.schedule_role_arn.clone(),
        dead_letters: queues.dead.arn,
    };
    schedules::make(&clients, &names.schedule_group, &post, wanted.sweep_every).await?;
    let installation = installation::install(&clients, &names.table, wanted.installation).await?;
    Ok(Bootstrapped {
        names,
        installation,
    })
}

/// The scheduler's role in the account of this queue.
fn role_beside(queue_arn: &str, prefix: &str) -> String {
    // arn:{partition}:sqs:{region}:{account}:{name}
    let part = |place| queue_arn.split(':').nth(place).unwrap_or_default();
    format!("arn:{}:iam::{}:role/{prefix}-scheduler", part(1), part(4))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_role_is_in_the_queues_account_and_partition() {
        let arn = "arn:aws-cn:sqs:cn-north-1:123456789012:tempus-hints";
        assert_eq!(
            super::role_beside(arn, "tempus"),
            "arn:aws-cn:iam::123456789012:role/tempus-scheduler"
        );
    }
}

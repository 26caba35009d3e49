//! Where cells are run one after the other: an installation of its own, whose API stays up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::json;
use tempus_engine::aws::{Access, AwsEngine, AwsNames, AwsOptions, Credentials};
use tempus_engine::{Clock, Store, SystemClock};

use crate::aws::{Account, Role, Site};
use crate::server::Api;

/// The lease of a lane's workers, short enough that one can be waited out.
pub(super) const LEASE: Duration = Duration::from_secs(6);
/// As [`LEASE`]: what others respect besides it.
pub(super) const SKEW: Duration = Duration::from_secs(2);

/// Tells the accounts apart that one emulator holds.
static NEXT: AtomicU32 = AtomicU32::new(1);

/// An installation, and who looks into it.
pub(super) struct Lane {
    pub(super) site: Site,
    /// An API that no fault meets: who asks it is shown what is true.
    pub(super) api: Api,
    /// The store as the program sees it: for what only rows show.
    pub(super) store: Arc<dyn Store>,
    /// How many cells were begun here.
    pub(super) cells: u32,
    _role: Role,
}

impl Lane {
    pub(super) async fn new(endpoint: &str) -> Self {
        let name = format!("lane-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let account = Account::new(endpoint, &name).await;
        let lease = format!("{}s", LEASE.as_secs());
        let mut site = Site::bootstrap(account, &[]).await;
        // Started with the usual time-outs, which go by the lease: it must always answer.
        let mut role = site.start_plainly("api");
        let api = role.api().await;
        site.set("worker.lease", &lease);
        let names = AwsNames {
            table: site.setting("aws.table").to_owned(),
            queue_url: site.setting("aws.queue_url").to_owned(),
            dead_letter_url: site.setting("aws.dead_letter_url").to_owned(),
            schedule_group: site.setting("aws.schedule_group").to_owned(),
            schedule_role_arn: site.setting("aws.schedule_role_arn").to_owned(),
        };
        let access = Access {
            region: Some("us-east-1".to_owned()),
            endpoint: Some(endpoint.to_owned()),
            credentials: Credentials::Emulator,
            ..Access::default()
        };
        let engine = AwsEngine::open(AwsOptions::new(access, names)).await;
        Self {
            store: engine.expect("what was bootstrapped opens").store(),
            site,
            api,
            cells: 0,
            _role: role,
        }
    }

    /// Empties the queue: what a dead worker hid comes back when a cell is over, and would be
    /// among the requests of the next.
    pub(super) async fn purge(&self) {
        let queue = json!({"QueueUrl": self.site.setting("aws.queue_url")});
        self.site.account.calls().sqs("PurgeQueue", &queue).await;
    }

    pub(super) fn now() -> tempus_model::Timestamp {
        SystemClock.now()
    }
}

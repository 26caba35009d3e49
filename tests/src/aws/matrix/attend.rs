//! Who attends to the faulted process: starts another in its place when it has died, frozen or
//! given up, and lets a frozen one go on when the other has finished.

use std::sync::Arc;
use std::time::Duration;

use tempus_engine::testing::wire::Wire;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::fault::FaultKind;
use super::lane::{LEASE, SKEW};
use super::striker::{Refuses, Seat, Striker};
use crate::aws::{Role, Site};
use crate::server::Api;

/// How often a process is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How long after a lease is over another has taken over at the latest: the reminder comes every
/// second, and its hint a moment later.
const TAKE_OVER: Duration = Duration::from_millis(2500);
/// How long a job may take that another worker has taken over.
const FINISH: Duration = Duration::from_mins(1);

/// The faulted process, its wire, and who was started in its place.
pub(super) struct Attended {
    pub(super) striker: Arc<Striker>,
    role: Role,
    name: &'static str,
    log: String,
    reliefs: u32,
    _wire: Wire,
    relief: Option<(Role, Wire)>,
}

/// What the story and the attendant tell each other.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    /// The preview, as soon as it has an id.
    pub(super) preview: Option<String>,
    /// The fault has struck and has been attended to.
    pub(super) attended: bool,
    /// Where the API answers that is in use, if the faulted process is one.
    pub(super) api: Option<Api>,
    /// The story is over.
    pub(super) over: bool,
}

impl Attended {
    /// Starts a role behind a wire.
    pub(super) async fn start(
        site: &Site,
        role: &'static str,
        striker: Arc<Striker>,
        name: &str,
    ) -> Self {
        let endpoint = site.account.calls().endpoint();
        let wire = Wire::to(endpoint, Seat(Arc::clone(&striker))).await;
        let wire = wire.expect("a socket on the loopback interface");
        let started = site.start(role, name, wire.endpoint());
        striker.is_process(started.id());
        Self {
            striker,
            role: started,
            name: role,
            log: name.to_owned(),
            reliefs: 0,
            _wire: wire,
            relief: None,
        }
    }

    /// Attends until the story is over, and ends what still runs.
    pub(super) async fn attend(
        mut self,
        site: &Site,
        api: &Api,
        kind: Option<FaultKind>,
        refuses: Option<Refuses>,
        said: &watch::Sender<Said>,
    ) {
        let mut heard = said.subscribe();
        let mut was_struck = false;
        loop {
            if !was_struck && self.striker.has_struck() {
                was_struck = true;
                if kind.is_some_and(FaultKind::freezes) {
                    self.relieve(site, refuses).await;
                    self.thaw_later(api, said).await;
                }
                said.send_modify(|said| said.attended = true);
            }
            // As any supervisor does, also when a process gives up by itself.
            if self.running().has_ended() {
                self.relieve(site, refuses).await;
            }
            if self.name == "api" && said.borrow().api.is_none() {
                let api = self.running().announced();
                said.send_modify(|said| said.api = api);
            }
            if heard.borrow_and_update().over {
                return;
            }
            sleep(LOOK).await;
        }
    }

    /// Who does the work.
    fn running(&mut self) -> &mut Role {
        match &mut self.relief {
            Some((role, _)) => role,
            None => &mut self.role,
        }
    }

    /// Starts another of its kind, which no fault meets.
    async fn relieve(&mut self, site: &Site, refuses: Option<Refuses>) {
        let endpoint = site.account.calls().endpoint();
        let wire = Wire::to(endpoint, Seat(Striker::new(None, refuses))).await;
        let wire = wire.expect("a socket on the loopback interface");
        self.reliefs += 1;
        let log = format!("{}-relief-{}", self.log, self.reliefs);
        let role = site.start(self.name, &log, wire.endpoint());
        self.relief = Some((role, wire));
    }

    /// Waits until another has taken over for certain and has finished the job, if one is open;
    /// then the frozen process goes on, and what it held arrives.
    async fn thaw_later(&self, api: &Api, said: &watch::Sender<Said>) {
        sleep(LEASE + SKEW + TAKE_OVER).await;
        let begun = Instant::now();
        while begun.elapsed() < FINISH {
            let preview = said.borrow().preview.clone();
            let Some(preview) = preview else { break };
            let open = api.preview(&preview).await["open_jobs"].clone();
            if open.as_array().is_none_or(Vec::is_empty) {
                break;
            }
            sleep(LOOK).await;
        }
        self.striker.thaw();
        self.role.thaw();
        // What it does now, it does within a moment: it holds nothing and will be told so.
        sleep(Duration::from_millis(400)).await;
    }
}

//! What happens in a run.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tempus_model::PreviewId;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::attend::{Attended, Said};
use super::cell::{Ran, Strike};
use super::fault::FaultKind;
use super::lane::Lane;
use super::striker::{Refuses, Striker};
use crate::aws::{Listing, Role};
use crate::server::{Api, GONE, Method, eventually, proved, text};

/// How long anything may take, with a fault and a machine that does something else as well.
const PATIENCE: Duration = Duration::from_secs(90);
/// How long it may take until a verify has put right what came late.
const VERIFIED: Duration = Duration::from_secs(30);
/// What a refused create is refused for: the public service; the private one is made before it.
const REFUSES: Refuses = Refuses {
    call: "ecs.CreateService",
    about: "-web\"",
};

/// A story with one preview of two services, one of them private.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Story {
    /// Created; then somebody asks for the end.
    CreateDestroy,
    /// Created; a service is changed, one dropped and one added; then the end.
    Update,
    /// Created; then its time runs out, and the timer says so.
    Expire,
    /// The cloud refuses a service: everything is unwound.
    Rejected,
    /// As the first; the faults meet the API that accepts the create and the destroy.
    Accept,
}

impl Story {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::CreateDestroy,
        Self::Update,
        Self::Expire,
        Self::Rejected,
        Self::Accept,
    ];

    /// Whether this can go wrong in it. An API holds no lease that another could take over.
    pub(super) fn has(self, kind: FaultKind) -> bool {
        self != Self::Accept || !kind.freezes()
    }

    /// Plays it to its end in this lane, and checks what must be true then.
    pub(super) async fn play(self, lane: &mut Lane, strike: Option<Strike>) -> Ran {
        lane.cells += 1;
        lane.purge().await;
        let number = lane.cells;
        let refuses = (self == Self::Rejected).then_some(REFUSES);
        let kind = strike.as_ref().map(|strike| strike.kind);
        let faulted = if self == Self::Accept {
            "api"
        } else {
            "worker"
        };
        // A reminder that comes before the timer would do the timer's work.
        let reminder = if self == Self::Expire { "20s" } else { "1s" };
        lane.site.set("worker.reminder", reminder);
        // What a frozen process held must land before the verify, also on a machine that is busy.
        let freezes = kind.is_some_and(FaultKind::freezes);
        let verify_delay = if freezes { "6s" } else { "2s" };
        lane.site.set("ecs.verify_delay", verify_delay);

        let striker = Striker::new(strike, refuses);
        let log = format!("{faulted}-{number}");
        let attended = Attended::start(&lane.site, faulted, striker.clone(), &log).await;
        let plain: Option<Role> = (self == Self::Accept).then(|| {
            lane.site.start(
                "worker",
                &format!("worker-{number}"),
                lane.site.account.calls().endpoint(),
            )
        });
        let said = watch::Sender::new(Said::default());
        let lane = &*lane;
        let telling = Telling {
            lane,
            said: &said,
            striker: &striker,
            name: format!("app-{number}"),
            story: self,
            kind,
        };
        let told = async {
            let calls = telling.tell().await;
            said.send_modify(|said| said.over = true);
            calls
        };
        let attending = attended.attend(&lane.site, &lane.api, kind, refuses, &said);
        let (calls, ()) = tokio::join!(told, attending);
        drop(plain);
        Ran {
            calls,
            struck: striker.has_struck(),
        }
    }
}

/// A story being played.
struct Telling<'a> {
    lane: &'a Lane,
    said: &'a watch::Sender<Said>,
    striker: &'a Striker,
    name: String,
    story: Story,
    kind: Option<FaultKind>,
}

impl Telling<'_> {
    async fn tell(&self) -> BTreeMap<String, u32> {
        let story = self.story;
        let first = [("web", "nginx:1"), ("api", "nginx:1")];
        let second = [("web", "nginx:2"), ("jobs", "nginx:1")];
        let ttl = if story == Story::Expire { "8s" } else { "1h" };
        let created = self.create(&services(&first), ttl).await;
        let preview = text(&created, "preview_id").to_owned();
        self.said
            .send_modify(|said| said.preview = Some(preview.clone()));
        let mut jobs = vec![text(&created, "job_id").to_owned()];
        match story {
            Story::Rejected => self.ends(&jobs[0], &["failed"]).await,
            // Its time may be over before it is ready.
            Story::Expire => self.ends(&jobs[0], &["succeeded", "superseded"]).await,
            _ => {
                self.ends(&jobs[0], &["succeeded"]).await;
                self.stands(&preview, &first).await;
            }
        }
        if story == Story::Update {
            let body = json!({"services": services(&second)});
            let path = format!("/preview/{preview}/update");
            let job = self.lane.api.post(&path, &body).send().await.expect(202);
            jobs.push(text(&job, "job_id").to_owned());
            self.ends(&jobs[1], &["succeeded"]).await;
            self.stands(&preview, &second).await;
        }
        if matches!(story, Story::CreateDestroy | Story::Update | Story::Accept) {
            jobs.push(self.destroy(&preview).await);
            self.ends(&jobs[jobs.len() - 1], &["succeeded"]).await;
        }
        proved(&self.lane.api, &preview, PATIENCE).await;
        self.nothing_is_left().await;
        self.is_calm().await;
        let mut calls = BTreeMap::new();
        for call in self.striker.calls() {
            *calls.entry(call).or_insert(0) += 1;
        }
        let each = if story == Story::Expire {
            2
        } else {
            jobs.len()
        };
        self.is_at_rest(&preview, each).await;
        self.again(&preview).await;
        calls
    }

    /// Asks for a preview, as a client does that means it: with a key, until there is an answer.
    async fn create(&self, services: &Value, ttl: &str) -> Value {
        let body = json!({"name": self.name, "ttl": ttl, "services": services});
        self.insist(async |api: &Api| {
            let call = api.post("/preview/create", &body).key(&self.name);
            let answer = call.try_send().await.ok()?;
            (answer.status == 202).then(|| answer.json())
        })
        .await
    }

    /// Asks for the end until it is under way; the job.
    async fn destroy(&self, preview: &str) -> String {
        let path = format!("/preview/{preview}");
        self.insist(async |api: &Api| {
            let answer = api.call(Method::DELETE, &path).try_send().await.ok()?;
            let accepted = answer.status == 202;
            accepted.then(|| text(&answer.json(), "job_id").to_owned())
        })
        .await
    }

    /// Asks the API in use, whichever that is by then, until it is content.
    async fn insist<T>(&self, mut ask: impl AsyncFnMut(&Api) -> Option<T>) -> T {
        eventually("an answer of the API", PATIENCE, async || {
            let api = self.said.borrow().api.clone();
            let api = match self.story {
                Story::Accept => api?,
                _ => self.lane.api.clone(),
            };
            let got = ask(&api).await;
            if got.is_none() {
                // Another may have been started in its place.
                self.said.send_modify(|said| said.api = None);
            }
            got
        })
        .await
    }

    /// Waits for the end of a job, and for the attendant.
    async fn ends(&self, job: &str, expected: &[&str]) {
        let path = format!("/job/{job}");
        let begun = Instant::now();
        let ended = loop {
            let job = self.lane.api.get(&path).insist().await.expect(200);
            if !["queued", "running"].contains(&text(&job, "status")) {
                break job;
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end: {job:#}");
            sleep(Duration::from_millis(200)).await;
        };
        assert!(expected.contains(&text(&ended, "status")), "{ended:#}");
        self.is_calm().await;
    }

    /// Waits until a fault that has struck is attended to.
    async fn is_calm(&self) {
        eventually("a fault is attended to", PATIENCE, async || {
            let calm = !self.striker.has_struck() || self.said.borrow().attended;
            calm.then_some(())
        })
        .await;
    }

    /// What exists is what is desired: these services, each once, and what they need. At once: to
    /// make a thing again finds what a lost answer or a dead process left. Only what a frozen
    /// process held arrives when all is done, and goes with the verify.
    async fn stands(&self, preview: &str, services: &[(&str, &str)]) {
        let begun = Instant::now();
        loop {
            let listing = self.lane.site.listing().await;
            let Err(wrong) = is_desired(&listing, preview, services) else {
                return;
            };
            let more_to_come = self.kind.is_some_and(FaultKind::freezes);
            let given_up = !more_to_come || begun.elapsed() > VERIFIED;
            assert!(!given_up, "{wrong}: {listing:#?}");
            sleep(Duration::from_millis(200)).await;
        }
    }

    async fn nothing_is_left(&self) {
        let listing = self.lane.site.listing().await;
        assert!(listing.is_empty(), "left behind: {listing:#?}");
    }

    /// Each job has one outcome, and the row says that nothing is to be done.
    async fn is_at_rest(&self, preview: &str, jobs: usize) {
        let id: PreviewId = preview.parse().expect("an id");
        let store = &self.lane.store;
        let all = store.jobs(id, 100).await.expect("a store that answers");
        assert_eq!(all.len(), jobs, "{all:#?}");
        for job in &all {
            let ended = job.status.is_final() && job.finished_at.is_some();
            assert!(ended, "a job that never ended: {job:#?}");
        }
        let row = self.row(id).await;
        assert!(row.ledger.is_empty() && row.due_at.is_none(), "{row:#?}");
        assert!(GONE.contains(&row.phase().as_str()), "{row:#?}");
        let letters = store.dead_letters(10).await.expect("a store that answers");
        assert!(letters.is_empty(), "dead letters: {letters:#?}");
    }

    /// To destroy it again is no new job, and to verify it again finds nothing and removes nothing.
    async fn again(&self, preview: &str) {
        self.lane.api.destroy(preview).await;
        let id: PreviewId = preview.parse().expect("an id");
        let doubted = self.lane.store.doubt(id, Lane::now()).await;
        assert!(doubted.expect("a store that answers"), "it can be doubted");
        eventually("a second verify", PATIENCE, async || {
            let row = self.row(id).await;
            (row.suspicion == 0 && row.due_at.is_none()).then_some(())
        })
        .await;
        self.nothing_is_left().await;
    }

    async fn row(&self, id: PreviewId) -> tempus_model::Row {
        let got = self.lane.store.get(id).await;
        got.expect("a store that answers").expect("a row").row
    }
}

fn services(of: &[(&str, &str)]) -> Value {
    let services = of.iter().zip(8000..);
    services
        .map(|((name, image), port)| json!({"name": name, "image": image, "port": port}))
        .collect()
}

/// Whether exactly this exists: the first service is public, and all are siblings.
fn is_desired(listing: &Listing, preview: &str, services: &[(&str, &str)]) -> Result<(), String> {
    let named = |name: &str, service: &str| name.ends_with(&format!("-{service}"));
    let its = |(kind, things): &(&str, &[crate::aws::Thing])| {
        let expected = match *kind {
            "service" | "task definition" => services.len(),
            _ => 1,
        };
        (things.len() != expected).then(|| format!("{expected} of {kind} should exist"))
    };
    if let Some(wrong) = listing.kinds().iter().find_map(its) {
        return Err(wrong);
    }
    for (service, _) in services {
        let found: Vec<_> = listing
            .services
            .iter()
            .filter(|s| named(&s.name, service))
            .collect();
        let [one] = found[..] else {
            return Err(format!("one service {service} should exist"));
        };
        if !one.state.starts_with("ACTIVE 1 of ") || one.preview.as_deref() != Some(preview) {
            return Err(format!("{service} does not stand: {one:?}"));
        }
        let runs = one.state.trim_start_matches("ACTIVE 1 of ");
        let is_its = |definition: &crate::aws::Thing| {
            definition.name == runs && definition.state == "ACTIVE"
        };
        if !listing.definitions.iter().any(is_its) {
            return Err(format!("{service} runs {runs}, which does not exist"));
        }
    }
    for thing in listing.target_groups.iter().chain(&listing.rules) {
        if thing.preview.as_deref() != Some(preview) {
            return Err(format!("it is tagged for another preview: {thing:?}"));
        }
    }
    Ok(())
}

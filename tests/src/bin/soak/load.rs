//! The load: clients that mean what they ask, and ask again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tempus_tests::server::{Answer, Api, Call, GONE, Method, text};

/// How long anything may take while the server is stopped, killed and without room.
const PATIENCE: Duration = Duration::from_mins(4);
/// How often something is asked again.
const AGAIN: Duration = Duration::from_millis(200);
/// What a server says that cannot do it now.
const NOT_NOW: [u16; 3] = [429, 503, 507];

/// What the clients of one server share.
pub struct Load {
    api: Api,
    /// Whether to come to an end.
    pub stop: AtomicBool,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    previews: BTreeSet<String>,
    /// How jobs ended, by kind and status.
    jobs: BTreeMap<String, u64>,
    /// What requests were put off with, by status; 0 is no answer.
    put_off: BTreeMap<u16, u64>,
    complaints: Vec<String>,
}

impl Load {
    /// None yet.
    pub fn new(api: Api) -> Self {
        Self {
            api,
            stop: AtomicBool::new(false),
            seen: Mutex::default(),
        }
    }

    /// Every preview that was ever accepted.
    pub fn previews(&self) -> Vec<String> {
        self.seen().previews.iter().cloned().collect()
    }

    /// How jobs ended, by kind and status.
    pub fn jobs(&self) -> BTreeMap<String, u64> {
        self.seen().jobs.clone()
    }

    /// How often requests were put off, by status.
    pub fn put_off(&self) -> BTreeMap<u16, u64> {
        self.seen().put_off.clone()
    }

    /// What must not be.
    pub fn complaints(&self) -> Vec<String> {
        self.seen().complaints.clone()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn complain(&self, what: String) {
        eprintln!("{what}");
        self.seen().complaints.push(what);
    }

    /// One preview after the other.
    pub async fn client(self: Arc<Self>, number: u64, seed: u64) {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut story = 0;
        while !self.stop.load(Ordering::Relaxed) {
            self.story(&format!("soak-{number}-{story}"), &mut rng)
                .await;
            story += 1;
        }
    }

    async fn story(&self, name: &str, rng: &mut StdRng) {
        let expires = rng.random_bool(0.25);
        let ttl = if expires { "20s" } else { "1h" };
        let body = json!({
            "name": name, "ttl": ttl, "health_path": "/healthz", "env": {"VERSION": "0"},
        });
        let create = self.api.post("/preview/create", &body).key(name);
        let Some(accepted) = self.accepted(create.clone()).await else {
            return;
        };
        let preview = text(&accepted, "preview_id").to_owned();
        self.seen().previews.insert(preview.clone());
        if rng.random_bool(0.2) {
            let again = self.ask(create).await;
            if again.status != 202 || again.json() != accepted {
                self.complain(format!(
                    "{name}: another answer for one key: {}",
                    again.text()
                ));
            }
        }
        if self.ended(&accepted).await == "succeeded" && !expires {
            self.visit(name, &preview).await;
        }
        if expires {
            self.goes(&preview).await;
            return;
        }
        for number in 0..rng.random_range(0..=2) {
            let path = format!("/preview/{preview}");
            let call = if rng.random_bool(0.5) {
                let newer = json!({"env": {"VERSION": format!("{name}-{number}")}});
                self.api.post(&format!("{path}/update"), &newer)
            } else {
                let longer = json!({"ttl": "2h"});
                self.api.post(&format!("{path}/extend"), &longer)
            };
            if let Some(accepted) = self.accepted(call.key(&format!("{name}-{number}"))).await
                && accepted["job_id"].is_string()
            {
                self.ended(&accepted).await;
            }
        }
        tokio::time::sleep(Duration::from_millis(rng.random_range(0..2000))).await;
        self.destroys(&preview).await;
        self.goes(&preview).await;
    }

    /// Asks for a preview's end.
    pub async fn destroys(&self, preview: &str) {
        let call = self
            .api
            .call(Method::DELETE, &format!("/preview/{preview}"));
        if let Some(accepted) = self.accepted(call).await {
            self.ended(&accepted).await;
        }
    }

    /// What was accepted. A preview whose time the clock has brought forward may have ended.
    async fn accepted(&self, call: Call) -> Option<Value> {
        let answer = self.ask(call).await;
        match answer.status {
            200 | 202 => Some(answer.json()),
            409 => None,
            _ => {
                self.complain(format!("{}: {}", answer.status, answer.text()));
                None
            }
        }
    }

    /// Asks until there is an answer that says yes or no.
    async fn ask(&self, call: Call) -> Answer {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let status = match call.try_send().await {
                Ok(answer) if !NOT_NOW.contains(&answer.status) => return answer,
                Ok(answer) => answer.status,
                Err(_) => 0,
            };
            *self.seen().put_off.entry(status).or_default() += 1;
            assert!(Instant::now() < deadline, "put off with {status} for ever");
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// How a job ended.
    async fn ended(&self, accepted: &Value) -> String {
        let job = text(accepted, "job_id");
        let (path, deadline) = (format!("/job/{job}"), Instant::now() + PATIENCE);
        loop {
            let view = self.ask(self.api.get(&path)).await.expect(200);
            let status = text(&view, "status").to_owned();
            if !["queued", "running"].contains(&&*status) {
                let which = format!("{} {status}", text(&view, "kind"));
                *self.seen().jobs.entry(which).or_default() += 1;
                if status == "parked" {
                    self.complain(format!("parked: {view:#}"));
                }
                return status;
            }
            if Instant::now() > deadline {
                self.complain(format!("it never ends: {view:#}"));
                return status;
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn goes(&self, preview: &str) {
        let (path, deadline) = (format!("/preview/{preview}"), Instant::now() + PATIENCE);
        loop {
            let view = self.ask(self.api.get(&path)).await.expect(200);
            if GONE.contains(&text(&view, "phase")) {
                return;
            }
            if Instant::now() > deadline {
                self.complain(format!("it never goes: {view:#}"));
                return;
            }
            tokio::time::sleep(AGAIN * 2).await;
        }
    }

    /// What is ready answers, at the latest when a killed process is back.
    async fn visit(&self, name: &str, preview: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.api.visit(name, "/").try_send().await;
            if answer.is_ok_and(|answer| answer.status == 200) {
                return;
            }
            if Instant::now() > deadline {
                self.complain(format!("{preview} is ready, and does not answer"));
                return;
            }
            tokio::time::sleep(AGAIN).await;
        }
    }
}

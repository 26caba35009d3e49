//! A client that means what it asks: it asks again, with the same key, until it has an answer.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tempus_tests::server::{Api, GONE, Method, Outcomes, eventually, text};

use crate::{KILLS, PREVIEWS};

/// How long things may take while the server is killed again and again.
const PATIENCE: Duration = Duration::from_secs(90);

/// What the clients and the test know together.
pub struct Shared {
    pub api: Api,
    pub outcomes: Outcomes,
    pub kills: AtomicU32,
    pub begun: AtomicU32,
    /// Every preview that was ever accepted.
    pub previews: Mutex<BTreeSet<String>>,
    /// Every name that was ever asked for.
    pub names: Mutex<BTreeSet<String>>,
}

pub struct Client {
    number: u64,
    rng: StdRng,
    shared: Arc<Shared>,
    keys: u32,
    /// Names whose previews are gone, or on their way out.
    given_back: Vec<String>,
}

impl Client {
    pub fn new(number: u64, rng: StdRng, shared: Arc<Shared>) -> Self {
        Self {
            number,
            rng,
            shared,
            keys: 0,
            given_back: Vec::new(),
        }
    }

    /// One preview after the other, until there were enough of them and enough kills.
    pub async fn work(mut self) {
        loop {
            let begun = self.shared.begun.load(Ordering::Relaxed);
            if begun >= PREVIEWS && self.shared.kills.load(Ordering::Relaxed) >= KILLS {
                return;
            }
            self.shared.begun.fetch_add(1, Ordering::Relaxed);
            self.story().await;
        }
    }

    /// One preview from its create to its destroy, or to its expiry.
    async fn story(&mut self) {
        let expires = self.rng.random_bool(0.2);
        let name = self.name();
        let ttl = if expires { "5s" } else { "1h" };
        let created = self.create(&name, ttl).await;
        let (preview, job) = (text(&created, "preview_id"), text(&created, "job_id"));
        if expires {
            self.await_gone(preview).await;
            let ways = ["succeeded", "superseded"];
            let api = self.shared.api.clone();
            self.shared.outcomes.await_end(&api, job, &ways).await;
        } else {
            if self.rng.random_bool(0.6) {
                self.await_end(job, &["succeeded"]).await;
                self.visit(&name).await;
            }
            for _ in 0..self.rng.random_range(0..=2) {
                self.update(&name, preview).await;
            }
            let pause = self.rng.random_range(0..600);
            tokio::time::sleep(Duration::from_millis(pause)).await;
            self.destroy(preview).await;
        }
        self.given_back.push(name);
    }

    /// A new name, or one whose preview may still be on its way out.
    fn name(&mut self) -> String {
        if !self.given_back.is_empty() && self.rng.random_bool(0.3) {
            let which = self.rng.random_range(0..self.given_back.len());
            return self.given_back.swap_remove(which);
        }
        let name = format!("c{}-{}", self.number, self.keys);
        self.shared.names.lock().unwrap().insert(name.clone());
        name
    }

    fn key(&mut self) -> String {
        self.keys += 1;
        format!("client-{}-{}", self.number, self.keys)
    }

    async fn create(&mut self, name: &str, ttl: &str) -> Value {
        let key = self.key();
        let body = json!({
            "name": name, "ttl": ttl, "health_path": "/healthz", "env": {"VERSION": "0"},
        });
        let api = self.shared.api.clone();
        let answer = eventually("a free slot", PATIENCE, async || {
            let answer = api.post("/preview/create", &body).key(&key).insist().await;
            (answer.status != 429).then_some(answer)
        })
        .await;
        let accepted = answer.expect(202);
        if self.rng.random_bool(0.3) {
            let again = api.post("/preview/create", &body).key(&key).insist().await;
            assert_eq!(again.expect(202), accepted, "one answer for one key");
        }
        self.shared.outcomes.expect(text(&accepted, "job_id"));
        let preview = text(&accepted, "preview_id").to_owned();
        let is_new = self.shared.previews.lock().unwrap().insert(preview);
        assert!(is_new, "a preview's id is used once");
        accepted
    }

    async fn update(&mut self, name: &str, preview: &str) {
        let key = self.key();
        let body = json!({"env": {"VERSION": key}});
        let path = format!("/preview/{preview}/update");
        let call = self.shared.api.post(&path, &body).key(&key);
        let accepted = call.insist().await.expect(202);
        let job = text(&accepted, "job_id").to_owned();
        self.shared.outcomes.expect(&job);
        if self.rng.random_bool(0.6) {
            self.await_end(&job, &["succeeded"]).await;
            self.visit(name).await;
        }
    }

    async fn destroy(&mut self, preview: &str) {
        let path = format!("/preview/{preview}");
        let api = self.shared.api.clone();
        let call = api.call(Method::DELETE, &path);
        let call = if self.rng.random_bool(0.5) {
            call.key(&self.key())
        } else {
            call
        };
        let first = call.clone().insist().await.expect(202);
        let second = call.insist().await.expect(202);
        let job = text(&first, "job_id");
        assert_eq!(job, text(&second, "job_id"), "one destroy is enough");
        self.shared.outcomes.expect(job);
        if self.rng.random_bool(0.4) {
            self.await_end(job, &["succeeded"]).await;
            self.await_gone(preview).await;
        }
    }

    async fn await_end(&self, job: &str, ways: &[&str]) {
        let shared = &self.shared;
        shared.outcomes.await_end(&shared.api, job, ways).await;
    }

    async fn await_gone(&self, preview: &str) {
        let api = &self.shared.api;
        eventually(&format!("the end of {preview}"), PATIENCE, async || {
            tokio::time::sleep(Duration::from_millis(80)).await;
            let view = api.preview(preview).await;
            for job in view["jobs"].as_array().unwrap() {
                self.shared.outcomes.expect(text(job, "job_id"));
            }
            GONE.contains(&text(&view, "phase")).then_some(())
        })
        .await;
    }

    /// What is ready answers, at the latest when the server has put things right after a kill.
    async fn visit(&self, name: &str) {
        let api = &self.shared.api;
        eventually(&format!("an answer of {name}"), PATIENCE, async || {
            let answer = api.visit(name, "/").try_send().await.ok()?;
            assert!(
                [200, 502, 503].contains(&answer.status),
                "{}",
                answer.text()
            );
            (answer.status == 200).then_some(())
        })
        .await;
    }
}

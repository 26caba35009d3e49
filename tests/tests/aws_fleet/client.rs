//! A client that means what it asks, of either API: it asks again, with the same key, until it has
//! an answer.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tempus_tests::server::{Api, GONE, Method, Outcomes, eventually, text};

use crate::{PATIENCE, PREVIEWS};

/// What the clients and the test know together.
pub struct Fleet {
    pub apis: [Api; 2],
    pub outcomes: Outcomes,
    pub begun: AtomicU32,
    /// Every preview that was ever accepted.
    pub previews: Mutex<BTreeSet<String>>,
}

pub struct Client {
    number: u64,
    rng: StdRng,
    fleet: Arc<Fleet>,
    keys: u32,
}

impl Client {
    pub fn new(number: u64, rng: StdRng, fleet: Arc<Fleet>) -> Self {
        Self {
            number,
            rng,
            fleet,
            keys: 0,
        }
    }

    /// One preview after the other, until there were enough of them.
    pub async fn work(mut self) {
        while self.fleet.begun.fetch_add(1, Ordering::Relaxed) < PREVIEWS {
            self.story().await;
        }
    }

    /// One preview from its create to its destroy, or to its expiry.
    async fn story(&mut self) {
        let expires = self.rng.random_bool(0.3);
        let created = self.create(if expires { "8s" } else { "1h" }).await;
        let (preview, job) = (text(&created, "preview_id"), text(&created, "job_id"));
        if expires {
            self.await_gone(preview).await;
            self.await_end(job, &["succeeded", "superseded"]).await;
            return;
        }
        if self.rng.random_bool(0.6) {
            self.await_end(job, &["succeeded"]).await;
            let call = self.any().get(&format!("/preview/{preview}/logs"));
            let logs = call.insist().await;
            assert_eq!(
                (logs.status, logs.text()),
                (200, String::new()),
                "nothing said"
            );
        }
        for _ in 0..self.rng.random_range(0..=2) {
            self.update(preview).await;
        }
        if self.rng.random_bool(0.5) {
            self.extend(preview).await;
        }
        self.destroy(preview).await;
    }

    async fn create(&mut self, ttl: &str) -> Value {
        let key = self.key();
        let mut body = self.services("0");
        body["name"] = json!(key);
        body["ttl"] = json!(ttl);
        let api = self.any();
        let answer = eventually("a free slot", PATIENCE, async || {
            let answer = api.post("/preview/create", &body).key(&key).insist().await;
            (answer.status != 429).then_some(answer)
        });
        let accepted = answer.await.expect(202);
        if self.rng.random_bool(0.3) {
            let again = self.any().post("/preview/create", &body).key(&key);
            assert_eq!(again.insist().await.expect(202), accepted, "one key");
        }
        self.fleet.outcomes.expect(text(&accepted, "job_id"));
        let preview = text(&accepted, "preview_id").to_owned();
        let is_new = self.fleet.previews.lock().unwrap().insert(preview);
        assert!(is_new, "a preview's id is used once");
        accepted
    }

    /// One service, or two of which one is private.
    fn services(&mut self, version: &str) -> Value {
        let env = json!({"VERSION": version});
        let web = json!({"name": "web", "image": "nginx", "port": 80, "path": "/", "env": env});
        let db = json!({"name": "db", "image": "postgres", "port": 5432});
        if self.rng.random_bool(0.3) {
            json!({"services": [web, db]})
        } else {
            json!({"services": [web]})
        }
    }

    async fn update(&mut self, preview: &str) {
        let key = self.key();
        let body = self.services(&key);
        let call = self
            .any()
            .post(&format!("/preview/{preview}/update"), &body);
        let accepted = call.key(&key).insist().await.expect(202);
        let job = text(&accepted, "job_id");
        self.fleet.outcomes.expect(job);
        if self.rng.random_bool(0.6) {
            self.await_end(job, &["succeeded"]).await;
        }
    }

    async fn extend(&mut self, preview: &str) {
        let call = self.any();
        let call = call.post(&format!("/preview/{preview}/extend"), &json!({"by": "1h"}));
        call.insist().await.expect(200);
    }

    async fn destroy(&mut self, preview: &str) {
        let call = self
            .any()
            .call(Method::DELETE, &format!("/preview/{preview}"));
        let first = call.clone().insist().await.expect(202);
        let second = call.insist().await.expect(202);
        let job = text(&first, "job_id");
        assert_eq!(job, text(&second, "job_id"), "one destroy is enough");
        self.fleet.outcomes.expect(job);
        if self.rng.random_bool(0.4) {
            self.await_end(job, &["succeeded"]).await;
        }
    }

    async fn await_end(&mut self, job: &str, ways: &[&str]) {
        let api = self.any();
        self.fleet.outcomes.await_end(&api, job, ways).await;
    }

    async fn await_gone(&mut self, preview: &str) {
        let api = self.any();
        eventually(&format!("the end of {preview}"), PATIENCE, async || {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            let view = api.preview(preview).await;
            for job in view["jobs"].as_array().unwrap() {
                self.fleet.outcomes.expect(text(job, "job_id"));
            }
            GONE.contains(&text(&view, "phase")).then_some(())
        })
        .await;
    }

    /// One of the APIs.
    fn any(&mut self) -> Api {
        let which = self.rng.random_range(0..self.fleet.apis.len());
        self.fleet.apis[which].clone()
    }

    fn key(&mut self) -> String {
        self.keys += 1;
        format!("client-{}-{}", self.number, self.keys)
    }
}

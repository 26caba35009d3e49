//! Backups of a server that is being written to: each has all that was acknowledged before it was
//! asked for.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::join_all;
use serde_json::json;
use tempus_tests::server::{Api, Server, app, eventually, text};

use crate::{PATIENCE, move_away, run};

/// How many callers have their expiry moved again and again.
const WRITERS: usize = 6;
const BACKUPS: usize = 12;
/// Enough for several sweeps, and for what they would lead to.
const A_WHILE: Duration = Duration::from_secs(4);

/// What was acknowledged: of a preview the latest expiry, of a job that it is there.
#[derive(Clone, Default)]
struct Acknowledged {
    expiries: BTreeMap<String, String>,
    jobs: Vec<String>,
}

struct Callers {
    api: Api,
    acknowledged: Mutex<Acknowledged>,
    done: AtomicBool,
}

#[tokio::test]
async fn the_last_backup_has_all_that_was_acknowledged_before_it() {
    let settings = [
        ("quota.total", "60"),
        ("quota.per_owner", "60"),
        ("worker.sweep_every", "1s"),
        ("worker.sweep_age", "0s"),
    ];
    let mut server = Server::start(&settings).await;
    let callers = Callers {
        api: server.api(),
        acknowledged: Mutex::default(),
        done: AtomicBool::new(false),
    };
    let extending = join_all((0..WRITERS).map(|n| callers.extends(n)));
    let copy = server.root().join("copy").display().to_string();
    let backing_up = callers.backs_up(&server, &copy);
    let (_, (), (before, after)) = tokio::join!(extending, callers.creates(), backing_up);
    let process = callers.api.visit("after", "/pid").send().await.text();

    server.kill();
    move_away(&server);
    let data = server.data().display().to_string();
    let restored = run(&server, &["restore", &copy, "--data", &data]).await;
    assert_eq!(restored.exit, 0, "{restored:?}");
    server.launch().await;
    let api = server.api();
    println!(
        "{} previews, {} jobs",
        before.expiries.len(),
        before.jobs.len()
    );
    for (preview, expires_at) in &before.expiries {
        let known = api.get(&format!("/preview/{preview}")).send().await;
        let known = known.expect(200);
        // Of one length and in UTC, so they sort as texts.
        assert!(
            text(&known, "expires_at") >= expires_at.as_str(),
            "{known:#}"
        );
    }
    for job in &before.jobs {
        api.get(&format!("/job/{job}")).send().await.expect(200);
    }
    for n in 0..WRITERS {
        let name = format!("extended-{n}");
        eventually("it answers", PATIENCE, async || {
            (api.visit(&name, "/").send().await.status == 200).then_some(())
        })
        .await;
    }

    let letter = format!("orphan-{after}");
    eventually("a report of what it does not know", PATIENCE, async || {
        let letters = api.get("/dead-letters").send().await.text();
        letters.contains(&letter).then_some(())
    })
    .await;
    tokio::time::sleep(A_WHILE).await;
    let processes = server.witness().processes();
    let still_runs = processes.iter().any(|of| of.pid.to_string() == process);
    assert!(still_runs, "never unasked: {processes:?}");
}

impl Callers {
    /// Backups, one after the other, to one file. Returns what was acknowledged before the last one
    /// was asked for, and a preview that was created after it.
    async fn backs_up(&self, server: &Server, copy: &str) -> (Acknowledged, String) {
        eventually("all of them write", PATIENCE, async || {
            let acknowledged = self.acknowledged.lock().unwrap();
            (acknowledged.expiries.len() > WRITERS).then_some(())
        })
        .await;
        let mut before = Acknowledged::default();
        for _ in 0..BACKUPS {
            before = self.acknowledged.lock().unwrap().clone();
            let _ = std::fs::remove_file(copy);
            let made = run(server, &["backup", copy]).await;
            assert_eq!(made.exit, 0, "{made:?}");
        }
        let after = app::request(server, "after", &json!({}));
        let after = self.api.ready(&after).await;
        self.done.store(true, Ordering::Relaxed);
        (before, text(&after, "preview_id").to_owned())
    }

    /// One preview whose expiry moves on and on.
    async fn extends(&self, n: usize) {
        let made = self
            .api
            .ready(&json!({"name": format!("extended-{n}"), "ttl": "1h"}))
            .await;
        let preview = text(&made, "preview_id").to_owned();
        let path = format!("/preview/{preview}/extend");
        let mut seconds = 3600;
        while !self.done.load(Ordering::Relaxed) {
            seconds += 1;
            let body = json!({"ttl": format!("{seconds}s")});
            let answer = self.api.post(&path, &body).send().await.expect(200);
            let expires_at = text(&answer, "expires_at").to_owned();
            let mut acknowledged = self.acknowledged.lock().unwrap();
            acknowledged.expiries.insert(preview.clone(), expires_at);
        }
    }

    /// Previews that come and go.
    async fn creates(&self) {
        let mut n = 0;
        while !self.done.load(Ordering::Relaxed) {
            let created = self
                .api
                .create(&json!({"name": format!("made-{n}"), "ttl": "1h"}))
                .await;
            let preview = text(&created, "preview_id").to_owned();
            {
                let mut acknowledged = self.acknowledged.lock().unwrap();
                acknowledged.jobs.push(text(&created, "job_id").to_owned());
                let expires_at = text(&created, "expires_at").to_owned();
                acknowledged.expiries.insert(preview.clone(), expires_at);
            }
            self.api.job_ended(text(&created, "job_id")).await;
            if n % 2 == 0 {
                let job = self.api.destroy(&preview).await;
                self.acknowledged.lock().unwrap().jobs.push(job);
            }
            n += 1;
        }
    }
}

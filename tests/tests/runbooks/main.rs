//! The runbooks hold: each alarm that can be caused here is caused, seen by the shipped rules, its page
//! followed word for word, and seen to clear.
//!
//! A page whose commands change, fail or disappear fails its test, and so does one with commands that its
//! test does not run.

#![expect(
    clippy::unwrap_used,
    reason = "what a test's helpers unwrap is what the test claims"
)]

mod api_errors;
mod budget_warned;
mod cloud_throttled;
mod drain_a_worker;
mod github_unreachable;
mod index;
mod late_expiry;
mod leases_lost;
mod parked_saga;
mod queue_age;
mod quota_reached;
mod replay_dead_letters;
mod restore_a_backup;
mod roll_a_release_back;
mod rotate_secrets;
mod slow_ready;
mod sweep_found_orphans;
mod sweep_missing;
mod table_throttled;

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tempus_engine::testing::emulator::Emulator;
use tempus_tests::aws::{Account, Site};
use tempus_tests::server::{Api, Server, eventually, text};

/// How long a minute of the rules takes here.
const MINUTE: Duration = Duration::from_millis(500);
/// How long anything may take, on a machine that does something else as well.
const PATIENCE: Duration = Duration::from_mins(1);

/// An installation in the emulator that all tests share.
async fn site(name: &str, settings: &[(&str, &str)]) -> Site {
    let account = Account::new(Emulator::shared().endpoint(), name).await;
    Site::bootstrap(account, settings).await
}

/// What the commands for a control plane on ECS find: two services by its names. The emulator's ECS
/// starts nothing for them, so it shows that the commands are right, and not what they lead to.
async fn control_plane(site: &Site) {
    let (cluster, calls) = (&site.account.name, site.account.calls());
    for role in ["api", "worker"] {
        let name = format!("{cluster}-{role}");
        let container = json!({"name": role, "image": "tempus", "memory": 64});
        let definition = json!({"family": name, "containerDefinitions": [container]});
        for _revision in 0..2 {
            calls.ecs("RegisterTaskDefinition", &definition).await;
        }
        let service = json!({
            "cluster": cluster, "serviceName": name, "taskDefinition": name, "desiredCount": 1,
        });
        calls.ecs("CreateService", &service).await;
    }
}

/// The one dead letter of this kind.
async fn letter(api: &Api, kind: &str) -> Value {
    eventually(&format!("a dead letter: {kind}"), PATIENCE, async || {
        let letters = api.get("/dead-letters").send().await.expect(200);
        let letters = letters["dead_letters"].as_array().unwrap();
        let found = letters.iter().find(|letter| letter["kind"] == kind);
        found.cloned()
    })
    .await
}

/// A preview that is made in no time: the built-in application, or on AWS its image.
fn plain(name: &str) -> Value {
    json!({"name": name, "ttl": "1h"})
}

/// What a server says that ends instead of starting.
async fn does_not_start(server: &Server) -> String {
    let ended = tokio::process::Command::from(server.command())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .output();
    let ended = tokio::time::timeout(PATIENCE, ended).await;
    let ended = ended.expect("it serves").unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(!ended.status.success(), "{said}");
    said
}

/// The preview answers.
async fn is_up(api: &Api, name: &str) {
    eventually(&format!("{name} is up"), PATIENCE, async || {
        (api.visit(name, "/").send().await.status == 200).then_some(())
    })
    .await;
}

/// The newest job of a preview.
async fn newest_job(api: &Api, preview: &str) -> String {
    let view = api.preview(preview).await;
    text(&view["jobs"][0], "job_id").to_owned()
}

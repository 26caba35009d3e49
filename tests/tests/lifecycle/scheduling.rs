//! Scheduled workers on one machine: no URL, a task that is run again and again, and its end.

use std::time::Duration;

use serde_json::{Value, json};
use tempus_tests::server::{Api, Server, eventually, proved, text};

const SOON: Duration = Duration::from_secs(10);

fn worker(name: &str, command: &str) -> Value {
    json!({
        "name": name, "ttl": "1h", "template": "scheduled-worker", "schedule": "rate(30 minutes)",
        "command": command, "env": {"WHO": "worker"},
    })
}

/// Its runs, newest first, once so many have ended.
async fn ran(api: &Api, preview: &str, count: usize) -> Vec<Value> {
    eventually("its task has run", SOON, async || {
        let view = api.preview(preview).await;
        let runs = view["runs"].as_array().unwrap().clone();
        let ended = runs.iter().filter(|run| run["exit"].is_string()).count();
        (ended >= count).then_some(runs)
    })
    .await
}

#[tokio::test]
async fn a_task_runs_at_once_and_by_its_schedule_and_ends_with_its_preview() {
    let mut server = Server::start(&[]).await;
    let api = server.api();
    let accepted = api
        .ready(&worker("nightly", "echo $WHO has no ${PORT:-port}"))
        .await;
    let preview = text(&accepted, "preview_id");
    assert!(accepted.get("preview_url").is_none(), "{accepted:#}");
    let runs = ran(&api, preview, 1).await;
    assert_eq!(runs[0]["exit"], "exit status 0", "{runs:#?}");
    let view = api.preview(preview).await;
    assert!(view.get("url").is_none() && view["services"][0].get("url").is_none());
    assert_eq!(
        (&view["schedule"], &view["template"]),
        (&json!("rate(30 minutes)"), &json!("scheduled-worker"))
    );
    let logs = api.get(&format!("/preview/{preview}/logs")).send().await;
    assert!(
        logs.text().contains("worker has no port"),
        "{}",
        logs.text()
    );
    assert!(
        logs.text().contains("exit status 0; next at"),
        "{}",
        logs.text()
    );
    // Nothing of it is to be seen: its name says as little as one that nobody has.
    let visit = api.visit("nightly", "/").send().await;
    assert_eq!(
        (visit.status, visit.header("x-tempus")),
        (404, Some("unknown"))
    );
    let link = api.get(&format!("/preview/{preview}/link")).send().await;
    let said = link.expect(409);
    assert!(text(&said, "detail").contains("no url"), "{said:#}");
    assert!(server.witness().leftovers().listening.is_empty());

    // A killed server finds what waits, and does not run it again.
    let waits = server.witness().processes();
    assert_eq!(waits.len(), 1, "{waits:?}");
    server.kill();
    server.launch().await;
    let phase = |view: Value| view["phase"] == "ready" && view["open_jobs"] == json!([]);
    eventually("it is ready", SOON, async || {
        phase(api.preview(preview).await).then_some(())
    })
    .await;
    assert_eq!(server.witness().processes()[0].pid, waits[0].pid);
    assert_eq!(ran(&api, preview, 1).await.len(), 1);

    // Another version runs at once; how the last one ended is still known.
    let body = json!({"command": "exit 3", "schedule": "0 3 * * 1-5"});
    let update = api.post(&format!("/preview/{preview}/update"), &body);
    let job = update.send().await.expect(202);
    let job = api.job_ended(text(&job, "job_id")).await;
    assert_eq!(job["status"], "succeeded", "{job:#}");
    let view = api.preview(preview).await;
    assert_eq!(view["schedule"], "0 3 * * 1-5");
    assert_eq!(view["runs"].as_array().unwrap().len(), 1, "cron says when");
    let body = json!({"schedule": "rate(1 hour)"});
    let update = api.post(&format!("/preview/{preview}/update"), &body);
    let job = update.send().await.expect(202);
    api.job_ended(text(&job, "job_id")).await;
    let runs = ran(&api, preview, 2).await;
    assert_eq!(
        (&runs[0]["exit"], &runs[1]["exit"]),
        (&json!("exit status 3"), &json!("exit status 0"))
    );

    // A run that is under way ends with its preview.
    let body = json!({"command": "exec sleep 1000"});
    let update = api.post(&format!("/preview/{preview}/update"), &body);
    let job = update.send().await.expect(202);
    api.job_ended(text(&job, "job_id")).await;
    eventually("it runs", SOON, async || {
        (server.witness().processes().len() == 2).then_some(())
    })
    .await;
    api.destroy(preview).await;
    proved(&api, preview, SOON).await;
    assert!(server.witness().processes().is_empty());
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_by_field() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let refused = async |change: Value| {
        let mut request = worker("nightly", "true");
        for (field, value) in change.as_object().unwrap() {
            request[field] = value.clone();
        }
        let problem = api
            .post("/preview/create", &request)
            .send()
            .await
            .expect(422);
        let errors = problem["errors"].as_array().unwrap();
        errors
            .iter()
            .map(|error| text(error, "field").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        refused(json!({"template": "api-service"})).await,
        ["schedule"]
    );
    assert_eq!(refused(json!({"schedule": null})).await, ["schedule"]);
    assert_eq!(refused(json!({"schedule": "hourly"})).await, ["schedule"]);
    assert_eq!(
        refused(json!({"schedule": "0 0 30 2 *"})).await,
        ["schedule"]
    );
    assert_eq!(
        refused(json!({"health_path": "/up"})).await,
        ["health_path"]
    );
    assert_eq!(refused(json!({"access": "open"})).await, ["access"]);
    assert_eq!(refused(json!({"command": null})).await, ["command"]);
    let several = json!([
        {"name": "job", "command": "true", "path": "/"}, {"name": "other", "command": "true"},
    ]);
    assert_eq!(
        refused(json!({"command": null, "env": null, "services": several})).await,
        ["services", "services[0].path"]
    );

    // Whether it has a URL is settled when a preview is made.
    let accepted = api.ready(&worker("nightly", "true")).await;
    let routed = json!({"name": "nightly", "ttl": "1h"});
    let problem = api
        .post("/preview/create", &routed)
        .send()
        .await
        .expect(422);
    assert_eq!(problem["errors"][0]["field"], "template", "{problem:#}");
    let path = format!("/preview/{}/update", text(&accepted, "preview_id"));
    let body = json!({"template": "api-service"});
    let problem = api.post(&path, &body).send().await.expect(422);
    assert_eq!(problem["errors"][0]["field"], "template", "{problem:#}");
}

//! Several processes of one service behind the proxy.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;
use tempus_tests::server::{Api, Server, app, eventually, text};

const SOON: Duration = Duration::from_secs(10);

/// Who answers, of so many requests.
async fn who(api: &Api, requests: usize) -> BTreeSet<String> {
    let mut pids = BTreeSet::new();
    for _ in 0..requests {
        let answer = api.visit("shop", "/pid").send().await;
        if answer.status == 200 {
            pids.insert(answer.text());
        }
    }
    pids
}

#[tokio::test]
async fn requests_go_to_each_in_turn_and_to_the_others_while_one_is_away() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let mut request = app::request(&server, "shop", &json!({}));
    request["replicas"] = json!(3);
    let accepted = api.ready(&request).await;
    let preview = text(&accepted, "preview_id");
    let pids = who(&api, 6).await;
    assert_eq!(pids.len(), 3, "{pids:?}");
    let witness = server.witness();
    assert_eq!(witness.leftovers().listening.len(), 3);
    let view = api.preview(preview).await;
    assert_eq!(view["services"][0]["replicas"], 3);

    // One of them dies, and comes back.
    let dead = pids.first().unwrap();
    assert!(witness.kill(dead.parse().unwrap()));
    let left = who(&api, 6).await;
    assert!(left.len() >= 2 && !left.contains(dead), "{left:?}");
    eventually("three answer again", SOON, async || {
        (who(&api, 6).await.len() == 3).then_some(())
    })
    .await;

    let body = json!({"replicas": 1});
    let update = api.post(&format!("/preview/{preview}/update"), &body);
    let job = update.send().await.expect(202);
    let job = api.job_ended(text(&job, "job_id")).await;
    assert_eq!(job["status"], "succeeded", "{job:#}");
    assert_eq!(who(&api, 4).await.len(), 1);
    eventually("one is left", SOON, async || {
        (witness.processes().len() == 2).then_some(())
    })
    .await;
}

#[tokio::test]
async fn limits_count_each_and_one_machine_does_not_scale() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let mut request = app::request(&server, "shop", &json!({}));
    request["replicas"] = json!(17);
    let problem = api
        .post("/preview/create", &request)
        .send()
        .await
        .expect(422);
    let fields: Vec<_> = problem["errors"].as_array().unwrap().iter().collect();
    let fields: Vec<_> = fields.iter().map(|error| text(error, "field")).collect();
    assert_eq!(fields, ["cpu", "memory"], "{problem:#}");
    request["replicas"] = json!(2);
    request["autoscale"] = json!({"max": 2});
    let problem = api
        .post("/preview/create", &request)
        .send()
        .await
        .expect(422);
    assert_eq!(problem["errors"][0]["field"], "autoscale", "{problem:#}");
    request.as_object_mut().unwrap().remove("replicas");
    let accepted = api.ready(&request).await;
    let view = api.preview(text(&accepted, "preview_id")).await;
    let service = &view["services"][0];
    assert_eq!(
        (&service["replicas"], &service["autoscale"]),
        (&json!(1), &json!({"max": 2, "cpu": 70}))
    );
    assert_eq!(who(&api, 4).await.len(), 1);
}

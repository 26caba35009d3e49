//! A name outlives its previews, one at a time.

use std::time::Duration;

use serde_json::json;
use tempus_tests::server::{Server, app, eventually, proved_gone, text};

use crate::reading::millis;

#[tokio::test]
async fn a_new_preview_waits_for_the_one_that_had_its_name() {
    let server = Server::start(&[("previews.grace", "1.5s")]).await;
    let api = server.api();
    let stubborn = app::request(&server, "shop", &json!({"STUBBORN": "1"}));
    let old = api.ready(&stubborn).await;
    let old = text(&old, "preview_id");
    api.destroy(old).await;
    let new = api
        .create(&app::request(&server, "shop", &json!({"VERSION": "2"})))
        .await;
    let preview = text(&new, "preview_id");
    assert_ne!(preview, old, "an id is used once");
    assert_eq!(api.preview(old).await["phase"], "destroying");
    eventually("it waits", Duration::from_secs(1), async || {
        let job = api.get(&format!("/job/{}", text(&new, "job_id")));
        let job = job.send().await.expect(200);
        let steps = job["steps"].as_array().unwrap();
        let step = steps.iter().find(|step| step["step"] == "predecessor")?;
        ["running", "waiting"]
            .contains(&text(step, "state"))
            .then_some(())
    })
    .await;
    let resources = api.preview(preview).await["resources"].clone();
    assert!(resources.get("processes").is_none(), "{resources:#}");

    let job = api.job_ended(text(&new, "job_id")).await;
    assert_eq!(job["status"], "succeeded", "{job:#}");
    let gone = proved_gone(&api, old, Duration::from_secs(5)).await;
    let steps = job["steps"].as_array().unwrap();
    let began = steps
        .iter()
        .find(|step| text(step, "step").starts_with("process"));
    let began = millis(&began.unwrap()["started_at"]);
    assert!(
        began >= millis(&gone["destroyed_at"]),
        "two of one name at a time"
    );
    assert_eq!(api.visit("shop", "/").send().await.text(), "web 2");
}

#[tokio::test]
async fn creating_what_is_there_updates_it() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let first = api.ready(&app::request(&server, "shop", &json!({}))).await;
    let second = api
        .ready(&app::request(&server, "shop", &json!({"VERSION": "2"})))
        .await;
    assert_eq!(first["preview_id"], second["preview_id"]);
    assert_eq!(api.visit("shop", "/").send().await.text(), "web 2");
    let mut foreign = app::request(&server, "shop", &json!({}));
    foreign["owner"] = "somebody".into();
    let refused = api
        .post("/preview/create", &foreign)
        .send()
        .await
        .expect(409);
    assert_eq!(refused["errors"][0]["field"], "name");
    assert!(text(&refused, "detail").contains("local"), "{refused:#}");
}

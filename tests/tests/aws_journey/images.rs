//! The images of a preview, at its end, by whoever has its name by then.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use tempus_engine::testing::emulator::{Emulator, Kind};
use tempus_engine::testing::wire::{Fate, Wire};
use tempus_tests::aws::{Account, Site};
use tempus_tests::server::{Api, eventually, proved, text};

use super::PATIENCE;

const REGISTRY: &str = "000000000000.dkr.ecr.us-east-1.amazonaws.com";
const OWN: [&str; 2] = ["pr-1-shop-0123abc", "pr-1-shop-4567def"];
const OTHERS: [&str; 3] = ["latest", "pr-1-shop-api-0123abc", "pr-11-shop-0123abc"];
const DELETE: &str = "ecr.BatchDeleteImage";

#[tokio::test]
async fn images_go_with_their_preview_and_hold_nothing_else_back() {
    let emulator = Emulator::start(Kind::Ministack);
    let account = Account::new(emulator.endpoint(), "images").await;
    let site = Site::bootstrap(account, &[("ecs.delete_images", "yes")]).await;
    push(&site).await;
    let forbidden = Arc::new(AtomicBool::new(true));
    let judge = Arc::clone(&forbidden);
    let wire = Wire::to(site.setting("aws.endpoint"), move |request: &_| {
        let request: &tempus_engine::testing::wire::Request = request;
        if request.call == DELETE && judge.load(Ordering::SeqCst) {
            return Fate::error(400, "AccessDeniedException");
        }
        Fate::Passes
    });
    let wire = wire.await.expect("a wire");
    let mut api = site.start_plainly("api");
    let mut worker = site.start("worker", "worker", wire.endpoint());
    let client = api.api().await;

    let first = client.ready(&wanted(OWN[0])).await;
    let first = text(&first, "preview_id");
    let update = json!({ "image": image(OWN[1]) });
    let update = client.post(&format!("/preview/{first}/update"), &update);
    let job = update.send().await.expect(202);
    let job = client.job_ended(text(&job, "job_id")).await;
    assert_eq!(job["status"], "succeeded", "{job:#}");
    assert_eq!(tags(&site).await, all(), "an update deletes none");

    // Whoever may not delete images is told so, and pays for nothing.
    client.destroy(first).await;
    let parked = parked(&client).await;
    let why = parked.to_string();
    assert!(why.contains("ecr:BatchDeleteImage"), "{why}");
    let listing = site.listing().await;
    assert_eq!(listing.count(), listing.schedules.len(), "{listing:#?}");

    // Opened again: the new preview has the name, and with it the images.
    let second = client.create(&wanted(OWN[0])).await;
    let second = text(&second, "preview_id");
    forbidden.store(false, Ordering::SeqCst);
    let replay = json!({ "ids": [text(&parked, "id")] });
    let replay = client.post("/dead-letters/replay", &replay);
    replay.send().await.expect(200);
    proved(&client, first, PATIENCE).await;
    eventually("the new one is ready", PATIENCE, async || {
        (client.preview(second).await["phase"] == "ready").then_some(())
    })
    .await;
    assert_eq!(tags(&site).await, all());

    let job = client.destroy(second).await;
    assert_eq!(client.job_ended(&job).await["status"], "succeeded");
    assert_eq!(tags(&site).await, OTHERS.map(str::to_owned).into());
    proved(&client, second, PATIENCE).await;
    assert!(site.listing().await.is_empty());
    api.stops_cleanly().await;
    worker.stops_cleanly().await;
}

fn image(tag: &str) -> String {
    format!("{REGISTRY}/shop:{tag}")
}

fn wanted(tag: &str) -> Value {
    json!({ "name": "pr-1-shop", "image": image(tag), "port": 80 })
}

fn all() -> BTreeSet<String> {
    let all = OWN.iter().chain(&OTHERS);
    all.map(|tag| (*tag).to_owned()).collect()
}

/// Each tag is another image.
async fn push(site: &Site) {
    let calls = site.account.calls();
    let made = json!({ "repositoryName": "shop" });
    calls.ecr("CreateRepository", &made).await;
    for tag in all() {
        let manifest = json!({ "schemaVersion": 2, "of": tag }).to_string();
        let image = json!({ "repositoryName": "shop", "imageTag": tag, "imageManifest": manifest });
        calls.ecr("PutImage", &image).await;
    }
}

async fn tags(site: &Site) -> BTreeSet<String> {
    let asked = json!({ "repositoryName": "shop" });
    let listed = site.account.calls().ecr("ListImages", &asked).await;
    let ids = listed["imageIds"].as_array().expect("a list").iter();
    ids.map(|id| text(id, "imageTag").to_owned()).collect()
}

/// The saga that needs a person.
async fn parked(client: &Api) -> Value {
    eventually("a parked saga", PATIENCE, async || {
        let letters = client.get("/dead-letters").send().await.expect(200);
        letters["dead_letters"].as_array()?.first().cloned()
    })
    .await
}

//! The roles as processes of their own, on the aws engine and the aws platform, against an
//! emulator over HTTP: bootstrap, API, worker; a preview from create to receipt.

use std::time::Duration;

use serde_json::json;
use tempus_engine::testing::emulator::{Emulator, Kind};
use tempus_tests::aws::{Account, Site};
use tempus_tests::server::{Api, proved, text};

/// How long a receipt may take, on a machine that does something else as well.
const PATIENCE: Duration = Duration::from_mins(2);

#[tokio::test]
async fn api_and_worker_carry_a_preview_from_create_to_receipt() {
    let emulator = Emulator::start(Kind::Ministack);
    let account = Account::new(emulator.endpoint(), "previews").await;
    let site = Site::bootstrap(account, &[]).await;

    let mut api = site.start_plainly("api");
    let mut worker = site.start_plainly("worker");
    from_create_to_receipt(&api.api().await, &site).await;
    assert!(site.listing().await.is_empty());
    api.stops_cleanly().await;
    worker.stops_cleanly().await;
}

#[tokio::test]
async fn one_process_with_a_file_makes_previews_on_aws_too() {
    let emulator = Emulator::start(Kind::Ministack);
    let account = Account::new(emulator.endpoint(), "previews").await;
    let site = Site::unfounded(account, &[]);

    let mut server = site.start_plainly("serve");
    from_create_to_receipt(&server.api().await, &site).await;
    server.stops_cleanly().await;
}

async fn from_create_to_receipt(api: &Api, site: &Site) {
    let request = json!({"name": "hello", "image": "nginx", "port": 80, "ttl_hours": 1});
    let created = api.ready(&request).await;
    let id = text(&created, "preview_id");
    let url = format!("http://{}/preview-{}/", site.account.dns, &id[..8]);
    assert_eq!(created["preview_url"], url);
    assert_eq!(api.preview(id).await["phase"], "ready");
    let services = site.listing().await.services;
    assert_eq!(services.len(), 1, "{services:?}");
    assert_eq!(services[0].preview.as_deref(), Some(id));

    let job = api.destroy(id).await;
    assert_eq!(api.job_ended(&job).await["status"], "succeeded");
    proved(api, id, PATIENCE).await;
    assert_eq!(site.listing().await.services, []);
}

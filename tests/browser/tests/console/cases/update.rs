//! An update: of one of several services, and the rest stays as it is.

use serde_json::json;
use tempus_tests::server::Server;

use crate::browser::Browser;

#[tokio::test(flavor = "multi_thread")]
async fn one_of_several_services_is_updated() {
    // They never answer, and it does not fail before it is looked at.
    let server = Server::develop(&[("previews.ready_within", "60s")]).await;
    let api = server.api();
    let services = json!([
        {"name": "web", "path": "/", "command": "sleep 60", "env": {"KEPT": "1"}},
        {"name": "jobs", "path": "/jobs", "command": "sleep 61", "env": {"ALSO": "1"}},
    ]);
    let accepted = api
        .create(&json!({"name": "shop", "services": services}))
        .await;
    let id = accepted["preview_id"].as_str().unwrap();
    let browser = Browser::of(&server).await;
    browser.open(&format!("/console/preview/{id}")).await;
    browser.click("[data-open=update]").await;
    let jobs = "#update [data-service=jobs] input";
    browser.find("#update [data-service=web] input").await;
    // What is wrong is said beside what was written, though it is the second service and the first change.
    browser.write(jobs, "nosuchprogram").await;
    browser.click("#update [type=submit]").await;
    browser.shows("there is no program").await;
    let beside = "return [...document.querySelectorAll('#update [data-problem]:not([hidden])')]
        .map((line) => line.closest('[data-service]')?.dataset.service)";
    assert_eq!(browser.script(beside).await, json!(["jobs"]));
    let marked =
        "return document.activeElement.matches('#update [data-service=jobs] [aria-invalid]')";
    assert_eq!(browser.script(marked).await, true);
    browser.write(jobs, "sleep 62").await;
    browser.click("#update [type=submit]").await;
    browser
        .until("the dialog closes", async || {
            (!browser.has("dialog[open]").await).then_some(())
        })
        .await;
    let services = &api.preview(id).await["services"];
    let command = |name: &str| {
        let mut services = services.as_array().unwrap().iter();
        services
            .find(|service| service["name"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(command("jobs")["command"], "sleep 62");
    assert_eq!(command("jobs")["env"], json!(["ALSO"]));
    assert_eq!(command("web")["command"], "sleep 60");
    assert_eq!(command("web")["env"], json!(["KEPT"]));
    browser.close().await;
}

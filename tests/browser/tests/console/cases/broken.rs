//! What goes wrong: said first and in plain words, and mended from the page.

use rustix::process::Signal;
use serde_json::json;
use tempus_tests::server::{Server, app, text};

use crate::browser::Browser;
use crate::developing;

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_that_fails_says_why_first_and_what_was_rolled_back() {
    let server = Server::develop(&[("previews.ready_within", "60s")]).await;
    // It fails only once its page is looked at, so that all that follows comes into a page that is open.
    let flag = server.root().join("looked-at");
    let command = format!(
        "until test -e {}; do sleep 0.1; done; echo cannot find my config; exit 3",
        flag.display()
    );
    let body = json!({"name": "broken", "command": command});
    let made = server.api().create(&body).await;
    let browser = Browser::of(&server).await;
    browser
        .open(&format!("/console/preview/{}", text(&made, "preview_id")))
        .await;
    browser.shows("provisioning").await;
    std::fs::write(&flag, "").unwrap();
    browser.shows("It could not be made").await;
    browser
        .until("it is said to who cannot see it", async || {
            browser.said().await.contains("is failed").then_some(())
        })
        .await;
    browser.shows("exit status 3").await;
    browser.shows("cannot find my config").await;
    let first = browser
        .script("return document.querySelector('#page section').className")
        .await;
    assert_eq!(
        first, "failure",
        "the reason is the first that there is to read"
    );
    browser
        .until("what was made is undone", async || {
            browser.has(".timeline rect.undoing").await.then_some(())
        })
        .await;
    assert!(
        browser
            .has(".timeline tr.cause rect.failed, .timeline tr.cause rect.undoing")
            .await
    );
    browser.shows("Receipt: nothing is left").await;
    let logs = "return document.querySelectorAll('#page [data-logs]').length";
    assert_eq!(
        browser.script(logs).await,
        1,
        "what is kept is there once, and took nobody's place"
    );
    browser.picture("failed").await;
    assert!(
        !browser.has("[data-open=destroy]").await,
        "there is nothing left to destroy"
    );
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_parked_is_replayed_and_seen_to_clear() {
    let mut server = developing().await;
    let api = server.api();
    let ready = api.ready(&app::request(&server, "shop", &json!({}))).await;
    let preview = text(&ready, "preview_id");
    let (folder, away) = (server.folder("app"), server.root().join("away"));
    assert!(server.terminate(Signal::TERM).await.success());
    std::fs::rename(&folder, &away).unwrap();
    server.launch().await;

    let browser = Browser::of(&server).await;
    browser.open("/console/dead-letters").await;
    browser.shows("shop").await;
    browser.shows("at healthy:web").await;
    browser.shows("Replay all 1").await;
    assert!(
        !browser.has("[data-open^=discard]").await,
        "what owns something cannot be discarded"
    );
    browser.picture("dead-letters").await;
    std::fs::rename(&away, &folder).unwrap();
    browser.click(&format!("[data-replay=\"{preview}\"]")).await;
    browser.shows("1 replayed").await;
    browser.shows("Nothing needs a person").await;
    browser
        .until("the badge in the bar is gone", async || {
            (!browser.has("#bar .count").await).then_some(())
        })
        .await;
    browser.open(&format!("/console/preview/{preview}")).await;
    browser.shows("replayed by").await;
    browser
        .until("it is up", async || {
            (api.visit("shop", "/").send().await.status == 200).then_some(())
        })
        .await;
    browser.close().await;
}

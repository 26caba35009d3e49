//! What goes wrong: said first and in plain words, and mended from the page.

use rustix::process::Signal;
use serde_json::json;
use tempus_tests::server::{Server, app, text};

use crate::browser::{Browser, Scheme, Screen};
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
    browser
        .until("the step that failed is said to be it", async || {
            let cause = browser.has(".timeline tr.cause rect.failed").await;
            (cause && browser.has(".timeline tr.cause .badge.bad").await).then_some(())
        })
        .await;
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
    let mut previews = Vec::new();
    for name in ["shop", "docs", "blog"] {
        let ready = api.ready(&app::request(&server, name, &json!({}))).await;
        previews.push(text(&ready, "preview_id").to_owned());
    }
    let [shop, docs, blog] = &previews[..] else {
        unreachable!()
    };
    let (folder, away) = (server.folder("app"), server.root().join("away"));
    assert!(server.terminate(Signal::TERM).await.success());
    std::fs::rename(&folder, &away).unwrap();
    server.launch().await;

    let browser = Browser::of(&server).await;
    browser.open("/console/dead-letters").await;
    browser.shows("Replay all (3)").await;
    browser.shows("at healthy:web").await;
    assert!(
        !browser.has("[data-open^=discard]").await,
        "what owns something cannot be discarded"
    );
    browser.picture("dead-letters").await;
    browser.look(Screen::Phone, Scheme::Light).await;
    assert_eq!(browser.wider().await, json!([]), "on a phone");
    browser.look(Screen::Desktop, Scheme::Light).await;
    std::fs::rename(&away, &folder).unwrap();
    browser.click(&format!("[data-replay=\"{shop}\"]")).await;
    browser.shows("1 replayed").await;
    browser.shows("Replay all (2)").await;
    browser.click(&format!("[data-choose=\"{docs}\"]")).await;
    browser.click("[data-replay=chosen]").await;
    browser.shows("Replay all (1)").await;
    // The last of them from its own page.
    browser.open(&format!("/console/preview/{blog}")).await;
    browser.click(".failure [data-replay]").await;
    browser.hides("It waits for a person").await;
    browser.open("/console/dead-letters").await;
    browser.shows("Nothing needs a person").await;
    browser
        .until("the badge in the bar is gone", async || {
            (!browser.has("#bar .count").await).then_some(())
        })
        .await;
    browser.open(&format!("/console/preview/{shop}")).await;
    browser.shows("replayed by").await;
    browser
        .until("it is up", async || {
            (api.visit("shop", "/").send().await.status == 200).then_some(())
        })
        .await;
    browser.close().await;
}

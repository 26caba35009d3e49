//! The list: live, searched, by pages, and complete without scripts.

use serde_json::json;

use crate::browser::Browser;
use tempus_tests::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn the_list_follows_what_happens_and_goes_by_pages() {
    let server = Server::develop(&[("quota.per_owner", "70"), ("quota.total", "70")]).await;
    let browser = Browser::of(&server).await;
    let api = server.api();
    browser.open("/").await;
    browser.shows("Make your first preview").await;
    browser.script("window.loaded = true").await;
    api.ready(&json!({"name": "shop", "repository": "acme/shop", "pr_number": 7}))
        .await;
    browser.shows("acme/shop #7").await;
    browser
        .until("it is shown as ready", async || {
            browser.has("tr .badge.good").await.then_some(())
        })
        .await;
    assert_eq!(
        browser.script("return window.loaded").await,
        true,
        "without loading the page"
    );

    // More than a page: what is refused of them is as good as what is ready.
    for i in 0..55 {
        let body = json!({"name": format!("many-{i:02}"), "command": "exit 3", "ttl": "1h"});
        api.create(&body).await;
    }
    browser.open("/?show=all").await;
    browser.find("#page tbody tr").await;
    let rows = "return document.querySelectorAll('#page tbody tr').length";
    assert_eq!(browser.script(rows).await, 50);
    browser.click("a[rel=next]").await;
    browser
        .until("the rest", async || {
            (browser.script(rows).await == 6).then_some(())
        })
        .await;
    browser.shows("shop").await;
    browser.click("nav.pages a").await;
    browser.hides("acme/shop").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_complete_without_scripts() {
    let server = Server::develop(&[]).await;
    server.api().ready(&json!({"name": "shop"})).await;
    let browser = Browser::of(&server).await;
    browser.scripts(false).await;
    browser.open("/").await;
    browser.shows("shop").await;
    browser.shows("UTC").await;
    browser.click("td.name a.title").await;
    browser.shows("Steps of the create").await;
    browser.shows("Who did what").await;
    assert!(
        !browser.text().await.contains("Destroy"),
        "what needs scripts is not offered"
    );
    browser.close().await;
}

//! Log lines: of one service or of all, in the order of time, as they come.

use serde_json::json;
use tempus_tests::server::text;

use crate::browser::Browser;
use crate::developing;

#[tokio::test(flavor = "multi_thread")]
async fn lines_of_several_processes_are_in_the_order_of_time() {
    let server = developing().await;
    let ready = server.api().ready(&json!({"name": "shop"})).await;
    let browser = Browser::of(&server).await;
    browser
        .open(&format!("/console/preview/{}", text(&ready, "preview_id")))
        .await;
    browser.shows("listening on port").await;
    // Which process is read first is not to be foretold, so that is said for the server.
    browser.click("[data-follow]").await;
    browser.shows("stopped").await;
    browser.script(UNORDERED).await;
    browser.click("[data-follow]").await;
    browser.shows("third").await;
    let lines = browser
        .script(
            "return [...document.querySelectorAll('.lines .out')].map((line) => line.textContent)",
        )
        .await;
    assert_eq!(lines, json!(["first", "second", "third"]));
    browser.close().await;
}

/// From now on the log lines are these, one process after the other.
const UNORDERED: &str = r#"
    const line = (second, text) =>
      JSON.stringify({ at: `2026-01-01T00:00:0${second}.000Z`, service: "web", stream: "stdout", text }) + "\n";
    const lines = line(1, "first") + line(3, "third") + line(2, "second");
    const ask = window.fetch;
    window.fetch = (address, ...rest) =>
      `${address}`.includes("/logs?") ? Promise.resolve(new Response(lines)) : ask(address, ...rest);"#;

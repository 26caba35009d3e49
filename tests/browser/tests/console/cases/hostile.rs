//! Names, branches, errors and log lines of somebody who would like to run a script here.

use serde_json::json;
use tempus_tests::server::text;

use crate::browser::Browser;
use crate::developing;

const EVIL: &str = "<script>window.hurt = true</script><img src=x onerror=\"window.hurt=true\">";

#[tokio::test(flavor = "multi_thread")]
async fn what_looks_like_a_script_is_read_and_not_run() {
    let server = developing().await;
    let command = format!("echo '{EVIL}'; exit 3");
    let body =
        json!({"name": "evil", "repository": "acme/shop", "branch": EVIL, "command": command});
    let made = server.api().create(&body).await;
    let says =
        json!({"name": "says", "command": format!("echo '{EVIL}'; exec \"$TEMPUS_EXE\" hello")});
    let says = server.api().ready(&says).await;
    let browser = Browser::of(&server).await;
    browser
        .open(&format!("/console/preview/{}", text(&made, "preview_id")))
        .await;
    browser.shows("It could not be made").await;
    for part in [".failure pre", "aside"] {
        let text = format!("return document.querySelector({part:?}).textContent");
        let text = browser.script(&text).await;
        assert!(text.as_str().unwrap().contains(EVIL), "{part}: {text}");
    }
    browser
        .open(&format!("/console/preview/{}", text(&says, "preview_id")))
        .await;
    browser
        .until("the line among the log lines", async || {
            let lines = browser
                .script("return document.querySelector('.lines').textContent")
                .await;
            lines.as_str()?.contains(EVIL).then_some(())
        })
        .await;
    for path in [
        "/?show=all",
        "/console/health",
        "/?show=all&search=%3Cscript%3E",
    ] {
        browser.open(path).await;
        browser.find("#page h1").await;
        assert_eq!(
            browser.script("return window.hurt ?? null").await,
            json!(null),
            "{path}"
        );
    }
    browser.close().await;
}

//! Nothing but a keyboard.

use fantoccini::key::Key;
use serde_json::json;
use tempus_tests::server::text;

use crate::browser::Browser;
use crate::developing;

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_is_found_and_destroyed_with_the_keyboard_alone() {
    let server = developing().await;
    let made = server.api().ready(&json!({"name": "shop"})).await;
    server.api().ready(&json!({"name": "other"})).await;
    let browser = Browser::of(&server).await;
    browser.open("/").await;
    browser.find("#page tbody tr").await;
    browser.press(&Key::Tab).await;
    let first = browser
        .script("return document.activeElement.textContent")
        .await;
    assert_eq!(first, "Skip to the content");
    browser.press(&Key::Enter).await;
    let focus = browser.script("return document.activeElement.id").await;
    assert_eq!(focus, "page");

    // What is typed keeps its place while the list follows.
    browser.press("/").await;
    browser.press("shop").await;
    browser.hides("other").await;
    assert_eq!(browser.path().await, "/?search=shop");
    let typed = browser.script("return document.activeElement.value").await;
    assert_eq!(typed, "shop", "the focus is still in the field");
    browser.tab_to("td.name a.title").await;
    browser.press(&Key::Enter).await;
    browser.shows("Steps of the create").await;

    browser.tab_to("[data-open=destroy]").await;
    browser.press(&Key::Enter).await;
    browser.find("dialog[open]").await;
    let focus = browser
        .script("return document.activeElement.textContent")
        .await;
    assert_eq!(
        focus, "Cancel",
        "what cannot be taken back is not one key away"
    );
    browser.press(&Key::Escape).await;
    browser
        .until("the dialog closes", async || {
            (!browser.has("dialog[open]").await).then_some(())
        })
        .await;
    let back = browser
        .script("return document.activeElement.dataset.open ?? null")
        .await;
    assert_eq!(back, "destroy", "the focus is where it was");
    browser.press(&Key::Enter).await;
    browser.find("dialog[open]").await;
    browser.tab_to("#destroy [type=submit]").await;
    browser.press(&Key::Enter).await;
    browser.shows("Receipt: nothing is left").await;
    let preview = server.api().preview(text(&made, "preview_id")).await;
    assert_eq!(preview["phase"], "destroyed");
    browser.close().await;
}

//! A new installation: the first preview, from the button that makes it to the proof that it is gone.

use serde_json::Value;
use tempus_tests::server::{Leftovers, text};

use crate::browser::Browser;
use crate::developing;

#[tokio::test(flavor = "multi_thread")]
async fn the_first_preview_from_the_empty_page_to_its_receipt() {
    let server = developing().await;
    let browser = Browser::of(&server).await;
    browser.open("/").await;
    browser.shows("Make your first preview").await;
    browser.shows("tempus create").await;
    browser.picture("empty").await;
    browser.click(".first button").await;

    // Its page, and on it every step to the end, without loading the page again.
    browser.find(".timeline").await;
    browser.script("window.loaded = true").await;
    let id = browser.path().await.replace("/console/preview/", "");
    browser
        .until("it is ready", async || {
            let badge = browser
                .script("return document.querySelector('.head .badge')?.textContent")
                .await;
            (badge == "ready").then_some(())
        })
        .await;
    browser.shows("Steps of the create").await;
    browser
        .until("every step is done", async || {
            let states = browser.script(STATES).await;
            let states = states.as_array()?;
            (states.len() >= 4 && states.iter().all(|state| state == "done")).then_some(())
        })
        .await;
    assert_to_scale(&browser.script(BARS).await);
    browser.shows("listening on port").await;
    browser.picture("preview").await;

    // What it serves, by its own link.
    browser.click(".head a.visit").await;
    let page = browser.other_window().await;
    assert!(!page.is_empty(), "{page}");

    let api = server.api();
    let before = api.preview(&id).await;
    browser.click("[data-open=extend]").await;
    browser.shows("Nothing is restarted").await;
    browser.click("#extend input[value=\"4h\"] + span").await;
    browser.click("#extend [type=submit]").await;
    browser
        .until("the dialog closes", async || {
            (!browser.has("dialog[open]").await).then_some(())
        })
        .await;
    let after = api.preview(&id).await;
    assert!(
        text(&after, "expires_at") > text(&before, "expires_at"),
        "{after:#}"
    );
    let shown = browser
        .script("return document.querySelector('aside [data-left]').dateTime")
        .await;
    assert_eq!(
        shown, after["expires_at"],
        "the page shows what was accepted"
    );
    browser.shows("extended by").await;

    browser.click("[data-open=pin]").await;
    browser
        .write("#pin [name=reason]", "the demo on Friday")
        .await;
    browser.click("#pin [type=submit]").await;
    browser.shows("pinned by").await;
    browser.shows("the demo on Friday").await;

    browser.click("[data-open=destroy]").await;
    browser.shows("This cannot be taken back").await;
    browser.click("#destroy [type=submit]").await;
    browser.shows("Receipt: nothing is left").await;
    browser.shows("Looked for at the end").await;
    assert_eq!(api.preview(&id).await["phase"], "destroyed");
    assert_eq!(
        browser.script("return window.loaded").await,
        true,
        "the page was never loaded again"
    );
    browser.hides("Extend").await;
    browser.picture("receipt").await;
    browser.open("/").await;
    browser.shows("Nothing is live").await;
    browser.close().await;
    assert_eq!(server.witness().leftovers(), Leftovers::default());
}

/// The states of the steps, without the time in the queue.
const STATES: &str = "return [...document.querySelectorAll('.timeline tbody tr:not([data-key=queued]) .badge')].map((b) => b.textContent)";

/// Each bar as its place in the job and on the page: both must be one scale.
const BARS: &str = "
    const table = document.querySelector('.timeline');
    return [...table.querySelectorAll('rect[data-to]')].map((bar) => {
      const line = bar.ownerSVGElement.getBoundingClientRect();
      const box = bar.getBoundingClientRect();
      return {
        told: [Number(bar.dataset.from), Number(bar.dataset.to)].map((at) => at / Number(table.dataset.length)),
        drawn: [(box.left - line.left) / line.width, (box.right - line.left) / line.width],
      };
    });";

fn assert_to_scale(bars: &Value) {
    let bars = bars.as_array().unwrap();
    assert!(bars.len() >= 5, "{bars:#?}");
    for bar in bars {
        for end in [0, 1] {
            let (told, drawn) = (
                bar["told"][end].as_f64().unwrap(),
                bar["drawn"][end].as_f64().unwrap(),
            );
            assert!((told - drawn).abs() < 0.01, "{bar:#}");
        }
    }
}

//! Phone and desktop, light and dark: nothing wider than its window, nothing paler than can be read.

use serde_json::{Value, json};
use tempus_tests::server::{Server, text};

use crate::browser::{Browser, Scheme, Screen};

/// Every text that is seen, with how much it stands out from what is behind it, where that is too little: 4.5 for
/// small text, 3 for large (WCAG 2, AA). Transparent grounds are looked through.
const PALE: &str = r"
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const colour = (text) => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = text;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      return { rgb: [r, g, b], a: a / 255 };
    };
    const over = (top, below) => top.rgb.map((c, i) => c * top.a + below[i] * (1 - top.a));
    const ground = (element) => {
      const layers = [];
      for (let at = element; at; at = at.parentElement) layers.push(colour(getComputedStyle(at).backgroundColor));
      const dark = matchMedia('(prefers-color-scheme: dark)').matches;
      return layers.reverse().reduce((below, layer) => over(layer, below), dark ? [0, 0, 0] : [255, 255, 255]);
    };
    const light = (rgb) => rgb.map((c) => c / 255)
      .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
      .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!node.textContent.trim() || !element.checkVisibility() || element.closest('svg, .unseen, .skip, :disabled')) continue;
      const style = getComputedStyle(element);
      const below = ground(element);
      const [a, b] = [light(over(colour(style.color), below)), light(below)].sort((x, y) => y - x);
      const ratio = (a + 0.05) / (b + 0.05);
      const isLarge = parseFloat(style.fontSize) >= 24;
      if (ratio < (isLarge ? 3 : 4.5)) found.push(`${ratio.toFixed(2)}: ${node.textContent.trim().slice(0, 40)}`);
    }
    return found;";

/// What is pressed or filled in and has no name that could be read out.
const NAMELESS: &str = "
    return [...document.querySelectorAll('a, button, input:not([type=hidden]), select')].filter((element) =>
      !element.textContent.trim() && !element.ariaLabel && !element.labels?.length).map((element) => element.outerHTML);";

#[tokio::test(flavor = "multi_thread")]
async fn every_page_fits_and_can_be_read_on_phone_and_desktop_in_light_and_dark() {
    let server = Server::develop(&[
        ("previews.ready_within", "3s"),
        ("costs.vcpu_usd_per_hour", "700"),
        ("costs.memory_usd_per_gb_hour", "0.004"),
        ("costs.monthly_usd", "25"),
    ])
    .await;
    let api = server.api();
    let long =
        "feature/a-branch-whose-name-is-so-long-that-it-does-not-fit-into-any-column-of-any-table";
    let shop = json!({"name": "shop", "repository": "acme/shop", "pr_number": 128, "commit_sha": "0a1b2c3d4e5f60718293"});
    let shop = api.ready(&shop).await;
    api.ready(&json!({"name": "docs", "repository": "acme/docs", "branch": long}))
        .await;
    let failed = api
        .create(
            &json!({"name": "billing", "repository": "acme/billing", "pr_number": 42,
        "command": "echo 'cannot reach the database at db.internal:5432'; exit 3"}),
        )
        .await;
    api.job_ended(text(&failed, "job_id")).await;
    let browser = Browser::of(&server).await;
    let preview = format!("/console/preview/{}", text(&shop, "preview_id"));
    let failed = format!("/console/preview/{}", text(&failed, "preview_id"));
    for (screen, scheme) in [
        (Screen::Desktop, Scheme::Light),
        (Screen::Desktop, Scheme::Dark),
        (Screen::Phone, Scheme::Light),
        (Screen::Phone, Scheme::Dark),
    ] {
        browser.look(screen, scheme).await;
        for (name, path) in [
            ("previews", "/?show=all"),
            ("preview", preview.as_str()),
            ("failed", failed.as_str()),
            ("dead-letters", "/console/dead-letters"),
            ("costs", "/console/costs"),
            ("health", "/console/health"),
            ("sign-in", "/console/preview/nothing"),
        ] {
            browser.open(path).await;
            browser.find("h1").await;
            let at = format!("{name} on {screen:?} in {scheme:?}");
            assert_eq!(browser.script(PALE).await, json!([]), "{at}");
            assert_eq!(browser.wider().await, json!([]), "{at}");
            assert_eq!(
                browser.script(NAMELESS).await,
                Value::Array(Vec::new()),
                "{at}"
            );
            let picture = match (screen, scheme, name) {
                (Screen::Desktop, Scheme::Light, "previews" | "health") => name.to_owned(),
                (Screen::Desktop, Scheme::Dark, "preview") => "dark".to_owned(),
                (Screen::Phone, Scheme::Light, "preview") => "phone".to_owned(),
                _ => continue,
            };
            browser.picture(&picture).await;
        }
        // A dialog is above everything, and must be within the window, too.
        browser.open(&preview).await;
        browser.click("[data-open=update]").await;
        browser.find("dialog[open]").await;
        assert_eq!(
            browser.script(PALE).await,
            json!([]),
            "a dialog on {screen:?} in {scheme:?}"
        );
        let within = "const box = document.querySelector('dialog[open]').getBoundingClientRect();
            return box.left >= 0 && box.right <= innerWidth";
        assert_eq!(browser.script(within).await, true);
    }
    // By now there is something to draw.
    browser.look(Screen::Desktop, Scheme::Light).await;
    browser.open("/console/costs").await;
    browser.shows("acme/shop").await;
    assert!(browser.has("svg.chart rect").await && browser.has("svg.chart line.budget").await);
    browser.picture("costs").await;
    browser.close().await;
}

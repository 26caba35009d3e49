//! A store that does not answer, and then no server at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tempus_engine::testing::wire::{Fate, Refusal, Request, Wire};
use tempus_tests::alerts::Watch;
use tempus_tests::runbook::{Desk, Page};

use crate::{MINUTE, PATIENCE, control_plane, plain, site};

#[tokio::test]
async fn api_errors_and_api_gone() {
    let page = Page::open("api-errors.md");
    let site = site("errors", &[]).await;
    let broken = Arc::new(AtomicBool::new(false));
    let is_broken = Arc::clone(&broken);
    let wire = Wire::to(site.account.calls().endpoint(), move |request: &Request| {
        if request.service() == "dynamodb" && is_broken.load(Ordering::Relaxed) {
            return Fate::IsRefused(Refusal::Unavailable);
        }
        Fate::Passes
    });
    let wire = wire.await.unwrap();
    let mut server = site.start("serve", "serve", wire.endpoint());
    let api = server.api().await;
    let watch = Watch::start(MINUTE);
    watch.target("server", &api.url());
    api.ready(&plain("before")).await;
    watch.is_quiet("api-errors").await;

    broken.store(true, Ordering::Relaxed);
    let refused = api.post("/preview/create", &plain("lost")).send().await;
    assert_eq!(refused.status, 503, "{}", refused.text());
    watch.fires("api-errors", PATIENCE).await;
    let mut desk = Desk::for_site(&site, &api.url(), wire.endpoint());
    let looked = desk.run(&page, "look").await;
    assert!(looked.contains(r#"{"status":"ok"}"#), "{looked}");
    assert!(
        looked.contains("503") && looked.contains("unavailable"),
        "{looked}"
    );
    assert!(looked.contains("tempus_http_requests_total"), "{looked}");
    control_plane(&site).await;
    let service = desk.run(&page, "service").await;
    assert!(service.contains(r#""wanted": 1"#), "{service}");
    broken.store(false, Ordering::Relaxed);
    watch.clears("api-errors", PATIENCE).await;
    desk.run(&page, "know").await;

    watch.is_quiet("api-gone").await;
    server.kill();
    watch.fires("api-gone", PATIENCE).await;
    let mut server = site.start("serve", "again", wire.endpoint());
    let api = server.api().await;
    watch.target("server", &api.url());
    watch.clears("api-gone", PATIENCE).await;
    desk.variable("TEMPUS_URL", api.url());
    desk.run(&page, "know").await;
    page.is_done();
    server.stops_cleanly().await;
}

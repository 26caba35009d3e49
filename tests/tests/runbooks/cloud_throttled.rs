//! ECS refuses some calls: not often enough for the alarm, which wants a quarter of an hour of it, but its
//! page's commands show it.

use tempus_engine::testing::wire::{Fate, Refusal, Request, Wire};
use tempus_tests::runbook::{Desk, Page};

use crate::{plain, site};

#[tokio::test]
async fn cloud_throttled() {
    let page = Page::open("cloud-throttled.md");
    let site = site("cloud", &[]).await;
    let refused = std::sync::atomic::AtomicU32::new(0);
    let wire = Wire::to(site.account.calls().endpoint(), move |request: &Request| {
        let is_first = request.call == "ecs.CreateService"
            && refused.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 2;
        if is_first {
            return Fate::IsRefused(Refusal::Throttled);
        }
        Fate::Passes
    });
    let wire = wire.await.unwrap();
    let mut server = site.start("serve", "serve", wire.endpoint());
    let api = server.api().await;
    api.ready(&plain("slowed")).await;
    let desk = Desk::for_site(&site, &api.url(), wire.endpoint());
    let looked = desk.run(&page, "look").await;
    let line = r#"tempus_throttled_total{service="ecs"}"#;
    assert!(looked.contains(line), "{looked}");
    assert!(looked.contains("tempus_step_attempts_total"), "{looked}");
    desk.run(&page, "trail").await;
    desk.run(&page, "know").await;
    page.is_done();
    server.stops_cleanly().await;
}

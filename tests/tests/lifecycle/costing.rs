//! What a preview has cost follows from when its processes ran, whatever happens to the server.

use std::time::Duration;

use serde_json::{Value, json};
use tempus_tests::server::{Api, Server, eventually, text};

/// A quarter of a core costs a dollar a second.
const SETTINGS: [(&str, &str); 4] = [
    ("costs.vcpu_usd_per_hour", "14400"),
    ("costs.memory_usd_per_gb_hour", "0"),
    ("costs.region", "here"),
    ("costs.dated", "2026-11"),
];

async fn cost(api: &Api, preview: &str) -> Value {
    api.preview(preview).await["cost"].clone()
}

fn dollars(cost: &Value) -> f64 {
    cost["so_far_usd"].as_f64().unwrap()
}

#[tokio::test]
async fn a_preview_costs_what_its_processes_ran() {
    let mut server = Server::start(&SETTINGS).await;
    let api = server.api();
    let ready = api.ready(&json!({"name": "app", "ttl": "1h"})).await;
    let preview = text(&ready, "preview_id");
    let first = cost(&api, preview).await;
    assert_eq!(
        first["prices"],
        json!({"region": "here", "dated": "2026-11"})
    );
    assert_eq!(first["hourly_usd"], 3600.0);
    let grown = eventually("it has cost more", Duration::from_secs(30), async || {
        let cost = cost(&api, preview).await;
        (dollars(&cost) > dollars(&first) + 1.0).then_some(cost)
    });
    let before = dollars(&grown.await);

    // What was stored is what is known, by the next process too.
    server.kill();
    server.launch().await;
    let api = server.api();
    assert!(dollars(&cost(&api, preview).await) >= before);

    api.destroy(preview).await;
    eventually("it is gone", Duration::from_mins(1), async || {
        let shown = api.preview(preview).await;
        (shown["phase"] == "destroyed").then_some(())
    })
    .await;
    let end = cost(&api, preview).await;
    assert_eq!(end["hourly_usd"], 0.0);
    assert!(dollars(&end) >= before);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(cost(&api, preview).await, end, "it costs no more");

    let costs = api.get("/costs").send().await.expect(200);
    let mine = &costs["previews"][0];
    assert_eq!(mine["name"], "app");
    assert_eq!(costs["hourly_usd"], 0.0);
}

//! The end of a preview: by hand, by time, at another time than first said.

use std::time::Duration;

use serde_json::{Value, json};
use tempus_tests::server::{Api, Leftovers, Server, app, eventually, proved_gone, text};

use crate::reading::millis;

/// How late an expiry may be noticed.
const LATE: i64 = 2000;

#[tokio::test]
async fn what_is_destroyed_is_gone_and_proved_gone() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let accepted = api.ready(&app::request(&server, "shop", &json!({}))).await;
    let preview = text(&accepted, "preview_id");
    let early = api.get(&format!("/preview/{preview}/receipt")).send().await;
    assert_eq!(early.status, 404, "{}", early.text());

    let job = api.destroy(preview).await;
    assert_eq!(
        api.destroy(preview).await,
        job,
        "asked twice, it is one job"
    );
    let ended = api.job_ended(&job).await;
    assert_eq!(
        (&ended["kind"], &ended["status"]),
        (&json!("destroy"), &json!("succeeded"))
    );
    let program = api.visit("shop", "/").send().await;
    assert_eq!(
        (program.status, program.header("x-tempus")),
        (410, Some("gone"))
    );
    let person = api
        .visit("shop", "/")
        .header("accept", "text/html")
        .send()
        .await;
    assert!(
        person.text().contains("The preview is gone"),
        "{}",
        person.text()
    );
    assert_eq!(
        server.witness().leftovers(),
        Leftovers::default(),
        "before the receipt, even"
    );

    let receipt = proved_gone(&api, preview, Duration::from_secs(5)).await;
    assert_eq!(receipt.get("found_late"), None);
    let removed = receipt["removed"].to_string();
    for step in ["process:web", "route", "timer"] {
        assert!(removed.contains(step), "{removed}");
    }
    assert!(millis(&receipt["verified_at"]) >= millis(&receipt["destroyed_at"]));
    assert_eq!(
        api.destroy(preview).await,
        job,
        "and once more when it is over"
    );
    let view = api.preview(preview).await;
    assert_eq!(
        (&view["phase"], &view["ending"]),
        (&json!("destroyed"), &json!("asked"))
    );
    // Ended is ended: neither of these brings it back.
    for (change, body) in [("update", json!({})), ("extend", json!({"by": "1h"}))] {
        let refused = api.post(&format!("/preview/{preview}/{change}"), &body);
        refused.send().await.expect(409);
    }
    let unknown = api.visit("nobody", "/").send().await;
    assert_eq!(
        (unknown.status, unknown.header("x-tempus")),
        (404, Some("unknown"))
    );
}

#[tokio::test]
async fn time_ends_it_at_most_two_seconds_late() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let mut request = app::request(&server, "brief", &json!({}));
    request["ttl"] = "3s".into();
    let accepted = api.ready(&request).await;
    expired_in_time(&api, text(&accepted, "preview_id"), &accepted["expires_at"]).await;
    assert_eq!(server.witness().leftovers(), Leftovers::default());
}

#[tokio::test]
async fn an_extend_moves_the_end_and_the_timer_that_was_set_first_means_nothing() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let mut request = app::request(&server, "moved", &json!({}));
    request["ttl"] = "3s".into();
    let accepted = api.ready(&request).await;
    let preview = text(&accepted, "preview_id");
    let extend = async |body: Value| {
        let call = api.post(&format!("/preview/{preview}/extend"), &body);
        call.send().await.expect(200)["expires_at"].clone()
    };
    let later = extend(json!({"by": "1h"})).await;
    assert_eq!(
        millis(&later) - millis(&accepted["expires_at"]),
        60 * 60 * 1000
    );
    let moved = async || {
        let view = api.preview(preview).await;
        let schedule = text(&view["resources"], "schedule").to_owned();
        schedule
            .ends_with(&format!("{:x}", millis(&later)))
            .then_some(())
    };
    eventually("the timer is the new one", Duration::from_secs(3), moved).await;
    // Past the first expiry, and the alarm that was set for it.
    let past = millis(&accepted["expires_at"]) + LATE;
    while now() < past {
        let page = api.visit("moved", "/").send().await;
        assert_eq!(page.status, 200, "{}", page.text());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let view = api.preview(preview).await;
    assert_eq!(
        (&view["phase"], &view["expires_at"]),
        (&json!("ready"), &later)
    );

    // And back again: now it ends much sooner than last said.
    let sooner = extend(json!({"ttl": "1.5s"})).await;
    expired_in_time(&api, preview, &sooner).await;
}

/// Waits for the end of a preview that nobody asked for, and looks at the clock.
async fn expired_in_time(api: &Api, preview: &str, expires_at: &Value) {
    let receipt = proved_gone(api, preview, Duration::from_secs(15)).await;
    let view = api.preview(preview).await;
    assert_eq!(
        (&view["phase"], &view["ending"]),
        (&json!("destroyed"), &json!("expired"))
    );
    let job = api.job_ended(text(&view["last_job"], "job_id")).await;
    assert_eq!(
        (&job["kind"], &job["status"]),
        (&json!("destroy"), &json!("succeeded"))
    );
    let noticed = millis(&job["created_at"]) - millis(expires_at);
    assert!((0..=LATE).contains(&noticed), "noticed after {noticed} ms");
    let took = millis(&job["finished_at"]) - millis(&job["started_at"]);
    let gone = millis(&receipt["destroyed_at"]) - millis(expires_at);
    assert!(
        gone <= LATE + took,
        "gone after {gone} ms, of which its destroy took {took}"
    );
}

fn now() -> i64 {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

//! What previews cost, and what they may.

use std::time::Duration;

use axum::http::Method;
use serde_json::{Value, json};
use tempus_engine::{Clock, SystemClock};
use tempus_model::{Day, Prices, Timestamp};

use super::server::Server;
use crate::{Budgets, Costs};

/// A dollar an hour for a core: the smallest preview is a quarter.
pub(super) fn costs(budgets: Budgets) -> Costs {
    Costs {
        prices: Some(Prices {
            region: "mars-north-1".to_owned(),
            dated: "2026-11".to_owned(),
            core: 1.0,
            gigabyte: 0.0,
            task: 0.0,
        }),
        budgets,
        fresh: Duration::ZERO,
    }
}

pub(super) fn ago(minutes: i64) -> Timestamp {
    Timestamp::from_millis(SystemClock.now().millis() - minutes * 60_000)
}

fn near(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap_or_else(|| panic!("{found}"));
    assert!((found - expected).abs() < 0.01, "{found}, not {expected}");
}

#[tokio::test]
async fn a_preview_says_what_it_is_about_to_cost_and_what_it_has() {
    let server = Server::with_costs(None, costs(Budgets::default())).await;
    let body = json!({"name": "app", "ttl": "2h"});
    let made = server.post("/preview/create", body).await.json();
    near(&made["estimate"]["hourly_usd"], 0.25);
    assert_eq!(
        made["estimate"]["prices"],
        json!({"region": "mars-north-1", "dated": "2026-11"})
    );
    let preview = made["preview_id"].as_str().unwrap();
    let path = format!("/preview/{preview}");
    let cost = async || server.get(&path).await.json()["cost"].clone();

    let waiting = cost().await;
    near(&waiting["so_far_usd"], 0.0);
    near(&waiting["hourly_usd"], 0.0);
    near(&waiting["until_expiry_usd"], 0.5);

    server.hand.run(preview, ago(120)).await;
    let running = cost().await;
    near(&running["so_far_usd"], 0.5);
    near(&running["hourly_usd"], 0.25);
    near(&running["until_expiry_usd"], 1.0);
    assert_eq!(running["prices"]["region"], "mars-north-1");

    let update = json!({"command": "other", "cpu": 1024});
    let updated = server.post(&format!("{path}/update"), update).await.json();
    near(&updated["estimate"]["hourly_usd"], 1.0);
    near(&cost().await["until_expiry_usd"], 2.5);

    let removed = server.delete(&path).await.json();
    assert_eq!(removed.get("estimate"), None);
    server.hand.end(preview, ago(60)).await;
    let gone = cost().await;
    near(&gone["so_far_usd"], 0.25);
    near(&gone["hourly_usd"], 0.0);
    assert_eq!(gone.get("until_expiry_usd"), None);
    let listed = server.get("/previews").await.json();
    near(&listed["previews"][0]["cost"]["so_far_usd"], 0.25);
}

#[tokio::test]
async fn what_sleeps_costs_nothing_more_for_as_long_as_it_does() {
    let server = Server::with_costs(None, costs(Budgets::default())).await;
    let body = json!({"name": "app", "ttl": "2h", "sleep": "1s"});
    let made = server.post("/preview/create", body).await.json();
    let preview = made["preview_id"].as_str().unwrap();
    let path = format!("/preview/{preview}");
    let until_expiry = async || server.get(&path).await.json()["cost"]["until_expiry_usd"].clone();
    server.hand.make(preview).await;
    near(&until_expiry().await, 0.5);
    server.hand.put_to_sleep(preview).await;
    near(&until_expiry().await, 0.0);
}

#[tokio::test]
async fn without_prices_nothing_is_said_about_money() {
    let server = Server::start().await;
    let made = server.post("/preview/create", json!({})).await.json();
    assert_eq!(made.get("estimate"), None);
    let preview = made["preview_id"].as_str().unwrap();
    server.hand.run(preview, ago(120)).await;
    let shown = server.get(&format!("/preview/{preview}")).await.json();
    assert_eq!(shown.get("cost"), None);
    let costs = server.get("/costs").await.json();
    assert_eq!(
        (costs.get("prices"), costs["estimated_usd"].as_f64()),
        (None, Some(0.0))
    );
}

#[tokio::test]
async fn costs_are_added_up_by_day_owner_and_repository() {
    let server = Server::with_costs(None, costs(Budgets::default())).await;
    let mut made = Vec::new();
    for (name, owner, repository) in [
        ("one", "ada", Some("octo/shop")),
        ("two", "bob", Some("octo/shop")),
        ("three", "bob", None),
    ] {
        let mut body = json!({"name": name, "owner": owner});
        if let Some(repository) = repository {
            body["repository"] = repository.into();
        }
        let (preview, _) = server.created(body).await;
        server.hand.run(&preview, ago(120)).await;
        made.push(preview);
    }
    server.delete(&format!("/preview/{}", made[2])).await;
    server.hand.end(&made[2], ago(60)).await;
    // Around midnight, and the first of a month, two hours are on two days.
    let days = format!("from={}&to={}", Day::of(ago(120)), Day::of(ago(0)));
    let all = server.get(&format!("/costs?{days}")).await.json();
    near(&all["estimated_usd"], 1.25);
    near(&all["hourly_usd"], 0.5);
    let by_day = all["days"].as_array().unwrap().iter();
    let sum: f64 = by_day.map(|day| day["usd"].as_f64().unwrap()).sum();
    near(&sum.into(), 1.25);
    assert_eq!(all["owners"][0]["login"], "bob");
    near(&all["owners"][0]["usd"], 0.75);
    assert_eq!(all["owners"][0]["previews"], 2);
    assert_eq!(
        all["owners"][0]["days"].as_array().unwrap().len(),
        all["days"].as_array().unwrap().len()
    );
    assert_eq!(all["repositories"][0]["repository"], "octo/shop");
    near(&all["repositories"][0]["usd"], 1.0);
    near(&all["repositories"][1]["usd"], 0.25);
    assert_eq!(all["previews"].as_array().unwrap().len(), 3);
    assert_eq!(all["budgets"], json!([]));

    let some = format!("/costs?{days}&owner=bob&repository=octo/shop");
    near(&server.get(&some).await.json()["estimated_usd"], 0.5);
    let before = server.get("/costs?month=2020-02").await.json();
    near(&before["estimated_usd"], 0.0);
    assert_eq!(before["days"].as_array().unwrap().len(), 29);
    // What was asked about long ago is no reason to forget the present.
    near(
        &server.get(&format!("/costs?{days}")).await.json()["estimated_usd"],
        1.25,
    );
}

#[tokio::test]
async fn a_time_that_is_none_is_refused_by_name() {
    let server = Server::with_costs(None, costs(Budgets::default())).await;
    for (query, field) in [
        ("month=2026", "month"),
        ("month=2026-13", "month"),
        ("month=2026-11&to=2026-11-02", "month"),
        ("from=yesterday", "from"),
        ("to=2026-11-31", "to"),
        ("from=2026-11-02&to=2026-11-01", "from"),
        ("from=2025-01-01&to=2026-11-01", "from"),
    ] {
        let refused = server.get(&format!("/costs?{query}")).await;
        assert_eq!(
            (refused.status, refused.fields()),
            (400, vec![field.to_owned()]),
            "{query}"
        );
    }
    let year = "/costs?from=2025-01-01&to=2025-12-31";
    assert_eq!(server.get(year).await.status, 200);
}

/// So long ago, or the beginning of the month: what ran before is another month's. A month that has
/// only begun is let grow, so that this test's own time is little of it.
async fn this_month(minutes: i64) -> Timestamp {
    let now = SystemClock.now();
    let begins = Day::of(now).first_of_month().begins();
    let grown = begins.after(Duration::from_mins(1));
    tokio::time::sleep(now.until(grown)).await;
    ago(minutes).max(begins)
}

#[tokio::test]
async fn a_budget_warns_and_then_keeps_out_new_previews_alone() {
    let began = this_month(600).await;
    let hours = began.until(SystemClock.now()).as_secs_f64() / 3600.0;
    let spent = hours / 4.0;
    let budgets = |monthly: f64| Budgets {
        per_owner: Some(monthly),
        warn_at: 0.8,
        ..Budgets::default()
    };
    let much = spent * 1.1;
    let server = Server::with_costs(None, costs(budgets(much))).await;
    let first = json!({"name": "app", "owner": "ada"});
    let made = server.post("/preview/create", first.clone()).await.json();
    assert_eq!(made.get("budgets"), None, "{made}");
    let preview = made["preview_id"].as_str().unwrap();
    server.hand.run(preview, began).await;
    // Asked for again by the same, it is an update.
    let again = server.post("/preview/create", first.clone()).await;
    assert_eq!(again.status, 202);
    let told = &again.json()["budgets"][0];
    assert_eq!(
        (&told["whose"], &told["standing"]),
        (&json!("ada"), &json!("warned"))
    );
    assert_eq!(told["by"][0]["name"], "app");

    let server = Server::with_costs(None, costs(budgets(spent * 0.9))).await;
    let keyed = |body: &Value| {
        let request = server.request(Method::POST, "/preview/create").json(body);
        server.send(request.header("Idempotency-Key", "the-first"))
    };
    let made = keyed(&first).await.json();
    let preview = made["preview_id"].as_str().unwrap().to_owned();
    server.hand.run(&preview, began).await;
    let before = server.count().await;
    let second = json!({"name": "second", "owner": "ada"});
    let refused = server.post("/preview/create", second.clone()).await;
    assert_eq!(refused.status, 429, "{}", refused.json());
    let problem = refused.json();
    assert_eq!(problem["type"], "urn:tempus:problem:budget");
    let detail = problem["detail"].as_str().unwrap();
    let ends = Day::of(SystemClock.now()).last_of_month().next().begins();
    for part in ["budget of ada", "app ($", &ends.to_string(), "by estimate"] {
        assert!(detail.contains(part), "{part}: {detail}");
    }
    assert_eq!(problem["budget"]["standing"], "spent");
    assert_eq!(server.count().await, before);

    // What exists goes on, and a repeated request gets its first answer.
    assert_eq!(keyed(&first).await.json()["preview_id"], preview.as_str());
    let path = format!("/preview/{preview}");
    let update = json!({"command": "other"});
    let updated = server.post(&format!("{path}/update"), update).await;
    assert_eq!(
        (updated.status, &updated.json()["budgets"][0]["standing"]),
        (202, &json!("spent"))
    );
    let extended = server
        .post(&format!("{path}/extend"), json!({"by": "1h"}))
        .await;
    assert_eq!(extended.status, 200);
    // Another owner's budget is another.
    let other = json!({"name": "other", "owner": "bob"});
    assert_eq!(server.post("/preview/create", other).await.status, 202);
    let budgets = server.get("/costs?owner=ada").await.json()["budgets"].clone();
    assert_eq!(budgets[0]["standing"], "spent");
    assert_eq!(server.delete(&path).await.status, 202);
}

#[tokio::test]
async fn an_owner_may_have_a_budget_of_its_own_and_everybody_has_one() {
    let began = this_month(600).await;
    let spent = began.until(SystemClock.now()).as_secs_f64() / 3600.0 / 4.0;
    let budgets = Budgets {
        per_owner: Some(spent / 2.0),
        owners: [("ada".to_owned(), 1e9)].into(),
        total: Some(spent * 1.5),
        ..Budgets::default()
    };
    let server = Server::with_costs(None, costs(budgets)).await;
    let create = |name: &str, owner: &str| {
        server.post("/preview/create", json!({"name": name, "owner": owner}))
    };
    let id = |made: &Value| made["preview_id"].as_str().unwrap().to_owned();
    let first = id(&create("one", "ada").await.json());
    server.hand.run(&first, began).await;
    let second = create("two", "ada").await;
    assert_eq!(second.status, 202, "{}", second.json());
    server.hand.run(&id(&second.json()), began).await;
    let refused = create("three", "bob").await.json();
    assert_eq!(refused["budget"]["whose"], "this installation", "{refused}");
    assert_eq!(refused["budget"]["by"][0]["name"], "ada");

    // What is measured says so too.
    let metrics = server.get("/metrics").await;
    let text = String::from_utf8(metrics.body).unwrap();
    assert!(text.contains("tempus_cost_month_dollars"), "{text}");
    assert!(
        text.contains("tempus_budgets{standing=\"spent\"}"),
        "{text}"
    );
}

//! Who did what, and pins.

use serde_json::{Value, json};

use super::server::Server;

fn events(history: &Value, field: &str) -> Vec<String> {
    let events = history["events"].as_array().unwrap().iter();
    let text = |event: &Value| event[field].as_str().unwrap_or_default().to_owned();
    events.map(text).collect()
}

#[tokio::test]
async fn a_life_is_told_newest_first() {
    let server = Server::start().await;
    let (preview, job) = server.created(json!({"name": "app"})).await;
    server.hand.make(&preview).await;
    let path = format!("/preview/{preview}");
    let extended = server
        .post(&format!("{path}/extend"), json!({"ttl": "3h"}))
        .await;
    assert_eq!(extended.status, 200);
    let pin = json!({"reason": "the demo on Friday", "for": "10d"});
    assert_eq!(server.post(&format!("{path}/pin"), pin).await.status, 200);
    // What was done within one millisecond has no order.
    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    server.delete(&path).await;
    let history = server.get(&format!("{path}/history")).await.json();
    assert_eq!(
        events(&history, "event"),
        ["destroyed", "pinned", "extended", "created"]
    );
    let told = &history["events"];
    assert_eq!(told[0]["status"], "queued");
    assert_eq!(told[1]["reason"], "the demo on Friday");
    assert_eq!(told[2]["expires_at"], extended.json()["expires_at"]);
    assert_eq!(told[3]["job_id"], job);
    let local = json!({"kind": "caller", "name": "local", "id": "local", "login": "local"});
    for event in told.as_array().unwrap() {
        assert_eq!(event["by"], local);
    }
    let newest = server.get(&format!("{path}/history?limit=2")).await.json();
    assert_eq!(events(&newest, "event"), ["destroyed", "pinned"]);
    assert_eq!(
        (&newest["more"], &history["more"]),
        (&json!(true), &json!(false))
    );
    let refused = server.get(&format!("{path}/history?limit=0")).await;
    assert_eq!(
        (refused.status, refused.fields()),
        (400, vec!["limit".to_owned()])
    );
}

#[tokio::test]
async fn what_became_of_a_job_is_told_too() {
    let server = Server::start().await;
    let (preview, _) = server.created(json!({"ttl": "1s"})).await;
    server.hand.make(&preview).await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    // The name's last preview has come to its end: whoever creates it anew finds that out.
    let shown = server.get(&format!("/preview/{preview}")).await.json();
    server.created(json!({"name": shown["name"]})).await;
    let history = server
        .get(&format!("/preview/{preview}/history"))
        .await
        .json();
    assert_eq!(events(&history, "event"), ["expired", "created"]);
    assert_eq!(history["events"][0]["by"]["kind"], "timer");
}

#[tokio::test]
async fn a_pin_is_beyond_the_longest_life_and_is_shown() {
    let server = Server::start().await;
    let (preview, _) = server.created(json!({"name": "app"})).await;
    let path = format!("/preview/{preview}");
    let pin = format!("{path}/pin");
    for (body, field) in [
        (json!({"reason": "x", "for": "31d"}), "for"),
        (
            json!({"reason": "x", "for": "1d", "until": "2027-01-01T00:00:00Z"}),
            "until",
        ),
        (json!({"reason": "x"}), "for"),
        (
            json!({"reason": "x", "until": "2020-01-01T00:00:00Z"}),
            "until",
        ),
        (json!({"reason": "", "for": "10d"}), "reason"),
        (json!({"reason": "a\nb", "for": "10d"}), "reason"),
        (json!({"for": "10d"}), "reason"),
    ] {
        let refused = server.post(&pin, body.clone()).await;
        assert_eq!(
            (refused.status, refused.fields()),
            (422, vec![field.to_owned()]),
            "{body}"
        );
    }
    let short = server.post(&pin, json!({"reason": "x", "for": "1h"})).await;
    assert_eq!(short.json()["type"], "urn:tempus:problem:not-longer");
    let none = server.delete(&pin).await;
    assert_eq!(
        (none.status, &none.json()["type"]),
        (409, &json!("urn:tempus:problem:not-pinned"))
    );

    let before = server.get(&path).await.json();
    assert_eq!(before.get("pin"), None);
    let pinned = server
        .post(&pin, json!({"reason": "x", "for": "10d"}))
        .await;
    let end = pinned.json()["expires_at"].clone();
    let shown = server.get(&path).await.json();
    assert_eq!(shown["expires_at"], end);
    assert_eq!(
        shown["pin"],
        json!({"until": end, "reason": "x", "otherwise": before["expires_at"]})
    );
    // Neither a shorter extension nor a create of its name ends it sooner.
    let extended = server
        .post(&format!("{path}/extend"), json!({"ttl": "3h"}))
        .await;
    assert_eq!(extended.json()["expires_at"], end);
    let again = server.post("/preview/create", json!({"name": "app"})).await;
    assert_eq!(again.json()["expires_at"], end);
    let listed = server.get("/previews").await.json();
    assert_eq!(listed["previews"][0]["pin"]["reason"], "x");

    let unpinned = server.delete(&pin).await.json();
    assert!(unpinned["expires_at"].as_str() < end.as_str());
    assert_eq!(server.get(&path).await.json().get("pin"), None);
}

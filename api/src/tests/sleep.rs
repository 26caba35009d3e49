//! How a request says when its preview sleeps, and how it is woken.

use serde_json::json;

use super::server::Server;

#[tokio::test]
async fn sleep_is_said_and_refused_by_its_name() {
    let server = Server::start().await;
    for (asked, shown) in [
        ("30m", json!("30m")),
        ("90s", json!("1m30s")),
        ("never", json!(null)),
    ] {
        let (id, _) = server
            .created(json!({"name": "shop", "sleep": asked}))
            .await;
        let view = server.get(&format!("/preview/{id}")).await.json();
        assert_eq!(view["sleep"], shown, "{asked}");
    }
    for wrong in ["soon", "0s", "0.5s", "-1m"] {
        let refused = server
            .post("/preview/create", json!({"sleep": wrong}))
            .await;
        assert_eq!(
            (refused.status, refused.fields()),
            (422, vec!["sleep".to_owned()]),
            "{wrong}"
        );
    }
    let refused = server
        .post("/preview/create", json!({"sleep": "soon"}))
        .await;
    let refused = refused.json()["detail"].to_string();
    assert!(refused.contains("never"), "{refused}");
}

#[tokio::test]
async fn a_call_wakes_what_sleeps_and_refuses_what_has_ended() {
    let server = Server::start().await;
    let (id, _) = server.created(json!({"name": "shop", "sleep": "1s"})).await;
    server.hand.make(&id).await;
    let path = format!("/preview/{id}/wake");
    let awake = server.post(&path, json!(null)).await;
    assert_eq!(
        (awake.status, &awake.json()["phase"]),
        (200, &json!("ready"))
    );
    server.hand.put_to_sleep(&id).await;
    let asleep = server.post(&path, json!(null)).await;
    assert_eq!(
        (asleep.status, &asleep.json()["phase"]),
        (200, &json!("asleep"))
    );
    assert!(server.hand.row(&id).await.wakefulness.is_awake());
    let told = server.get(&format!("/preview/{id}/history")).await.json();
    let of = |name: &str| {
        let events = told["events"].as_array().unwrap().iter();
        let of: Vec<_> = events.filter(|event| event["event"] == name).collect();
        assert_eq!(of.len(), 1, "{told:#}");
        of[0]["by"]["kind"].clone()
    };
    assert_eq!(
        (of("slept"), of("woken")),
        (json!("worker"), json!("caller"))
    );

    // An update leaves what is not said, and wakes.
    let update = format!("/preview/{id}/update");
    assert_eq!(
        server
            .post(&update, json!({"commit_sha": "0a1b2c3d"}))
            .await
            .status,
        202
    );
    let view = server.get(&format!("/preview/{id}")).await.json();
    assert_eq!(
        (&view["sleep"], &view["phase"]),
        (&json!("1s"), &json!("updating"))
    );
    assert_eq!(server.delete(&format!("/preview/{id}")).await.status, 202);
    assert_eq!(server.post(&path, json!(null)).await.status, 409);
    let nobody = "/preview/00000000-0000-4000-8000-000000000000/wake";
    assert_eq!(server.post(nobody, json!(null)).await.status, 404);
}

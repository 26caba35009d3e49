//! What needs a person.

use serde_json::json;

use super::server::Server;

async fn parked(server: &Server, owns: Option<&str>) -> String {
    let (preview, _) = server.created(json!({})).await;
    server.delete(&format!("/preview/{preview}")).await;
    server.hand.park(&preview, owns).await;
    preview
}

#[tokio::test]
async fn parked_sagas_and_unreadable_messages_are_one_list() {
    let server = Server::start().await;
    let preview = parked(&server, Some("web")).await;
    server.hand.unreadable_message("m1").await;
    let list = server.get("/dead-letters").await.json();
    let (saga, message) = (&list["dead_letters"][0], &list["dead_letters"][1]);
    assert_eq!(
        (&saga["id"], &saga["kind"]),
        (&json!(preview), &json!("saga"))
    );
    assert_eq!(saga["step"], "process");
    assert_eq!(saga["error"], "it does not end");
    assert_eq!(saga["owns"], json!(["process"]));
    assert_eq!(saga["job"]["kind"], "destroy");
    assert_eq!(
        (&message["id"], &message["kind"]),
        (&json!("m1"), &json!("message"))
    );
    assert_eq!(message["body"], "{");

    let shown = server.get(&format!("/preview/{preview}")).await.json();
    assert_eq!(
        (&shown["parked"], &shown["phase"]),
        (&json!(true), &json!("destroying"))
    );
    assert_eq!(shown["error"]["reason"], "it does not end");
    let job = shown["last_job"]["job_id"].as_str().unwrap();
    let job = server.get(&format!("/job/{job}")).await;
    assert_eq!(
        (job.json()["status"].as_str(), job.header("retry-after")),
        (Some("parked"), "")
    );
    let receipt = server.get(&format!("/preview/{preview}/receipt")).await;
    assert_eq!((receipt.status, receipt.header("retry-after")), (409, ""));
    let metrics = server.get("/metrics").await;
    let metrics = String::from_utf8(metrics.body).unwrap();
    assert!(
        metrics.contains("tempus_previews{phase=\"destroying\"}"),
        "{metrics}"
    );
    assert!(metrics.contains("tempus_http_requests_total{"), "{metrics}");
}

#[tokio::test]
async fn a_replay_answers_for_each() {
    let server = Server::start().await;
    let (one, two) = (
        parked(&server, Some("a")).await,
        parked(&server, None).await,
    );
    server.hand.unreadable_message("m1").await;
    let ids = json!({"ids": [one, one, "m1", "m2"]});
    let answer = server.post("/dead-letters/replay", ids).await.json();
    let outcomes: Vec<_> = answer["results"].as_array().unwrap().iter().collect();
    let outcomes: Vec<_> = outcomes.iter().map(|result| &result["outcome"]).collect();
    assert_eq!(
        outcomes,
        ["replayed", "not_parked", "unreadable", "not_found"]
    );
    let answer = server
        .post("/dead-letters/replay", json!({"all": true}))
        .await
        .json();
    assert_eq!(answer["results"][0]["id"], two);
    assert_eq!(answer["results"].as_array().unwrap().len(), 1);

    for (body, field) in [
        (json!({}), "ids"),
        (json!({"ids": []}), "ids"),
        (json!({"ids": ["x"], "all": true}), "all"),
        (json!({"all": false}), "all"),
        (json!({"ids": "x"}), "ids"),
    ] {
        let answer = server.post("/dead-letters/replay", body.clone()).await;
        assert_eq!(
            (answer.status, answer.fields()),
            (422, vec![field.to_owned()]),
            "{body}"
        );
    }
}

#[tokio::test]
async fn only_what_owns_nothing_is_discarded() {
    let server = Server::start().await;
    let (owner, poor) = (
        parked(&server, Some("a")).await,
        parked(&server, None).await,
    );
    server.hand.unreadable_message("m1").await;
    let answer = server.delete(&format!("/dead-letters/{owner}")).await;
    assert_eq!(answer.status, 409);
    assert_eq!(answer.json()["owns"], json!(["process"]));
    assert_eq!(
        server.delete(&format!("/dead-letters/{poor}")).await.status,
        204
    );
    assert_eq!(
        server.delete(&format!("/dead-letters/{poor}")).await.status,
        404
    );
    assert_eq!(
        server.get(&format!("/preview/{poor}")).await.json()["phase"],
        "failed"
    );
    assert_eq!(server.delete("/dead-letters/m1").await.status, 204);
    assert_eq!(server.delete("/dead-letters/m1").await.status, 404);
    let list = server.get("/dead-letters").await.json();
    assert_eq!(list["dead_letters"].as_array().unwrap().len(), 1);
}

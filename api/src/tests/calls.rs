//! The calls as a client makes them, one after the other.

use axum::http::Method;
use serde_json::{Value, json};
use tempus_engine::{Clock, SystemClock};

use super::server::Server;

#[tokio::test]
async fn an_empty_request_is_enough() {
    let server = Server::start().await;
    let answer = server
        .post("/preview/create", json!({"ttl_hours": 2}))
        .await;
    assert_eq!(answer.status, 202);
    let accepted = answer.json();
    let (preview, job) = (&accepted["preview_id"], &accepted["job_id"]);
    assert_eq!(
        answer.header("location"),
        format!("/job/{}", job.as_str().unwrap())
    );
    let name = format!("preview-{}", &preview.as_str().unwrap()[..8]);
    assert_eq!(
        accepted["preview_url"],
        format!("http://{name}.localhost:8081/")
    );
    assert_eq!(server.hand.hints().await, 1);

    let shown = server.get(&format!("/job/{}", job.as_str().unwrap())).await;
    assert_eq!(shown.header("retry-after"), "1");
    assert_eq!(shown.json()["status"], "queued");
    assert_eq!(shown.json()["kind"], "create");

    let preview = preview.as_str().unwrap();
    let shown = server.get(&format!("/preview/{preview}")).await.json();
    assert_eq!(shown["phase"], "pending");
    assert_eq!(shown["name"], name);
    assert_eq!(shown["owner"]["login"], "local");
    assert_eq!(shown["services"][0]["command"], "serve");
    assert_eq!(shown["open_jobs"][0]["job_id"], *job);
    assert_eq!(shown["jobs"][0]["status"], "queued");

    server.hand.make(preview).await;
    let shown = server.get(&format!("/preview/{preview}")).await.json();
    assert_eq!(shown["phase"], "ready");
    assert_eq!(shown["open_jobs"], json!([]));
    let shown = server.get(&format!("/job/{}", job.as_str().unwrap())).await;
    assert_eq!(shown.json()["status"], "succeeded");
    assert_eq!(shown.header("retry-after"), "");
}

#[tokio::test]
async fn services_get_their_defaults_and_keep_their_secrets() {
    let server = Server::start().await;
    let (preview, _) = server
        .created(json!({"name": "shop", "services": [
            {"name": "web", "command": "serve", "env": {"TOKEN": "hush"},
             "secrets": {"KEY": "arn:of:a:secret"}},
            {"name": "api", "command": "other", "path": "/api", "port": 9000},
            {"name": "db", "command": "serve"},
        ]}))
        .await;
    let answer = server.get(&format!("/preview/{preview}")).await;
    let services = answer.json()["services"].clone();
    let of = |field: &str| -> Vec<Value> {
        let services = services.as_array().unwrap().iter();
        services.map(|service| service[field].clone()).collect()
    };
    assert_eq!(of("port"), [8000, 9000, 8002]);
    assert_eq!(of("path"), [json!("/"), json!("/api"), Value::Null]);
    let urls = [
        "http://shop.localhost:8081/",
        "http://shop.localhost:8081/api",
    ];
    assert_eq!(of("url"), [json!(urls[0]), json!(urls[1]), Value::Null]);
    assert_eq!(services[0]["env"], json!(["TOKEN"]));
    assert_eq!(services[0]["secrets"], json!(["KEY"]));
    let body = String::from_utf8_lossy(&answer.body);
    assert!(!body.contains("hush") && !body.contains("arn:"), "{body}");
}

#[tokio::test]
async fn an_update_changes_what_it_names() {
    let server = Server::start().await;
    let (preview, _) = server
        .created(json!({"env": {"A": "1"}, "health_path": "/up"}))
        .await;
    server.hand.make(&preview).await;
    let update = format!("/preview/{preview}/update");
    let answer = server.post(&update, json!({"command": "other"})).await;
    assert_eq!(answer.status, 202);
    let shown = server.get(&format!("/preview/{preview}")).await.json();
    assert_eq!(shown["phase"], "updating");
    assert_eq!(shown["services"][0]["command"], "other");
    assert_eq!(shown["services"][0]["env"], json!(["A"]));
    assert_eq!(shown["services"][0]["health_path"], "/up");

    let two = json!({"services": [
        {"name": "a", "command": "serve", "env": {"A": "1"}}, {"name": "b", "command": "serve"},
    ]});
    assert_eq!(server.post(&update, two.clone()).await.status, 202);
    let one = json!({"changes": [{"name": "a", "command": "other"}]});
    assert_eq!(server.post(&update, one).await.status, 202);
    let shown = server.get(&format!("/preview/{preview}")).await.json();
    let services = &shown["services"];
    assert_eq!(
        (&services[0]["command"], &services[1]["command"]),
        (&json!("other"), &json!("serve"))
    );
    assert_eq!(services[0]["env"], json!(["A"]), "what is not named stays");
    for (changes, field) in [
        (
            json!([{"name": "c", "command": "other"}]),
            "changes[0].name",
        ),
        (json!([{"name": "a", "path": "/a"}]), "changes[0].path"),
        // As the caller wrote it: it is the second of the services, and the first of the changes.
        (
            json!([{"name": "b", "command": "nothing"}]),
            "changes[0].command",
        ),
        // What a caller's fields are held against by themselves.
        (
            json!([{"name": "a", "cpu": 512}, {"name": "b", "dir": "here"}]),
            "changes[1].dir",
        ),
    ] {
        let answer = server.post(&update, json!({"changes": changes})).await;
        assert_eq!(
            (answer.status, answer.fields()),
            (422, vec![field.to_owned()])
        );
    }
    let mut both = two;
    both["changes"] = json!([{"name": "a", "command": "other"}]);
    let answer = server.post(&update, both).await;
    assert_eq!(
        (answer.status, answer.fields()),
        (422, vec!["changes".to_owned()])
    );
    let answer = server.post(&update, json!({"command": "serve"})).await;
    assert_eq!(
        (answer.status, answer.fields()),
        (422, vec!["command".to_owned()])
    );
    let answer = server.post(&update, json!({"command": "nothing"})).await;
    assert_eq!(answer.status, 422);
}

#[tokio::test]
async fn a_create_of_the_same_pull_request_is_an_update() {
    let server = Server::start().await;
    let of = |command: &str, pr: u64| json!({"command": command, "repository": "octo/shop", "pr_number": pr, "name": "shop"});
    let (preview, _) = server.created(of("serve", 7)).await;
    server.hand.make(&preview).await;
    let (same, job) = server.created(of("other", 7)).await;
    assert_eq!(same, preview);
    let job = server.get(&format!("/job/{job}")).await.json();
    assert_eq!(job["kind"], "update");
    let answer = server.post("/preview/create", of("serve", 8)).await;
    assert_eq!(
        (answer.status, answer.fields()),
        (409, vec!["name".to_owned()])
    );

    let unnamed = json!({"repository": "octo/shop", "pr_number": 9});
    let answer = server.post("/preview/create", unnamed).await.json();
    assert_eq!(answer["preview_url"], "http://pr-9-shop.localhost:8081/");
}

#[tokio::test]
async fn a_create_by_the_name_of_what_has_just_expired_is_a_new_preview() {
    let server = Server::start().await;
    let (old, _) = server.created(json!({"name": "shop", "ttl": "1s"})).await;
    server.hand.make(&old).await;
    let over = server.hand.row(&old).await.expires_at;
    // Nobody but this request is there to see that its time is over.
    while SystemClock.now() < over {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let (new, _) = server.created(json!({"name": "shop"})).await;
    assert_ne!(new, old);
    assert!(!server.hand.row(&old).await.desired.is_present());
}

#[tokio::test]
async fn an_expiry_is_set_or_moved() {
    let server = Server::start().await;
    let (preview, _) = server.created(json!({"ttl": "1h"})).await;
    let extend = format!("/preview/{preview}/extend");
    let before = server.hand.row(&preview).await.expires_at;
    let answer = server.post(&extend, json!({"by": "30m"})).await;
    assert_eq!(answer.status, 200);
    let after = server.hand.row(&preview).await.expires_at;
    assert_eq!(before.until(after).as_secs(), 1800);
    assert_eq!(answer.json()["expires_at"], after.to_string());

    assert_eq!(
        server.post(&extend, json!({"ttl": "10m"})).await.status,
        200
    );
    let shorter = server.hand.row(&preview).await.expires_at;
    assert!(shorter < before);
    assert_eq!(server.post(&extend, json!({"by": "90d"})).await.status, 200);
    let capped = server.hand.row(&preview).await.expires_at;
    assert!(
        shorter.until(capped).as_secs() < 7 * 86_400,
        "at most the maximum from now"
    );

    for (body, field) in [
        (json!({}), "ttl"),
        (json!({"ttl": "8d"}), "ttl"),
        (json!({"ttl_hours": 0}), "ttl_hours"),
        (json!({"by": "0s"}), "by"),
        (json!({"by": "1h", "ttl": "1h"}), "by"),
    ] {
        let answer = server.post(&extend, body.clone()).await;
        assert_eq!(
            (answer.status, answer.fields()),
            (422, vec![field.to_owned()]),
            "{body}"
        );
    }
    assert_eq!(server.hand.row(&preview).await.expires_at, capped);
}

#[tokio::test]
async fn a_key_makes_a_repeated_request_return_the_first_answer() {
    let server = Server::start().await;
    let send = |path: &str, body: Value| {
        let request = server.request(Method::POST, path).json(&body);
        server.send(request.header("idempotency-key", "k1"))
    };
    let first = send("/preview/create", json!({"ttl": "1h"})).await;
    let again = send("/preview/create", json!({"ttl": "1h"})).await;
    assert_eq!((first.status, again.status), (202, 202));
    assert_eq!(first.json(), again.json());
    assert_eq!(again.header("idempotency-replayed"), "true");
    let other = send("/preview/create", json!({"ttl": "2h"})).await;
    assert_eq!(other.status, 422);
    assert_eq!(
        other.json()["type"],
        "urn:tempus:problem:idempotency-key-reused"
    );
    assert_eq!(server.count().await, 1);

    let preview = first.json()["preview_id"].as_str().unwrap().to_owned();
    let path = format!("/preview/{preview}");
    let update = format!("{path}/update");
    assert_eq!(
        send(&update, json!({})).await.status,
        422,
        "another call is another request"
    );
    let keyed = |key: &'static str| {
        let request = server
            .request(Method::POST, &update)
            .json(&json!({"command": "other"}));
        server.send(request.header("idempotency-key", key))
    };
    let first = keyed("k2").await;
    server.delete(&path).await;
    let again = keyed("k2").await;
    assert_eq!(
        first.json(),
        again.json(),
        "though the preview is on its way out by now"
    );
    assert_eq!(keyed("k3").await.status, 409);
}

#[tokio::test]
async fn a_quota_names_its_limit_and_who_holds_it() {
    let server = Server::start().await;
    for name in ["a", "b", "c"] {
        server.created(json!({"name": name})).await;
    }
    let answer = server.post("/preview/create", json!({"name": "d"})).await;
    assert_eq!(answer.status, 429);
    let problem = answer.json();
    assert_eq!(problem["limit"], 3);
    let mut holders: Vec<_> = problem["holders"].as_array().unwrap().clone();
    holders.sort_by_key(Value::to_string);
    assert_eq!(holders, ["a", "b", "c"]);
    assert_eq!(
        server
            .post("/preview/create", json!({"name": "a"}))
            .await
            .status,
        202
    );
    server.created(json!({"name": "d", "owner": "other"})).await;
}

#[tokio::test]
async fn previews_are_listed_filtered_and_paged() {
    let server = Server::start().await;
    for (name, owner) in [("a", "x"), ("b", "x"), ("c", "y")] {
        server.created(json!({"name": name, "owner": owner})).await;
    }
    let names = |page: &Value| -> Vec<String> {
        let previews = page["previews"].as_array().unwrap().iter();
        previews
            .map(|p| p["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let first = server.get("/previews?limit=2").await.json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = server
        .get(&format!("/previews?limit=2&cursor={cursor}"))
        .await
        .json();
    assert_eq!(second["next_cursor"], Value::Null);
    let mut all = [names(&first), names(&second)].concat();
    all.sort();
    assert_eq!(all, ["a", "b", "c"]);
    assert_eq!(names(&server.get("/previews?owner=y").await.json()), ["c"]);
    assert_eq!(
        server.get("/previews?phase=ready,failed").await.json()["previews"],
        json!([])
    );
    let pending = server
        .get("/previews?phase=pending,ready&owner=x")
        .await
        .json();
    assert_eq!(names(&pending).len(), 2);
    assert_eq!(
        server.get("/previews?parked=true").await.json()["previews"],
        json!([])
    );
}

//! What is somebody else's is not there.

use axum::http::{Method, header};
use serde_json::{Value, json};

use super::{As, guarded, kind};

#[tokio::test]
async fn anothers_preview_is_as_if_it_were_not_there() {
    let server = guarded().await;
    let ada = As::new(&server, "deployer", "ada").await;
    let bob = As::new(&server, "deployer", "bob").await;
    let (preview, job) = ada.created(json!({"name": "hers"})).await;
    let (gone, _) = ada.created(json!({"name": "gone"})).await;
    ada.delete(&format!("/preview/{gone}")).await;
    server.hand.remove(&gone).await;
    server.hand.prove(&gone).await;

    let nobody = "00000000-0000-4000-8000-000000000000";
    for (method, path, body) in [
        (Method::GET, "/preview/{id}", None),
        (Method::GET, "/preview/{id}/logs", None),
        (Method::GET, "/preview/{id}/receipt", None),
        (Method::GET, "/preview/{id}/link", None),
        (Method::GET, "/preview/{id}/history", None),
        (Method::DELETE, "/preview/{id}/pin", None),
        (
            Method::POST,
            "/preview/{id}/pin",
            Some(json!({"reason": "x", "for": "10d"})),
        ),
        (
            Method::POST,
            "/preview/{id}/update",
            Some(json!({"command": "other"})),
        ),
        (
            Method::POST,
            "/preview/{id}/extend",
            Some(json!({"by": "1h"})),
        ),
        (Method::POST, "/preview/{id}/wake", None),
        (Method::DELETE, "/preview/{id}", None),
    ] {
        let missing = path.replace("{id}", nobody);
        let missing = bob.send(method.clone(), &missing, body.clone()).await;
        for id in [&preview, &gone] {
            let path = path.replace("{id}", id);
            let hers = bob.send(method.clone(), &path, body.clone()).await;
            assert_eq!(
                (hers.status, hers.json()),
                (404, missing.json()),
                "{method} {path}"
            );
        }
    }
    for path in [format!("/job/{job}"), format!("/job/{job}/events")] {
        let missing = bob.get(&path.replace(&job, nobody)).await;
        let hers = bob.get(&path).await;
        assert_eq!((hers.status, hers.json()), (404, missing.json()), "{path}");
    }
    let row = server.hand.row(&preview).await;
    assert_eq!(row.generation.0, 1, "nothing of it was changed");

    // Hers to her, and everybody's to an administrator.
    for caller in [&ada, &As::root(&server)] {
        assert_eq!(caller.get(&format!("/preview/{preview}")).await.status, 200);
        assert_eq!(
            caller.get(&format!("/preview/{gone}/receipt")).await.status,
            200
        );
        assert_eq!(caller.get(&format!("/job/{job}")).await.status, 200);
    }
    assert_eq!(ada.delete(&format!("/preview/{preview}")).await.status, 202);
}

#[tokio::test]
async fn a_list_has_ones_own() {
    let server = guarded().await;
    let ada = As::new(&server, "deployer", "ada").await;
    let bob = As::new(&server, "viewer", "bob").await;
    ada.created(json!({"name": "hers"})).await;
    let root = As::root(&server);
    root.created(json!({"name": "his", "owner": "bob"})).await;
    assert_eq!(ada.listed("").await, ["hers"]);
    assert_eq!(ada.listed("?owner=ada&phase=pending").await, ["hers"]);
    assert_eq!(bob.listed("").await, ["his"]);
    assert_eq!(bob.listed("?parked=true").await, [""; 0]);
    assert_eq!(root.listed("").await, ["hers", "his"]);
    assert_eq!(root.listed("?owner=ada").await, ["hers"]);
    let refused = bob.get("/previews?owner=ada").await;
    assert_eq!(
        (refused.status, refused.fields()),
        (403, vec!["owner".to_owned()])
    );
}

#[tokio::test]
async fn a_create_names_nobody_else() {
    let server = guarded().await;
    let root = As::root(&server);
    let asked = json!({
        "name": "shop", "scope": "deployer", "owner": "acme/shop", "owner_id": "42",
        "expires_in": "1h",
    });
    let made = root.post("/tokens", asked).await.json();
    let shop = As::bearing(&server, made["token"].as_str().unwrap());
    for owner in [
        json!({}),
        json!({"owner": "42"}),
        json!({"owner": "acme/shop"}),
    ] {
        let (preview, _) = shop.created(owner).await;
        let shown = shop.get(&format!("/preview/{preview}")).await.json();
        assert_eq!(shown["owner"], json!({"id": "42", "login": "acme/shop"}));
    }
    for other in ["43", "acme", "ACME/shop", "local", "admin", ""] {
        let refused = shop.post("/preview/create", json!({"owner": other})).await;
        assert_eq!(
            (refused.status, kind(&refused)),
            (403, "forbidden".to_owned()),
            "{other}"
        );
        assert_eq!(refused.fields(), ["owner"]);
        assert_eq!(refused.json()["needs"], "admin");
    }
    assert_eq!(root.listed("").await.len(), 3);
}

/// An idempotency key is its caller's: nobody is given an answer that was somebody else's.
#[tokio::test]
async fn a_key_brings_back_nobody_elses_answer() {
    let server = guarded().await;
    let create = async |token: &str, body: &Value| {
        let request = server.request(Method::POST, "/preview/create").json(body);
        let bearer = format!("Bearer {token}");
        let request = request.header(header::AUTHORIZATION, bearer);
        server.send(request.header("idempotency-key", "k")).await
    };
    let ada = As::new(&server, "deployer", "ada").await;
    let adas_other = As::new(&server, "deployer", "ada").await;
    let bob = As::new(&server, "deployer", "bob").await;
    let root = As::root(&server);
    let first = create(&ada.token, &json!({})).await.json();
    let again = create(&adas_other.token, &json!({})).await;
    assert_eq!(again.json(), first, "the same owner is the same caller");
    assert_eq!(again.header("idempotency-replayed"), "true");
    let other = create(&bob.token, &json!({})).await;
    assert_eq!(other.status, 202);
    assert_ne!(other.json()["preview_id"], first["preview_id"]);
    // An administrator who acts for her has keys of its own, too.
    for body in [json!({"owner": "ada"}), json!({"owner": "ada"})] {
        let acted = create(&root.token, &body).await;
        assert_eq!(acted.status, 202, "{}", acted.json());
        assert_ne!(acted.json()["preview_id"], first["preview_id"]);
    }
}

#[tokio::test]
async fn a_refusal_tells_nothing_of_others() {
    let server = guarded().await;
    let ada = As::new(&server, "deployer", "ada").await;
    let bob = As::new(&server, "deployer", "bob").await;
    ada.created(json!({"name": "taken"})).await;
    let refused = bob.post("/preview/create", json!({"name": "taken"})).await;
    assert_eq!(
        (refused.status, kind(&refused)),
        (409, "name-taken".to_owned())
    );
    assert!(
        !refused.json().to_string().contains("ada"),
        "{}",
        refused.json()
    );
    let told = As::root(&server)
        .post("/preview/create", json!({"name": "taken"}))
        .await;
    assert!(told.json()["detail"].as_str().unwrap().contains("ada"));

    for name in ["b1", "b2", "b3"] {
        bob.created(json!({"name": name})).await;
    }
    let full = bob.post("/preview/create", json!({})).await;
    assert_eq!((full.status, kind(&full)), (429, "quota".to_owned()));
    assert_eq!(
        full.json()["holders"].as_array().unwrap().len(),
        3,
        "its own"
    );
}

/// What needs a person may be anybody's: it is an administrator's.
#[tokio::test]
async fn dead_letters_are_an_administrators() {
    let server = guarded().await;
    let ada = As::new(&server, "deployer", "ada").await;
    let (preview, _) = ada.created(json!({})).await;
    ada.delete(&format!("/preview/{preview}")).await;
    server.hand.park(&preview, None).await;
    assert_eq!(ada.get("/dead-letters").await.status, 403);
    assert_eq!(
        ada.post("/dead-letters/replay", json!({"all": true}))
            .await
            .status,
        403
    );
    assert_eq!(
        ada.delete(&format!("/dead-letters/{preview}")).await.status,
        403
    );
    let root = As::root(&server);
    let letters = root.get("/dead-letters").await.json();
    assert_eq!(letters["dead_letters"][0]["id"], preview);
}

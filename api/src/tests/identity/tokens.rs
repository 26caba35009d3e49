//! Tokens: made, used, ended.

use std::time::Duration;

use futures::StreamExt;
use serde_json::json;
use tempus_model::{Token, TokenId};

use super::{As, guarded, kind, root};
use crate::tests::server::Server;

#[tokio::test]
async fn a_token_is_shown_once_and_says_what_it_may() {
    let server = guarded().await;
    let root = As::root(&server);
    let (id, text) = root.token("deployer", "acme", "1h").await;
    let me = As::bearing(&server, &text).get("/whoami").await.json();
    assert_eq!(me["kind"], "token");
    assert_eq!(me["name"], format!("token {id}"));
    assert_eq!(me["scope"], "deployer");
    assert_eq!(me["owner"]["id"], "acme");
    assert!(me["expires_at"].is_string());

    let list = root.get("/tokens").await;
    let shown = String::from_utf8(list.body.clone()).unwrap();
    let hash = text.parse::<Token>().unwrap().hash().to_string();
    assert!(
        !shown.contains(&text[22..40]) && !shown.contains(&hash[..16]),
        "{shown}"
    );
    let tokens = list.json();
    assert_eq!(tokens["tokens"][0]["id"], id);
    assert_eq!(tokens["tokens"][0]["state"], "good");
    assert_eq!(tokens["tokens"][0]["created_by"], "configured");
    // The store has the hash, and nothing that it could be made from.
    let stored = server.hand.store().tokens().await.unwrap();
    let stored = serde_json::to_string(&stored).unwrap();
    assert!(
        stored.contains(&hash) && !stored.contains(&text[22..40]),
        "{stored}"
    );
}

#[tokio::test]
async fn a_revoked_token_is_refused_from_the_next_call_on() {
    let server = guarded().await;
    let root = As::root(&server);
    let (id, text) = root.token("viewer", "acme", "never").await;
    let bearer = As::bearing(&server, &text);
    assert_eq!(bearer.get("/previews").await.status, 200);
    for _ in 0..2 {
        assert_eq!(root.delete(&format!("/tokens/{id}")).await.status, 204);
        let refused = bearer.get("/previews").await;
        assert_eq!(
            (refused.status, kind(&refused)),
            (401, "unauthenticated".to_owned())
        );
        assert!(
            refused.json()["detail"]
                .as_str()
                .unwrap()
                .contains("revoked")
        );
        let challenge = refused.header("www-authenticate");
        assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    }
    assert_eq!(
        root.get("/tokens").await.json()["tokens"][0]["state"],
        "revoked"
    );
    assert_eq!(root.delete("/tokens/0000000000000000").await.status, 404);
    let wrong = root.delete(&format!("/tokens/{text}")).await;
    assert_eq!((wrong.status, wrong.fields()), (400, vec!["id".to_owned()]));
    assert!(!String::from_utf8_lossy(&wrong.body).contains(&text[22..40]));
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let server = guarded().await;
    let root = As::root(&server);
    let (_, text) = root.token("viewer", "acme", "1s").await;
    let bearer = As::bearing(&server, &text);
    assert_eq!(bearer.get("/previews").await.status, 200);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let refused = bearer.get("/previews").await;
    assert_eq!(refused.status, 401);
    assert!(
        refused.json()["detail"]
            .as_str()
            .unwrap()
            .contains("expired")
    );
    assert_eq!(
        root.get("/tokens").await.json()["tokens"][0]["state"],
        "expired"
    );
}

#[tokio::test]
async fn nothing_but_the_whole_token_is_taken() {
    let server = guarded().await;
    let (_, text) = As::root(&server).token("viewer", "acme", "1h").await;
    let good: Token = text.parse().unwrap();
    // Well formed, and known by its id: only the secret is another's.
    let forged = Token::new(good.id(), [1; 32]);
    let unknown = Token::new(TokenId::new([9; 8]), [1; 32]);
    let stored = good.hash().to_string();
    let mut said = Vec::new();
    for wrong in [
        forged.expose(),
        unknown.expose(),
        &stored,
        &text[..92],
        "x",
        "",
    ] {
        let answer = As::bearing(&server, wrong).get("/previews").await;
        assert_eq!(answer.status, 401, "{wrong}");
        said.push(answer.json()["detail"].clone());
    }
    assert_eq!(
        said[0], said[1],
        "whether an id is known is no stranger's business"
    );
    for (name, value) in [
        ("authorization", "Basic dG9rZW46"),
        ("cookie", &*text),
        ("x-token", &*text),
    ] {
        let request = server
            .request(axum::http::Method::GET, "/previews")
            .header(name, value);
        assert_eq!(server.send(request).await.status, 401, "{name}");
    }
    let query = format!("/previews?access_token={text}");
    assert_eq!(server.get(&query).await.status, 401);
}

#[tokio::test]
async fn a_token_request_is_checked_field_by_field() {
    let server = guarded().await;
    let root = As::root(&server);
    for (body, fields) in [
        (json!({}), &["name"][..]),
        (
            json!({"name": "", "scope": "viewer", "expires_in": "soon"}),
            &["expires_in", "name"],
        ),
        (
            json!({"name": "x", "scope": "root", "expires_in": "1h"}),
            &["scope"],
        ),
        (
            json!({"name": "x", "scope": "viewer", "expires_in": "367d"}),
            &["expires_in"],
        ),
        (
            json!({"name": "x", "scope": "viewer", "expires_in": "1h", "owner": "a b"}),
            &["owner", "owner_id"],
        ),
        (
            json!({"name": "x", "scope": "viewer", "expires_in": "1h", "owner_id": "7"}),
            &["owner"],
        ),
        (
            json!({"name": "x", "scope": "viewer", "expires_in": "1h", "secret": "x"}),
            &["secret"],
        ),
    ] {
        let answer = root.post("/tokens", body.clone()).await;
        let mut found = answer.fields();
        found.sort();
        assert_eq!(
            (answer.status, found.as_slice()),
            (
                422,
                &fields.iter().map(|f| (*f).to_owned()).collect::<Vec<_>>()[..]
            ),
            "{body}"
        );
    }
    assert!(server.hand.store().tokens().await.unwrap().is_empty());
}

/// A stream that began with a good token does not outlive it.
#[tokio::test]
async fn a_revocation_ends_what_is_being_followed() {
    let server = guarded().await;
    let root = As::root(&server);
    let (id, text) = root.token("deployer", "acme", "1h").await;
    let (_, job) = As::bearing(&server, &text).created(json!({})).await;
    let events = server.client.get(server.url(&format!("/job/{job}/events")));
    let events = events.bearer_auth(&text).send().await.unwrap();
    assert_eq!(events.status().as_u16(), 200);
    let mut events = events.bytes_stream();
    assert!(events.next().await.unwrap().is_ok(), "it shows the job");
    assert_eq!(root.delete(&format!("/tokens/{id}")).await.status, 204);
    let rest = async { while events.next().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(20), rest)
        .await
        .unwrap();
}

/// With identity off, whoever is at this machine is its administrator, whatever they send along.
#[tokio::test]
async fn where_identity_is_off_there_is_one_caller() {
    let server = Server::start().await;
    for caller in ["", "x", root().expose()] {
        let me = As::bearing(&server, caller).get("/whoami").await.json();
        assert_eq!(
            (&me["kind"], &me["scope"]),
            (&json!("local"), &json!("admin"))
        );
    }
    // So that there can be tokens when it is turned on.
    As::root(&server).token("viewer", "acme", "1h").await;
}

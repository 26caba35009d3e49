//! Signing in, and what each role is offered.

use serde_json::json;
use tempus_model::{Token, TokenId};
use tempus_tests::server::{Server, text};

use crate::browser::Browser;

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_is_offered_what_they_may_do() {
    let admin = Token::new(TokenId::new([1; 8]), [7; 32]);
    let hash = admin.hash().to_string();
    let server = Server::start(&[("identity.admin_token_hash", &hash)]).await;
    let api = server.api();
    let bearer = format!("Bearer {}", admin.expose());
    let make = async |scope: &str| {
        let body = json!({"name": "a test", "scope": scope, "owner": "acme", "expires_in": "1h"});
        let made = api
            .post("/tokens", &body)
            .header("authorization", &bearer)
            .send()
            .await
            .expect(201);
        (
            text(&made, "token").to_owned(),
            text(&made["record"], "id").to_owned(),
        )
    };
    let browser = Browser::of(&server).await;
    let sign_in = async |token: &str| {
        browser.write("[name=token]", token).await;
        browser.click("[type=submit]").await;
    };

    // Whoever follows a link signs in on the way, and a wrong token is said to be one.
    browser.open("/console/health").await;
    sign_in("tps_wrong").await;
    browser.shows("this is none").await;
    sign_in(admin.expose()).await;
    browser.shows("Who holds the slots").await;
    assert_eq!(browser.path().await, "/console/health");
    let cookies = browser.script("return document.cookie").await;
    assert_eq!(cookies, "", "no script sees the session");
    browser.click("a.brand").await;
    browser.click("[data-open=create]").await;
    browser.write("#create [name=name]", "shop").await;
    browser.click("#create [type=submit]").await;
    browser.shows("Steps of the create").await;
    browser.click(".who button").await;
    browser.shows("Sign in").await;
    browser.open("/").await;
    browser.shows("Sign in").await;

    let (viewer, id) = make("viewer").await;
    let body = json!({"name": "theirs", "owner": "acme"});
    let made = api
        .post("/preview/create", &body)
        .header("authorization", &bearer)
        .send()
        .await
        .expect(202);
    sign_in(&viewer).await;
    browser.shows("theirs").await;
    assert!(!browser.text().await.contains("shop"), "another owner's");
    assert!(!browser.has("[data-open]").await && !browser.text().await.contains("Dead letters"));
    browser
        .open(&format!("/console/preview/{}", text(&made, "preview_id")))
        .await;
    browser.shows("Who did what").await;
    assert!(!browser.has("dialog").await, "nothing is offered");
    let refused = format!(
        "return fetch('/preview/{}', {{ method: 'DELETE' }}).then((answer) => answer.status)",
        text(&made, "preview_id")
    );
    assert_eq!(
        browser.script(&refused).await,
        403,
        "and the server refuses it anyway"
    );
    browser.open("/console/dead-letters").await;
    browser.shows("Not allowed").await;

    // A revocation holds at once, in a page that is open.
    browser.open("/").await;
    browser.shows("theirs").await;
    api.call(
        tempus_tests::server::Method::DELETE,
        &format!("/tokens/{id}"),
    )
    .header("authorization", &bearer)
    .send()
    .await;
    browser.shows("Sign in").await;
    browser.close().await;
}

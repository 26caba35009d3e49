//! Signing in to the console, and what a session may and what it may not.

use axum::http::{Method, header};
use serde_json::json;

use super::{As, guarded, root};
use crate::tests::console::{Page, send};
use crate::tests::log::Lines;
use crate::tests::server::Server;

/// A form as a browser sends it from a page of ours.
fn form(server: &Server, path: &str, fields: &[(&str, &str)]) -> reqwest::RequestBuilder {
    let mut body = form_urlencoded::Serializer::new(String::new());
    let request = server.request(Method::POST, path);
    request
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ORIGIN, format!("http://127.0.0.1:{}", server.port))
        .body(body.extend_pairs(fields).finish())
}

async fn sign_in(server: &Server, token: &str) -> Page {
    send(form(
        server,
        "/console/sign-in",
        &[("token", token), ("next", "/console/costs")],
    ))
    .await
}

/// The cookie as a browser sends it back.
fn pair(page: &Page) -> String {
    page.header(header::SET_COOKIE)
        .split(';')
        .next()
        .unwrap()
        .to_owned()
}

async fn get(server: &Server, path: &str, cookie: &str) -> Page {
    let request = server.request(Method::GET, path);
    send(request.header(header::COOKIE, cookie)).await
}

async fn change(server: &Server, path: &str, cookie: &str, origin: Option<&str>) -> u16 {
    let request = server.request(Method::POST, path).json(&json!({}));
    let request = request.header(header::COOKIE, cookie);
    let request = origin.iter().fold(request, |request, origin| {
        request.header(header::ORIGIN, *origin)
    });
    server.send(request).await.status
}

#[tokio::test]
async fn who_has_no_session_is_sent_to_where_one_begins_and_comes_back() {
    let server = guarded().await;
    for path in ["/", "/?show=gone", "/console/health", "/console/preview/x"] {
        let page = send(server.request(Method::GET, path)).await;
        assert_eq!(page.status, 303, "{path}");
        assert!(
            page.header("location")
                .starts_with("/console/sign-in?next=%2F"),
            "{path}"
        );
        assert_eq!(
            page.header("www-authenticate"),
            "",
            "a browser would ask for a password"
        );
    }
    let page = send(server.request(Method::GET, "/console/sign-in?next=%2F%3Fshow%3Dgone")).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("value=\"/?show=gone\""), "{}", page.text);
    let asset = page
        .text
        .split('"')
        .find(|text| text.ends_with("console.css"))
        .unwrap();
    assert_eq!(send(server.request(Method::GET, asset)).await.status, 200);
    let begun = sign_in(&server, root().expose()).await;
    assert_eq!(
        (begun.status, begun.header("location")),
        (303, "/console/costs")
    );
    let set = begun.header(header::SET_COOKIE);
    assert!(
        set.contains("HttpOnly") && set.contains("SameSite=Strict"),
        "{set}"
    );
    assert!(!set.contains("Secure"), "this is loopback, without TLS");
    let page = get(&server, "/console/costs", &pair(&begun)).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains("Sign out"));
}

#[tokio::test]
async fn a_session_counts_only_in_what_our_own_pages_send() {
    let server = guarded().await;
    let cookie = pair(&sign_in(&server, root().expose()).await);
    let own = format!("http://127.0.0.1:{}", server.port);
    assert_eq!(
        change(&server, "/preview/create", &cookie, Some(&own)).await,
        202
    );
    assert_eq!(
        change(&server, "/preview/create", &cookie, None).await,
        401,
        "nobody says where it is from"
    );
    for foreign in ["http://shop.localhost:8081", "https://evil.example", "null"] {
        assert_eq!(
            change(&server, "/preview/create", &cookie, Some(foreign)).await,
            403,
            "{foreign}"
        );
    }
    let request = server.request(
        Method::DELETE,
        "/preview/00000000-0000-4000-8000-000000000000",
    );
    let request = request
        .header(header::COOKIE, &cookie)
        .header("sec-fetch-site", "same-site");
    assert_eq!(server.send(request).await.status, 403);
    assert_eq!(As::root(&server).listed("").await.len(), 1);
}

#[tokio::test]
async fn a_form_of_another_site_signs_nobody_in_or_out() {
    let server = guarded().await;
    let cookie = pair(&sign_in(&server, root().expose()).await);
    for path in ["/console/sign-in", "/console/sign-out"] {
        let body = format!("token={}", root().expose());
        let request = || {
            let request = server.request(Method::POST, path).body(body.clone());
            request
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::COOKIE, &cookie)
        };
        let foreign = send(request().header(header::ORIGIN, "https://evil.example")).await;
        assert_eq!(foreign.status, 403, "{path}");
        let silent = send(request()).await;
        assert!(
            [401, 403].contains(&silent.status),
            "{path}: {}",
            silent.status
        );
        assert_eq!(silent.header(header::SET_COOKIE), "", "{path}");
    }
    assert_eq!(
        get(&server, "/", &cookie).await.status,
        200,
        "the session is still good"
    );
}

#[tokio::test]
async fn a_session_ends_with_its_token_with_signing_out_and_is_no_token() {
    let server = guarded().await;
    let admin = As::root(&server);
    let (id, text) = admin.token("deployer", "acme", "1h").await;
    let cookie = pair(&sign_in(&server, &text).await);
    let session = cookie.split_once('=').unwrap().1;
    assert_ne!(session, text, "the browser does not keep the token");
    assert_eq!(get(&server, "/", &cookie).await.status, 200);
    assert_eq!(
        As::bearing(&server, session).get("/previews").await.status,
        401,
        "it is no token"
    );
    let token_as_cookie = format!("__tempus_console={text}");
    assert_eq!(
        get(&server, "/", &token_as_cookie).await.status,
        303,
        "and a token is no session"
    );
    let nested = sign_in(&server, session).await;
    assert_eq!(nested.status, 401, "no session begins another");
    assert_eq!(admin.delete(&format!("/tokens/{id}")).await.status, 204);
    assert_eq!(
        get(&server, "/", &cookie).await.status,
        303,
        "revoked with its token, at once"
    );

    let cookie = pair(&sign_in(&server, root().expose()).await);
    let other = pair(&sign_in(&server, root().expose()).await);
    let out = form(&server, "/console/sign-out", &[]).header(header::COOKIE, &cookie);
    let out = send(out).await;
    assert_eq!(
        (out.status, out.header("location")),
        (303, "/console/sign-in")
    );
    assert!(out.header(header::SET_COOKIE).contains("Max-Age=0"));
    assert_eq!(
        get(&server, "/", &cookie).await.status,
        303,
        "whoever kept a copy has nothing"
    );
    assert_eq!(get(&server, "/", &other).await.status, 200);
}

#[tokio::test]
async fn what_a_role_may_not_is_not_offered_and_is_refused() {
    let server = guarded().await;
    let owner = As::new(&server, "deployer", "acme").await;
    let (preview, _) = owner.created(json!({"name": "shop"})).await;
    let path = format!("/console/preview/{preview}");
    let own = format!("http://127.0.0.1:{}", server.port);
    for (scope, changes, sees_all) in [
        ("viewer", false, false),
        ("deployer", true, false),
        ("admin", true, true),
    ] {
        let (_, token) = As::root(&server).token(scope, "acme", "1h").await;
        let cookie = pair(&sign_in(&server, &token).await);
        let page = get(&server, &path, &cookie).await.text;
        for action in ["extend", "pin", "update", "destroy"] {
            assert_eq!(
                page.contains(&format!("data-open=\"{action}\"")),
                changes,
                "{scope} {action}"
            );
            assert_eq!(
                page.contains(&format!("<dialog id=\"{action}\"")),
                changes,
                "{scope} {action}"
            );
        }
        assert_eq!(
            page.contains("href=\"/console/dead-letters\""),
            sees_all,
            "{scope}"
        );
        assert_eq!(
            get(&server, "/", &cookie)
                .await
                .text
                .contains("data-open=\"create\""),
            changes,
            "{scope}"
        );
        let refused = get(&server, "/console/dead-letters", &cookie).await;
        assert_eq!(refused.status, if sees_all { 200 } else { 403 }, "{scope}");
        assert!(refused.text.starts_with("<!DOCTYPE html>"), "{scope}");
        let status = change(&server, "/preview/create", &cookie, Some(&own)).await;
        assert_eq!(status, if changes { 202 } else { 403 }, "{scope}");
    }
    let other = As::root(&server).token("deployer", "other", "1h").await.1;
    let cookie = pair(&sign_in(&server, &other).await);
    assert_eq!(
        get(&server, &path, &cookie).await.status,
        404,
        "another owner's is not found"
    );
    assert!(!get(&server, "/", &cookie).await.text.contains("shop"));
}

#[tokio::test]
async fn neither_token_nor_session_reaches_a_log() {
    let (lines, _guard) = Lines::capture();
    let server = guarded().await;
    let (_, text) = As::root(&server).token("viewer", "acme", "1h").await;
    let begun = sign_in(&server, &text).await;
    let cookie = pair(&begun);
    get(&server, "/", &cookie).await;
    let wrong = text.replacen('_', "_0", 2);
    let refused = sign_in(&server, &wrong).await;
    assert_eq!(refused.status, 401);
    assert!(refused.text.contains("role=\"alert\"") && !refused.text.contains(&wrong[21..60]));
    let all = lines.text();
    assert!(all.contains("signed in"), "{all}");
    let session = cookie.split_once('=').unwrap().1;
    for secret in [&text, session] {
        assert!(!all.contains(&secret[21..53]), "{all}");
    }
    assert_eq!(lines.with("turned away").len(), 1, "{all}");
}

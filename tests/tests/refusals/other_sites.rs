//! A web page that happens to be open in this machine's browser cannot drive the API.

use serde_json::json;
use tempus_tests::server::{Call, Method, Server, text};

use crate::{names, refused};

#[tokio::test]
async fn no_page_but_our_own_drives_the_api() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let accepted = api.ready(&json!({"name": "shop"})).await;
    let preview = text(&accepted, "preview_id");
    let changes = || -> Vec<Call> {
        vec![
            api.post("/preview/create", &json!({"name": "evil"})),
            api.post(
                &format!("/preview/{preview}/update"),
                &json!({"env": {"EVIL": "1"}}),
            ),
            api.post(&format!("/preview/{preview}/extend"), &json!({"by": "1h"})),
            api.call(Method::DELETE, &format!("/preview/{preview}")),
            api.post("/dead-letters/replay", &json!({"all": true})),
        ]
    };
    let previews = api.previews_port();
    let own = api.url();
    let port = own.rsplit(':').next().unwrap();
    for origin in [
        "https://evil.example".to_owned(),
        "null".to_owned(),
        format!("http://shop.localhost:{previews}"),
        format!("http://localhost:{previews}"),
        format!("http://127.0.0.1:{previews}"),
        format!("https://127.0.0.1:{previews}"),
        format!("http://127.0.0.1:{port}.evil.example"),
    ] {
        for call in changes() {
            let call = call.header("origin", &origin);
            let answer = refused(&api, call, 403, &origin).await;
            assert_eq!(answer.header("access-control-allow-origin"), None);
        }
    }
    for site in ["cross-site", "same-site"] {
        for call in changes() {
            let call = call.header("sec-fetch-site", site);
            refused(&api, call, 403, site).await;
        }
    }
    // A name of theirs, pointed at this machine: DNS rebinding. The reading calls as well.
    for host in ["evil.example", "shop.localhost", "localhost"] {
        let host = format!("{host}:{}", if host == "localhost" { "1" } else { port });
        let reads = [
            api.get("/previews"),
            api.get("/openapi.json"),
            api.get(&format!("/preview/{preview}")),
        ];
        for call in changes().into_iter().chain(reads) {
            let call = call.header("host", &host);
            refused(&api, call, 421, &host).await;
        }
    }
    // What a form, or a script without asking first, can send.
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain; application/json",
    ] {
        let call = api.call(Method::POST, "/preview/create");
        let call = call.body(content_type, r#"{"name": "evil"}"#);
        let problem = refused(&api, call, 415, content_type).await.json();
        assert!(
            text(&problem, "detail").contains("application/json"),
            "{problem:#}"
        );
    }
    // Asking first is answered with no: there is no such method, and no CORS header.
    let preflight = api.call(Method::OPTIONS, "/preview/create");
    let preflight = preflight.header("access-control-request-method", "POST");
    let answer = refused(&api, preflight, 405, "a preflight").await;
    assert_eq!(answer.header("access-control-allow-origin"), None);

    // Our own page may, and so may programs by any of this machine's names.
    let by_page = api.post("/preview/create", &json!({"name": "fine"}));
    by_page.header("origin", &own).send().await.expect(202);
    let by_name = api
        .get("/previews")
        .header("host", &format!("localhost:{port}"));
    by_name.send().await.expect(200);
    // Load balancers and tunnels ask by names of their own.
    for open in ["/health", "/ready"] {
        let call = api.get(open).header("host", "balancer.internal");
        call.send().await.expect(200);
    }
    let proxied = api
        .visit("shop", "/")
        .header("host", "evil.example")
        .send()
        .await;
    assert_eq!(
        proxied.status, 421,
        "previews are not reached by foreign names either"
    );
    let nothing = api.call(Method::POST, "/preview/create").send().await;
    assert_eq!(nothing.status, 415, "{}", nothing.text());
    let bad = api.get("/previews?limit=0").send().await.expect(400);
    names(&bad, "limit", "1 to 200");
}

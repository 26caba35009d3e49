//! Protected previews: what the API says of them, and what it answers in their place behind a load
//! balancer.

use axum::http::Method;
use serde_json::{Value, json};
use tempus_model::{Actor, DeedKind};

use super::server::Server;
use crate::Socket;

const WORD: &str = "correct horse";
const SHOP: &str = "shop.a1.example.com";

/// What a preview's visitor gets, at this host.
struct Visit {
    status: u16,
    kind: String,
    location: String,
    cookie: String,
    body: String,
}

impl Server {
    async fn visit(&self, host: &str, path: &str, cookie: &str) -> Visit {
        let request = self.request(Method::GET, path).header("host", host);
        self.visited(request.header("cookie", cookie)).await
    }

    async fn unlock(&self, host: &str, base: &str, word: &str) -> Visit {
        let path = format!("{base}.tempus/unlock");
        let request = self.request(Method::POST, &path).header("host", host);
        let request = request.header("origin", format!("https://{host}"));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let body = format!("password={}&next={base}a", word.replace(' ', "+"));
        self.visited(request.body(body)).await
    }

    async fn visited(&self, request: reqwest::RequestBuilder) -> Visit {
        let client = tempus_steps::http::plain().redirect(reqwest::redirect::Policy::none());
        let client = client.no_proxy().build().unwrap();
        let request = request.header("accept", "text/html").build().unwrap();
        let response = client.execute(request).await.unwrap();
        let header = |name: &str| {
            let value = response.headers().get(name);
            value.map_or("", |value| value.to_str().unwrap()).to_owned()
        };
        Visit {
            status: response.status().as_u16(),
            kind: header("x-tempus"),
            location: header("location"),
            cookie: header("set-cookie"),
            body: response.text().await.unwrap(),
        }
    }

    /// A preview that is up, and who may see it.
    async fn shop(&self, access: Value) -> String {
        let (preview, _) = self
            .created(json!({"name": "shop", "access": access}))
            .await;
        self.hand.make(&preview).await;
        preview
    }
}

fn pair(cookie: &str) -> &str {
    cookie.split(';').next().unwrap()
}

#[tokio::test]
async fn a_password_is_taken_and_never_shown() {
    let server = Server::start().await;
    let id = server.shop(json!({"password": WORD})).await;
    let view = server.get(&format!("/preview/{id}")).await;
    assert_eq!(view.json()["access"], "password");
    let text = String::from_utf8(view.body).unwrap();
    assert!(
        !text.contains("horse") && !text.contains("argon2"),
        "{text}"
    );

    for (access, field) in [
        (json!(WORD), "access"),
        (json!(12_345_678), "access"),
        (json!({"password": "1234567"}), "access.password"),
        (json!({"password": "x".repeat(129)}), "access.password"),
        (json!({"password": "correct\nhorse"}), "access.password"),
        (json!({"password": WORD, "hint": "x"}), "access"),
    ] {
        for path in [
            "/preview/create".to_owned(),
            format!("/preview/{id}/update"),
        ] {
            let refused = server.post(&path, json!({ "access": access })).await;
            assert_eq!(
                (refused.status, refused.fields()),
                (422, vec![field.to_owned()])
            );
            let text = String::from_utf8(refused.body).unwrap();
            assert!(
                !text.contains("horse") && !text.contains("1234567"),
                "{text}"
            );
        }
    }
}

#[tokio::test]
async fn who_says_nothing_about_access_changes_nothing_about_it() {
    let server = Server::start().await;
    let id = server.shop(json!({"password": WORD})).await;
    let access = async |server: &Server| {
        let view = server.get(&format!("/preview/{id}")).await.json();
        view["access"].as_str().unwrap().to_owned()
    };
    let (again, _) = server.created(json!({"name": "shop"})).await;
    assert_eq!(
        (again, access(&server).await),
        (id.clone(), "password".to_owned())
    );
    let path = format!("/preview/{id}/update");
    server.post(&path, json!({"commit_sha": "0a1b2c3d"})).await;
    assert_eq!(access(&server).await, "password");
    server.post(&path, json!({"access": "link"})).await;
    assert_eq!(access(&server).await, "link");
    server
        .created(json!({"name": "shop", "access": "open"}))
        .await;
    assert_eq!(access(&server).await, "open");
    let refused = server.post("/preview/create", json!({"name": "shop", "branch": "x"}));
    assert_eq!(
        refused.await.status,
        409,
        "somebody else's name tells nothing"
    );
}

#[tokio::test]
async fn a_repeated_request_with_a_password_is_recognised() {
    let server = Server::start().await;
    let create = async |word: &str| {
        let request = server.request(Method::POST, "/preview/create");
        let request = request.header("idempotency-key", "once");
        let body = json!({"name": "shop", "access": {"password": word}});
        server.send(request.json(&body)).await
    };
    let first = create(WORD).await;
    let again = create(WORD).await;
    assert_eq!(
        (first.status, again.header("idempotency-replayed")),
        (202, "true")
    );
    assert_eq!(create("another horse").await.status, 422);
}

#[tokio::test]
async fn a_link_is_for_protected_previews_and_ends_with_them() {
    let server = Server::start().await;
    let id = server.shop(json!("link")).await;
    let path = format!("/preview/{id}/link");
    let view = server.get(&format!("/preview/{id}")).await.json();
    let whole = server.get(&path).await.json();
    let url = whole["url"].as_str().unwrap();
    assert!(
        url.starts_with("http://shop.localhost:8081/?tempus-key="),
        "{url}"
    );
    let seconds = |time: &Value| time.as_str().unwrap()[..19].to_owned();
    assert_eq!(seconds(&whole["expires_at"]), seconds(&view["expires_at"]));
    let longer = server.get(&format!("{path}?ttl=7d")).await.json();
    assert_eq!(longer["expires_at"], whole["expires_at"]);
    let shorter = server.get(&format!("{path}?ttl=1m")).await.json();
    assert!(shorter["expires_at"].as_str() < whole["expires_at"].as_str());

    let wrong = server.get(&format!("{path}?ttl=soon")).await;
    assert_eq!(
        (wrong.status, wrong.fields()),
        (400, vec!["ttl".to_owned()])
    );
    server
        .post(&format!("/preview/{id}/update"), json!({"access": "open"}))
        .await;
    let open = server.get(&path).await;
    assert_eq!(open.status, 409);
    assert_eq!(open.json()["type"], "urn:tempus:problem:not-protected");
    let gone = server.gone().await;
    assert_eq!(
        server.get(&format!("/preview/{gone}/link")).await.status,
        409
    );
}

#[tokio::test]
async fn behind_a_balancer_the_api_asks_in_the_preview_s_place() {
    let server = Server::start().await;
    let id = server.shop(json!({"password": WORD})).await;
    let asked = server.visit(SHOP, "/a", "").await;
    assert_eq!((asked.status, asked.kind.as_str()), (401, "locked"));
    assert!(
        asked.body.contains("action=\"/.tempus/unlock\""),
        "{}",
        asked.body
    );
    let wrong = server.unlock(SHOP, "/", "wrong horse").await;
    assert_eq!((wrong.status, wrong.kind.as_str()), (401, "wrong-password"));
    let on = server.unlock(SHOP, "/", WORD).await;
    assert_eq!((on.status, on.location.as_str()), (303, "/a"));
    assert!(
        on.cookie.ends_with("; HttpOnly; SameSite=Lax; Secure"),
        "{}",
        on.cookie
    );
    // A session, and a capability for the balancer to look for.
    assert_eq!(pair(&on.cookie).split('.').count(), 2);
    // The balancer did not look yet: the preview is told to be on its way.
    let inside = server.visit(SHOP, "/a", pair(&on.cookie)).await;
    assert_eq!((inside.status, inside.kind.as_str()), (503, "starting"));

    let (host, base) = ("a2.elb.example", format!("/preview-{}/", &id[..8]));
    let asked = server.visit(host, &format!("{base}a"), "").await;
    assert_eq!((asked.status, asked.kind.as_str()), (401, "locked"));
    let on = server.unlock(host, &base, WORD).await;
    assert_eq!((on.status, on.location), (303, format!("{base}a")));
    assert!(
        on.cookie.contains(&format!("; Path={base};")),
        "{}",
        on.cookie
    );
    let bare = server.visit(host, &base[..base.len() - 1], "").await;
    assert_eq!((bare.status, bare.location), (308, base));
}

#[tokio::test]
async fn what_is_meant_for_previews_never_reaches_the_api() {
    let server = Server::start().await;
    server.shop(json!("open")).await;
    for path in ["/previews", "/health", "/metrics", "/docs", "/openapi.json"] {
        let answer = server.visit(SHOP, path, "").await;
        assert_eq!(
            (answer.status, answer.kind.as_str()),
            (503, "starting"),
            "{path}"
        );
        let answer = server.visit("nobody.a1.example.com", path, "").await;
        assert_eq!(
            (answer.status, answer.kind.as_str()),
            (404, "unknown"),
            "{path}"
        );
    }
    let create = server
        .request(Method::POST, "/preview/create")
        .json(&json!({}));
    let answer = server.visited(create.header("host", SHOP)).await;
    assert_eq!(answer.kind, "starting");
    assert_eq!(server.count().await, 1);
    for host in ["a1.example.com", "a2.elb.example", "shop.a2.elb.example"] {
        let answer = server.visit(host, "/previews", "").await;
        assert_eq!((answer.status, answer.kind.as_str()), (421, ""), "{host}");
    }
}

#[tokio::test]
async fn strangers_are_not_told_why_a_protected_preview_is_not_up() {
    let server = Server::start().await;
    let (id, _) = server
        .created(json!({"name": "shop", "access": "link"}))
        .await;
    let asked = server.visit(SHOP, "/", "").await;
    assert_eq!((asked.status, asked.kind.as_str()), (401, "locked"));
    let link = server.get(&format!("/preview/{id}/link")).await.json();
    let query = link["url"]
        .as_str()
        .unwrap()
        .split_once('?')
        .unwrap()
        .1
        .to_owned();
    let on = server.visit(SHOP, &format!("/?{query}"), "").await;
    assert_eq!((on.status, on.location.as_str()), (303, "/"));
    let inside = server.visit(SHOP, "/", pair(&on.cookie)).await;
    assert_eq!((inside.status, inside.kind.as_str()), (503, "starting"));
    assert_eq!(server.delete(&format!("/preview/{id}")).await.status, 202);
    server.hand.remove(&id).await;
    let gone = server.visit(SHOP, "/", "").await;
    assert_eq!((gone.status, gone.kind.as_str()), (410, "gone"));
}

/// While a preview sleeps no rule takes its requests, so they come here.
#[tokio::test]
async fn a_visitor_who_may_see_it_wakes_it() {
    let server = Server::start().await;
    for (access, name) in [("open", "shop"), ("link", "docs")] {
        let ask = json!({"name": name, "access": access, "sleep": "1s"});
        let (id, _) = server.created(ask).await;
        server.hand.make(&id).await;
        server.hand.put_to_sleep(&id).await;
        server.hand.take_hints().await;
        let view = server.get(&format!("/preview/{id}")).await.json();
        assert_eq!(
            (&view["phase"], &view["sleep"]),
            (&json!("asleep"), &json!("1s"))
        );
        let host = format!("{name}.a1.example.com");
        let mut cookie = String::new();
        if access == "link" {
            let stranger = server.visit(&host, "/", "").await;
            assert_eq!((stranger.status, &*stranger.kind), (401, "locked"));
            assert!(!server.hand.row(&id).await.wakefulness.is_awake());
            assert_eq!(server.hand.take_hints().await, 0);
            let link = server.get(&format!("/preview/{id}/link")).await.json();
            let (_, query) = link["url"].as_str().unwrap().split_once('?').unwrap();
            let on = server.visit(&host, &format!("/?{query}"), "").await;
            cookie = pair(&on.cookie).to_owned();
        }
        for _ in 0..3 {
            let page = server.visit(&host, "/", &cookie).await;
            assert_eq!((page.status, &*page.kind), (503, "waking"));
            assert!(page.body.contains("content=\"45\""), "{}", page.body);
        }
        let row = server.hand.row(&id).await;
        assert!(row.wakefulness.is_awake() && !row.settled.wakefulness.is_awake());
        assert_eq!(server.hand.take_hints().await, 1);
        let told = server.hand.store().deeds(row.preview, 10).await.unwrap();
        let told: Vec<_> = told.into_iter().map(|deed| (deed.what, deed.by)).collect();
        let woken = told.iter().filter(|(what, _)| *what == DeedKind::Woken);
        let woken: Vec<_> = woken.map(|(_, by)| by).collect();
        assert_eq!(woken, [&Actor::Visitor], "woken once");
    }
}

/// `api.names` may be below the domain that previews are below as well.
#[tokio::test]
async fn a_name_of_the_apis_own_is_no_previews() {
    let names = [
        "Tempus.a1.example.com:8443",
        "a2.elb.example",
        "preview-tempus.a1.example.com",
    ];
    let change = |config: &mut crate::Config| config.hosts.names = names.map(str::to_owned).into();
    let server = Server::on(Socket::plain, change).await;
    for taken in [json!({"name": "tempus"}), json!({"branch": "tempus"})] {
        let refused = server.post("/preview/create", taken).await;
        assert_eq!(
            (refused.status, refused.fields()),
            (422, vec!["name".to_owned()])
        );
    }
    let (preview, _) = server.created(json!({"name": "tempus-2"})).await;

    for host in ["tempus.a1.example.com:8443", "a2.elb.example"] {
        let asked = server.request(Method::GET, "/previews");
        let answer = server.send(asked.header("host", host)).await;
        assert_eq!(answer.status, 200, "{host}");
    }
    // What is no preview's is not answered in a preview's place.
    let elsewhere = server.visit("tempus.a1.example.com:1", "/previews", "");
    let elsewhere = elsewhere.await;
    assert_eq!((elsewhere.status, &*elsewhere.kind), (421, ""));
    let short = &preview[..8];
    let below = format!("/preview-{short}/");
    for (host, path) in [
        ("tempus-2.a1.example.com", "/previews"),
        ("a2.elb.example", &*below),
    ] {
        let visit = server.visit(host, path, "").await;
        assert_eq!((visit.status, &*visit.kind), (503, "starting"), "{host}");
    }
}

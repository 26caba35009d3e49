//! Protected previews through the proxy: what visitors get, and what the application sees.

use std::time::SystemTime;

use hyper::header::{
    ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, LOCATION,
    ORIGIN, REFERRER_POLICY, SET_COOKIE, UPGRADE,
};
use tempus_model::{PreviewId, Timestamp};

use super::*;

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const FORM: &str = "application/x-www-form-urlencoded";
const WORD: &str = "correct horse";

async fn password(proxy: &Proxy, word: &str) -> Access {
    let hash = proxy.gate.hash(word.to_owned(), "me\0demo").await;
    Access::Password(hash.unwrap())
}

async fn unlock(proxy: &Proxy, word: &str, next: &str) -> Response<Incoming> {
    let origin = format!("http://demo.localhost:{}", proxy.addr.port());
    let request = proxy.request("/.tempus/unlock").method("POST");
    let request = request
        .header(ORIGIN, origin)
        .header(CONTENT_TYPE, FORM)
        .header(ACCEPT, BROWSER);
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("password", word).append_pair("next", next);
    let body = Full::new(Bytes::from(form.finish()));
    proxy.send_body(request, body).await
}

fn cookie(response: &Response<Incoming>) -> String {
    let set = response.headers()[SET_COOKIE].to_str().unwrap();
    set.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_application_sees_its_own_authorization_and_cookies_and_nothing_of_the_gate() {
    within(async {
        let (proxy, app) = (Proxy::start().await, App::mirror().await);
        let access = password(&proxy, WORD).await;
        proxy.protect(&[("/", app.port)], access.clone());
        let request = || {
            proxy
                .request("/a")
                .header(AUTHORIZATION, "Basic dXNlcjpwYXNz")
        };
        let (status, _) = read(proxy.send(request()).await).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);

        let on = unlock(&proxy, WORD, "/a?x=1").await;
        assert_eq!(on.status(), StatusCode::SEE_OTHER);
        assert_eq!(on.headers()[LOCATION], "/a?x=1");
        let session = cookie(&on);
        let inside = request().header(COOKIE, format!("theirs=1; {session}; more=2"));
        let (status, seen) = read(proxy.send(inside).await).await;
        assert_eq!(status, StatusCode::OK);
        assert!(seen.contains("authorization: Basic dXNlcjpwYXNz"), "{seen}");
        assert!(seen.contains("cookie: theirs=1; more=2"), "{seen}");
        assert!(!seen.contains("__tempus_gate"), "{seen}");

        // Who is in, and follows a link all the same, is led to the address without its key.
        let key = "/b?x=1&tempus-key=1-2&y";
        let (_, seen) = read(
            proxy
                .send(proxy.request(key).header(COOKIE, &session))
                .await,
        )
        .await;
        assert!(seen.starts_with("GET /b?x=1&y\n"), "{seen}");

        // The gate goes, its cookie stays in the browser: still none of the application's business.
        proxy.route(&[("/", app.port)]);
        let open = proxy.request("/a?tempus-key=1").header(COOKIE, &session);
        let (status, seen) = read(proxy.send(open).await).await;
        assert_eq!(status, StatusCode::OK);
        assert!(
            seen.starts_with("GET /a\n") && !seen.contains("cookie"),
            "{seen}"
        );
    })
    .await;
}

#[tokio::test]
async fn people_get_a_form_and_programs_a_problem() {
    within(async {
        let (proxy, app) = (Proxy::start().await, App::named("app").await);
        let access = password(&proxy, WORD).await;
        proxy.protect(&[("/", app.port)], access);
        let hostile = "/a?%22%3E%3Cscript%3E&tempus-key=1-%3C&b='";
        let page = proxy
            .send(proxy.request(hostile).header(ACCEPT, BROWSER))
            .await;
        assert_eq!(page.status(), StatusCode::UNAUTHORIZED);
        let headers = page.headers();
        assert_eq!(headers[ANSWER_HEADER], "link-ended");
        assert_eq!(headers["cache-control"], "no-store");
        assert_eq!(headers["x-robots-tag"], "noindex");
        // With none, the browser would send the form from nowhere.
        assert_eq!(headers[REFERRER_POLICY], "same-origin");
        let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("form-action 'self'"), "{policy}");
        let (_, page) = read(page).await;
        for part in [
            "<form method=\"post\" action=\"/.tempus/unlock\">",
            "<label for=\"password\">",
            "name=\"robots\" content=\"noindex\"",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(
            !page.contains("<script") && !page.contains("tempus-key"),
            "{page}"
        );

        let wrong = unlock(&proxy, "wrong horse", "/").await;
        assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
        let (_, page) = read(wrong).await;
        assert!(page.contains("role=\"alert\""), "{page}");
        assert!(!page.contains("wrong horse"), "{page}");

        let (status, problem) = proxy.get("/").await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert!(
            problem.contains("\"type\":\"urn:tempus:proxy:locked\""),
            "{problem}"
        );

        let upgrade = proxy.request("/").header(CONNECTION, "upgrade");
        let upgrade = upgrade.header(UPGRADE, "websocket").header(ACCEPT, BROWSER);
        let refused = proxy.send(upgrade).await;
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(refused.headers()[CONTENT_TYPE], "application/problem+json");
    })
    .await;
}

#[tokio::test]
async fn another_password_ends_every_session_and_a_restart_ends_none() {
    within(async {
        let (proxy, app) = (Proxy::start().await, App::named("app").await);
        let access = password(&proxy, WORD).await;
        proxy.protect(&[("/", app.port)], access.clone());
        let session = cookie(&unlock(&proxy, WORD, "/").await);
        let visit = async |proxy: &Proxy| {
            let request = proxy.request("/").header(COOKIE, &session);
            proxy.send(request).await.status()
        };
        assert_eq!(visit(&proxy).await, StatusCode::OK);
        proxy.protect(&[("/", app.port)], password(&proxy, "another horse").await);
        assert_eq!(visit(&proxy).await, StatusCode::UNAUTHORIZED);
        proxy.stop().await;

        let again = Proxy::start().await;
        again.protect(&[("/", app.port)], access);
        assert_eq!(
            visit(&again).await,
            StatusCode::OK,
            "nothing was kept in memory"
        );
    })
    .await;
}

#[tokio::test]
async fn a_link_opens_in_both_modes_of_address() {
    within(async {
        let (proxy, app) = (Proxy::start().await, App::mirror().await);
        let id: PreviewId = "550e8400-e29b-41d4-a716-446655440000".parse().unwrap();
        proxy.routes.set(Route {
            preview: PreviewKey::new(id.to_string()),
            host: HostLabel::parse("demo").unwrap(),
            short: ShortId::parse(SHORT).unwrap(),
            access: Access::Link,
            wakefulness: Wakefulness::Awake,
            backends: vec![Backend {
                path: PathPrefix::root(),
                port: app.port,
            }],
            revision: Revision(1),
        });
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let hour = since.unwrap() + Duration::from_hours(1);
        let until = Timestamp::from_millis(hour.as_millis().try_into().unwrap());
        let key = proxy.gate.link(id, &Access::Link, until);
        let base = format!("/preview-{SHORT}");
        for (request, place, path) in [
            (
                proxy.request(&format!("/x?tempus-key={key}")),
                "/x".to_owned(),
                "/".to_owned(),
            ),
            (
                proxy.bare(&format!("{base}/x?tempus-key={key}")),
                format!("{base}/x"),
                format!("{base}/"),
            ),
        ] {
            let on = proxy.send(request).await;
            assert_eq!(on.status(), StatusCode::SEE_OTHER);
            assert_eq!(on.headers()[LOCATION], place.as_str());
            let set = on.headers()[SET_COOKIE].to_str().unwrap();
            assert!(set.contains(&format!("; Path={path}; ")), "{set}");
        }
        // TLS that ends in front of us.
        let tunnelled = proxy.request(&format!("/?tempus-key={key}"));
        let on = proxy
            .send(tunnelled.header("x-forwarded-proto", "https"))
            .await;
        let set = on.headers()[SET_COOKIE].to_str().unwrap();
        assert!(set.ends_with("; Secure"), "{set}");
    })
    .await;
}

#[tokio::test]
async fn a_form_is_small_and_comes_from_here() {
    within(async {
        let (proxy, app) = (Proxy::start().await, App::named("app").await);
        proxy.protect(&[("/", app.port)], password(&proxy, WORD).await);
        let post = || {
            let request = proxy.request("/.tempus/unlock").method("POST");
            request.header(CONTENT_TYPE, FORM)
        };
        let large = Full::new(Bytes::from(vec![b'x'; 9 * 1024]));
        let refused = proxy.send_body(post(), large).await;
        assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);
        let body = || Full::new(Bytes::from_static(b"password=correct+horse"));
        let foreign = post().header(ORIGIN, "http://evil.localhost");
        let refused = proxy.send_body(foreign, body()).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
        let on = proxy.send_body(post(), body()).await;
        assert_eq!(on.status(), StatusCode::SEE_OTHER);
    })
    .await;
}

#[tokio::test]
async fn without_a_key_what_is_protected_answers_nobody() {
    within(async {
        let (proxy, app) = (Proxy::without_a_gate().await, App::named("app").await);
        proxy.protect(&[("/", app.port)], Access::Link);
        let (status, problem) = proxy.get("/").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{problem}");
        assert!(problem.contains("has no key"), "{problem}");
        proxy.route(&[("/", app.port)]);
        assert_eq!(proxy.get("/").await.0, StatusCode::OK);
    })
    .await;
}

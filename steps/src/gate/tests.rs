//! The gate as a whole, without a socket.

use std::time::Duration;

use hyper::header::{
    AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue, LOCATION, ORIGIN,
    SET_COOKIE, WWW_AUTHENTICATE,
};
use hyper::http::uri::PathAndQuery;
use hyper::{Method, StatusCode};
use tempus_model::{Access, PreviewId, Timestamp};

use super::*;
use crate::visitor::{ANSWER_HEADER, Answer};

const ID: &str = "550e8400-e29b-41d4-a716-446655440000";
const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const FORM: &str = "application/x-www-form-urlencoded";

fn id() -> PreviewId {
    ID.parse().unwrap()
}

struct Site {
    gate: Gate,
    access: Access,
    base: &'static str,
    fastening: Fastening,
    scheme: Scheme,
}

impl Site {
    fn new(access: Access) -> Self {
        Self {
            gate: Gate::new(GateKeys::parse(&"k".repeat(40)).unwrap()),
            access,
            base: "/",
            fastening: Fastening::Proxy,
            scheme: Scheme::Http,
        }
    }

    async fn with_password(password: &str) -> Self {
        let mut site = Self::new(Access::Link);
        let hash = site.gate.hash(password.to_owned(), "me\0shop").await;
        site.access = Access::Password(hash.unwrap());
        site
    }

    fn door(&self) -> Door<'_> {
        Door {
            preview: ID,
            access: &self.access,
            base: self.base,
            scheme: self.scheme,
            fastening: self.fastening,
        }
    }

    fn get(&self, path: &str, cookie: Option<&str>) -> Option<Answer> {
        self.at(path, cookie, NOW)
    }

    fn at(&self, path: &str, cookie: Option<&str>, now: Timestamp) -> Option<Answer> {
        let mut headers = HeaderMap::new();
        if let Some(cookie) = cookie {
            headers.insert(COOKIE, HeaderValue::from_str(cookie).unwrap());
        }
        self.asked(&Method::GET, path, &headers, now)
    }

    fn asked(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Option<Answer> {
        let path: PathAndQuery = path.parse().unwrap();
        let asked = Asked {
            method,
            headers,
            path: &path,
        };
        self.gate.stop(&self.door(), &asked, now)
    }

    async fn post(&self, body: &str, headers: &[(HeaderName, &'static str)]) -> Answer {
        let mut all = HeaderMap::new();
        all.insert(CONTENT_TYPE, HeaderValue::from_static(FORM));
        all.insert("host", HeaderValue::from_static("demo.localhost:8081"));
        for (name, value) in headers {
            all.insert(name, HeaderValue::from_static(value));
        }
        let path = PathAndQuery::from_static("/.tempus/unlock");
        let asked = Asked {
            method: &Method::POST,
            headers: &all,
            path: &path,
        };
        let door = self.door();
        let unlocked = self.gate.unlock(&door, &asked, body.as_bytes(), None, NOW);
        unlocked.await
    }

    fn link(&self, hours: u64) -> String {
        let until = NOW.after(Duration::from_hours(hours));
        self.gate.link(id(), &self.access, until)
    }
}

fn header(answer: &Answer, name: impl hyper::header::AsHeaderName) -> &str {
    answer.headers().get(name).unwrap().to_str().unwrap()
}

fn kind(answer: &Answer) -> &str {
    header(answer, ANSWER_HEADER)
}

fn cookie(answer: &Answer) -> &str {
    header(answer, SET_COOKIE).split(';').next().unwrap()
}

#[test]
fn an_open_preview_stops_nobody() {
    let site = Site::new(Access::Open);
    assert!(
        site.get("/a?tempus-key=x", Some("__tempus_gate=x"))
            .is_none()
    );
}

#[test]
fn a_link_gives_a_session_that_ends_with_it() {
    let site = Site::new(Access::Link);
    let refused = site.get("/a", None).unwrap();
    assert_eq!((refused.status().as_u16(), kind(&refused)), (401, "locked"));
    assert_eq!(header(&refused, WWW_AUTHENTICATE), "Tempus-Gate");

    let link = site.link(1);
    let on = site
        .get(&format!("/a?b=1&tempus-key={link}"), None)
        .unwrap();
    assert_eq!(on.status(), StatusCode::SEE_OTHER);
    assert_eq!(header(&on, LOCATION), "/a?b=1");
    let set = header(&on, SET_COOKIE);
    assert!(
        set.ends_with("; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax"),
        "{set}"
    );
    let cookie = cookie(&on).to_owned();
    assert!(site.get("/a", Some(&format!("x=1; {cookie}"))).is_none());
    let later = NOW.after(Duration::from_hours(1));
    assert_eq!(
        kind(&site.at("/a", Some(&cookie), later).unwrap()),
        "locked"
    );
    let again = format!("/a?tempus-key={link}");
    assert_eq!(kind(&site.at(&again, None, later).unwrap()), "link-ended");
    // Who is in passes with a key that has ended.
    assert!(site.get("/a?tempus-key=1-x", Some(&cookie)).is_none());

    // What is sent cannot be led elsewhere.
    let posted = site.asked(&Method::POST, &again, &HeaderMap::new(), NOW);
    assert_eq!(posted.unwrap().status(), StatusCode::UNAUTHORIZED);
    for tampered in [&link[1..], &link[..link.len() - 1], "", "1"] {
        let path = format!("/?tempus-key={tampered}");
        assert_eq!(
            kind(&site.get(&path, None).unwrap()),
            "link-ended",
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_password_gives_a_session_and_another_password_ends_it() {
    let site = Site::with_password("correct horse").await;
    let wrong = site.post("password=correct+hors&next=%2Fa", &[]).await;
    assert_eq!(
        (wrong.status().as_u16(), kind(&wrong)),
        (401, "wrong-password")
    );
    assert!(wrong.headers().get(SET_COOKIE).is_none());
    let right = site.post("password=correct+horse&next=%2Fa%3Fb", &[]).await;
    assert_eq!(
        (right.status().as_u16(), header(&right, LOCATION)),
        (303, "/a?b")
    );
    let session = cookie(&right).to_owned();
    assert!(site.get("/a", Some(&session)).is_none());
    let link = format!("/?tempus-key={}", site.link(1));
    assert_eq!(kind(&site.get(&link, None).unwrap()), "unlocked");

    let mut changed = Site::with_password("another horse").await;
    assert_eq!(kind(&changed.get("/a", Some(&session)).unwrap()), "locked");
    assert_eq!(kind(&changed.get(&link, None).unwrap()), "link-ended");
    changed.access = Access::Link;
    assert_eq!(kind(&changed.get("/a", Some(&session)).unwrap()), "locked");
}

#[tokio::test]
async fn nobody_is_led_to_another_site() {
    let mut site = Site::with_password("correct horse").await;
    for elsewhere in [
        "//evil.example/",
        "/\\evil.example",
        "https://evil.example/",
        "evil.example",
        "/a\r\nSet-Cookie: x=1",
        "/\t/evil.example",
        "/ä",
        "",
        "/.tempus/unlock",
        "/.tempus/unlock?x",
    ] {
        let next: String = form_urlencoded::byte_serialize(elsewhere.as_bytes()).collect();
        let body = format!("password=correct+horse&next={next}");
        let on = site.post(&body, &[]).await;
        assert_eq!(header(&on, LOCATION), "/", "{elsewhere}");
    }
    let link = site.link(1);
    let on = site
        .get(&format!("//evil.example/?tempus-key={link}"), None)
        .unwrap();
    assert_eq!(header(&on, LOCATION), "/");
    site.base = "/preview-0a1b2c3d/";
    for (next, place) in [
        ("/preview-0a1b2c3d/x", "/preview-0a1b2c3d/x"),
        ("/", site.base),
    ] {
        let on = site
            .post(&format!("password=correct+horse&next={next}"), &[])
            .await;
        assert_eq!(header(&on, LOCATION), place);
        assert!(header(&on, SET_COOKIE).contains("; Path=/preview-0a1b2c3d/;"));
    }
}

#[tokio::test]
async fn forms_of_other_sites_are_refused() {
    let site = Site::with_password("correct horse").await;
    let fetch_site = HeaderName::from_static("sec-fetch-site");
    let body = "password=correct+horse";
    for foreign in [
        [(ORIGIN, "https://evil.example")],
        [(ORIGIN, "null")],
        [(ORIGIN, "http://demo.localhost")],
        [(fetch_site.clone(), "cross-site")],
        [(fetch_site.clone(), "same-site")],
    ] {
        let refused = site.post(body, &foreign).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{foreign:?}");
    }
    for own in [
        vec![],
        vec![(ORIGIN, "http://demo.localhost:8081")],
        vec![
            (fetch_site, "same-origin"),
            (ORIGIN, "https://a-tunnel.example"),
        ],
    ] {
        let on = site.post(body, &own).await;
        assert_eq!(on.status(), StatusCode::SEE_OTHER, "{own:?}");
    }
    let json = site.post("{}", &[(CONTENT_TYPE, "application/json")]).await;
    assert_eq!(json.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn guessing_is_slowed_down() {
    let site = Site::with_password("correct horse").await;
    for _ in 0..5 {
        assert_eq!(
            kind(&site.post("password=wrong+horse", &[]).await),
            "wrong-password"
        );
    }
    let slow = site.post("password=correct+horse", &[]).await;
    assert_eq!((slow.status().as_u16(), kind(&slow)), (429, "slow-down"));
    assert!(slow.headers().get(SET_COOKIE).is_none());
    let wait: u32 = header(&slow, "retry-after").parse().unwrap();
    assert!((1..=11).contains(&wait), "{wait}");
}

#[test]
fn authorization_is_neither_read_nor_asked_for() {
    let site = Site::new(Access::Link);
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::from_static("Basic eDp5"));
    let refused = site.asked(&Method::GET, "/", &headers, NOW).unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert!(!header(&refused, WWW_AUTHENTICATE).starts_with("Basic"));
}

#[test]
fn behind_a_balancer_the_cookie_holds_what_the_rule_demands() {
    let (old, new) = ("o".repeat(32), "n".repeat(32));
    let keys = |text: &str| GateKeys::parse(text).unwrap();
    let mut site = Site::new(Access::Link);
    (site.fastening, site.scheme) = (Fastening::Balancer, Scheme::Https);
    site.gate = Gate::new(keys(&old));
    let demanded = site.gate.keys().capability(ID, site.access.version());
    let link = format!("/a?tempus-key={}", site.link(1));
    let on = site.get(&link, None).unwrap();
    assert!(header(&on, SET_COOKIE).ends_with("; SameSite=Lax; Secure"));
    let before = cookie(&on).to_owned();
    assert!(before.contains(&demanded), "{before}");
    assert!(site.get("/a", Some(&before)).is_none());

    // After a rotation a session goes on, with a cookie that fits rules of before and after.
    site.gate = Gate::new(keys(&format!("{new} {old}")));
    let on = site.get("/a?b", Some(&before)).unwrap();
    assert_eq!((kind(&on), header(&on, LOCATION)), ("unlocked", "/a?b"));
    let after = cookie(&on).to_owned();
    let now_demanded = site.gate.keys().capability(ID, site.access.version());
    assert_ne!(now_demanded, demanded);
    assert!(after.contains(&demanded) && after.contains(&now_demanded));
    assert!(site.get("/a?b", Some(&after)).is_none(), "led on once");
    assert_eq!(
        site.get("/a", None).unwrap().status(),
        StatusCode::UNAUTHORIZED
    );
}

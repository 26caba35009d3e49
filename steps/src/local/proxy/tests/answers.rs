//! What the proxy says itself, to people and to programs.

use hyper::HeaderMap;
use hyper::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, RETRY_AFTER};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// An answer as a person and as a program gets it.
struct Both {
    status: StatusCode,
    headers: HeaderMap,
    page: String,
    problem: Value,
}

async fn both(proxy: &Proxy, request: impl Fn() -> http::request::Builder) -> Both {
    let plain = proxy.send(request().header(ACCEPT, "*/*")).await;
    assert_eq!(plain.headers()[CONTENT_TYPE], "application/problem+json");
    let (plain_status, problem) = read(plain).await;
    let problem: Value = serde_json::from_str(&problem).unwrap();
    assert_eq!(problem["status"], plain_status.as_u16());

    let page = proxy.send(request().header(ACCEPT, BROWSER)).await;
    let headers = page.headers().clone();
    assert_eq!(headers[CONTENT_TYPE], "text/html; charset=utf-8");
    assert_eq!(headers[CACHE_CONTROL], "no-store");
    let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    let kind = headers[ANSWER_HEADER].to_str().unwrap();
    assert_eq!(problem["type"], format!("urn:tempus:proxy:{kind}"));
    let (status, page) = read(page).await;
    assert_eq!(status, plain_status);
    Both {
        status,
        headers,
        page,
        problem,
    }
}

fn demo_standing(proxy: &Proxy, standing: Standing) {
    proxy.standing("demo", standing);
}

#[tokio::test]
async fn a_starting_preview_asks_to_be_asked_again() {
    within(async {
        let proxy = Proxy::start().await;
        demo_standing(
            &proxy,
            Standing::Starting {
                phase: "building the image".into(),
                detail: Some("step 3 of 7".into()),
            },
        );
        let answer = both(&proxy, || proxy.request("/")).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers[RETRY_AFTER], "1");
        assert_eq!(answer.headers[ANSWER_HEADER], "starting");
        assert!(answer.page.contains("http-equiv=\"refresh\" content=\"1\""));
        assert!(answer.page.contains("building the image"));
        assert!(answer.page.contains("step 3 of 7"));
        assert_eq!(answer.problem["reason"], "step 3 of 7");

        // A form is not sent again by a page that reloads itself.
        let form = proxy.request("/").method("POST").header(ACCEPT, BROWSER);
        let (_, page) = read(proxy.send(form).await).await;
        assert!(page.contains("<h1>") && !page.contains("refresh"));
    })
    .await;
}

#[tokio::test]
async fn what_is_gone_says_since_when() {
    within(async {
        let proxy = Proxy::start().await;
        let at = Some("2026-01-02T03:04:05.678Z".parse().unwrap());
        demo_standing(&proxy, Standing::Gone { at });
        let answer = both(&proxy, || proxy.request("/")).await;
        assert_eq!(answer.status, StatusCode::GONE);
        assert_eq!(answer.headers[ANSWER_HEADER], "gone");
        assert!(!answer.headers.contains_key(RETRY_AFTER));
        assert!(!answer.page.contains("refresh"));
        for text in [
            answer.page.as_str(),
            answer.problem["detail"].as_str().unwrap(),
        ] {
            assert!(
                text.contains("taken down at 2026-01-02T03:04:05Z."),
                "{text}"
            );
        }

        let reason = "the port does not answer".to_owned();
        demo_standing(
            &proxy,
            Standing::Failed {
                reason: Some(reason),
                at: None,
            },
        );
        let answer = both(&proxy, || proxy.request("/")).await;
        assert_eq!(answer.status, StatusCode::GONE);
        assert_eq!(answer.headers[ANSWER_HEADER], "failed");
        assert_eq!(answer.problem["reason"], "the port does not answer");
    })
    .await;
}

#[tokio::test]
async fn what_nobody_knows_is_not_found() {
    within(async {
        let proxy = Proxy::start().await;
        let by_host = both(&proxy, || proxy.request("/")).await;
        let by_path = both(&proxy, || proxy.bare("/preview-ffffffff/")).await;
        for answer in [by_host, by_path] {
            assert_eq!(answer.status, StatusCode::NOT_FOUND);
            assert_eq!(answer.headers[ANSWER_HEADER], "unknown");
        }
    })
    .await;
}

#[tokio::test]
async fn a_directory_that_fails_is_no_reason_to_say_gone() {
    within(async {
        let proxy = Proxy::start().await;
        let reason = "the disk is full".to_owned();
        demo_standing(&proxy, Standing::Unavailable { reason });
        let answer = both(&proxy, || proxy.request("/")).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers[ANSWER_HEADER], "unavailable");
        assert_eq!(answer.headers[RETRY_AFTER], "5");
    })
    .await;
}

#[tokio::test]
async fn the_port_itself_says_what_it_is() {
    within(async {
        let proxy = Proxy::start().await;
        for path in ["/", "/favicon.ico", "/preview-nope/"] {
            let answer = both(&proxy, || proxy.bare(path)).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND);
            assert_eq!(answer.headers[ANSWER_HEADER], "port");
            assert!(answer.page.contains("{name}.localhost"));
        }
    })
    .await;
}

#[tokio::test]
async fn another_host_is_misdirected_even_if_a_route_has_its_name() {
    within(async {
        let (proxy, app) = (Proxy::start().await, App::named("app").await);
        proxy.route(&[("/", app.port)]);
        for host in [
            "demo.example.com",
            "demo",
            "demo.localhost.evil.example",
            "169.254.1.1",
        ] {
            let answer = both(&proxy, || Request::get("/").header(HOST, host)).await;
            assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST);
            assert_eq!(answer.headers[ANSWER_HEADER], "misdirected");
            let detail = answer.problem["detail"].as_str().unwrap();
            assert!(
                detail.contains("{name}.localhost") && detail.contains(host),
                "{detail}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_request_without_one_host_is_malformed() {
    within(async {
        let proxy = Proxy::start().await;
        for hosts in ["", "Host: a.localhost\r\nHost: demo.localhost\r\n"] {
            let mut client = TcpStream::connect(proxy.addr).await.unwrap();
            let head = format!("GET / HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
            client.write_all(head.as_bytes()).await.unwrap();
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        }
    })
    .await;
}

#[tokio::test]
async fn hostile_texts_stay_texts() {
    const HOSTILE: &str = "</pre><script>alert('x')</script>\"&\u{202e}";
    within(async {
        let proxy = Proxy::start().await;
        let standings = [
            Standing::Starting {
                phase: HOSTILE.into(),
                detail: Some(HOSTILE.into()),
            },
            Standing::Failed {
                reason: Some(HOSTILE.into()),
                at: None,
            },
            Standing::Unavailable {
                reason: HOSTILE.into(),
            },
        ];
        for standing in standings {
            demo_standing(&proxy, standing);
            let answer = both(&proxy, || proxy.request("/")).await;
            assert!(!answer.page.contains("<script"), "{}", answer.page);
            assert!(answer.page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;"));
            assert_eq!(answer.problem["reason"], HOSTILE);
        }

        let host = "<img src=x onerror=alert(1)>";
        let answer = both(&proxy, || Request::get("/").header(HOST, host)).await;
        assert!(!answer.page.contains("<img"), "{}", answer.page);

        let reason = "x".repeat(1_000_000);
        demo_standing(
            &proxy,
            Standing::Failed {
                reason: Some(reason),
                at: None,
            },
        );
        let answer = both(&proxy, || proxy.request("/")).await;
        assert!(answer.page.len() < 10_000);
    })
    .await;
}

#[tokio::test]
async fn a_preview_without_a_service_there_says_so() {
    within(async {
        let (proxy, app) = (Proxy::start().await, App::named("api").await);
        proxy.route(&[("/api", app.port)]);
        let answer = both(&proxy, || proxy.request("/other")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(answer.headers[ANSWER_HEADER], "no-service");
    })
    .await;
}

#[tokio::test]
async fn a_broken_response_is_a_bad_gateway() {
    within(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            for answer in ["SSH-2.0-nope\r\n", ""].into_iter().cycle() {
                let (mut stream, _) = listener.accept().await.unwrap();
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        let proxy = Proxy::start().await;
        proxy.route(&[("/", port)]);
        for _ in 0..2 {
            let answer = both(&proxy, || proxy.request("/")).await;
            assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
            assert_eq!(answer.headers[ANSWER_HEADER], "bad-gateway");
        }
    })
    .await;
}

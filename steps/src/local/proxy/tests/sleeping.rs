//! Requests to a preview that sleeps.

use futures::future::join_all;
use hyper::header::{ACCEPT, CONTENT_SECURITY_POLICY, RETRY_AFTER};

use super::*;

const HOLD: Duration = Duration::from_millis(300);

fn asleep(proxy: &Proxy, port: u16) {
    proxy.route_to(&[("/", port)], Access::Open, Wakefulness::Asleep);
}

async fn holding(hold: Duration) -> Proxy {
    let limits = Limits {
        hold,
        ..Limits::default()
    };
    Proxy::start_within(limits).await
}

fn roused(proxy: &Proxy) -> usize {
    proxy.directory.1.lock().unwrap().len()
}

#[tokio::test]
async fn requests_are_held_until_it_runs_and_go_on_whole() {
    within(async {
        let app = App::start(|request| async move {
            let body = request.into_body().collect().await.unwrap().to_bytes();
            text(String::from_utf8(body.to_vec()).unwrap())
        })
        .await;
        let proxy = holding(Duration::from_secs(10)).await;
        asleep(&proxy, app.port);
        let asked = join_all((0..5).map(|number| {
            let body = Full::new(Bytes::from(format!("{number}").repeat(100_000)));
            proxy.send_body(proxy.request("/").method("POST"), body)
        }));
        let wakes = async {
            until(|| roused(&proxy) == 5).await;
            proxy.route(&[("/", app.port)]);
        };
        let (answers, ()) = tokio::join!(asked, wakes);
        for (number, answer) in answers.into_iter().enumerate() {
            let (status, said) = read(answer).await;
            assert_eq!((status, said.len()), (StatusCode::OK, 100_000));
            assert!(said.starts_with(&number.to_string()));
        }
        assert_eq!(proxy.get("/").await.0, StatusCode::OK);
        assert_eq!(roused(&proxy), 5, "who finds it awake wakes nobody");
    })
    .await;
}

#[tokio::test]
async fn a_request_is_not_held_for_ever() {
    within(async {
        let proxy = holding(HOLD).await;
        asleep(&proxy, 1);
        let standing = Standing::Waking {
            detail: Some("<healthy>".into()),
            again: 2,
        };
        proxy.standing("demo", standing);
        let answer = proxy.send(proxy.request("/")).await;
        assert_eq!(answer.headers()[RETRY_AFTER], "2");
        assert_eq!(answer.headers()[ANSWER_HEADER], "waking");
        let (status, said) = read(answer).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(said.contains("urn:tempus:proxy:waking"), "{said}");

        let page = proxy
            .send(proxy.request("/").header(ACCEPT, "text/html"))
            .await;
        let policy = page.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        let (status, page) = read(page).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(
            page.contains("http-equiv=\"refresh\" content=\"2\""),
            "{page}"
        );
        assert!(
            page.contains("waking up") && page.contains("&lt;healthy&gt;"),
            "{page}"
        );
    })
    .await;
}

#[tokio::test]
async fn whoever_is_stopped_at_the_gate_wakes_nobody_and_is_no_use() {
    within(async {
        let proxy = holding(HOLD).await;
        let word = proxy.gate.hash("correct horse".into(), "me\0demo").await;
        let access = Access::Password(word.unwrap());
        proxy.route_to(&[("/", 1)], access, Wakefulness::Asleep);
        assert_eq!(proxy.get("/").await.0, StatusCode::UNAUTHORIZED);
        assert_eq!(roused(&proxy), 0);
        let seen = proxy.routes.activity(&demo()).unwrap();
        assert_eq!((seen.requests, seen.in_flight), (0, 0));
        assert!(!proxy.routes.used_within(&demo(), Duration::from_mins(1)));

        let form = proxy.request("/.tempus/unlock").method("POST");
        let form = form.header("content-type", "application/x-www-form-urlencoded");
        let body = Full::new(Bytes::from_static(b"password=correct+horse"));
        let on = proxy.send_body(form, body).await;
        assert_eq!(roused(&proxy), 0, "the form is answered by the gate");
        let session = on.headers()["set-cookie"].to_str().unwrap();
        let session = session.split(';').next().unwrap().to_owned();
        let inside = proxy.request("/").header("cookie", session);
        assert_eq!(proxy.send(inside).await.status(), StatusCode::NOT_FOUND);
        assert_eq!(roused(&proxy), 1);
        assert!(proxy.routes.used_within(&demo(), Duration::from_mins(1)));
    })
    .await;
}

#[tokio::test]
async fn a_request_under_way_is_seen_by_whoever_puts_it_to_sleep() {
    within(async {
        let app = App::start(|_| async {
            sleep(Duration::from_millis(200)).await;
            text("late")
        })
        .await;
        let proxy = holding(HOLD).await;
        proxy.route(&[("/", app.port)]);
        let used = || proxy.routes.used_within(&demo(), Duration::from_millis(1));
        let asked = proxy.get("/");
        let put_to_sleep = async {
            until(used).await;
            asleep(&proxy, app.port);
            assert!(used(), "it went by the route of before");
        };
        let ((status, _), ()) = tokio::join!(asked, put_to_sleep);
        assert_eq!(status, StatusCode::OK, "and is answered by it");
        until(|| !used()).await;
    })
    .await;
}

//! Previews that sleep when nobody uses them, and wake when somebody does.

use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::{Value, json};
use tempus_tests::server::{Api, Method, Server, app, eventually, proved, tempus, text};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const SOON: Duration = Duration::from_secs(20);

/// Answers `GET` like any application, and whoever asks for another protocol with what they say.
const ECHO: &str = r#"
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class App(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if not self.headers.get("upgrade"):
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()
            return
        self.send_response(101)
        self.send_header("connection", "upgrade")
        self.send_header("upgrade", self.headers["upgrade"])
        self.end_headers()
        self.wfile.flush()
        while line := self.rfile.readline():
            self.wfile.write(line)
            self.wfile.flush()
        self.close_connection = True

    def log_message(self, *_):
        pass

ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), App).serve_forever()
"#;

/// A request for an application that sleeps after a second.
fn sleeper(server: &Server, name: &str, env: &Value) -> Value {
    let mut request = app::request(server, name, env);
    request["sleep"] = "1s".into();
    request
}

async fn is_in(api: &Api, preview: &str, phase: &str) {
    eventually(&format!("it is {phase}"), SOON, async || {
        let view = api.preview(preview).await;
        assert_eq!(view["parked"], false, "{view:#}");
        (view["phase"] == phase).then_some(())
    })
    .await;
}

/// A preview that sleeps already.
async fn sleeping(server: &Server, name: &str, env: &Value) -> String {
    let api = server.api();
    let accepted = api.ready(&sleeper(server, name, env)).await;
    let preview = text(&accepted, "preview_id").to_owned();
    is_in(&api, &preview, "asleep").await;
    assert_eq!(server.witness().processes(), [], "nothing runs");
    preview
}

#[tokio::test]
async fn an_idle_preview_sleeps_and_a_request_wakes_it() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let mut request = json!({
        "name": "shop", "ttl": "1h", "sleep": "1s", "services": [
            app::request(&server, "web", &json!({})), app::request(&server, "api", &json!({})),
        ],
    });
    for service in request["services"].as_array_mut().unwrap() {
        service.as_object_mut().unwrap().remove("ttl");
    }
    let accepted = api.ready(&request).await;
    let preview = text(&accepted, "preview_id");
    is_in(&api, preview, "asleep").await;
    assert_eq!(server.witness().processes(), [], "nothing runs");
    let view = api.preview(preview).await;
    assert_eq!(
        (&view["sleep"], &view["open_jobs"]),
        (&json!("1s"), &json!([]))
    );
    assert_eq!(
        text(&view["last_job"], "kind"),
        "create",
        "and no job did it"
    );
    let listed = api.get("/previews?phase=asleep").send().await.expect(200);
    assert_eq!(listed["previews"][0]["name"], "shop");

    let answer = api.visit("shop", "/sibling").send().await;
    assert_eq!(
        (answer.status, answer.text()),
        (200, "it says: api 1".into())
    );
    is_in(&api, preview, "ready").await;
    is_in(&api, preview, "asleep").await;

    // By hand, and from a command line.
    let path = format!("/preview/{preview}/wake");
    let roused = api.call(Method::POST, &path).send().await.expect(200);
    assert_eq!(text(&roused, "preview_id"), preview);
    is_in(&api, preview, "ready").await;
    is_in(&api, preview, "asleep").await;
    let url = api.url();
    let ran = tempus(server.root(), &url, &["wake", "shop", "--timeout", "20s"]).await;
    assert_eq!(
        (ran.exit, ran.stdout.trim()),
        (0, "waking up"),
        "{}",
        ran.stderr
    );
    api.destroy(preview).await;
    proved(&api, preview, SOON).await;
    let ended = api.call(Method::POST, &path).send().await.expect(409);
    assert!(text(&ended, "detail").contains("destroyed"), "{ended:#}");
}

#[tokio::test]
async fn many_requests_at_once_wake_it_once() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let preview = sleeping(&server, "shop", &json!({"START_AFTER": "0.5"})).await;
    let visits = (0..20).map(|_| api.visit("shop", "/").send());
    for answer in join_all(visits).await {
        assert_eq!((answer.status, answer.text()), (200, "web 1".into()));
    }
    let logs = api.get(&format!("/preview/{preview}/logs")).send().await;
    assert_eq!(
        logs.text().matches("starting").count(),
        1,
        "{}",
        logs.text()
    );
    assert_eq!(server.witness().processes().len(), 2);
}

#[tokio::test]
async fn whoever_cannot_be_held_any_longer_is_told() {
    let server = Server::start(&[("previews.hold", "0.5s")]).await;
    let api = server.api();
    sleeping(&server, "shop", &json!({"START_AFTER": "2"})).await;
    let answer = api.visit("shop", "/").send().await;
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(answer.header("retry-after").is_some());
    assert_eq!(answer.header("x-tempus"), Some("waking"));
    let page = api.visit("shop", "/").header("accept", "text/html");
    let page = page.send().await;
    assert_eq!(page.status, 503);
    assert!(
        page.text().contains("http-equiv=\"refresh\""),
        "{}",
        page.text()
    );
    eventually("it answers", SOON, async || {
        let answer = api.visit("shop", "/").send().await;
        (answer.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn only_who_may_see_a_private_preview_wakes_it() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let mut request = sleeper(&server, "shop", &json!({}));
    request["access"] = "link".into();
    let accepted = api.ready(&request).await;
    let preview = text(&accepted, "preview_id");
    is_in(&api, preview, "asleep").await;
    for _ in 0..3 {
        assert_eq!(api.visit("shop", "/").send().await.status, 401);
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(api.preview(preview).await["phase"], "asleep");
    let link = api.get(&format!("/preview/{preview}/link")).send().await;
    let link = text(&link.expect(200), "url").to_owned();
    let (_, path) = link.split_once("shop.localhost").unwrap();
    let (_, path) = path.split_once('/').unwrap();
    let on = api.visit("shop", &format!("/{path}")).send().await;
    let session = on.header("set-cookie").unwrap();
    let session = session.split(';').next().unwrap();
    let inside = api
        .visit("shop", "/")
        .header("cookie", session)
        .send()
        .await;
    assert_eq!((inside.status, inside.text()), (200, "web 1".into()));
}

#[tokio::test]
async fn an_open_tunnel_keeps_it_awake() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let mut request = sleeper(&server, "chat", &json!({}));
    std::fs::write(server.folder("app").join("echo.py"), ECHO).unwrap();
    request["command"] = "exec python3 echo.py".into();
    let accepted = api.ready(&request).await;
    let preview = text(&accepted, "preview_id");
    let mut tunnel = TcpStream::connect(("127.0.0.1", api.previews_port()))
        .await
        .unwrap();
    let head =
        "GET / HTTP/1.1\r\nHost: chat.localhost\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";
    tunnel.write_all(head.as_bytes()).await.unwrap();
    let mut seen = [0; 4096];
    let read = tunnel.read(&mut seen).await.unwrap();
    let answer = String::from_utf8_lossy(&seen[..read]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
    for _ in 0..6 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(api.preview(preview).await["phase"], "ready");
    }
    tunnel.write_all(b"still there\n").await.unwrap();
    let read = tunnel.read(&mut seen).await.unwrap();
    assert_eq!(&seen[..read], b"still there\n");
    drop(tunnel);
    is_in(&api, preview, "asleep").await;
}

/// Whenever a request comes, it is answered by the application: before, while and after it is put
/// to sleep.
#[tokio::test]
async fn a_request_that_races_with_falling_asleep_wins() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let accepted = api.ready(&sleeper(&server, "shop", &json!({}))).await;
    let preview = text(&accepted, "preview_id");
    let mut slept = 0;
    for pause in 0..12 {
        tokio::time::sleep(Duration::from_millis(940 + pause * 20)).await;
        slept += u32::from(api.preview(preview).await["phase"] == "asleep");
        let answer = api.visit("shop", "/").send().await;
        assert_eq!((answer.status, answer.text()), (200, "web 1".into()));
    }
    assert!(slept < 12, "some of them came in time");
    let view = api.preview(preview).await;
    assert_eq!(view["parked"], false, "{view:#}");
}

#[tokio::test]
async fn an_expiry_ends_it_in_its_sleep() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let preview = sleeping(&server, "shop", &json!({})).await;
    let extend = api.post(&format!("/preview/{preview}/extend"), &json!({"ttl": "3s"}));
    extend.send().await.expect(200);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(
        api.preview(&preview).await["phase"],
        "asleep",
        "another end wakes nobody"
    );
    assert_eq!(server.witness().processes(), []);
    proved(&api, &preview, SOON).await;
    assert_eq!(api.preview(&preview).await["ending"], "expired");
    assert_eq!(api.visit("shop", "/").send().await.status, 410);
}

#[tokio::test]
async fn an_update_wakes_it() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let preview = sleeping(&server, "shop", &json!({})).await;
    let update = json!({"env": {"VERSION": "2"}});
    let path = format!("/preview/{preview}/update");
    let accepted = api.post(&path, &update).send().await.expect(202);
    let job = api.job_ended(text(&accepted, "job_id")).await;
    assert_eq!(job["status"], "succeeded", "{job:#}");
    assert_eq!(api.visit("shop", "/").send().await.text(), "web 2");
    is_in(&api, &preview, "asleep").await;

    // To what it would run anyway, and to never sleep again.
    let accepted = api
        .post(&path, &json!({"sleep": "never"}))
        .send()
        .await
        .expect(202);
    api.job_ended(text(&accepted, "job_id")).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let view = api.preview(&preview).await;
    assert_eq!(
        (&view["phase"], &view["sleep"]),
        (&json!("ready"), &Value::Null)
    );
}

#[tokio::test]
async fn a_look_at_what_exists_wakes_nobody() {
    let server = Server::start(&[("worker.sweep_every", "1s"), ("worker.sweep_age", "0s")]).await;
    let api = server.api();
    let preview = sleeping(&server, "shop", &json!({})).await;
    for _ in 0..6 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(server.witness().processes(), []);
    }
    assert_eq!(api.preview(&preview).await["phase"], "asleep");
    assert_eq!(api.visit("shop", "/").send().await.status, 200);
}

#[tokio::test]
async fn a_killed_server_finds_it_asleep_and_wakes_it() {
    let mut server = Server::start(&[]).await;
    let api = server.api();
    let preview = sleeping(&server, "shop", &json!({"START_AFTER": "1"})).await;
    server.kill();
    server.launch().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(api.preview(&preview).await["phase"], "asleep");
    assert_eq!(server.witness().processes(), [], "it was not brought up");

    // Killed again, while it wakes.
    let visit = api.visit("shop", "/");
    let asked = tokio::spawn(async move { visit.try_send().await });
    let witness = server.witness();
    eventually("it is being started", SOON, async || {
        (!witness.processes().is_empty()).then_some(())
    })
    .await;
    server.kill();
    assert!(asked.await.unwrap().is_err(), "the proxy went with it");
    server.launch().await;
    eventually("it answers", SOON, async || {
        let answer = api.visit("shop", "/").send().await;
        (answer.status == 200).then_some(())
    })
    .await;
    assert_eq!(server.witness().processes().len(), 2);
    api.destroy(&preview).await;
    proved(&api, &preview, SOON).await;
}

/// How quickly: printed, and held to nothing.
#[tokio::test]
async fn how_long_waking_takes() {
    let server = Server::start(&[]).await;
    let preview = sleeping(&server, "shop", &json!({})).await;
    let api = server.api();
    let mut took = Vec::new();
    for _ in 0..5 {
        is_in(&api, &preview, "asleep").await;
        let begun = Instant::now();
        assert_eq!(api.visit("shop", "/").send().await.status, 200);
        took.push(begun.elapsed());
    }
    println!("woken by a request and answered after {took:?}");
}

//! The command line against a real server: what each command does and prints, and the exit status
//! that tells scripts how it ended.

#![expect(
    clippy::unwrap_used,
    reason = "what a test's helpers unwrap is what the test claims"
)]

use serde_json::{Value, json};
use tempus_tests::server::{Api, Ran, Server, app, tempus, text};

/// A folder to preview, with a `.tempus.yml`.
fn folder(server: &Server, name: &str, more: &str) -> String {
    let folder = server.folder(name);
    std::fs::copy(app::folder(server).join("app.py"), folder.join("app.py")).unwrap();
    let file = format!("command: exec python3 app.py\nhealth_path: /healthz\n{more}");
    std::fs::write(folder.join(".tempus.yml"), file).unwrap();
    folder.to_str().unwrap().to_owned()
}

struct Client {
    server: Server,
    api: Api,
}

impl Client {
    async fn start() -> Self {
        let server = Server::start(&[]).await;
        let api = server.api();
        Self { server, api }
    }

    async fn runs(&self, args: &[&str], exit: i32) -> Ran {
        let ran = tempus(self.server.root(), &self.api.url(), args).await;
        assert_eq!(ran.exit, exit, "{args:?}: {ran:?}");
        if exit != 0 {
            assert!(
                ran.stderr.starts_with("error: ") || ran.stderr.contains("\nerror: "),
                "{ran:?}"
            );
        }
        ran
    }

    async fn answers(&self, path: &str) -> Value {
        self.api.get(path).send().await.expect(200)
    }
}

#[tokio::test]
async fn from_create_to_receipt() {
    let client = Client::start().await;
    let shop = folder(&client.server, "shop", "environment: {VERSION: one}\n");
    let ran = client
        .runs(&["create", &shop, "--ttl", "90m", "--wait"], 0)
        .await;
    for shown in ["shop.localhost", "in 1h"] {
        assert!(ran.stdout.contains(shown), "{ran:?}");
    }
    for step in ["timer", "ports", "process:web", "healthy:web", "route"] {
        assert!(ran.stderr.contains(step), "{ran:?}");
    }
    assert_eq!(client.api.visit("shop", "/").send().await.text(), "web one");

    let shown = client.runs(&["show", "shop", "--json"], 0).await.json();
    let preview = text(&shown, "preview_id");
    assert_eq!(shown, client.answers(&format!("/preview/{preview}")).await);
    let human = client.runs(&["show", &preview[..8]], 0).await.stdout;
    for part in ["ready", "exec python3 app.py", preview] {
        assert!(human.contains(part), "{part:?} is not in {human}");
    }
    let listed = client.runs(&["list", "--json"], 0).await.json();
    assert_eq!(
        listed["previews"],
        client.answers("/previews").await["previews"]
    );
    assert!(client.runs(&["list"], 0).await.stdout.contains("shop"));

    let update = ["update", "shop", "--env", "VERSION=two", "--wait", "--json"];
    let accepted = client.runs(&update, 0).await.json();
    assert_eq!(client.api.visit("shop", "/").send().await.text(), "web two");
    let job = text(&accepted, "job_id");
    let shown = client.runs(&["job", job, "--json"], 0).await.json();
    assert_eq!(shown, client.answers(&format!("/job/{job}")).await);
    let human = client.runs(&["job", job], 0).await.stdout;
    assert!(
        human.contains("healthy:web") && human.contains("done"),
        "{human}"
    );

    let before = text(
        &client.answers(&format!("/preview/{preview}")).await,
        "expires_at",
    )
    .to_owned();
    let extended = client
        .runs(&["extend", "shop", "--by", "30m", "--json"], 0)
        .await
        .json();
    assert!(
        text(&extended, "expires_at") > before.as_str(),
        "{extended:#}"
    );
    assert!(
        client
            .runs(&["extend", "shop", "--ttl", "1h"], 0)
            .await
            .stdout
            .contains("expires in")
    );

    client.api.visit("shop", "/say/hello").send().await;
    let logs = client
        .runs(&["logs", "shop", "--tail", "1"], 0)
        .await
        .stdout;
    assert!(logs.ends_with("hello\n"), "{logs}");
    let lines = client.runs(&["logs", "shop", "--json"], 0).await.stdout;
    let line: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(
        (text(&line, "service"), text(&line, "text")),
        ("web", "hello")
    );

    client.runs(&["receipt", "shop"], 6).await; // it is still wanted
    client.runs(&["destroy", "shop", "--wait"], 0).await;
    let receipt = client
        .runs(&["receipt", "shop", "--wait", "--json"], 0)
        .await
        .json();
    assert_eq!(
        receipt,
        client.answers(&format!("/preview/{preview}/receipt")).await
    );
    let human = client.runs(&["receipt", preview], 0).await.stdout;
    for part in ["process:web", "environment of every process", "nothing"] {
        assert!(human.contains(part), "{part:?} is not in {human}");
    }
    assert!(!client.runs(&["list"], 0).await.stdout.contains("shop"));
    assert!(
        client
            .runs(&["list", "--all"], 0)
            .await
            .stdout
            .contains("destroyed")
    );
    let nothing = client.runs(&["dead-letters", "list"], 0).await;
    assert_eq!(
        (nothing.stdout.as_str(), nothing.stderr.as_str()),
        ("", "nothing needs a person\n")
    );
    let none = client
        .runs(&["dead-letters", "list", "--json"], 0)
        .await
        .json();
    assert_eq!(none, json!({"dead_letters": [], "more": false}));
}

#[tokio::test]
async fn how_it_ended_is_told_by_the_exit_status() {
    let mut client = Client::start().await;
    // Refused.
    let ran = client.runs(&["create", "--ttl", "60d"], 3).await;
    assert!(ran.stderr.contains("must be between 1s and 30d"), "{ran:?}");
    // Failed.
    let bad = [
        "create",
        "--name",
        "bad",
        "--command",
        "echo no luck; exit 5",
        "--wait",
    ];
    let ran = client.runs(&bad, 4).await;
    assert!(
        ran.stderr.contains("exit status 5") && ran.stderr.contains("| no luck"),
        "{ran:?}"
    );
    // Timed out: the job goes on.
    let slow = folder(&client.server, "slow", "environment: {START_AFTER: 2}\n");
    let create = ["create", &slow, "--timeout", "0.5s", "--json"];
    let slow = client.runs(&create, 8).await.json();
    // Superseded: something else is wanted by now.
    client.api.destroy(text(&slow, "preview_id")).await;
    client
        .runs(&["job", text(&slow, "job_id"), "--wait"], 9)
        .await;
    // Not found.
    let nobody = "550e8400-e29b-41d4-a716-446655440000";
    for args in [
        &["show", "nobody"][..],
        &["show", nobody],
        &["job", nobody],
        &["logs", nobody],
        &["destroy", nobody],
        &["update", nobody, "--env", "A=1"],
        &["extend", nobody, "--by", "1h"],
        &["dead-letters", "discard", nobody],
        &["dead-letters", "replay", nobody],
    ] {
        client.runs(args, 6).await;
    }
    // Refused by what it is now.
    client.runs(&["update", "bad", "--env", "A=1"], 3).await;
    // A command line that makes no sense, and a file that makes none.
    client
        .runs(&["extend", "bad", "--by", "1h", "--ttl", "1h"], 2)
        .await;
    let wrong = folder(&client.server, "wrong", "prot: 80\n");
    let ran = client.runs(&["create", &wrong], 2).await;
    assert!(ran.stderr.contains("prot"), "{ran:?}");
    // Unreachable.
    client.server.kill();
    for args in [&["list"][..], &["create", "--wait"], &["show", nobody]] {
        let ran = client.runs(args, 7).await;
        assert!(ran.stderr.contains("tempus dev"), "{ran:?}");
    }
}

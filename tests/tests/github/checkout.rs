//! A pull request's commit is fetched, built and run on one machine.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use tempus_tests::github::Hub;
use tempus_tests::server::{Api, Leftovers, Server, eventually};

use super::journey::{SECRET, deliver, start};
use super::sha;

const MINUTE: Duration = Duration::from_mins(1);
/// Serves what the build has made.
const COMMAND: &str =
    "command: exec python3 -m http.server --bind 127.0.0.1 --directory public $PORT\n";
/// What shows its variables and makes what is served.
const MAKE: &str = "#!/bin/sh -e\n\
    echo \"greeting=$GREETING token=${TOKEN-unset} port=${PORT:+given}\"\n\
    mkdir public && cp version public/index.html\n";

/// A commit that answers with its letter once it is built.
fn commit(hub: &Hub, letter: char, build: &str) {
    let file = format!(
        "build: {build}\n{COMMAND}environment: {{GREETING: hello}}\nsecrets: {{TOKEN: TOKEN}}\n"
    );
    let version = format!("this is {letter}");
    hub.commit(
        &sha(letter),
        &[
            (".tempus.yml", 0o644, &file),
            ("make.sh", 0o755, MAKE),
            ("version", 0o644, &version),
        ],
    );
}

async fn push(hub: &Hub, api: &Api, letter: char) {
    let body = hub.change(7, |pull| pull.sha = sha(letter));
    let status = deliver(api, &format!("push {letter}"), &body, SECRET).await;
    assert_eq!(status, 200);
}

async fn close(hub: &Hub, api: &Api) {
    let body = hub.change(7, |pull| pull.open = false);
    assert_eq!(deliver(api, "close", &body, SECRET).await, 200);
}

async fn says(hub: &Hub, what: &str) -> String {
    eventually(&format!("it is said: {what}"), MINUTE, async || {
        let said = hub.reports(7);
        let found = said.into_iter().find(|comment| comment.text.contains(what));
        found.map(|comment| comment.text)
    })
    .await
}

async fn answers(api: &Api, what: &str) {
    eventually(&format!("it answers {what}"), MINUTE, async || {
        let answer = api.visit("pr-7-shop", "/").send().await;
        (answer.status == 200 && answer.text() == what).then_some(())
    })
    .await;
}

fn checkouts(server: &Server) -> Vec<String> {
    let listed = fs::read_dir(server.data().join("checkouts")).unwrap();
    let names = listed.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names.collect()
}

fn secrets(folder: &Path) -> (&'static str, String) {
    let file = folder.join("secrets");
    fs::write(&file, "TOKEN=hunter2\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    ("previews.secret_file", file.display().to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_is_built_and_run_and_leaves_nothing() {
    let hub = Hub::start().await;
    let folder = tempfile::tempdir().unwrap();
    let server = start(&hub, folder.path(), &[secrets(folder.path())]).await;
    let api = server.api();
    commit(&hub, 'a', "./make.sh");
    push(&hub, &api, 'a').await;
    answers(&api, "this is a").await;
    says(&hub, ": ready").await;
    let list = api.get("/previews").send().await.expect(200);
    let preview = list["previews"][0]["preview_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let logs = api.get(&format!("/preview/{preview}/logs?service=build"));
    let logs = logs.header("accept", "text/plain").send().await.text();
    // As the service has them, without its secrets.
    let variables = "build | greeting=hello token=unset port=given\n";
    assert!(logs.contains(variables), "{logs}");
    let first = checkouts(&server);
    assert_eq!(first.len(), 1, "{first:?}");

    commit(&hub, 'b', "./make.sh");
    push(&hub, &api, 'b').await;
    answers(&api, "this is b").await;
    eventually("the first checkout is gone", MINUTE, async || {
        let now = checkouts(&server);
        (now.len() == 1 && now != first).then_some(())
    })
    .await;

    // One that cannot be built says why, and what was there goes on.
    commit(&hub, 'c', "echo no compiler; exit 4");
    push(&hub, &api, 'c').await;
    let said = says(&hub, "exit status 4").await;
    assert!(
        said.contains("the build ended with") && said.contains("no compiler"),
        "{said}"
    );
    answers(&api, "this is b").await;

    close(&hub, &api).await;
    says(&hub, "seen to be gone").await;
    assert_eq!(checkouts(&server), [""; 0]);
    assert_eq!(server.witness().leftovers(), Leftovers::default());
    let seen = hub.seen();
    assert_eq!((seen.archives, seen.tokens_elsewhere), (3, 0));
    let proof = api.get(&format!("/preview/{preview}/receipt")).send().await;
    let checks = proof.expect(200)["checks"].to_string();
    assert!(checks.contains("\"checkout\""), "{checks}");
    for hidden in ["hunter2", "ghs_", "ticket"] {
        assert!(!server.log().contains(hidden), "{hidden} is in the log");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_build_outlives_its_server_and_not_its_preview() {
    let hub = Hub::start().await;
    let folder = tempfile::tempdir().unwrap();
    let mut server = start(&hub, folder.path(), &[secrets(folder.path())]).await;
    let api = server.api();
    let file = |name: &str| folder.path().join(name);
    let begun = || fs::read_to_string(file("begun")).unwrap_or_default();
    let waits = format!(
        "echo x >> {} && until [ -e {} ]; do sleep 0.05; done && ./make.sh",
        file("begun").display(),
        file("go").display()
    );
    commit(&hub, 'a', &waits);
    push(&hub, &api, 'a').await;
    eventually("the build runs", MINUTE, async || {
        (begun() == "x\n").then_some(())
    })
    .await;
    server.kill();
    server.launch().await;
    fs::write(file("go"), "").unwrap();
    answers(&api, "this is a").await;
    assert_eq!(begun(), "x\n", "it was found, and not begun again");
    assert_eq!(hub.seen().archives, 1);

    // A server that stops in good order takes what runs with it. What was built is built.
    server.terminate(rustix::process::Signal::TERM).await;
    server.launch().await;
    answers(&api, "this is a").await;
    assert_eq!((begun().as_str(), hub.seen().archives), ("x\n", 1));

    fs::remove_file(file("go")).unwrap();
    commit(&hub, 'b', &waits);
    push(&hub, &api, 'b').await;
    eventually("the next runs", MINUTE, async || {
        (begun() == "x\nx\n").then_some(())
    })
    .await;
    close(&hub, &api).await;
    says(&hub, "seen to be gone").await;
    assert_eq!(checkouts(&server), [""; 0]);
    assert_eq!(server.witness().leftovers(), Leftovers::default());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_build_without_end_is_ended() {
    let hub = Hub::start().await;
    let folder = tempfile::tempdir().unwrap();
    let short = ("previews.build_within", "2s".to_owned());
    let more = [secrets(folder.path()), short];
    let server = start(&hub, folder.path(), &more).await;
    commit(&hub, 'a', "echo waiting for nothing; sleep 1000");
    push(&hub, &server.api(), 'a').await;
    let said = says(&hub, "did not end within 2 s").await;
    assert!(said.contains("waiting for nothing"), "{said}");
    let nothing = async || (server.witness().leftovers() == Leftovers::default()).then_some(());
    eventually("nothing is left", MINUTE, nothing).await;
    assert_eq!(checkouts(&server), [""; 0]);
}

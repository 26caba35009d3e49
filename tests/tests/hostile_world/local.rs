//! Real processes on a real machine: strangers', nobody's, halves of ours.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempus_tests::server::{Api, Leftovers, Server, app, eventually, proved_gone, text};

const PATIENCE: Duration = Duration::from_secs(30);
/// Enough for several sweeps, and for what they would lead to.
const A_WHILE: Duration = Duration::from_secs(4);
const NOBODY: &str = "dead0000-0000-4000-8000-000000000000";
const ANOTHER: &str = "0000beef";

#[tokio::test]
async fn strangers_live_and_halves_of_ours_are_put_right() {
    let settings = [("worker.sweep_every", "1s"), ("worker.sweep_age", "0s")];
    let server = Server::start(&settings).await;
    let api = server.api();
    let mut previews = Vec::new();
    for name in ["one", "two"] {
        let made = api.ready(&app::request(&server, name, &json!({}))).await;
        previews.push(text(&made, "preview_id").to_owned());
    }
    let [one, two] = [&*previews[0], &*previews[1]];
    let installation = server.installation();

    // Another installation's, with the id of one of ours; and ours, of which nobody knows.
    let mut stranger = Stranger::tagged(ANOTHER, one, "tempus-0000beef-dead0000-web-1");
    let left = format!("tempus-{installation}-dead0000-web-1");
    let mut nobodys = Stranger::tagged(&installation, NOBODY, &left);
    // Folders: another installation's, of nobody at all, and of ours with nothing in it.
    let processes = server.data().join("processes");
    let theirs = processes.join("tempus-0000beef-dead0000-web-2");
    let untold = processes.join(format!("tempus-{installation}-beef0000-web-1"));
    let of_one = processes.join(format!("tempus-{installation}-{}-half-1", &one[..8]));
    let checkouts = server.data().join("checkouts");
    let half = checkouts.join(format!(
        "tempus-{installation}-{}-1f2e3d4c-checkout",
        &one[..8]
    ));
    let their_checkout = checkouts.join("tempus-0000beef-dead0000-1f2e3d4c-checkout");
    for folder in [&theirs, &untold, &of_one, &half, &their_checkout] {
        fs::create_dir(folder).unwrap();
    }
    fs::write(checkouts.join("notes-checkout"), "nobody's").unwrap();
    eventually("half of one is removed", PATIENCE, async || {
        (!of_one.exists() && !half.exists()).then_some(())
    })
    .await;
    reported(&api, &format!("orphan-{NOBODY}"), &left).await;
    let name = untold.file_name().unwrap().to_str().unwrap();
    reported(&api, "orphan-untold", name).await;

    // The other half: what runs has lost its folder.
    let before = api.visit("two", "/pid").send().await.text();
    fs::remove_dir_all(folder_of(&processes, two)).unwrap();
    eventually("two is brought back", PATIENCE, async || {
        let answer = api.visit("two", "/pid").try_send().await.ok()?;
        (answer.status == 200 && answer.text() != before).then_some(())
    })
    .await;

    let pid = api.visit("one", "/pid").send().await.text();
    tokio::time::sleep(A_WHILE).await;
    assert_eq!(api.visit("one", "/pid").send().await.text(), pid);
    let letters = api.get("/dead-letters").send().await.expect(200);
    let letters = letters["dead_letters"].as_array().unwrap();
    assert_eq!(letters.len(), 2, "{letters:#?}");
    assert!(stranger.is_alive() && nobodys.is_alive());

    // The end of one is the end of one.
    api.destroy(one).await;
    proved_gone(&api, one, PATIENCE).await;
    assert!(stranger.is_alive() && nobodys.is_alive() && theirs.is_dir());

    // What is nobody's goes when somebody says so, and nothing else.
    let which = json!({"ids": [format!("orphan-{NOBODY}"), "orphan-untold"]});
    let said = api.post("/dead-letters/replay", &which).send().await;
    let said = said.expect(200);
    assert_eq!(said["results"][0]["outcome"], "removing", "{said:#}");
    assert_eq!(said["results"][1]["outcome"], "unreadable", "{said:#}");
    eventually("nobody's is gone", PATIENCE, async || {
        (!nobodys.is_alive()).then_some(())
    })
    .await;
    tokio::time::sleep(A_WHILE).await;
    assert!(stranger.is_alive() && theirs.is_dir() && untold.is_dir());
    assert!(their_checkout.is_dir() && checkouts.join("notes-checkout").is_file());
    assert_eq!(api.preview(two).await["phase"], "ready");

    fs::remove_dir(&theirs).unwrap();
    fs::remove_dir(&untold).unwrap();
    drop(nobodys);
    api.destroy(two).await;
    proved_gone(&api, two, PATIENCE).await;
    let witness = server.witness();
    eventually("nothing is left", PATIENCE, async || {
        (witness.leftovers() == Leftovers::default()).then_some(())
    })
    .await;
    assert!(stranger.is_alive());
}

async fn reported(api: &Api, id: &str, what: &str) {
    let report = format!("a report {id}");
    let body = eventually(&report, PATIENCE, async || {
        let letters = api.get("/dead-letters").send().await.expect(200);
        let letters = letters["dead_letters"].as_array().unwrap().clone();
        let found = letters.into_iter().find(|letter| letter["id"] == id)?;
        assert_eq!(found["kind"], "orphan", "{found:#}");
        found["body"].as_str().map(str::to_owned)
    });
    let body = body.await;
    assert!(body.contains(what), "{body}");
}

/// The folder of the preview's one service.
fn folder_of(processes: &Path, preview: &str) -> std::path::PathBuf {
    let entries = fs::read_dir(processes).unwrap().flatten();
    let mut folders = entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir());
    let is_its = |path: &std::path::PathBuf| {
        let order = fs::read(path.join("launch.json")).unwrap_or_default();
        let order = serde_json::from_slice::<Value>(&order).unwrap_or_default();
        order.to_string().contains(preview)
    };
    folders.find(is_its).unwrap()
}

/// A process that says whose it is, and that no server has started.
struct Stranger(Child);

impl Stranger {
    fn tagged(installation: &str, preview: &str, resource: &str) -> Self {
        let tags = [
            ("TEMPUS_INSTALLATION", installation),
            ("TEMPUS_PREVIEW", preview),
            ("TEMPUS_SERVICE", "web"),
            ("TEMPUS_RESOURCE", resource),
            ("TEMPUS_REVISION", "1"),
            ("TEMPUS_ROLE", "app"),
        ];
        let sleep = Command::new("sleep")
            .arg("1000")
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .envs(tags)
            .stdin(Stdio::null())
            .spawn();
        Self(sleep.unwrap())
    }

    fn is_alive(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

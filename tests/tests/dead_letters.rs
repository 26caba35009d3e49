//! Sagas that need a person: parked for real, seen in the list, mended, replayed and cleared.

#![expect(
    clippy::unwrap_used,
    reason = "what a test's helpers unwrap is what the test claims"
)]

use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use tempus_tests::server::{
    Api, Leftovers, Method, Server, app, eventually, proved_gone, tempus, text,
};

/// The one dead letter there is.
async fn letter(api: &Api, within: Duration) -> Value {
    eventually("a dead letter", within, async || {
        let letters = api.get("/dead-letters").send().await.expect(200);
        let letters = letters["dead_letters"].as_array().unwrap().clone();
        assert!(letters.len() <= 1, "{letters:#?}");
        letters.into_iter().next()
    })
    .await
}

async fn no_letters(api: &Api) {
    eventually("the list clears", Duration::from_secs(20), async || {
        let letters = api.get("/dead-letters").send().await.expect(200);
        letters["dead_letters"]
            .as_array()
            .unwrap()
            .is_empty()
            .then_some(())
    })
    .await;
}

/// Replay by hand, as a person does.
async fn replay(server: &Server, args: &[&str]) -> String {
    let args = [&["dead-letters", "replay"], args].concat();
    let ran = tempus(server.root(), &server.api().url(), &args).await;
    assert_eq!(ran.exit, 0, "{ran:?}");
    ran.stdout
}

/// A preview whose folder was taken away while the server was down cannot be brought up again.
#[tokio::test]
async fn what_cannot_be_brought_up_waits_for_a_person() {
    let mut server = Server::start(&[("previews.ready_within", "15s")]).await;
    let api = server.api();
    let accepted = api.ready(&app::request(&server, "shop", &json!({}))).await;
    let preview = text(&accepted, "preview_id");
    let (folder, away) = (server.folder("app"), server.root().join("away"));
    assert!(server.terminate(Signal::TERM).await.success());
    std::fs::rename(&folder, &away).unwrap();
    server.launch().await;

    let parked = letter(&api, Duration::from_secs(20)).await;
    assert_eq!(
        (&parked["id"], &parked["kind"]),
        (&json!(preview), &json!("saga"))
    );
    assert_eq!(
        parked["preview"],
        json!({"preview_id": preview, "name": "shop", "owner": "local"})
    );
    assert!(
        text(&parked, "step").starts_with("healthy:web"),
        "{parked:#}"
    );
    let owns = parked["owns"].to_string();
    for step in ["timer", "ports", "process:web", "route"] {
        assert!(owns.contains(step), "{parked:#}");
    }
    let view = api.preview(preview).await;
    assert_eq!(
        (&view["parked"], &view["parked_since"]),
        (&json!(true), &parked["since"])
    );
    assert_eq!(view["error"]["reason"], parked["error"]);
    let listed = api.get("/previews?parked=true").send().await.expect(200);
    assert_eq!(listed["previews"][0]["preview_id"], preview);
    let ran = tempus(server.root(), &api.url(), &["dead-letters", "list"]).await;
    assert!(
        ran.stdout.contains(preview) && ran.stdout.contains("healthy:web"),
        "{ran:?}"
    );
    assert_eq!(api.visit("shop", "/").send().await.status, 503);

    // What owns something is not forgotten.
    let discard = api.call(Method::DELETE, &format!("/dead-letters/{preview}"));
    let refused = discard.send().await.expect(409);
    assert_eq!(refused["type"], "urn:tempus:problem:still-owns");
    assert_eq!(refused["owns"], parked["owns"]);
    let args = ["dead-letters", "discard", "shop"];
    let ran = tempus(server.root(), &api.url(), &args).await;
    assert_eq!(ran.exit, 3, "{ran:?}");
    assert!(ran.stderr.contains("still owns"), "{ran:?}");

    std::fs::rename(&away, &folder).unwrap();
    assert!(replay(&server, &["--all"]).await.contains("goes on"));
    no_letters(&api).await;
    eventually("the preview is up", Duration::from_secs(20), async || {
        (api.visit("shop", "/").send().await.status == 200).then_some(())
    })
    .await;
    assert_eq!(api.preview(preview).await["parked"], false);
    let replayed = api.post("/dead-letters/replay", &json!({"ids": [preview]}));
    let replayed = replayed.send().await.expect(200);
    assert_eq!(replayed["results"][0]["outcome"], "not_parked");

    // Parked or not, what is destroyed goes.
    assert!(server.terminate(Signal::TERM).await.success());
    std::fs::rename(&folder, &away).unwrap();
    server.launch().await;
    letter(&api, Duration::from_secs(20)).await;
    let job = api.job_ended(&api.destroy(preview).await).await;
    assert_eq!(job["status"], "succeeded", "{job:#}");
    proved_gone(&api, preview, Duration::from_secs(10)).await;
    no_letters(&api).await;
    assert_eq!(server.witness().leftovers(), Leftovers::default());
}

/// A removal that does not succeed is tried for a minute and then set aside, never given up. A
/// folder where the supervisor's note should be keeps anybody, root included, from writing it.
#[tokio::test]
async fn what_cannot_be_removed_waits_for_a_person() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let accepted = api.ready(&app::request(&server, "shop", &json!({}))).await;
    let preview = text(&accepted, "preview_id");
    let folders = server.witness().leftovers().folders;
    let in_the_way = server
        .data()
        .join("processes")
        .join(&folders[0])
        .join("tombstone");
    std::fs::create_dir(&in_the_way).unwrap();

    let args = ["destroy", "shop", "--wait", "--json"];
    let ran = tempus(server.root(), &api.url(), &args).await;
    assert_eq!(ran.exit, 5, "{ran:?}");
    assert!(ran.stderr.contains("tombstone"), "{ran:?}");
    let job = text(&ran.json(), "job_id").to_owned();
    let parked = letter(&api, Duration::from_secs(1)).await;
    assert_eq!(parked["job"], json!({"job_id": job, "kind": "destroy"}));
    let owns: Vec<_> = parked["owns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s.as_str().unwrap())
        .collect();
    // The timer stays until all else is gone: it is what destroys what remains.
    let kinds: Vec<_> = owns
        .iter()
        .map(|step| step.split(':').next().unwrap())
        .collect();
    assert_eq!(kinds, ["timer", "process"], "{parked:#}");
    let view = api.get(&format!("/job/{job}")).send().await.expect(200);
    assert_eq!(view["status"], "parked");
    assert_eq!(
        api.visit("shop", "/").send().await.status,
        410,
        "its route is gone all the same"
    );
    let discard = api.call(Method::DELETE, &format!("/dead-letters/{preview}"));
    discard.send().await.expect(409);
    let receipt = api.get(&format!("/preview/{preview}/receipt")).send().await;
    assert!(text(&receipt.expect(409), "detail").contains("waits for a person"));

    mend(&in_the_way);
    replay(&server, &["shop"]).await;
    let ended = api.job_ended(&job).await;
    assert_eq!(
        ended["status"], "succeeded",
        "the same job goes on: {ended:#}"
    );
    proved_gone(&api, preview, Duration::from_secs(10)).await;
    no_letters(&api).await;
    assert_eq!(server.witness().leftovers(), Leftovers::default());
}

fn mend(in_the_way: &Path) {
    std::fs::remove_dir(in_the_way).unwrap();
}

//! A log that is lost after a crash: the server says so, and what to do.

use rustix::process::Signal;
use serde_json::json;
use tempus_tests::server::{Api, Server, eventually};

use crate::{PATIENCE, move_away, run};

#[tokio::test]
async fn a_server_does_not_start_behind_what_it_has_acknowledged() {
    let settings = [("worker.sweep_every", "1s"), ("worker.sweep_age", "0s")];
    let mut server = Server::start(&settings).await;
    let api = server.api();
    api.ready(&json!({"name": "kept", "ttl": "1h"})).await;
    // A clean stop puts everything into the one file; from then on the log has what comes.
    assert!(server.terminate(Signal::TERM).await.success());
    server.launch().await;
    is_up(&api).await;
    server.kill();
    // It goes on from what a crash leaves.
    server.launch().await;
    is_up(&api).await;
    server.kill();
    let log = server.data().join("tempus.db-wal");
    assert!(std::fs::metadata(&log).unwrap().len() > 0);
    std::fs::remove_file(&log).unwrap();

    let ended = tokio::process::Command::from(server.command())
        .stderr(std::process::Stdio::piped())
        .kill_on_drop(true)
        .output();
    let ended = tokio::time::timeout(PATIENCE, ended)
        .await
        .expect("it serves");
    let said = String::from_utf8_lossy(&ended.as_ref().unwrap().stderr).into_owned();
    assert!(!ended.unwrap().status.success(), "{said}");
    for what in ["has lost", "tempus.db-wal", "runbooks/restore-a-backup.md"] {
        assert!(said.contains(what), "{said}");
    }

    // Without any backup, the file itself is restored, and whatever it does not prove to be gone is
    // verified.
    let away = move_away(&server).join("tempus.db").display().to_string();
    let data = server.data().display().to_string();
    let restored = run(&server, &["restore", &away, "--data", &data]).await;
    assert_eq!(restored.exit, 0, "{restored:?}");
    server.launch().await;
    assert!(server.log().contains("restored from a backup"));
    is_up(&api).await;
}

/// It is ready and, as whatever ended its process has to be put right first, it answers.
async fn is_up(api: &Api) {
    eventually("it answers", PATIENCE, async || {
        let answer = api.visit("kept", "/").try_send().await;
        answer
            .is_ok_and(|answer| answer.status == 200)
            .then_some(())
    })
    .await;
}

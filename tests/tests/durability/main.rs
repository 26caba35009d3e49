//! What becomes of what was acknowledged: on a full disk, in a backup, and when the log is lost.

#![expect(
    clippy::unwrap_used,
    reason = "what a test's helpers unwrap is what the test claims"
)]

mod backups;
mod full_disk;
mod lost_log;

use std::path::PathBuf;
use std::time::Duration;

use tempus_tests::server::{Ran, Server, tempus};

/// How long anything may take, on a machine that does something else as well.
const PATIENCE: Duration = Duration::from_mins(1);

/// The files of a store.
const STORE: [&str; 4] = [
    "tempus.db",
    "tempus.db-wal",
    "tempus.db-shm",
    "tempus.db-commits",
];

/// Moves the store of a server that does not run away; returns where.
fn move_away(server: &Server) -> PathBuf {
    let away = server.folder("away");
    for file in STORE {
        let from = server.data().join(file);
        if from.exists() {
            std::fs::rename(from, away.join(file)).unwrap();
        }
    }
    away
}

/// Runs a command of the program against the server.
async fn run(server: &Server, args: &[&str]) -> Ran {
    tempus(server.root(), &server.api().url(), args).await
}

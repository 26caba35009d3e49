//! A log that is lost, cut or overwritten, which SQLite takes for one that was never written.

use std::fs;
use std::path::{Path, PathBuf};

use super::opening::{clock, create, open, try_open};
use super::*;
use crate::Clock;
use crate::sqlite::OpenError;
use crate::sqlite::backup::{inspect, restore};

const FILES: [&str; 4] = [
    "tempus.db",
    "tempus.db-wal",
    "tempus.db-shm",
    "tempus.db-commits",
];

/// What a crash leaves of a store that had been opened before, so that some of it is in the file and
/// the rest in the log.
async fn crashed(clock: &Arc<TokioClock>) -> tempfile::TempDir {
    let (folder, left) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let engine = open(folder.path(), clock);
    create(&engine, clock).await;
    engine.close().await.unwrap();
    let engine = open(folder.path(), clock);
    for n in 0..20 {
        let new = crate::conformance::new_preview(&format!("app-{n}"), clock.now());
        engine.store().create(new).await.unwrap();
    }
    for file in FILES {
        fs::copy(folder.path().join(file), left.path().join(file)).unwrap();
    }
    assert!(
        fs::metadata(left.path().join("tempus.db-wal"))
            .unwrap()
            .len()
            > 10_000
    );
    left
}

fn log_of(folder: &Path) -> PathBuf {
    folder.join("tempus.db-wal")
}

#[tokio::test(start_paused = true)]
async fn what_a_crash_leaves_is_opened_with_all_that_was_acknowledged() {
    let clock = clock();
    let left = crashed(&clock).await;
    // Nobody needs the index of the log, and a count that cannot be read says nothing.
    fs::remove_file(left.path().join("tempus.db-shm")).unwrap();
    let engine = open(left.path(), &clock);
    let name = "app-19".parse().unwrap();
    assert!(engine.store().get_by_name(&name).await.unwrap().is_some());
    engine.close().await.unwrap();
    for count in [&b""[..], b"half", b"\xff\xff"] {
        fs::write(left.path().join("tempus.db-commits"), count).unwrap();
        open(left.path(), &clock).close().await.unwrap();
    }
    fs::remove_file(left.path().join("tempus.db-commits")).unwrap();
    open(left.path(), &clock);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_is_gone_cut_or_overwritten_is_noticed() {
    let clock = clock();
    let damage: [fn(&Path); 4] = [
        |log| fs::remove_file(log).unwrap(),
        |log| fs::write(log, "").unwrap(),
        |log| {
            let mut bytes = fs::read(log).unwrap();
            // The last commit alone.
            bytes.truncate(bytes.len() - 1);
            fs::write(log, bytes).unwrap();
        },
        |log| {
            let mut bytes = fs::read(log).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle..middle + 100].fill(0xa5);
            fs::write(log, bytes).unwrap();
        },
    ];
    for (n, damage) in damage.into_iter().enumerate() {
        let left = crashed(&clock).await;
        damage(&log_of(left.path()));
        for _again in 0..2 {
            let refused = try_open(left.path(), &clock).err().unwrap();
            assert!(
                matches!(refused, OpenError::Lost { .. }),
                "{n}: {refused:?}"
            );
            let said = refused.to_string();
            assert!(
                said.contains("commits, which were acknowledged")
                    && said.contains("tempus.db-wal")
                    && said.contains("runbooks/restore-a-backup.md"),
                "{said}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_emptied_file_is_no_new_store() {
    let clock = clock();
    let left = crashed(&clock).await;
    fs::remove_file(log_of(left.path())).unwrap();
    for empty in [true, false] {
        let file = left.path().join("tempus.db");
        if empty {
            fs::write(&file, "").unwrap();
        } else {
            fs::remove_file(&file).unwrap();
        }
        let refused = try_open(left.path(), &clock).err().unwrap();
        let said = refused.to_string();
        assert!(said.contains("has lost all that was in it"), "{said}");
    }
}

/// An older copy of the same store, put in its place by hand.
#[tokio::test(start_paused = true)]
async fn an_older_file_in_its_place_is_noticed_and_a_restore_is_not() {
    let clock = clock();
    let left = crashed(&clock).await;
    let before = left.path().join("before");
    // Without its log it is as it was at the last clean stop.
    fs::copy(left.path().join("tempus.db"), &before).unwrap();
    let engine = open(left.path(), &clock);
    let installation = engine.installation();
    engine.close().await.unwrap();
    fs::copy(&before, left.path().join("tempus.db")).unwrap();
    let refused = try_open(left.path(), &clock).err().unwrap();
    assert!(matches!(refused, OpenError::Lost { .. }), "{refused:?}");

    // Restored, it says what it is, and everything is verified.
    fs::remove_file(left.path().join("tempus.db")).unwrap();
    assert_eq!(inspect(&before).unwrap().live, 1);
    restore(&before, left.path(), clock.now()).unwrap();
    let engine = open(left.path(), &clock);
    assert_eq!(engine.installation(), installation);
    let name = "app".parse().unwrap();
    let row = engine
        .store()
        .get_by_name(&name)
        .await
        .unwrap()
        .unwrap()
        .row;
    assert_eq!(row.suspicion, 1);
    create(&engine, &clock).await;
    drop(engine);
    open(left.path(), &clock);
}

#[tokio::test(start_paused = true)]
async fn another_store_in_its_place_is_taken_for_what_it_is() {
    let clock = clock();
    let (left, other) = (crashed(&clock).await, tempfile::tempdir().unwrap());
    let engine = open(other.path(), &clock);
    let installation = engine.installation();
    engine.close().await.unwrap();
    fs::remove_file(log_of(left.path())).unwrap();
    fs::copy(
        other.path().join("tempus.db"),
        left.path().join("tempus.db"),
    )
    .unwrap();
    let engine = open(left.path(), &clock);
    assert_eq!(engine.installation(), installation);
}

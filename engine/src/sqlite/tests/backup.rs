//! Copies: whole, of one moment, and put in place so that nothing they say is taken for granted.

use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use tempus_model::transition::accept::{DestroyReason, NewJob};
use tempus_model::{Actor, JobId, PreviewId};

use super::opening::{clock, create, open};
use super::*;
use crate::sqlite::OpenError;
use crate::sqlite::backup::{RestoreError, inspect, restore};
use crate::{Clock, SystemClock};

/// A copy, in a file of this folder.
async fn copied(engine: &SqliteEngine, now: Timestamp, folder: &Path) -> PathBuf {
    let mut copy = engine.store().backup(now).await.unwrap();
    let mut bytes = Vec::new();
    copy.file.rewind().unwrap();
    copy.file.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, copy.bytes);
    let file = folder.join("copy");
    std::fs::write(&file, bytes).unwrap();
    file
}

async fn named(engine: &SqliteEngine, clock: &TokioClock, name: &str) -> PreviewId {
    let new = crate::conformance::new_preview(name, clock.now());
    engine.store().create(new).await.unwrap().preview
}

#[tokio::test(start_paused = true)]
async fn what_is_restored_is_verified_once() {
    let (folder, elsewhere, clock) = (
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
        clock(),
    );
    let engine = open(folder.path(), &clock);
    let (kept, destroyed) = (
        named(&engine, &clock, "kept").await,
        named(&engine, &clock, "destroyed").await,
    );
    let at = clock.now();
    let file = copied(&engine, at, elsewhere.path()).await;
    // What comes after the copy is not in it.
    let after = named(&engine, &clock, "after").await;
    let job = NewJob {
        id: JobId::new(uuid::Uuid::from_u128(77)),
        by: Actor::Worker,
        now: clock.now(),
    };
    let (store, why) = (engine.store(), DestroyReason::Asked);
    store.destroy(destroyed, why, job, None).await.unwrap();

    let contents = inspect(&file).unwrap();
    assert_eq!(contents.installation, engine.installation());
    assert_eq!((contents.copied_at, contents.live), (Some(at), 2));
    let data = elsewhere.path().join("a/b");
    assert_eq!(restore(&file, &data, clock.now()).unwrap(), contents);
    let restored = open(&data, &clock);
    assert_eq!(restored.installation(), engine.installation());
    assert!(restored.store().get(after).await.unwrap().is_none());
    for preview in [kept, destroyed] {
        let row = restored.store().get(preview).await.unwrap().unwrap().row;
        assert!(row.desired.is_present(), "{row:?}");
        assert_eq!(row.suspicion, 1, "{row:?}");
        assert_eq!(row.verify_at, Some(clock.now()), "{row:?}");
    }
    restored.close().await.unwrap();
    let again = open(&data, &clock);
    let row = again.store().get(kept).await.unwrap().unwrap().row;
    assert_eq!(row.suspicion, 1, "only the first start doubts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_do_not_wait_and_the_copy_is_of_one_moment() {
    let folder = tempfile::tempdir().unwrap();
    let engine = SqliteEngine::open(folder.path(), Options::default()).unwrap();
    let store = engine.store();
    let writing = tokio::spawn(async move {
        for n in 0..200 {
            let new = crate::conformance::new_preview(&format!("app-{n}"), SystemClock.now());
            store.create(new).await.unwrap();
        }
    });
    let mut last = 0;
    while !writing.is_finished() {
        let file = copied(&engine, SystemClock.now(), folder.path()).await;
        let contents = inspect(&file).unwrap();
        assert!(contents.live >= last, "{contents:?} after {last}");
        last = contents.live;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    writing.await.unwrap();
    let file = copied(&engine, SystemClock.now(), folder.path()).await;
    assert_eq!(inspect(&file).unwrap().live, 200);
    // The copy is one file, and nothing of the making is left.
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            !name.starts_with("backup-") && !name.starts_with("copy-"),
            "{name}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_overwritten_and_what_is_no_backup_is_refused() {
    let (folder, elsewhere, clock) = (
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
        clock(),
    );
    let engine = open(folder.path(), &clock);
    create(&engine, &clock).await;
    let file = copied(&engine, clock.now(), elsewhere.path()).await;
    let refused = |file: &Path, folder: &Path| restore(file, folder, clock.now()).unwrap_err();
    let running = refused(&file, folder.path());
    assert!(
        matches!(running, RestoreError::Open(OpenError::InUse { .. })),
        "{running}"
    );
    engine.close().await.unwrap();
    let occupied = refused(&file, folder.path());
    assert!(matches!(occupied, RestoreError::Occupied(_)), "{occupied}");
    // A log that is left would be played into the restored file.
    let log = elsewhere.path().join("log");
    std::fs::create_dir(&log).unwrap();
    std::fs::write(log.join("tempus.db-wal"), "of another").unwrap();
    let occupied = refused(&file, &log);
    assert!(occupied.to_string().contains("tempus.db-wal"), "{occupied}");

    let fresh = elsewhere.path().join("fresh");
    let missing = refused(&elsewhere.path().join("nowhere"), &fresh);
    assert!(missing.to_string().contains("nowhere"), "{missing}");
    for (content, says) in [
        (vec![0x42; 9000], "damaged"),
        (Vec::new(), "no backup"),
        (damaged(&file), "damaged"),
    ] {
        let bad = elsewhere.path().join("bad");
        std::fs::write(&bad, content).unwrap();
        let refused = refused(&bad, &fresh).to_string();
        assert!(refused.contains(says), "{refused}");
    }
    let newer = rusqlite::Connection::open(&file).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    newer.close().unwrap();
    let newer = refused(&file, &fresh);
    assert!(
        matches!(newer, RestoreError::Open(OpenError::Newer { .. })),
        "{newer}"
    );
    assert!(!fresh.join("tempus.db").exists());
}

fn damaged(file: &Path) -> Vec<u8> {
    let mut bytes = std::fs::read(file).unwrap();
    let page = bytes.len() / 4096 / 2 * 4096;
    bytes[page..page + 4096].fill(0xa5);
    bytes
}

/// Read by a connection of its own: the writer's may still have the page as it was.
#[tokio::test]
async fn a_damaged_store_gives_no_backup() {
    let folder = tempfile::tempdir().unwrap();
    let engine = SqliteEngine::open(folder.path(), Options::default()).unwrap();
    for n in 0..50 {
        let new = crate::conformance::new_preview(&format!("app-{n}"), SystemClock.now());
        engine.store().create(new).await.unwrap();
    }
    engine.close().await.unwrap();
    let engine = SqliteEngine::open(folder.path(), Options::default()).unwrap();
    let file = folder.path().join("tempus.db");
    let bytes = damaged(&file);
    std::fs::write(&file, bytes).unwrap();
    let refused = engine.store().backup(SystemClock.now()).await.unwrap_err();
    assert!(
        matches!(
            refused,
            crate::BackupError::Store(crate::StoreError::Unreadable(_))
        ),
        "{refused:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_dead_process_left_of_a_copy_goes_with_the_next_start() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let left = folder.path().join("backup-left");
    std::fs::write(&left, "half").unwrap();
    open(folder.path(), &clock);
    assert!(!left.exists());
}

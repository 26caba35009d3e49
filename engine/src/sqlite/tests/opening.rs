//! Opening: whose folder it is, what is in it, and what is wrong with it.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use tempus_model::{InstallationId, Phase, PreviewId};

use super::*;
use crate::sqlite::desk::Desk;
use crate::sqlite::tables::packed::Body;
use crate::sqlite::{OpenError, sql};
use crate::{Clock, Filter, SystemClock};

/// On tokio's clock and in a file.
pub(super) fn open(folder: &Path, clock: &Arc<TokioClock>) -> SqliteEngine {
    try_open(folder, clock).unwrap()
}

pub(super) fn try_open(folder: &Path, clock: &Arc<TokioClock>) -> Result<SqliteEngine, OpenError> {
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    SqliteEngine::open(
        folder,
        Options {
            clock,
            mode: Mode::Inline,
            ..Options::default()
        },
    )
}

pub(super) fn clock() -> Arc<TokioClock> {
    Arc::new(TokioClock::starting_at(Timestamp::from_millis(
        1_800_000_000_000,
    )))
}

pub(super) async fn create(engine: &SqliteEngine, clock: &TokioClock) -> PreviewId {
    let new = crate::conformance::new_preview("app", clock.now());
    engine.store().create(new).await.unwrap().preview
}

/// Without SQLite's own lock, another program that opens the store, and is the last to close it, throws away the
/// log that is in use. The process loses it by closing the file through any other handle.
#[tokio::test(start_paused = true)]
async fn an_open_store_is_locked_against_other_programs() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let engine = open(folder.path(), &clock);
    create(&engine, &clock).await;
    engine.close().await.unwrap();
    let engine = open(folder.path(), &clock);
    let file = std::fs::metadata(folder.path().join("tempus.db")).unwrap();
    let inode = format!(":{} ", file.ino());
    let locks = std::fs::read_to_string("/proc/locks").unwrap();
    assert!(locks.contains(&inode), "{inode}in {locks}");
    drop(engine);
}

#[tokio::test(start_paused = true)]
async fn a_second_process_is_refused_and_told_who_has_it() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let engine = open(folder.path(), &clock);
    let refused = try_open(folder.path(), &clock).err().unwrap();
    let OpenError::InUse { pid, .. } = &refused else {
        panic!("{refused:?}")
    };
    assert_eq!(*pid, Some(std::process::id()));
    let said = refused.to_string();
    assert!(
        said.contains(&folder.path().display().to_string()),
        "{said}"
    );
    assert!(
        said.contains(&format!("process {}", std::process::id())),
        "{said}"
    );
    // Whatever it gave out keeps the folder; `close` lets go of it all the same.
    let store = engine.store();
    engine.close().await.unwrap();
    open(folder.path(), &clock);
    assert!(store.ready().await.is_err());
}

#[tokio::test]
async fn dropping_everything_lets_go_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..5 {
        let engine = SqliteEngine::open(folder.path(), Options::default()).unwrap();
        engine.store().ready().await.unwrap();
        let store = engine.store();
        drop(engine);
        assert!(SqliteEngine::open(folder.path(), Options::default()).is_err());
        store.ready().await.unwrap();
    }
}

#[tokio::test]
async fn a_closed_engine_refuses_everything() {
    let folder = tempfile::tempdir().unwrap();
    let engine = SqliteEngine::open(folder.path(), Options::default()).unwrap();
    create_on_the_machines_clock(&engine).await;
    let (store, timer) = (engine.store(), engine.timer());
    let nobody = PreviewId::new(uuid::Uuid::from_u128(1));
    store.get(nobody).await.unwrap();
    engine.close().await.unwrap();
    assert!(store.get(nobody).await.is_err());
    assert!(
        store
            .replay(nobody, tempus_model::Actor::Worker, SystemClock.now())
            .await
            .is_err()
    );
    assert!(timer.clear("any").await.is_err());
}

#[tokio::test]
async fn nobody_else_can_read_it() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("a/b");
    let engine = SqliteEngine::open(&folder, Options::default()).unwrap();
    create_on_the_machines_clock(&engine).await;
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for file in ["lock", "tempus.db", "tempus.db-wal", "tempus.db-shm"] {
        assert_eq!(mode(&folder.join(file)), 0o600, "{file}");
    }
}

async fn create_on_the_machines_clock(engine: &SqliteEngine) {
    let new = crate::conformance::new_preview("app", SystemClock.now());
    engine.store().create(new).await.unwrap();
}

#[tokio::test]
async fn what_is_acknowledged_is_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let engine = SqliteEngine::open(folder.path(), Options::default()).unwrap();
    let pragma = |name: &'static str| {
        engine.db.write(move |db| {
            let value = db.query_row(&format!("PRAGMA {name}"), [], |row| {
                row.get::<_, rusqlite::types::Value>(0)
            });
            value.map_err(sql)
        })
    };
    assert_eq!(pragma("synchronous").await.unwrap(), 2.into(), "FULL");
    assert_eq!(
        pragma("journal_mode").await.unwrap(),
        "wal".to_owned().into()
    );
}

#[tokio::test(start_paused = true)]
async fn a_damaged_file_is_said_to_be_damaged() {
    let clock = clock();
    let damage: [fn(&mut Vec<u8>); 4] = [
        |bytes| bytes.truncate(5000),
        |bytes| bytes[4096 * 2..4096 * 4].fill(0xa5),
        |bytes| bytes.fill(0x42),
        |bytes| {
            // A page that nothing but the check reads: a spec's. Its cells lead nowhere.
            let spec = b"serve --version";
            let found = bytes.windows(spec.len()).position(|window| window == spec);
            let page = found.unwrap() / 1024 * 1024;
            bytes[page + 8..page + 16].fill(0xff);
        },
    ];
    for (n, damage) in damage.into_iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let engine = open(folder.path(), &clock);
        for n in 0..50 {
            let new = crate::conformance::new_preview(&format!("app-{n}"), clock.now());
            engine.store().create(new).await.unwrap();
        }
        engine.close().await.unwrap();
        let file = folder.path().join("tempus.db");
        let mut bytes = std::fs::read(&file).unwrap();
        damage(&mut bytes);
        std::fs::write(&file, bytes).unwrap();
        let refused = try_open(folder.path(), &clock).err().unwrap();
        assert!(
            matches!(refused, OpenError::Damaged { .. }),
            "{n}: {refused:?}"
        );
        assert!(
            refused.to_string().contains("tempus.db is damaged"),
            "{refused}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_newer_schema_is_refused() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let engine = open(folder.path(), &clock);
    let newer = |db: &Desk| db.pragma_update(None, "user_version", 99).map_err(sql);
    engine.db.write(newer).await.unwrap();
    engine.close().await.unwrap();
    let refused = try_open(folder.path(), &clock).err().unwrap();
    assert!(
        matches!(
            refused,
            OpenError::Newer {
                found: 99,
                known: 6,
                ..
            }
        ),
        "{refused:?}"
    );
    assert!(refused.to_string().contains("newer"), "{refused}");
}

/// What the first version wrote is found by this one, and what came with this one is there too.
#[tokio::test(start_paused = true)]
async fn an_older_schema_is_brought_up_to_date() {
    const BACK: &str = "
        CREATE TABLE shorts (short INTEGER PRIMARY KEY, preview INTEGER NOT NULL);
        DROP INDEX previews_owner;
        DROP INDEX previews_repository;
        ALTER TABLE previews DROP COLUMN is_gone;
        CREATE INDEX previews_owner ON previews (owner, phase, created_at);
        CREATE INDEX previews_repository ON previews (repository, phase, created_at) WHERE repository IS NOT NULL;
        DROP TABLE deeds;
        DROP TABLE sources;
        DROP TABLE tokens;
        ALTER TABLE timers DROP COLUMN set_by;
        PRAGMA user_version = 1";
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let engine = open(folder.path(), &clock);
    let alive = create(&engine, &clock).await;
    let new = crate::conformance::new_preview("other", clock.now());
    let gone = engine.store().create(new).await.unwrap().preview;
    let back = move |db: &Desk| {
        db.execute_batch(BACK).map_err(sql)?;
        for table in ["rows", "jobs"] {
            unpack(db, table).map_err(sql)?;
        }
        let end = "UPDATE previews SET phase = 'failed' WHERE id = ?";
        db.execute(end, [gone.uuid().as_bytes()]).map_err(sql)
    };
    engine.db.write(back).await.unwrap();
    engine.close().await.unwrap();
    let store = open(folder.path(), &clock).store();
    assert_eq!(store.tokens().await.unwrap(), []);
    let found = store.get(alive).await.unwrap().unwrap();
    let jobs = store.jobs(alive, 9).await.unwrap();
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    let of_short = store.get_by_short(alive.short()).await.unwrap();
    assert_eq!(of_short.unwrap().identity.id, alive);
    for (phase, preview) in [(Phase::Pending, alive), (Phase::Failed, gone)] {
        let filter = Filter {
            owner: Some(found.identity.owner.id.clone()),
            phases: vec![phase],
            ..Filter::default()
        };
        let page = store.list(&filter, None, 9).await.unwrap();
        let ids: Vec<_> = page.items.iter().map(|one| one.identity.id).collect();
        assert_eq!(ids, [preview], "{phase}");
    }
}

/// Bodies as the releases before this one stored them.
fn unpack(db: &Desk, table: &str) -> rusqlite::Result<()> {
    let mut packed = db.prepare(&format!("SELECT key, body FROM {table}"))?;
    let read = packed.query_map([], |record| {
        Ok((record.get::<_, i64>(0)?, record.get::<_, Body>(1)?))
    })?;
    for one in read.collect::<rusqlite::Result<Vec<_>>>()? {
        let write = format!("UPDATE {table} SET body = ?2 WHERE key = ?1");
        db.execute(&write, rusqlite::params![one.0, &*one.1])?;
    }
    Ok(())
}

#[test]
fn without_a_runtime_it_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = SqliteEngine::open(folder.path(), Options::default())
        .err()
        .unwrap();
    assert!(matches!(refused, OpenError::NoRuntime));
}

#[tokio::test(start_paused = true)]
async fn an_installation_keeps_its_id_and_two_have_two() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let first = open(folder.path(), &clock).installation();
    let engine = open(folder.path(), &clock);
    assert_eq!(
        (engine.installation(), engine.store().installation()),
        (first, first)
    );
    let other = tempfile::tempdir().unwrap();
    assert_ne!(open(other.path(), &clock).installation(), first);
    let fixed = Options {
        installation: InstallationId::new(7),
        ..Options::default()
    };
    assert_eq!(
        SqliteEngine::in_memory(fixed).unwrap().installation(),
        InstallationId::new(7)
    );
}

//! Group commit: many requests, one commit, and none answered before it.

use std::cell::RefCell;
use std::collections::VecDeque;

use rusqlite::Connection;
use tempus_model::PreviewId;
use tempus_model::transition::checkpoint;
use tempus_model::transition::doubt::doubt;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::*;
use crate::sqlite::desk::Desk;
use crate::sqlite::sql;
use crate::sqlite::tables::rows::{self, Ready};
use crate::sqlite::verbs::{create, holder};
use crate::sqlite::writer::{Counters, Decided, Destination, Request, Write, transact};
use crate::{CreateError, JobError, NewPreview, StoreError, WriteError};

type Answer = oneshot::Receiver<Result<u32, StoreError>>;

fn db() -> Desk {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch("CREATE TABLE kept (n INTEGER)").unwrap();
    Desk::of(db)
}

fn with_a_preview() -> (Desk, PreviewId) {
    let db = crate::sqlite::schema::in_memory().unwrap();
    let db = Desk::of(db);
    let new = crate::conformance::new_preview("app", crate::conformance::at(0));
    let preview = create::create(&db, &new).unwrap().preview;
    (db, preview)
}

fn kept(db: &Connection) -> Vec<u32> {
    let mut kept = db.prepare("SELECT n FROM kept ORDER BY n").unwrap();
    let kept = kept.query_map([], |row| row.get(0)).unwrap();
    kept.collect::<Result<_, _>>().unwrap()
}

fn insert(db: &Connection, n: u32) -> Result<u32, StoreError> {
    db.execute("INSERT INTO kept VALUES (?)", [n])
        .map_err(sql)?;
    Ok(n)
}

fn request(
    decide: impl FnOnce(&Desk) -> Result<u32, StoreError> + Send + 'static,
) -> (Box<dyn Request>, Answer) {
    let (request, answer) = Write::new(decide);
    (Box::new(request), answer)
}

fn together(db: &Desk, requests: Vec<Box<dyn Request>>) -> crate::sqlite::Stats {
    let counters = Counters::default();
    let left = RefCell::new(VecDeque::from(requests));
    let first = left.borrow_mut().pop_front().unwrap();
    let to = Destination {
        db,
        counters: &counters,
        watermark: None,
    };
    transact(to, first, || left.borrow_mut().pop_front());
    counters.read()
}

#[test]
fn requests_share_a_commit_and_fail_alone() {
    let db = db();
    let (one, mut first) = request(|db| insert(db, 1));
    let (refused, mut second) = request(|db| {
        insert(db, 2)?;
        Err(StoreError::Unavailable("no".to_owned()))
    });
    let (panics, mut third) = request(|db| {
        insert(db, 3)?;
        panic!("a bug")
    });
    let (sees, mut fourth) = request(|db| {
        let count: Result<u32, _> = db.query_row("SELECT count(*) FROM kept", [], |row| row.get(0));
        insert(db, 10 + count.map_err(sql)?)
    });
    let stats = together(&db, vec![one, refused, panics, sees]);
    assert_eq!((stats.requests, stats.commits), (4, 1));
    assert_eq!(first.try_recv().unwrap().unwrap(), 1);
    assert!(
        second
            .try_recv()
            .unwrap()
            .unwrap_err()
            .to_string()
            .contains("no")
    );
    assert!(
        third
            .try_recv()
            .unwrap()
            .unwrap_err()
            .to_string()
            .contains("panic")
    );
    assert_eq!(
        fourth.try_recv().unwrap().unwrap(),
        11,
        "it sees what the first one wrote"
    );
    assert_eq!(kept(&db), [1, 11]);
}

#[test]
fn when_the_commit_fails_everybody_is_told_and_nothing_is_written() {
    let db = db();
    db.execute_batch(
        "PRAGMA foreign_keys = ON;
         CREATE TABLE parent (n INTEGER PRIMARY KEY);
         CREATE TABLE child (n REFERENCES parent DEFERRABLE INITIALLY DEFERRED);",
    )
    .unwrap();
    let (fine, mut first) = request(|db| insert(db, 1));
    let (orphan, mut second) = request(|db| {
        db.execute("INSERT INTO child VALUES (7)", [])
            .map_err(sql)?;
        Ok(2)
    });
    let stats = together(&db, vec![fine, orphan]);
    assert_eq!(stats.commits, 0);
    for answer in [&mut first, &mut second] {
        let answer = answer.try_recv().unwrap();
        assert!(
            matches!(answer, Err(StoreError::Unavailable(_))),
            "{answer:?}"
        );
    }
    assert!(kept(&db).is_empty() && db.is_autocommit());
    let (again, mut answer) = request(|db| insert(db, 1));
    together(&db, vec![again]);
    assert_eq!(answer.try_recv().unwrap().unwrap(), 1);
}

/// What was decided before has no savepoint. When it cannot be written, or its code panics, nobody knows how far
/// it came, and nothing of the transaction is kept: the rows at hand neither, so that the next try of it is
/// decided where it is written.
#[test]
fn what_was_decided_is_undone_with_its_whole_transaction() {
    for breaks in [insert_twice, |db: &Desk| -> Result<u32, StoreError> {
        insert(db, 4)?;
        panic!("a bug")
    }] {
        let (db, preview) = with_a_preview();
        db.execute_batch("CREATE TABLE kept (n INTEGER UNIQUE)")
            .unwrap();
        let decided = |write: fn(&Desk) -> Result<u32, StoreError>| -> (Box<dyn Request>, Answer) {
            let (request, answer) = Decided::new(write);
            (Box::new(request), answer)
        };
        let (first, mut written) = decided(|db| insert(db, 1));
        together(&db, vec![first]);
        assert_eq!(written.try_recv().unwrap().unwrap(), 1);
        assert!(db.at_hand.get(preview).is_some());

        let (second, mut undone) = decided(|db| insert(db, 2));
        let (broken, mut refused) = decided(breaks);
        together(&db, vec![second, broken]);
        for answer in [&mut undone, &mut refused] {
            let answer = answer.try_recv().unwrap();
            assert!(
                matches!(answer, Err(StoreError::Unavailable(_))),
                "{answer:?}"
            );
        }
        assert_eq!(kept(&db), [1]);
        assert!(db.is_autocommit());
        assert!(db.at_hand.get(preview).is_none());
    }
}

fn insert_twice(db: &Desk) -> Result<u32, StoreError> {
    insert(db, 3)?;
    insert(db, 3)
}

/// What was decided beside the writer is written only over the very row that it was decided on.
#[test]
fn what_was_made_ready_for_another_row_is_not_written() {
    let (db, preview) = with_a_preview();
    let stored = rows::load(&db, preview).unwrap().unwrap();
    let claim = crate::conformance::claim(&stored.row, crate::conformance::at(0));
    holder::claim(&db, preview, &claim).unwrap();
    let ready = || {
        let stored = db.at_hand.get(preview).unwrap();
        let change = doubt(&stored.row, crate::conformance::at(1));
        Ready::of(stored, change).unwrap()
    };
    let (first, second) = (ready(), ready());
    let written = first.write_if_same(&db).unwrap().unwrap().into_row();
    assert!(second.write_if_same(&db).unwrap().is_none());
    let third = ready();
    db.at_hand.forget();
    assert!(third.write_if_same(&db).unwrap().is_none(), "undone");
    let stored = rows::load(&db, preview).unwrap().unwrap();
    assert_eq!(stored.row.version, written.version);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_gathers_while_the_writer_is_busy_shares_a_commit() {
    let folder = tempfile::tempdir().unwrap();
    let engine = SqliteEngine::open(folder.path(), Options::default()).unwrap();
    let slow = Arc::clone(&engine.db);
    let busy = tokio::spawn(async move {
        let wait = |_: &Desk| {
            std::thread::sleep(Duration::from_millis(300));
            Ok::<_, StoreError>(())
        };
        slow.write(wait).await.unwrap();
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let before = engine.stats();
    let mut creates = JoinSet::new();
    for n in 0..200 {
        let store = engine.store();
        let new = crate::conformance::new_preview(&format!("app-{n}"), crate::conformance::at(0));
        creates.spawn(async move { store.create(new).await.unwrap() });
    }
    creates.join_all().await;
    busy.await.unwrap();
    let after = engine.stats();
    assert!(after.requests - before.requests >= 200);
    let commits = after.commits - before.commits;
    assert!(commits <= 4, "{commits} commits");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_said_and_heals() {
    let folder = tempfile::tempdir().unwrap();
    let engine = SqliteEngine::open(folder.path(), Options::default()).unwrap();
    let limit = |pages: u32| {
        let statement = format!("PRAGMA max_page_count = {pages}");
        engine
            .db
            .write(move |db| db.query_row(&statement, [], |_| Ok(())).map_err(sql))
    };
    let new = |name: &str| {
        let new = crate::conformance::new_preview(name, crate::conformance::at(0));
        NewPreview { ..new }
    };
    let store = engine.store();
    limit(1).await.unwrap();
    let (mut accepted, mut refused) = (Vec::new(), Vec::new());
    for n in 0..200 {
        let name = format!("app-{n}");
        match store.create(new(&name)).await {
            Ok(_) => accepted.push(name),
            Err(CreateError::Job(JobError::Store(StoreError::Full(_)))) => {
                refused.push(name);
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    assert!(!refused.is_empty());
    limit(1_000_000).await.unwrap();
    for (names, there) in [(&accepted, true), (&refused, false)] {
        for name in names {
            let found = store.get_by_name(&name.parse().unwrap()).await.unwrap();
            assert_eq!(found.is_some(), there, "{name}");
        }
    }
    for name in &refused {
        store.create(new(name)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_do_not_wait_for_the_writer() {
    let folder = tempfile::tempdir().unwrap();
    let engine = SqliteEngine::open(folder.path(), Options::default()).unwrap();
    let new = crate::conformance::new_preview("app", crate::conformance::at(0));
    let preview = engine.store().create(new).await.unwrap().preview;
    let db = Arc::clone(&engine.db);
    let (release, wait) = std::sync::mpsc::channel::<()>();
    let writing = tokio::spawn(async move {
        let hold = move |_: &Desk| {
            let _ = wait.recv();
            Ok::<_, StoreError>(())
        };
        db.write(hold).await.unwrap();
    });
    for _ in 0..100 {
        assert!(engine.store().get(preview).await.unwrap().is_some());
    }
    assert!(!writing.is_finished());
    release.send(()).unwrap();
    writing.await.unwrap();
}

/// A row that is held is kept at hand by the writer; when a write of it is undone, so is that.
#[tokio::test(start_paused = true)]
async fn what_was_undone_is_not_at_hand() {
    let engine = SqliteEngine::in_memory(Options::default()).unwrap();
    let store = engine.store();
    let new = crate::conformance::new_preview("app", crate::conformance::at(0));
    let preview = store.create(new).await.unwrap().preview;
    let looked = store.get(preview).await.unwrap().unwrap().row;
    let claim = crate::conformance::claim(&looked, crate::conformance::at(1));
    let row = store.claim(preview, &claim).await.unwrap();

    let write = crate::conformance::next_write(&row, crate::conformance::at(2));
    let (fence, until) = (write.fence, crate::conformance::at(100));
    let undone = engine.db.write(move |desk| {
        holder::write(desk, preview, |row| checkpoint::renew(row, &fence, until))?;
        Err::<(), _>(WriteError::Lost)
    });
    assert!(matches!(undone.await, Err(WriteError::Lost)));

    let written = store.checkpoint(&write).await.unwrap();
    let stored = store.get(preview).await.unwrap().unwrap().row;
    assert_eq!(
        (stored.wseq, stored.version),
        (fence.wseq, written.version),
        "the write that was undone was taken for one that was made"
    );
}

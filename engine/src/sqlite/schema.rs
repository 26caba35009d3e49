//! The schema and how it came about: migrations by version, each applied once.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode};

use super::OpenError;
use super::error::sql;
use super::watermark::Mark;

/// What has shipped does not change; a change is a new file at the end of this list. The schema's
/// version is the number of files that were applied.
const MIGRATIONS: &[&str] = &[
    include_str!("schema/0001.sql"),
    include_str!("schema/0002.sql"),
    include_str!("schema/0003.sql"),
    include_str!("schema/0004.sql"),
    include_str!("schema/0005.sql"),
    include_str!("schema/0006.sql"),
];

/// How long the check of the file may hold up a start. Enough for some gigabytes; what lies beyond is
/// said to be damaged when it is read.
const CHECKED_FOR: Duration = Duration::from_secs(5);

/// A file of up to so many bytes is checked as it lies in memory, without a call of the system for each
/// page.
const MAPPED: i64 = 512 << 20;

/// Settings of a connection that writes. A commit is on the disk before it is acknowledged. What it costs is the
/// pages that it writes whole, for records of some hundred bytes that lie far apart: so they are small (in a new
/// file; one that is there keeps its own). What it reads again is what it wrote last, and the system keeps the
/// file's pages besides: a large cache of its own is memory that a small server has not.
const WRITER: &str = "
    PRAGMA page_size = 2048;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -8192;
    PRAGMA journal_size_limit = 67108864;
";

/// How many bytes the log has before it is put into the main file: the longer it is, the more of its pages have
/// been written again meanwhile, and are put there once. Whoever writes waits while it is put there, some 40 ms.
const LOG: i64 = 49_152_000;

/// A store's file, read once before it is opened.
#[derive(Debug, Default)]
pub(super) struct ReadThrough {
    /// How much of it may be mapped while it is checked.
    mapped: i64,
    took: Duration,
}

impl ReadThrough {
    /// Reads it: what the disk cannot read is an error here, and would be the end of the process in a mapping.
    /// A long file is not mapped, nor is one whose disk takes too long.
    ///
    /// Before SQLite opens it: to close a file is to lose every lock that the process has on it, and another
    /// program that opens the store, and is the last to close it, would throw away the log that is in use.
    pub(super) fn of(file: &Path) -> io::Result<Self> {
        let began = Instant::now();
        let mut file = match File::open(file) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        let bytes = i64::try_from(file.metadata()?.len()).unwrap_or(i64::MAX);
        let mut mapped = if bytes > MAPPED { 0 } else { bytes };
        let mut some = vec![0; 256 << 10];
        while mapped > 0 && file.read(&mut some)? > 0 {
            if began.elapsed() > CHECKED_FOR {
                mapped = 0;
            }
        }
        let took = began.elapsed();
        Ok(Self { mapped, took })
    }
}

/// Sets the writer's connection up and brings the schema up to date. A file that is damaged, or has not
/// come as far as the mark beside it says, is left as it is.
pub(super) fn prepare(
    db: &mut Connection,
    file: &Path,
    read: &ReadThrough,
    mark: Option<Mark>,
) -> Result<(), OpenError> {
    db.set_prepared_statement_cache_capacity(128);
    let failed = |error| OpenError::of(file, &sql(error));
    db.execute_batch(WRITER).map_err(failed)?;
    bound_log(db).map_err(failed)?;
    plan_once(db).map_err(failed)?;
    check(db, file, read)?;
    if let Some(mark) = mark {
        mark.hold(db, file)?;
    }
    let found = version(db).map_err(failed)?;
    must_be_known(found, file)?;
    for (migration, next) in MIGRATIONS
        .iter()
        .zip(1_i64..)
        .skip(usize::try_from(found).unwrap_or(0))
    {
        let migrate = db.transaction().map_err(failed)?;
        migrate.execute_batch(migration).map_err(failed)?;
        migrate
            .pragma_update(None, "user_version", next)
            .map_err(failed)?;
        migrate.commit().map_err(failed)?;
    }
    Ok(())
}

/// A database in memory, ready to be used.
pub(super) fn in_memory() -> Result<Connection, OpenError> {
    let nowhere = Path::new(":memory:");
    let db = Connection::open_in_memory();
    let mut db = db.map_err(|error| OpenError::of(nowhere, &sql(error)))?;
    prepare(&mut db, nowhere, &ReadThrough::default(), None)?;
    Ok(db)
}

/// SQLite counts the log in pages, and how large those are depends on the release that made the file.
fn bound_log(db: &Connection) -> rusqlite::Result<()> {
    let page: i64 = db.pragma_query_value(None, "page_size", |row| row.get(0))?;
    db.pragma_update(None, "wal_autocheckpoint", LOG / page)
}

/// Has every statement planned once. Without this, one that an index with a condition might serve is
/// planned anew each time that it is asked with other values.
pub(super) fn plan_once(db: &Connection) -> rusqlite::Result<()> {
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map(drop)
}

/// A newer version's file is not touched.
pub(super) fn must_be_known(found: i64, file: &Path) -> Result<(), OpenError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found <= known {
        return Ok(());
    }
    Err(OpenError::Newer {
        file: file.to_owned(),
        found,
        known,
    })
}

fn check(db: &Connection, file: &Path, read: &ReadThrough) -> Result<(), OpenError> {
    let failed = |error| OpenError::of(file, &sql(error));
    let map = |bytes: i64| db.pragma_update(None, "mmap_size", bytes).map_err(failed);
    map(read.mapped)?;
    let found = within(CHECKED_FOR.saturating_sub(read.took), db, damage);
    map(0)?;
    match found {
        Ok(None) => Ok(()),
        Ok(Some(damage)) => Err(OpenError::damaged(file, damage)),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
            let seconds = CHECKED_FOR.as_secs();
            tracing::warn!(
                file = %file.display(),
                "the store is too large to be checked within {seconds} s: not all of it was"
            );
            Ok(())
        }
        Err(error) => Err(OpenError::of(file, &sql(error))),
    }
}

/// What is wrong with the first page of the file that has anything wrong with it.
pub(super) fn damage(db: &Connection) -> rusqlite::Result<Option<String>> {
    let found: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok((found != "ok").then_some(found))
}

/// Interrupts what takes longer.
fn within<T>(most: Duration, db: &Connection, look: impl FnOnce(&Connection) -> T) -> T {
    let interrupt = db.get_interrupt_handle();
    let (done, seen) = mpsc::channel::<()>();
    std::thread::scope(|threads| {
        threads.spawn(move || {
            if seen.recv_timeout(most) == Err(RecvTimeoutError::Timeout) {
                interrupt.interrupt();
            }
        });
        let found = look(db);
        // The thread has ended before anything else is asked of the connection.
        drop(done);
        found
    })
}

pub(super) fn version(db: &Connection) -> rusqlite::Result<i64> {
    db.pragma_query_value(None, "user_version", |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn what_is_asked_again_is_not_planned_again() {
        let db = in_memory().unwrap();
        let free = "SELECT number FROM slots INDEXED BY slots_free
                    WHERE pool = ? AND preview IS NULL ORDER BY number LIMIT 1";
        for pool in ["a", "b", "c"] {
            let mut asked = db.prepare_cached(free).unwrap();
            let found = asked.query_map([pool], |record| record.get::<_, u32>(0));
            assert_eq!(found.unwrap().count(), 0);
        }
        let asked = db.prepare_cached(free).unwrap();
        assert_eq!(asked.get_status(StatementStatus::RePrepare), 0);
    }

    #[test]
    fn what_takes_too_long_is_interrupted_and_the_connection_is_good() {
        let db = Connection::open_in_memory().unwrap();
        let endless = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n)
                       SELECT max(i) FROM n";
        let one = |statement: &'static str| {
            move |db: &Connection| db.query_row(statement, [], |row| row.get::<_, i64>(0))
        };
        let began = Instant::now();
        let cut = within(Duration::from_millis(50), &db, one(endless)).unwrap_err();
        assert_eq!(
            cut.sqlite_error_code(),
            Some(ErrorCode::OperationInterrupted)
        );
        assert!(began.elapsed() < Duration::from_secs(20));
        assert_eq!(within(CHECKED_FOR, &db, one("SELECT 7")), Ok(7));
    }
}

//! The raw floor beside W1: the rows that its sagas write, written by one thread into one SQLite file
//! with the same durability and 64 jobs to a commit. No engine, no queue, no worker, nothing decided.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

use crate::machine::count;
use crate::noop::STEPS;

/// How many jobs share a commit: as many as W1 has in flight.
const JOBS: u64 = 64;

/// How long a row is that W1 writes, half-way through its saga.
const ROW: usize = 1900;

/// Jobs a second. Each job's row is written once for each of its steps, each time in another commit.
pub fn jobs_per_second(folder: &Path, how_long: Duration) -> anyhow::Result<f64> {
    let folder = tempfile::tempdir_in(folder)?;
    let db = Connection::open(folder.path().join("floor.db"))?;
    db.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         CREATE TABLE rows (key INTEGER PRIMARY KEY, body TEXT NOT NULL);",
    )?;
    let body = "r".repeat(ROW);
    let (began, mut jobs) = (Instant::now(), 0);
    while began.elapsed() < how_long {
        for _ in 0..STEPS {
            db.execute_batch("BEGIN IMMEDIATE")?;
            let mut write = db.prepare_cached("INSERT OR REPLACE INTO rows VALUES (?, ?)")?;
            for job in jobs..jobs + JOBS {
                write.execute(params![job.cast_signed(), body])?;
            }
            drop(write);
            db.execute_batch("COMMIT")?;
        }
        jobs += JOBS;
    }
    Ok(count(jobs) / began.elapsed().as_secs_f64())
}

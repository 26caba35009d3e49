//! Connections that only read. They see what is committed and never wait for the writer.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OpenFlags};

use super::error::sql;
use super::schema;
use super::writer::closed;
use crate::StoreError;

/// How many idle connections are kept. More are opened when more readers come at once, so that
/// nobody waits for one.
const KEPT: usize = 8;

/// How much each of them keeps of the file, as SQLite counts it: in KiB, negative. All of it is forgotten
/// with every commit.
const CACHE: i32 = -1024;

/// A pool of them. A read takes tens of microseconds and runs where it is called: handing it to
/// another thread would cost more than it does.
pub(super) struct Readers {
    file: PathBuf,
    /// The idle ones; `None` once the pool is closed.
    idle: Mutex<Option<Vec<Connection>>>,
}

impl Readers {
    pub(super) fn of(file: PathBuf) -> Self {
        Self {
            file,
            idle: Mutex::new(Some(Vec::new())),
        }
    }

    pub(super) fn read<T, E: From<StoreError>>(
        &self,
        look: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let idle = self.lock().as_mut().ok_or_else(closed)?.pop();
        let db = match idle {
            Some(db) => db,
            None => self.open()?,
        };
        let seen = look(&db);
        if let Some(idle) = self.lock().as_mut().filter(|idle| idle.len() < KEPT) {
            idle.push(db);
        }
        seen
    }

    /// Closes the idle connections; those at work close when they are done.
    pub(super) fn close(&self) {
        *self.lock() = None;
    }

    fn open(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(&self.file, flags).map_err(sql)?;
        db.set_prepared_statement_cache_capacity(64);
        schema::plan_once(&db).map_err(sql)?;
        db.pragma_update(None, "cache_size", CACHE).map_err(sql)?;
        Ok(db)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Vec<Connection>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

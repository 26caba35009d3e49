//! The embedded engine: one folder, one SQLite file, one process.
//!
//! ```text
//!   Store ──write──► writer thread ──one commit for many──► tempus.db
//!         ──read───► a reader each, never waiting ◄────────────┘ │
//!   Queue   in memory, filled from the index on `due_at` ◄───────┤
//!   Timer   one task, asleep until the next alarm ◄──────────────┘
//! ```
//!
//! What is acknowledged is on the disk (`synchronous=FULL`). What is only in memory, the queue,
//! carries no state. A second process is refused, so whoever opens the folder knows that the
//! process before it is dead, and ends its leases.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use tempus_model::transition::doubt::Stop;
use tempus_model::{Hint, InstallationId};
use tokio::runtime::Handle;
use tokio::sync::Mutex;

use crate::{Clock, Outgoing, Queue, Store, StoreError, SystemClock, Timer};

pub mod backup;
mod company;
mod db;
mod desk;
mod error;
mod folder;
mod mailbox;
mod queue;
mod readers;
mod runtime;
mod schema;
mod start;
mod store;
mod tables;
#[cfg(test)]
mod tests;
mod timer;
mod verbs;
mod watermark;
mod writer;

use db::Db;
use error::sql;
use folder::Folder;
use queue::SqliteQueue;
use schema::ReadThrough;
use start::Start;
use store::SqliteStore;
use timer::SqliteTimer;
use watermark::{Mark, Watermark};

pub use error::OpenError;
pub use runtime::server_runtime;
pub use writer::Stats;

/// How an engine is opened.
#[derive(Clone)]
pub struct Options {
    /// Says what time it is: when alarms fire, and when hints are due.
    pub clock: Arc<dyn Clock>,
    /// Where writes happen.
    pub mode: Mode,
    /// How long a received message stays invisible.
    pub visibility: Duration,
    /// The installation id of a store that is made now; an existing one keeps its own. Fixed only
    /// by tests that must be repeatable.
    pub installation: InstallationId,
}

impl Default for Options {
    /// The machine's clock, a writer thread, half a minute, a random id.
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            mode: Mode::Threaded,
            visibility: Duration::from_secs(30),
            installation: InstallationId::new(rand::random()),
        }
    }
}

/// Where writes happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// On a thread of their own, many to a commit.
    Threaded,
    /// On the calling task, each with a commit of its own, before the call returns. For
    /// deterministic tests: tokio's paused clock runs ahead whenever every task waits, so a task
    /// that waits for a thread would see hours pass.
    Inline,
}

/// An open engine. Everything that it hands out may outlive it; the folder is let go of when the
/// last of them is dropped, or by [`SqliteEngine::close`].
pub struct SqliteEngine {
    db: Arc<Db>,
    /// Where copies of it are made.
    folder: PathBuf,
    backups: Arc<Mutex<()>>,
    options: Options,
    start: Start,
    queue: Arc<SqliteQueue>,
    timer: Arc<SqliteTimer>,
}

impl SqliteEngine {
    /// Opens the engine in a folder, which is made if it is not there. Must be called on a tokio
    /// runtime, whose clock times queue and timer. Takes milliseconds, and what the check of the file does.
    pub fn open(folder: &Path, options: Options) -> Result<Self, OpenError> {
        let runtime = Handle::try_current().map_err(|_| OpenError::NoRuntime)?;
        let place = folder.to_owned();
        let folder = Folder::take(folder)?;
        let file = folder.database();
        let failed = |error: &StoreError| OpenError::of(&file, error);
        let read = ReadThrough::of(&file).map_err(|error| OpenError::io(&file, error))?;
        let mut db = Connection::open(&file).map_err(|error| failed(&sql(error)))?;
        let mark = Mark::beside(&file)?;
        schema::prepare(&mut db, &file, &read, mark)?;
        let start = start::start(&mut db, options.installation, options.clock.now())
            .map_err(|error| failed(&error))?;
        let watermark = Watermark::of(&db, &file, start.installation)?;
        let db = match options.mode {
            Mode::Threaded => {
                Db::threaded(db, folder, watermark).map_err(|error| OpenError::io(&file, error))?
            }
            Mode::Inline => Db::inline(db, Some((folder, watermark))),
        };
        Self::with(Arc::new(db), place, options, start, &runtime).map_err(|error| failed(&error))
    }

    /// Opens an engine in memory, always [`Mode::Inline`]. For tests: what it holds ends with it.
    pub fn in_memory(options: Options) -> Result<Self, OpenError> {
        let runtime = Handle::try_current().map_err(|_| OpenError::NoRuntime)?;
        let nowhere = Path::new(":memory:");
        let failed = |error: &StoreError| OpenError::of(nowhere, error);
        let mut db = schema::in_memory()?;
        let start = start::start(&mut db, options.installation, options.clock.now())
            .map_err(|error| failed(&error))?;
        let options = Options {
            mode: Mode::Inline,
            ..options
        };
        let place = std::env::temp_dir();
        Self::with(
            Arc::new(Db::inline(db, None)),
            place,
            options,
            start,
            &runtime,
        )
        .map_err(|error| failed(&error))
    }

    /// The engine as the next process would find it: the leases ended as `stop` ends them, and a
    /// queue that knows only what is stored. For tests of crashes that need no real process. The
    /// engine before it has no timer from now on, and its queue leads nowhere.
    pub async fn restarted(&self, stop: Stop) -> Result<Self, StoreError> {
        self.timer.stop();
        let (made_as, now) = (self.options.installation, self.options.clock.now());
        let start = self
            .db
            .write(move |db| {
                db.at_hand.forget();
                start::begin(db, made_as, now, Some(stop))
            })
            .await?;
        Self::with(
            Arc::clone(&self.db),
            self.folder.clone(),
            self.options.clone(),
            start,
            &Handle::current(),
        )
    }

    /// Fills the queue with what is stored as due before long, and sets the timer going.
    fn with(
        db: Arc<Db>,
        folder: PathBuf,
        options: Options,
        start: Start,
        runtime: &Handle,
    ) -> Result<Self, StoreError> {
        let (rows, clock) = (Arc::clone(&db), Arc::clone(&options.clock));
        let queue = SqliteQueue::empty(start.number, options.visibility, rows, clock);
        let queue = Arc::new(queue);
        let now = options.clock.now();
        for waiting in db.read(|db| tables::rows::waiting(db, now.after(start::NEAR)))? {
            queue.put(&Outgoing {
                group: Some(waiting.owner),
                ..Outgoing::later(&Hint::look(waiting.preview), now.until(waiting.due_at))
            });
        }
        let clock = Arc::clone(&options.clock);
        let timer = SqliteTimer::start(Arc::clone(&db), Arc::clone(&queue), clock, runtime);
        let timer = Arc::new(timer);
        Ok(Self {
            db,
            folder,
            backups: Arc::default(),
            options,
            start,
            queue,
            timer,
        })
    }

    /// The store.
    pub fn store(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore {
            db: Arc::clone(&self.db),
            installation: self.start.installation,
            folder: self.folder.clone(),
            backups: Arc::clone(&self.backups),
        })
    }

    /// The queue.
    pub fn queue(&self) -> Arc<dyn Queue> {
        Arc::clone(&self.queue) as Arc<dyn Queue>
    }

    /// The timer.
    pub fn timer(&self) -> Arc<dyn Timer> {
        Arc::clone(&self.timer) as Arc<dyn Timer>
    }

    /// Whose store this is.
    pub fn installation(&self) -> InstallationId {
        self.start.installation
    }

    /// How much has been written and read since it was opened, and in how many commits.
    pub fn stats(&self) -> Stats {
        self.db.stats()
    }

    /// Stops cleanly: commits what was sent, marks the stop as clean, lets go of the folder. To
    /// be called when the workers have finished their calls: leases that are still held then end
    /// uncounted at the next start. Whatever is asked of its parts afterwards is refused.
    pub async fn close(self) -> Result<(), StoreError> {
        self.timer.stop();
        self.db.close().await
    }
}

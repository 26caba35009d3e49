//! The one writer: many requests, one commit.
//!
//! Requests arrive over a channel. Each is applied in a savepoint of its own inside one transaction, sees
//! what those before it wrote, and is undone alone if it refuses. What was decided beside the writer has
//! nothing left to refuse, and needs no savepoint. When the channel is drained, or enough were taken, the
//! transaction is committed, and only then are the answers sent. While a commit waits for the disk the next
//! requests gather, and those that the last commit answered are waited for a moment, so the more callers
//! there are, the more of them share a commit. Nobody else writes, so nothing is ever locked.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Instant;

use rusqlite::{Connection, ErrorCode};
use tokio::sync::oneshot;

use super::company::{Company, Transacted};
use super::desk::Desk;
use super::error::{is_full, sql};
use super::folder::Folder;
use super::watermark::Watermark;
use crate::StoreError;

/// How many requests share a commit at most: bounds how long the first of them waits.
const MOST_PER_COMMIT: usize = 256;

/// How much a store has done since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Requests that were taken, refused ones included.
    pub requests: u64,
    /// Transactions that were committed for them.
    pub commits: u64,
    /// Previews that were read to be given out, one by one or in lists.
    pub given_out: u64,
}

/// Counts for [`Stats`].
#[derive(Debug, Default)]
pub(super) struct Counters {
    requests: AtomicU64,
    commits: AtomicU64,
    given_out: AtomicU64,
}

impl Counters {
    pub(super) fn read(&self) -> Stats {
        Stats {
            requests: self.requests.load(Ordering::Relaxed),
            commits: self.commits.load(Ordering::Relaxed),
            given_out: self.given_out.load(Ordering::Relaxed),
        }
    }

    pub(super) fn give_out(&self, previews: usize) {
        self.given_out.fetch_add(previews as u64, Ordering::Relaxed);
    }
}

/// Something to write, and somebody who waits for the answer.
pub(super) trait Request: Send {
    /// Whether it was decided before it came here, and has nothing left to refuse.
    fn is_decided(&self) -> bool;

    /// Decides and writes. `false` undoes what it wrote; an error undoes the whole transaction.
    fn apply(&mut self, db: &Desk) -> Result<bool, StoreError>;

    /// Sends the answer, now that it is known what became of the transaction.
    fn answer(self: Box<Self>, fate: &Fate);
}

/// What became of a transaction.
#[derive(Debug)]
pub(super) enum Fate {
    /// It is on the disk.
    Committed,
    /// Nothing of it was written.
    NotDone(StoreError),
    /// The disk failed while it was being committed: it may be there after a restart.
    Unknown(String),
}

impl Fate {
    fn answer<T, E: From<StoreError>>(&self, decided: Option<Result<T, E>>) -> Result<T, E> {
        match (self, decided) {
            (Self::Committed, Some(decided)) => decided,
            (Self::Committed, None) => Err(panicked().into()),
            (Self::NotDone(error), _) => Err(error.clone().into()),
            (Self::Unknown(why), _) => Err(StoreError::Unanswered(why.clone()).into()),
        }
    }
}

/// A decision to be made where it is written, and where its answer goes.
pub(super) struct Write<D, T, E> {
    decide: Option<D>,
    decided: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<D, T, E> Write<D, T, E> {
    pub(super) fn new(decide: D) -> (Self, oneshot::Receiver<Result<T, E>>) {
        let (reply, answer) = oneshot::channel();
        let write = Self {
            decide: Some(decide),
            decided: None,
            reply,
        };
        (write, answer)
    }
}

impl<D, T, E> Request for Write<D, T, E>
where
    D: FnOnce(&Desk) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn is_decided(&self) -> bool {
        false
    }

    fn apply(&mut self, db: &Desk) -> Result<bool, StoreError> {
        self.decided = self.decide.take().map(|decide| decide(db));
        Ok(matches!(self.decided, Some(Ok(_))))
    }

    fn answer(self: Box<Self>, fate: &Fate) {
        // Nobody may be waiting any more; what was written stands all the same.
        let _ = self.reply.send(fate.answer(self.decided));
    }
}

/// A write that was decided beside the writer.
pub(super) struct Decided<D, T>(Write<D, T, StoreError>);

impl<D, T> Decided<D, T> {
    pub(super) fn new(write: D) -> (Self, oneshot::Receiver<Result<T, StoreError>>) {
        let (write, answer) = Write::new(write);
        (Self(write), answer)
    }
}

impl<D, T> Request for Decided<D, T>
where
    D: FnOnce(&Desk) -> Result<T, StoreError> + Send,
    T: Send,
{
    fn is_decided(&self) -> bool {
        true
    }

    fn apply(&mut self, db: &Desk) -> Result<bool, StoreError> {
        let kept = self.0.apply(db)?;
        match &self.0.decided {
            Some(Err(error)) => Err(error.clone()),
            _ => Ok(kept),
        }
    }

    fn answer(self: Box<Self>, fate: &Fate) {
        Box::new(self.0).answer(fate);
    }
}

fn panicked() -> StoreError {
    StoreError::Unavailable("the request ended in a panic".to_owned())
}

/// Where requests are carried out.
pub(super) struct Destination<'a> {
    pub(super) db: &'a Desk,
    pub(super) counters: &'a Counters,
    /// What notes how far the store has come; nothing does in memory.
    pub(super) watermark: Option<&'a mut Watermark>,
}

/// Carries out `first`, and whatever `next` gives meanwhile, in one transaction.
pub(super) fn transact(
    to: Destination<'_>,
    first: Box<dyn Request>,
    mut next: impl FnMut() -> Option<Box<dyn Request>>,
) -> Transacted {
    let Destination {
        db,
        counters,
        watermark,
    } = to;
    let before = db.total_changes();
    let mut taken = Vec::new();
    let mut upcoming = Some(first);
    let mut applied = run(db, "BEGIN IMMEDIATE");
    while let Some(mut request) = upcoming.take() {
        if applied.is_ok() {
            applied = apply(db, request.as_mut());
        }
        taken.push(request);
        if applied.is_ok() && taken.len() < MOST_PER_COMMIT {
            upcoming = next();
        }
    }
    let began = Instant::now();
    let fate = match applied {
        // What only looked, or was refused, is no commit that could be lost.
        Ok(()) => commit(db, watermark.filter(|_| db.total_changes() > before)),
        Err(error) => {
            undo(db);
            Fate::NotDone(error)
        }
    };
    let transacted = Transacted {
        requests: taken.len(),
        commit: began.elapsed(),
    };
    counters
        .requests
        .fetch_add(taken.len() as u64, Ordering::Relaxed);
    counters.commits.fetch_add(
        u64::from(matches!(fate, Fate::Committed)),
        Ordering::Relaxed,
    );
    if !matches!(fate, Fate::Committed) {
        tracing::error!(requests = taken.len(), ?fate, "the store could not commit");
    }
    for request in taken {
        request.answer(&fate);
    }
    transacted
}

/// Applies one request, in a savepoint unless it was decided before. An error is the whole transaction's: it
/// cannot go on.
fn apply(db: &Desk, request: &mut dyn Request) -> Result<(), StoreError> {
    let is_decided = request.is_decided();
    if !is_decided {
        run(db, "SAVEPOINT request")?;
    }
    // A request that panics is a bug, but its neighbours' writes and every later one's need this
    // thread. What it wrote is undone below.
    let applied = catch_unwind(AssertUnwindSafe(|| request.apply(db)));
    if db.is_autocommit() {
        // A full disk, or one that fails, makes SQLite give up the transaction by itself.
        return Err(StoreError::Full("the disk is full, or fails".to_owned()));
    }
    if is_decided {
        // It may have been written in part, so nothing of the transaction is kept. Nor are the rows at hand:
        // the next try of it is decided here, in a savepoint, and takes no neighbours with it.
        return applied.map_err(|_| panicked())?.map(drop);
    }
    if !matches!(applied, Ok(Ok(true))) {
        db.at_hand.forget();
        run(db, "ROLLBACK TO request")?;
    }
    run(db, "RELEASE request")
}

fn commit(db: &Desk, mut watermark: Option<&mut Watermark>) -> Fate {
    let counted = watermark.as_ref().map(|watermark| watermark.count(db));
    let count = match counted.transpose() {
        Ok(count) => count,
        Err(error) => {
            undo(db);
            return Fate::NotDone(error);
        }
    };
    let committed = db
        .prepare_cached("COMMIT")
        .and_then(|mut commit| commit.execute([]));
    let Err(error) = committed else {
        if let (Some(watermark), Some(count)) = (&mut watermark, count) {
            watermark.reached(count);
        }
        return Fate::Committed;
    };
    let code = error.sqlite_error_code();
    undo(db);
    match code {
        // The record that makes it a commit is the last that is written to the log, and is not there.
        _ if is_full(&error) => Fate::NotDone(sql(error)),
        // The disk did not say whether it has the commit's last page; a restart may find it.
        Some(ErrorCode::SystemIoFailure) => Fate::Unknown(error.to_string()),
        _ => Fate::NotDone(sql(error)),
    }
}

fn undo(db: &Desk) {
    db.at_hand.forget();
    if !db.is_autocommit()
        && let Err(error) = run(db, "ROLLBACK")
    {
        tracing::error!(%error, "the store could not roll back");
    }
}

fn run(db: &Connection, statement: &str) -> Result<(), StoreError> {
    let mut statement = db.prepare_cached(statement).map_err(sql)?;
    statement.execute([]).map(drop).map_err(sql)
}

/// Says that the process stopped of its own accord, and puts everything into the main file.
pub(super) fn stop_cleanly(db: Desk) -> Result<(), StoreError> {
    db.execute("INSERT OR REPLACE INTO meta VALUES ('clean_stop', '1')", [])
        .map_err(sql)?;
    // Only tidies up: what is in the log is as durable as what is in the file.
    let _ = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    let db = db.into_connection();
    db.close().map_err(|(_, error)| sql(error))
}

enum Message {
    Write(Box<dyn Request>),
    Close(oneshot::Sender<Result<(), StoreError>>),
}

/// The writer on a thread of its own. Dropping it waits for the thread, which then lets go of the
/// folder; only [`WriterThread::close`] leaves the mark of a clean stop.
pub(super) struct WriterThread {
    requests: Option<mpsc::Sender<Message>>,
    thread: Option<JoinHandle<()>>,
}

impl WriterThread {
    pub(super) fn start(
        db: Desk,
        place: (Folder, Watermark),
        counters: Arc<Counters>,
    ) -> std::io::Result<Self> {
        let (requests, inbox) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("tempus-writer".to_owned())
            .spawn(move || serve(db, place, &counters, &inbox))?;
        Ok(Self {
            requests: Some(requests),
            thread: Some(thread),
        })
    }

    /// Hands a request over. It is dropped, and its reply with it, if the writer has stopped.
    pub(super) fn send(&self, request: Box<dyn Request>) -> Result<(), StoreError> {
        let sent = self
            .requests
            .as_ref()
            .map(|to| to.send(Message::Write(request)));
        sent.and_then(Result::ok).ok_or_else(closed)
    }

    /// Commits what has been sent, marks the stop as clean and lets go of the folder.
    pub(super) async fn close(&self) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        let sent = self
            .requests
            .as_ref()
            .map(|to| to.send(Message::Close(reply)));
        sent.and_then(Result::ok).ok_or_else(closed)?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }
}

impl Drop for WriterThread {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(
    db: Desk,
    place: (Folder, Watermark),
    counters: &Counters,
    inbox: &mpsc::Receiver<Message>,
) {
    let (folder, mut watermark) = place;
    let (mut closing, mut last) = (None, Transacted::default());
    while closing.is_none()
        && let Ok(message) = inbox.recv()
    {
        let first = match message {
            Message::Write(request) => request,
            Message::Close(reply) => {
                closing = Some(reply);
                break;
            }
        };
        let to = Destination {
            db: &db,
            counters,
            watermark: Some(&mut watermark),
        };
        let mut company = Company::after(last);
        last = transact(to, first, || match company.next(inbox)? {
            Message::Write(request) => Some(request),
            Message::Close(reply) => {
                closing = Some(reply);
                None
            }
        });
    }
    if let Some(reply) = closing {
        let stopped = stop_cleanly(db);
        drop(folder);
        let _ = reply.send(stopped);
    }
}

pub(super) fn closed() -> StoreError {
    StoreError::Unavailable("it has been closed".to_owned())
}

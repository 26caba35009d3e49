//! Reading and writing, whichever way the engine was opened.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use tempus_model::transition::Change;
use tempus_model::{PreviewId, Row};
use tokio::sync::oneshot;

use super::desk::{AtHand, Desk};
use super::folder::Folder;
use super::readers::Readers;
use super::tables::rows::Ready;
use super::watermark::Watermark;
use super::writer::{
    Counters, Decided, Destination, Request, Stats, Write, WriterThread, closed, stop_cleanly,
    transact,
};
use crate::StoreError;

/// The database.
pub(super) struct Db {
    way: Way,
    at_hand: AtHand,
    counters: Arc<Counters>,
}

enum Way {
    /// A writer thread with group commit, and readers that never wait for it.
    Threaded(WriterThread, Readers),
    /// One connection, used where it is called; nothing happens while nobody calls.
    Inline(Mutex<Option<Held>>),
}

/// A connection and the folder it keeps others out of; in memory there is no folder.
struct Held {
    db: Desk,
    place: Option<(Folder, Watermark)>,
}

impl Db {
    pub(super) fn threaded(
        db: Connection,
        folder: Folder,
        watermark: Watermark,
    ) -> std::io::Result<Self> {
        let counters = Arc::<Counters>::default();
        let readers = Readers::of(folder.database());
        let desk = Desk::of(db);
        let at_hand = desk.at_hand.clone();
        let writer = WriterThread::start(desk, (folder, watermark), Arc::clone(&counters))?;
        Ok(Self {
            way: Way::Threaded(writer, readers),
            at_hand,
            counters,
        })
    }

    pub(super) fn inline(db: Connection, place: Option<(Folder, Watermark)>) -> Self {
        let db = Desk::of(db);
        let at_hand = db.at_hand.clone();
        let way = Way::Inline(Mutex::new(Some(Held { db, place })));
        Self {
            way,
            at_hand,
            counters: Arc::default(),
        }
    }

    /// Decides on what is stored, and writes what was decided. The answer comes after the commit;
    /// an `Err` writes nothing. Dropping the future does not take the request back.
    pub(super) async fn write<T, E, D>(&self, decide: D) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        D: FnOnce(&Desk) -> Result<T, E> + Send + 'static,
    {
        self.ask(Write::new(decide)).await
    }

    /// Writes what `decide` makes of the row that is at hand, if that is still the one when it comes to be
    /// written. `None` if there is none, or another, or if it calls for an answer that only what is
    /// committed may give: then it is for [`Db::write`].
    pub(super) async fn write_ready<E>(
        &self,
        preview: PreviewId,
        decide: impl FnOnce(&Row) -> Result<Change, E>,
    ) -> Result<Option<Row>, StoreError> {
        let Some(stored) = self.at_hand.get(preview) else {
            return Ok(None);
        };
        let Ok(change) = decide(&stored.row) else {
            return Ok(None);
        };
        let ready = Ready::of(stored, change)?;
        let write = move |desk: &Desk| ready.write_if_same(desk);
        let written = self.ask(Decided::new(write)).await?;
        Ok(written.map(Ready::into_row))
    }

    async fn ask<T, E: From<StoreError>>(
        &self,
        (request, answer): (impl Request + 'static, oneshot::Receiver<Result<T, E>>),
    ) -> Result<T, E> {
        match &self.way {
            Way::Threaded(writer, _) => writer.send(Box::new(request))?,
            Way::Inline(held) => {
                let mut held = lock(held);
                let Held { db, place } = held.as_mut().ok_or_else(closed)?;
                let watermark = place.as_mut().map(|(_, watermark)| watermark);
                let to = Destination {
                    db,
                    counters: &self.counters,
                    watermark,
                };
                transact(to, Box::new(request), || None);
            }
        }
        answer.await.unwrap_or_else(|_| {
            Err(StoreError::Unanswered("the writer ended before it answered".to_owned()).into())
        })
    }

    /// Looks at what is committed.
    pub(super) fn read<T, E: From<StoreError>>(
        &self,
        look: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        match &self.way {
            Way::Threaded(_, readers) => readers.read(look),
            Way::Inline(held) => look(&lock(held).as_ref().ok_or_else(closed)?.db),
        }
    }

    /// Stops cleanly. Whatever is asked for afterwards is refused.
    pub(super) async fn close(&self) -> Result<(), StoreError> {
        match &self.way {
            Way::Threaded(writer, readers) => {
                readers.close();
                writer.close().await
            }
            Way::Inline(held) => {
                let Held { db, place } = lock(held).take().ok_or_else(closed)?;
                let stopped = stop_cleanly(db);
                drop(place);
                stopped
            }
        }
    }

    /// Counts previews that are given out.
    pub(super) fn give_out(&self, previews: usize) {
        self.counters.give_out(previews);
    }

    pub(super) fn stats(&self) -> Stats {
        self.counters.read()
    }
}

/// A panic while the connection was held left no transaction open: `transact` saw to that.
fn lock(held: &Mutex<Option<Held>>) -> MutexGuard<'_, Option<Held>> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

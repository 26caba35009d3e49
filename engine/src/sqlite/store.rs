//! The store port, carried out by the writer and the readers.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tempus_model::github::{Source, SourceChange, SourceKey};
use tempus_model::transition::accept::{DestroyReason, NewJob};
use tempus_model::transition::checkpoint::{self, Checkpoint};
use tempus_model::transition::claim::{self, Claim};
use tempus_model::transition::extend::Extended;
use tempus_model::transition::settle::{self, Settle};
use tempus_model::transition::sleep::Idleness;
use tempus_model::transition::turn::{self, Turn};
use tempus_model::transition::vouch::{self, Vouch};
use tempus_model::transition::warn::Warn;
use tempus_model::transition::{Change, Fence, Refused, Seen, rest};
use tempus_model::{
    Actor, Deed, DnsName, InstallationId, Job, JobId, Parked, PreviewId, Receipt, Row, ShortId,
    Snapshot, Spec, SpecId, Timestamp, TokenId, TokenRecord,
};

use tokio::sync::Mutex;

use super::backup;
use super::db::Db;
use super::tables::{deeds, jobs, letters, one, previews, receipts, rows, sources, specs, tokens};
use super::verbs::{create, holder, list, notice, reserve, want};
use crate::{
    Accepted, Backup, BackupError, ClaimError, CreateError, Cursor, DeadLetter, DeadLetterId,
    DiscardError, ExtendError, Filter, Idempotency, JobError, NewPreview, Page, Reserve,
    ReserveError, SourceError, Store, StoreError, Update, WriteError,
};

/// The store of one file.
pub(super) struct SqliteStore {
    pub(super) db: Arc<Db>,
    pub(super) installation: InstallationId,
    /// Where copies are made.
    pub(super) folder: PathBuf,
    /// Held while a copy is made.
    pub(super) backups: Arc<Mutex<()>>,
}

#[async_trait]
impl Store for SqliteStore {
    fn installation(&self) -> InstallationId {
        self.installation
    }

    async fn create(&self, new: NewPreview) -> Result<Accepted, CreateError> {
        self.db.write(move |db| create::create(db, &new)).await
    }

    async fn update(&self, update: Update) -> Result<Accepted, JobError> {
        self.db.write(move |db| want::update(db, &update)).await
    }

    async fn destroy(
        &self,
        preview: PreviewId,
        why: DestroyReason,
        job: NewJob,
        key: Option<Idempotency>,
    ) -> Result<Accepted, JobError> {
        self.db
            .write(move |db| want::destroy(db, preview, why, &job, key.as_ref()))
            .await
    }

    async fn extend(
        &self,
        preview: PreviewId,
        to: Extended,
        by: Actor,
        now: Timestamp,
    ) -> Result<Row, ExtendError> {
        self.db
            .write(move |db| want::extend(db, preview, &to, by, now))
            .await
    }

    async fn rouse(
        &self,
        preview: PreviewId,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.db
            .write(move |db| want::rouse(db, preview, by, now))
            .await
    }

    async fn replay(
        &self,
        preview: PreviewId,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.db
            .write(move |db| want::replay(db, preview, by, now))
            .await
    }

    async fn discard(
        &self,
        preview: PreviewId,
        by: Actor,
        now: Timestamp,
    ) -> Result<(), DiscardError> {
        self.db
            .write(move |db| want::discard(db, preview, by, now))
            .await
    }

    async fn claim(&self, preview: PreviewId, claim: &Claim) -> Result<Row, ClaimError> {
        let ready = self.db.write_ready(preview, |row| claim::claim(row, claim));
        if let Some(row) = ready.await? {
            return Ok(row);
        }
        let claim = claim.clone();
        self.db
            .write(move |db| holder::claim(db, preview, &claim))
            .await
    }

    async fn renew(&self, fence: &Fence, until: Timestamp) -> Result<Row, WriteError> {
        self.fenced(*fence, &(*fence, until), |row, (fence, until)| {
            checkpoint::renew(row, fence, *until)
        })
        .await
    }

    async fn checkpoint(&self, write: &Checkpoint) -> Result<Row, WriteError> {
        self.fenced(write.fence, write, checkpoint::checkpoint)
            .await
    }

    async fn turn(&self, turn: &Turn) -> Result<Row, WriteError> {
        self.fenced(turn.checkpoint.fence, turn, turn::turn).await
    }

    async fn wait(
        &self,
        write: &Checkpoint,
        seen: Seen,
        until: Timestamp,
    ) -> Result<Row, WriteError> {
        let wait = (write.clone(), seen, until);
        self.fenced(write.fence, &wait, |row, (write, seen, until)| {
            rest::wait(row, write, *seen, *until)
        })
        .await
    }

    async fn park(
        &self,
        write: &Checkpoint,
        seen: Seen,
        parked: Parked,
    ) -> Result<Row, WriteError> {
        let park = (write.clone(), seen, parked);
        self.fenced(write.fence, &park, |row, (write, seen, parked)| {
            rest::park(row, write, *seen, parked.clone())
        })
        .await
    }

    async fn settle(&self, settle: &Settle) -> Result<Row, WriteError> {
        self.fenced(settle.checkpoint.fence, settle, settle::settle)
            .await
    }

    async fn vouch(&self, vouch: &Vouch) -> Result<Row, WriteError> {
        self.fenced(vouch.checkpoint.fence, vouch, vouch::vouch)
            .await
    }

    async fn reserve(&self, reserve: &Reserve) -> Result<u32, ReserveError> {
        let (ask, installation) = (reserve.clone(), self.installation);
        self.db
            .write(move |db| reserve::reserve(db, installation, &ask))
            .await
    }

    async fn wake(&self, preview: PreviewId, now: Timestamp) -> Result<bool, StoreError> {
        self.db
            .write(move |db| notice::wake(db, preview, now))
            .await
    }

    async fn doze(
        &self,
        preview: PreviewId,
        looked_at: u64,
        found: Idleness,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.db
            .write(move |db| notice::doze(db, preview, looked_at, found, now))
            .await
    }

    async fn doubt(&self, preview: PreviewId, now: Timestamp) -> Result<bool, StoreError> {
        self.db
            .write(move |db| notice::doubt(db, preview, now))
            .await
    }

    async fn warn(
        &self,
        preview: PreviewId,
        warn: Warn,
        now: Timestamp,
    ) -> Result<Option<Row>, StoreError> {
        self.db
            .write(move |db| notice::warn(db, preview, warn, now))
            .await
    }

    async fn due(&self, now: Timestamp, most: usize) -> Result<Vec<PreviewId>, StoreError> {
        self.db.read(|db| rows::due(db, now, most))
    }

    async fn remind(
        &self,
        preview: PreviewId,
        now: Timestamp,
        spacing: Duration,
    ) -> Result<bool, StoreError> {
        self.db
            .write(move |db| notice::remind(db, preview, now, spacing))
            .await
    }

    async fn get(&self, preview: PreviewId) -> Result<Option<Snapshot>, StoreError> {
        self.db.give_out(1);
        self.db.read(|db| previews::get(db, preview))
    }

    async fn get_by_name(&self, name: &DnsName) -> Result<Option<Snapshot>, StoreError> {
        self.db.read(|db| previews::by_name(db, name))
    }

    async fn get_by_short(&self, short: ShortId) -> Result<Option<Snapshot>, StoreError> {
        self.db.read(|db| previews::by_short(db, short))
    }

    async fn job(&self, job: JobId) -> Result<Option<Job>, StoreError> {
        self.db.read(|db| jobs::get(db, job))
    }

    async fn jobs(&self, preview: PreviewId, most: usize) -> Result<Vec<Job>, StoreError> {
        self.db.read(|db| jobs::of(db, preview, most))
    }

    async fn deeds(&self, preview: PreviewId, most: usize) -> Result<Vec<Deed>, StoreError> {
        self.db.read(|db| deeds::of(db, preview, most))
    }

    async fn spec(&self, preview: PreviewId, spec: SpecId) -> Result<Option<Spec>, StoreError> {
        self.db.read(|db| specs::get(db, preview, spec))
    }

    async fn receipt(&self, preview: PreviewId) -> Result<Option<Receipt>, StoreError> {
        self.db.read(|db| receipts::get(db, preview))
    }

    async fn list(
        &self,
        filter: &Filter,
        after: Option<&Cursor>,
        most: usize,
    ) -> Result<Page<Snapshot>, StoreError> {
        let page = self.db.read(|db| list::list(db, filter, after, most))?;
        self.db.give_out(page.items.len());
        Ok(page)
    }

    async fn put_dead_letter(&self, letter: &DeadLetter) -> Result<(), StoreError> {
        let letter = letter.clone();
        self.db.write(move |db| letters::put(db, &letter)).await
    }

    async fn dead_letters(&self, most: usize) -> Result<Vec<DeadLetter>, StoreError> {
        self.db.read(|db| letters::oldest(db, most))
    }

    async fn delete_dead_letter(&self, id: &DeadLetterId) -> Result<bool, StoreError> {
        let id = id.clone();
        self.db.write(move |db| letters::delete(db, &id)).await
    }

    async fn put_token(&self, token: &TokenRecord) -> Result<bool, StoreError> {
        let token = token.clone();
        self.db.write(move |db| tokens::put(db, &token)).await
    }

    async fn token(&self, id: TokenId) -> Result<Option<TokenRecord>, StoreError> {
        self.db.read(|db| tokens::get(db, id))
    }

    async fn tokens(&self) -> Result<Vec<TokenRecord>, StoreError> {
        self.db.read(tokens::list)
    }

    async fn revoke_token(
        &self,
        id: TokenId,
        now: Timestamp,
    ) -> Result<Option<TokenRecord>, StoreError> {
        self.db.write(move |db| tokens::revoke(db, id, now)).await
    }

    async fn change_source(
        &self,
        key: &SourceKey,
        change: &SourceChange,
        now: Timestamp,
    ) -> Result<Source, SourceError> {
        let (key, change) = (key.clone(), change.clone());
        self.db
            .write(move |db| sources::change(db, &key, &change, now))
            .await
    }

    async fn source(&self, key: &SourceKey) -> Result<Option<Source>, StoreError> {
        self.db.read(|db| sources::get(db, key))
    }

    async fn sources(&self, repository: u64) -> Result<Vec<Source>, StoreError> {
        self.db.read(|db| sources::of(db, repository))
    }

    async fn due_sources(&self, now: Timestamp, most: usize) -> Result<Vec<SourceKey>, StoreError> {
        self.db.read(|db| sources::due(db, now, most))
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.db
            .read(|db| one(db, "SELECT 1", [], |_| Ok(())).map(drop))?;
        match self.db.write(|_| Ok(())).await {
            // It answers. That there is no room it says to whoever wants to write.
            Err(StoreError::Full(_)) => Ok(()),
            answered => answered,
        }
    }

    async fn backup(&self, now: Timestamp) -> Result<Backup, BackupError> {
        // One at a time: each takes as much of the disk as the store itself.
        let _one = self.backups.lock().await;
        let (db, folder) = (Arc::clone(&self.db), self.folder.clone());
        let copied =
            tokio::task::spawn_blocking(move || db.read(|db| backup::copy(db, &folder, now)));
        let copied = copied
            .await
            .unwrap_or_else(|error| Err(StoreError::Unavailable(format!("the copy: {error}"))));
        Ok(copied?)
    }
}

impl SqliteStore {
    /// A write that the row's fence decides on.
    async fn fenced<W: Clone + Send + 'static>(
        &self,
        fence: Fence,
        write: &W,
        decide: fn(&Row, &W) -> Result<Change, Refused>,
    ) -> Result<Row, WriteError> {
        let ready = self.db.write_ready(fence.preview, |row| decide(row, write));
        if let Some(row) = ready.await? {
            return Ok(row);
        }
        let write = write.clone();
        self.db
            .write(move |db| holder::write(db, fence.preview, |row| decide(row, &write)))
            .await
    }
}

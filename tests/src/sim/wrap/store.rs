//! The store as one process sees it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tempus_engine::{
    Accepted, Backup, BackupError, ClaimError, CreateError, Cursor, DeadLetter, DeadLetterId,
    DiscardError, ExtendError, Extended, Filter, Idempotency, JobError, NewPreview, Page, Reserve,
    ReserveError, SourceError, Store, StoreError, Update, WriteError,
};
use tempus_model::github::{Source, SourceChange, SourceKey};
use tempus_model::transition::accept::{DestroyReason, NewJob};
use tempus_model::transition::checkpoint::Checkpoint;
use tempus_model::transition::claim::Claim;
use tempus_model::transition::settle::Settle;
use tempus_model::transition::sleep::Idleness;
use tempus_model::transition::turn::Turn;
use tempus_model::transition::vouch::Vouch;
use tempus_model::transition::warn::Warn;
use tempus_model::transition::{Fence, Seen};
use tempus_model::{
    Actor, Deed, DnsName, InstallationId, Job, JobId, Parked, PreviewId, Receipt, Row, ShortId,
    Snapshot, Spec, SpecId, Timestamp, TokenId, TokenRecord,
};
use tempus_steps::sim::Fault;

use crate::sim::gate::Gate;
use crate::sim::witness::Watch;

/// A store whose calls pass a gate.
pub(in crate::sim) struct WrappedStore {
    pub(in crate::sim) inner: Arc<dyn Store>,
    pub(in crate::sim) gate: Arc<dyn Gate>,
    /// Sees every change, where the store itself tells nobody.
    pub(in crate::sim) watch: Option<Arc<dyn Watch>>,
}

fn store_error(fault: Fault) -> StoreError {
    match fault {
        Fault::TimedOut => StoreError::Unanswered("no answer within the time-out".to_owned()),
        other => StoreError::Unavailable(format!("{other:?}")),
    }
}

/// The store's calls as a table: what changes a row, with the preview whose row it is and the fence it is made
/// under; what only asks, with the preview that it asks about; and what no fault is put into.
macro_rules! calls {
    (
        changing { $($change:ident($($a:ident: $at:ty),*) -> $ar:ty, of $preview:expr, under $fence:expr;)* }
        asking { $($ask:ident($($b:ident: $bt:ty),*) -> $br:ty, about $about:expr;)* }
        plain { $($plain:ident($($c:ident: $ct:ty),*) -> $cr:ty;)* }
    ) => {
        #[async_trait]
        impl Store for WrappedStore {
            fn installation(&self) -> InstallationId {
                self.inner.installation()
            }

            $(async fn $change(&self, $($a: $at),*) -> $ar {
                const NAME: &str = concat!("store.", stringify!($change));
                let (preview, fence) = ($preview, $fence);
                self.gate.enter(NAME, Some(preview)).await.map_err(store_error)?;
                let before = self.looks(NAME, preview).await;
                let answer = self.inner.$change($($a),*).await;
                self.saw(NAME, preview, fence, before).await;
                self.gate.leave(NAME, Some(preview)).await.map_err(store_error)?;
                answer
            })*

            $(async fn $ask(&self, $($b: $bt),*) -> $br {
                const NAME: &str = concat!("store.", stringify!($ask));
                let about: Option<PreviewId> = $about;
                self.gate.enter(NAME, about).await.map_err(store_error)?;
                let answer = self.inner.$ask($($b),*).await;
                self.gate.leave(NAME, about).await.map_err(store_error)?;
                answer
            })*

            $(async fn $plain(&self, $($c: $ct),*) -> $cr {
                self.inner.$plain($($c),*).await
            })*
        }
    };
}

calls! {
    changing {
        create(new: NewPreview) -> Result<Accepted, CreateError>, of new.identity.id, under None;
        update(update: Update) -> Result<Accepted, JobError>, of update.preview, under None;
        destroy(preview: PreviewId, why: DestroyReason, job: NewJob, key: Option<Idempotency>) -> Result<Accepted, JobError>,
            of preview, under None;
        extend(preview: PreviewId, to: Extended, by: Actor, now: Timestamp) -> Result<Row, ExtendError>,
            of preview, under None;
        rouse(preview: PreviewId, by: Actor, now: Timestamp) -> Result<bool, StoreError>, of preview, under None;
        replay(preview: PreviewId, by: Actor, now: Timestamp) -> Result<bool, StoreError>, of preview, under None;
        discard(preview: PreviewId, by: Actor, now: Timestamp) -> Result<(), DiscardError>, of preview, under None;
        claim(preview: PreviewId, claim: &Claim) -> Result<Row, ClaimError>, of preview, under None;
        renew(fence: &Fence, until: Timestamp) -> Result<Row, WriteError>, of fence.preview, under Some(fence);
        checkpoint(write: &Checkpoint) -> Result<Row, WriteError>, of write.fence.preview, under Some(&write.fence);
        turn(turn: &Turn) -> Result<Row, WriteError>,
            of turn.checkpoint.fence.preview, under Some(&turn.checkpoint.fence);
        wait(write: &Checkpoint, seen: Seen, until: Timestamp) -> Result<Row, WriteError>,
            of write.fence.preview, under Some(&write.fence);
        park(write: &Checkpoint, seen: Seen, parked: Parked) -> Result<Row, WriteError>,
            of write.fence.preview, under Some(&write.fence);
        settle(settle: &Settle) -> Result<Row, WriteError>,
            of settle.checkpoint.fence.preview, under Some(&settle.checkpoint.fence);
        vouch(vouch: &Vouch) -> Result<Row, WriteError>,
            of vouch.checkpoint.fence.preview, under Some(&vouch.checkpoint.fence);
        wake(preview: PreviewId, now: Timestamp) -> Result<bool, StoreError>, of preview, under None;
        doze(preview: PreviewId, looked_at: u64, found: Idleness, now: Timestamp) -> Result<bool, StoreError>,
            of preview, under None;
        doubt(preview: PreviewId, now: Timestamp) -> Result<bool, StoreError>, of preview, under None;
        warn(preview: PreviewId, warn: Warn, now: Timestamp) -> Result<Option<Row>, StoreError>,
            of preview, under None;
        remind(preview: PreviewId, now: Timestamp, spacing: Duration) -> Result<bool, StoreError>,
            of preview, under None;
    }
    asking {
        reserve(reserve: &Reserve) -> Result<u32, ReserveError>, about Some(reserve.preview);
        due(now: Timestamp, most: usize) -> Result<Vec<PreviewId>, StoreError>, about None;
        get(preview: PreviewId) -> Result<Option<Snapshot>, StoreError>, about Some(preview);
        job(job: JobId) -> Result<Option<Job>, StoreError>, about None;
        jobs(preview: PreviewId, most: usize) -> Result<Vec<Job>, StoreError>, about Some(preview);
        spec(preview: PreviewId, spec: SpecId) -> Result<Option<Spec>, StoreError>, about Some(preview);
        list(filter: &Filter, after: Option<&Cursor>, most: usize) -> Result<Page<Snapshot>, StoreError>, about None;
        put_dead_letter(letter: &DeadLetter) -> Result<(), StoreError>, about None;
    }
    plain {
        get_by_name(name: &DnsName) -> Result<Option<Snapshot>, StoreError>;
        get_by_short(short: ShortId) -> Result<Option<Snapshot>, StoreError>;
        deeds(preview: PreviewId, most: usize) -> Result<Vec<Deed>, StoreError>;
        receipt(preview: PreviewId) -> Result<Option<Receipt>, StoreError>;
        dead_letters(most: usize) -> Result<Vec<DeadLetter>, StoreError>;
        delete_dead_letter(id: &DeadLetterId) -> Result<bool, StoreError>;
        put_token(token: &TokenRecord) -> Result<bool, StoreError>;
        token(id: TokenId) -> Result<Option<TokenRecord>, StoreError>;
        tokens() -> Result<Vec<TokenRecord>, StoreError>;
        revoke_token(id: TokenId, now: Timestamp) -> Result<Option<TokenRecord>, StoreError>;
        change_source(key: &SourceKey, change: &SourceChange, now: Timestamp) -> Result<Source, SourceError>;
        source(key: &SourceKey) -> Result<Option<Source>, StoreError>;
        sources(repository: u64) -> Result<Vec<Source>, StoreError>;
        due_sources(now: Timestamp, most: usize) -> Result<Vec<SourceKey>, StoreError>;
        ready() -> Result<(), StoreError>;
        backup(now: Timestamp) -> Result<Backup, BackupError>;
    }
}

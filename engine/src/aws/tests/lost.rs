//! Answers that are lost, and errors that mean nothing: what was written is recognised, and a
//! fence is lost only to another claim.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tempus_model::transition::Seen;
use tempus_model::transition::accept::{DestroyReason, NewJob};
use tempus_model::transition::settle::Settle;
use tempus_model::transition::vouch::Vouch;
use tempus_model::{Actor, Job, JobId, JobStatus, PreviewId, Receipt, Row};
use uuid::Uuid;

use super::super::store::slots::Slot;
use super::super::table::item::Key;
use super::super::table::write::Verdict;
use super::super::{AwsEngine, AwsOptions, bootstrap};
use super::{access, wanted};
use crate::conformance::{at, claim, new_preview, next_write};
use crate::testing::emulator::Emulator;
use crate::testing::wire::{Fate, Wire};
use crate::{
    CreateError, Extended, Idempotency, NewPreview, Repeat, Reserve, ReserveError, Store,
    StoreError, Update, WriteError,
};

/// An engine behind a wire that can be told what to do with the next calls of a kind.
struct Behind {
    engine: AwsEngine,
    fault: Arc<Mutex<Option<Fault>>>,
    struck: Arc<AtomicUsize>,
    _wire: Wire,
}

struct Fault {
    call: &'static str,
    times: usize,
    fate: Fate,
}

impl Behind {
    async fn of(emulator: &Emulator) -> Self {
        let fault: Arc<Mutex<Option<Fault>>> = Arc::default();
        let struck = Arc::new(AtomicUsize::new(0));
        let (told, count) = (Arc::clone(&fault), Arc::clone(&struck));
        let judge = move |request: &crate::testing::wire::Request| {
            let mut told = told.lock().unwrap();
            match &mut *told {
                Some(fault) if request.call.ends_with(fault.call) && fault.times > 0 => {
                    fault.times -= 1;
                    count.fetch_add(1, Ordering::SeqCst);
                    fault.fate.clone()
                }
                _ => Fate::Passes,
            }
        };
        let wire = Wire::to(emulator.endpoint(), judge).await.unwrap();
        let mut made = bootstrap(&wanted(emulator.endpoint())).await.unwrap();
        for url in [&mut made.names.queue_url, &mut made.names.dead_letter_url] {
            *url = url.replace(emulator.endpoint(), wire.endpoint());
        }
        let options = AwsOptions::new(access(wire.endpoint()), made.names);
        Self {
            engine: AwsEngine::open(options).await.unwrap(),
            fault,
            struck,
            _wire: wire,
        }
    }

    fn store(&self) -> Arc<dyn Store> {
        self.engine.store()
    }

    /// The next `times` calls of this kind meet this fate.
    fn next(&self, call: &'static str, times: usize, fate: Fate) {
        let fault = Fault { call, times, fate };
        *self.fault.lock().unwrap() = Some(fault);
        self.struck.store(0, Ordering::SeqCst);
    }

    /// A fault that did not strike proves nothing.
    fn struck(&self, times: usize) {
        assert_eq!(self.struck.load(Ordering::SeqCst), times);
    }

    async fn claimed(&self, name: &str) -> Row {
        let preview = self.created(name).await;
        let (row, store) = (self.row(preview).await, self.store());
        store.claim(preview, &claim(&row, at(1))).await.unwrap()
    }

    async fn row(&self, preview: PreviewId) -> Row {
        self.store().get(preview).await.unwrap().unwrap().row
    }

    async fn created(&self, name: &str) -> PreviewId {
        let new = new_preview(name, at(0));
        self.store().create(new).await.unwrap().preview
    }

    async fn destroy(&self, preview: PreviewId, when: i64) {
        let end = NewJob {
            id: JobId::new(Uuid::new_v4()),
            by: Actor::Worker,
            now: at(when),
        };
        let (store, why) = (self.store(), DestroyReason::Asked);
        store.destroy(preview, why, end, None).await.unwrap();
    }

    /// Destroys a preview of which nothing was made, and proves it.
    async fn prove_gone(&self, preview: PreviewId) {
        let store = self.store();
        self.destroy(preview, 1).await;
        let row = self.row(preview).await;
        let row = store.claim(preview, &claim(&row, at(2))).await.unwrap();
        let settled = store.settle(&self.settle(&row).await).await.unwrap();
        let row = store.claim(preview, &claim(&settled, at(5))).await.unwrap();
        let vouch = Vouch {
            checkpoint: next_write(&row, at(6)),
            seen: Seen::of(&row),
            receipt: Some(Receipt {
                preview_id: preview,
                installation: store.installation(),
                generation: row.generation,
                destroyed_at: row.settled.at,
                verified_at: at(6),
                checks: Vec::new(),
                removed: Vec::new(),
                found_late: Vec::new(),
            }),
            verify_at: at(9),
            now: at(6),
        };
        let proved = store.vouch(&vouch).await.unwrap();
        assert_eq!(proved.receipt_at, Some(at(6)));
    }

    async fn settle(&self, row: &Row) -> Settle {
        let job = row.saga.as_ref().unwrap().job.unwrap();
        Settle {
            checkpoint: next_write(row, at(2)),
            job: self.store().job(job.id).await.unwrap(),
            seen: Seen::of(row),
            verify_at: at(4),
            now: at(2),
        }
    }
}

/// Nobody knows whether it was written; made again, it finds itself.
#[tokio::test]
async fn a_checkpoint_recognises_itself() {
    let behind = Behind::of(Emulator::shared()).await;
    let row = behind.claimed("app").await;
    for (fate, landed) in [
        (Fate::LosesItsAnswer, 1),
        (Fate::IsLost, 0),
        (Fate::error(500, "InternalServerError"), 0),
    ] {
        let before = behind.row(row.preview).await;
        let write = next_write(&before, at(2));
        behind.next("UpdateItem", 1, fate);
        let answer = behind.store().checkpoint(&write).await;
        let unknown = matches!(answer, Err(WriteError::Store(StoreError::Unanswered(_))));
        assert!(unknown, "{answer:?}");
        behind.struck(1);
        let after = behind.row(row.preview).await;
        assert_eq!(after.version, before.version + landed);
        let again = behind.store().checkpoint(&write).await.unwrap();
        assert_eq!(
            (again.version, again.wseq),
            (before.version + 1, write.fence.wseq)
        );
    }
}

/// What is busy is tried again, and never taken for a lost fence.
#[tokio::test]
async fn a_conflict_is_not_a_lost_fence() {
    let behind = Behind::of(Emulator::shared()).await;
    let mut row = behind.claimed("app").await;
    for code in [
        "TransactionConflictException",
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
    ] {
        behind.next("UpdateItem", 3, Fate::error(400, code));
        row = behind
            .store()
            .checkpoint(&next_write(&row, at(2)))
            .await
            .unwrap();
        behind.struck(3);
    }
    behind.next("UpdateItem", 1, Fate::error(400, "AccessDeniedException"));
    let refused = behind.store().checkpoint(&next_write(&row, at(2))).await;
    let not_done = matches!(refused, Err(WriteError::Store(StoreError::Unavailable(_))));
    assert!(not_done, "{refused:?}");
}

/// A create whose answer is lost has happened once; the caller is told so.
async fn transactions_happen_once(emulator: &Emulator) {
    let behind = Behind::of(emulator).await;
    let store = behind.store();
    let key = Idempotency {
        owner: "ada".to_owned(),
        key: "k".to_owned(),
        body_hash: "b".to_owned(),
    };
    for (name, key) in [("plain", None), ("keyed", Some(key))] {
        let new = NewPreview {
            key,
            ..new_preview(name, at(0))
        };
        behind.next("TransactWriteItems", 1, Fate::LosesItsAnswer);
        let accepted = store.create(new.clone()).await.unwrap();
        behind.struck(1);
        assert_eq!(accepted.preview, new.identity.id);
        assert_eq!(accepted.job.id, new.job.id);
        let seen = behind.row(new.identity.id).await;
        assert_eq!(seen.version, 1, "not an update of itself");
        if new.key.is_some() {
            let again = store.create(new).await.unwrap();
            assert_eq!(again.repeat, Repeat::Yes);
        }
    }
}

/// Either write of a reservation whose answer is lost recognises itself: of a pool of one number there is no
/// other to take.
#[tokio::test]
async fn a_reservation_recognises_itself() {
    let behind = Behind::of(Emulator::shared()).await;
    let store = behind.store();
    let other = behind.created("other").await;
    for call in ["PutItem", "UpdateItem"] {
        let preview = behind.created(&call.to_lowercase()).await;
        behind.next(call, 1, Fate::LosesItsAnswer);
        let ask = only_number(preview, call);
        assert_eq!(store.reserve(&ask).await.unwrap(), 7);
        behind.struck(1);
        assert_eq!(store.reserve(&ask).await.unwrap(), 7, "asked again");
        let taken = store.reserve(&only_number(other, call)).await;
        let exhausted = matches!(taken, Err(ReserveError::Exhausted(_)));
        assert!(exhausted, "{taken:?}");
    }
}

/// A number whose taker could not note it is nobody else's until the preview has its receipt.
#[tokio::test]
async fn a_number_that_was_not_noted_is_found_after_the_receipt() {
    let behind = Behind::of(Emulator::shared()).await;
    let store = behind.store();
    let first = behind.created("first").await;
    let next = behind.created("next").await;
    behind.next("UpdateItem", 1, Fate::error(400, "AccessDeniedException"));
    let refused = store.reserve(&only_number(first, "rule")).await;
    assert!(
        matches!(refused, Err(ReserveError::Store(_))),
        "{refused:?}"
    );
    behind.struck(1);
    let taken = store.reserve(&only_number(next, "rule")).await;
    assert!(
        matches!(taken, Err(ReserveError::Exhausted(_))),
        "{taken:?}"
    );
    behind.prove_gone(first).await;
    assert_eq!(store.reserve(&only_number(next, "rule")).await.unwrap(), 7);
}

/// A number is given back, and that again since the answer was lost: a sibling has taken it by then.
#[tokio::test]
async fn what_is_given_back_twice_is_not_taken_from_a_sibling() {
    let behind = Behind::of(Emulator::shared()).await;
    let preview = behind.created("app").await;
    let slot = Slot {
        pool: "pool/rule".to_owned(),
        number: 7,
    };
    let table = &behind.engine.store.table;
    for (write, is_written) in [
        (slot.take_first(preview, "one"), true),
        (slot.give_back_of("one"), true),
        (slot.take_first(preview, "sibling"), true),
        (slot.give_back_of("one"), false),
    ] {
        let verdict = table.write(&[write]).await.unwrap();
        assert_eq!(matches!(verdict, Verdict::Written), is_written);
    }
    let stays = table.get(&Key::slot(&slot.pool, 7)).await.unwrap();
    assert_eq!(stays.unwrap().text("call").unwrap(), "sibling");
}

fn only_number(preview: PreviewId, pool: &str) -> Reserve {
    Reserve {
        preview,
        pool: pool.to_owned(),
        item: "web".to_owned(),
        range: 7..=7,
        avoid: BTreeSet::new(),
    }
}

/// A settle whose answer is lost is made again, and recognises itself; its job has ended.
#[tokio::test]
async fn a_settle_recognises_itself() {
    let behind = Behind::of(Emulator::shared()).await;
    let store = behind.store();
    let row = behind.claimed("app").await;
    let settle = behind.settle(&row).await;
    behind.next("UpdateItem", 1, Fate::LosesItsAnswer);
    let answer = store.settle(&settle).await;
    let unknown = matches!(answer, Err(WriteError::Store(StoreError::Unanswered(_))));
    assert!(unknown, "{answer:?}");
    behind.struck(1);
    let settled = store.settle(&settle).await.unwrap();
    assert_eq!(settled.version, row.version + 1);
    let job = store.job(settled.last_job.id).await.unwrap().unwrap();
    assert_eq!(job.status, JobStatus::Succeeded);
}

/// Whoever settles dies before the job's own item is told: the row says how it ended, and whoever
/// writes the row next tells it.
#[tokio::test]
async fn an_end_that_was_not_told_is_known_and_told_later() {
    let behind = Behind::of(Emulator::shared()).await;
    let store = behind.store();
    let row = behind.claimed("app").await;
    let settle = behind.settle(&row).await;
    behind.next("GetItem", 1, Fate::error(400, "AccessDeniedException"));
    let settled = store.settle(&settle).await.unwrap();
    behind.struck(1);
    let (preview, id) = (settled.preview, settled.last_job.id);
    let told = async || {
        let item = behind.engine.store.table.get(&Key::job(id)).await.unwrap();
        item.unwrap().body::<Job>().unwrap().status.is_final()
    };
    assert!(!told().await);
    let job = store.job(id).await.unwrap().unwrap();
    assert_eq!(job.status, JobStatus::Succeeded);
    let jobs = store.jobs(preview, 10).await.unwrap();
    assert_eq!(jobs, std::slice::from_ref(&job));

    behind.destroy(preview, 5).await;
    assert!(told().await);
    assert_eq!(store.job(id).await.unwrap().unwrap(), job);
}

/// Whoever settles an unwind dies before the slots' items are gone: they are free all the same.
#[tokio::test]
async fn slots_of_what_is_gone_are_free() {
    let behind = Behind::of(Emulator::shared()).await;
    let store = behind.store();
    let alone = |name: &str| {
        let mut new = new_preview(name, at(0));
        new.quotas.per_owner = 1;
        new.quotas.total = 1;
        new
    };
    let preview = store.create(alone("a")).await.unwrap().preview;
    behind.destroy(preview, 1).await;
    let row = behind.row(preview).await;
    let row = store.claim(preview, &claim(&row, at(2))).await.unwrap();
    let full = store.create(alone("b")).await;
    assert!(matches!(full, Err(CreateError::Quota { .. })), "{full:?}");
    behind.next("DeleteItem", 1, Fate::error(400, "AccessDeniedException"));
    let settle = behind.settle(&row).await;
    store.settle(&settle).await.unwrap();
    behind.struck(1);
    store.create(alone("b")).await.unwrap();
    let full = store.create(alone("c")).await;
    assert!(matches!(full, Err(CreateError::Quota { .. })), "{full:?}");
}

/// The same for what is asked of a preview that exists.
async fn requests_happen_once(emulator: &Emulator) {
    let behind = Behind::of(emulator).await;
    let store = behind.store();
    let created = store.create(new_preview("app", at(0))).await.unwrap();
    let job = |now| NewJob {
        id: JobId::new(Uuid::new_v4()),
        by: Actor::Worker,
        now: at(now),
    };
    let update = Update {
        preview: created.preview,
        spec: new_preview("app", at(1)).spec,
        expires_at: None,
        job: job(1),
        key: None,
    };
    behind.next("UpdateItem", 1, Fate::LosesItsAnswer);
    let updated = store.update(update.clone()).await.unwrap();
    behind.struck(1);
    assert_eq!(
        (updated.job.id, updated.repeat),
        (update.job.id, Repeat::No)
    );

    assert_eq!(store.jobs(created.preview, 10).await.unwrap().len(), 2);
    assert_eq!(behind.row(created.preview).await.generation.0, 2);

    let created = store.create(new_preview("other", at(0))).await.unwrap();
    let end = job(2);
    behind.next("UpdateItem", 1, Fate::LosesItsAnswer);
    let destroyed = store.destroy(created.preview, DestroyReason::Asked, end.clone(), None);
    let destroyed = destroyed.await.unwrap();
    behind.struck(1);
    assert_eq!((destroyed.job.id, destroyed.repeat), (end.id, Repeat::No));
    assert_eq!(store.jobs(created.preview, 10).await.unwrap().len(), 2);
    assert_eq!(behind.row(created.preview).await.generation.0, 2);
}

/// What comes before a row's write and after it is repeated until it is answered.
#[tokio::test]
async fn what_can_be_repeated_is() {
    let behind = Behind::of(Emulator::shared()).await;
    let store = behind.store();
    behind.next("PutItem", 3, Fate::LosesItsAnswer);
    let preview = store
        .create(new_preview("app", at(0)))
        .await
        .unwrap()
        .preview;
    behind.struck(3);
    let job = behind.row(preview).await.last_job.id;
    behind.destroy(preview, 1).await;
    let superseded = store.job(job).await.unwrap().unwrap();
    assert_eq!(superseded.status, JobStatus::Superseded);
    assert_eq!(store.jobs(preview, 10).await.unwrap().len(), 2);
}

/// By its token, where the endpoint keeps to what DynamoDB promises of it.
#[tokio::test]
async fn a_transaction_happens_once_by_its_token() {
    transactions_happen_once(Emulator::shared()).await;
    requests_happen_once(Emulator::shared()).await;
}

/// By what it wrote, where the token is forgotten: it is good for ten minutes, and moto looks at
/// none.
#[tokio::test]
async fn a_transaction_happens_once_by_what_it_wrote() {
    transactions_happen_once(super::moto::shared()).await;
    requests_happen_once(super::moto::shared()).await;
}

/// Who did something dies before the word of it has an item of its own: it is told all the same, and
/// whoever writes the row next makes the item.
#[tokio::test]
async fn a_deed_outlives_whoever_did_it() {
    let behind = Behind::of(Emulator::shared()).await;
    let store = behind.store();
    let new = new_preview("app", at(0));
    let preview = store.create(new).await.unwrap().preview;
    behind.next("PutItem", 100, Fate::error(500, "InternalServerError"));
    let longer = Extended::To(at(9000));
    let extended = store.extend(preview, longer, Actor::Timer, at(1));
    let key = Key::deed(preview, extended.await.unwrap().version);
    assert!(behind.struck.load(Ordering::SeqCst) > 0);
    behind.next("PutItem", 0, Fate::Passes);

    let table = &behind.engine.store.table;
    assert!(table.get(&key).await.unwrap().is_none());
    let told = store.deeds(preview, 10).await.unwrap();
    assert_eq!((told.len(), told[0].at), (1, at(1)));
    store.doubt(preview, at(2)).await.unwrap();
    assert!(table.get(&key).await.unwrap().is_some());
    assert_eq!(store.deeds(preview, 10).await.unwrap(), told);
}

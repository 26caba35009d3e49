//! The rows: read as they are now, and changed on the condition that they still are.

use tempus_model::transition::{Change, Slots};
use tempus_model::{Identity, Job, PreviewId, Row, Snapshot};

use super::super::table::index;
use super::super::table::item::{BODY, IDENTITY, Item, Key, ROW, SK, json, number, text};
use super::super::table::query::halves;
use super::super::table::write::{self, ABSENT, Refused, Verdict, Write};
use super::DynamoStore;
use super::slots;
use crate::StoreError;

/// The row's version, which every write is conditional on.
const VERSION: &str = "version";
/// Counts what was ever reserved for the preview: the receipt is conditional on it.
pub(super) const RESERVATIONS: &str = "reservations";
/// Set with the receipt: nothing may be reserved any more.
pub(super) const RECEIPT: &str = "receipt";
/// Set when a job has its outcome.
const FINAL: &str = "final";

/// How often a decision is made on a row that keeps changing before the caller is told to come
/// again. Contention is between a few people and one holder.
pub(super) const TRIES: usize = 32;

/// A row as it is stored.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) row: Row,
    /// How many reservations were ever made for it.
    pub(super) reservations: u64,
}

/// What became of a change.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Made.
    Written(Row),
    /// The row is another by now: this one.
    Beaten(Stored),
    /// Something beside the row is another by now.
    Spoiled,
}

impl Stored {
    pub(super) fn of(item: &Item) -> Result<Self, StoreError> {
        Ok(Self {
            row: item.body()?,
            reservations: item.number(RESERVATIONS)?.unwrap_or(0),
        })
    }
}

/// A new preview's row.
pub(super) fn insert(identity: &Identity, change: &Change) -> Result<Write, StoreError> {
    let row = &change.row;
    let (mut attributes, _) = index::current(row);
    attributes.extend(index::fixed(identity));
    attributes.push((VERSION, number(row.version)));
    attributes.push((BODY, json(row)?));
    let put = Write::put(Key::row(row.preview), attributes);
    Ok(put.on(ABSENT))
}

fn update(was: &Stored, row: &Row) -> Result<Write, StoreError> {
    let (mut set, mut remove) = index::current(row);
    set.push((VERSION, number(row.version)));
    set.push((BODY, json(row)?));
    if row.receipt_at.is_some() {
        set.push((RECEIPT, text("written")));
    } else {
        remove.push(RECEIPT);
    }
    let mut write = Write::update(Key::row(row.preview), set);
    if let write::Change::Update { remove: none, .. } = &mut write.change {
        *none = remove;
    }
    let version = ("seen", number(was.row.version));
    // What was reserved since the row was read is not among what this change gives back.
    let gives_back = row.receipt_at.is_some() && was.row.receipt_at.is_none();
    Ok(match (gives_back, was.reservations) {
        (false, _) => write.only_if("#version = :seen", vec![version]),
        (true, 0) => write.only_if(
            "#version = :seen AND attribute_not_exists(#reservations)",
            vec![version],
        ),
        (true, known) => write.only_if(
            "#version = :seen AND #reservations = :known",
            vec![version, ("known", number(known))],
        ),
    })
}

/// A job that begins or ends. It has one outcome: what is final stays as it is.
pub(super) fn job(was: Option<&Row>, row: &Row, job: &Job) -> Result<Write, StoreError> {
    let begins = job.id == row.last_job.id && was.is_none_or(|was| was.last_job.id != job.id);
    let mut attributes = vec![(BODY, json(job)?)];
    if job.status.is_final() {
        attributes.push((FINAL, text(job.status.to_string())));
    }
    if begins {
        attributes.push((index::LIST_KEY, index::jobs_of(job.preview)));
        attributes.push((index::LIST_AT, text(format!("{:016x}", row.version))));
        return Ok(Write::put(Key::job(job.id), attributes).on(ABSENT));
    }
    let open = "attribute_exists(#pk) AND attribute_not_exists(#final)";
    let update = Write::update(Key::job(job.id), attributes);
    Ok(update.only_if(open, Vec::new()).or_skip())
}

impl DynamoStore {
    /// The row as it is now.
    pub(super) async fn load(&self, preview: PreviewId) -> Result<Option<Stored>, StoreError> {
        let item = self.table.get(&Key::row(preview)).await?;
        let stored = item.as_ref().map(Stored::of).transpose()?;
        if let Some(stored) = &stored {
            self.seen.put(stored.clone());
        }
        Ok(stored)
    }

    /// Both halves of a preview as they are now, and what its row is stored as.
    pub(super) async fn load_whole(
        &self,
        preview: PreviewId,
    ) -> Result<Option<(Identity, Stored)>, StoreError> {
        let (mut identity, mut stored) = (None, None);
        for item in self.table.query(halves(preview)).await? {
            match item.text(SK)? {
                IDENTITY => identity = Some(item.body()?),
                ROW => stored = Some(Stored::of(&item)?),
                _ => {}
            }
        }
        let Some((identity, stored)) = identity.zip(stored) else {
            return Ok(None);
        };
        self.seen.put(stored.clone());
        Ok(Some((identity, stored)))
    }

    /// A preview as it is now.
    pub(super) async fn snapshot(
        &self,
        preview: PreviewId,
    ) -> Result<Option<Snapshot>, StoreError> {
        let whole = self.load_whole(preview).await?;
        Ok(whole.map(|(identity, stored)| Snapshot {
            identity,
            row: stored.row,
        }))
    }

    /// Makes a change of a row, with everything that changes with it and with `more`, all or
    /// nothing. A checkpoint, which changes nothing else, is one plain conditional write.
    pub(super) async fn apply(
        &self,
        was: &Stored,
        change: Change,
        more: Vec<Write>,
    ) -> Result<Outcome, StoreError> {
        let preview = change.row.preview;
        let mut writes = vec![update(was, &change.row)?];
        for ended in &change.jobs {
            writes.push(job(Some(&was.row), &change.row, ended)?);
        }
        if change.quota == Slots::Free && !was.row.is_gone() {
            writes.extend(slots::quota_back(self, preview).await?);
        }
        if change.reservations == Slots::Free && was.row.receipt_at.is_none() {
            writes.extend(slots::rest_back(self, preview).await?);
        }
        if let Some(receipt) = &change.receipt {
            let body = vec![(BODY, json(receipt)?)];
            writes.push(Write::put(Key::receipt(preview), body));
        }
        writes.extend(more);
        self.write(preview, writes, &change.row, was.reservations)
            .await
    }

    async fn write(
        &self,
        preview: PreviewId,
        mut writes: Vec<Write>,
        row: &Row,
        reservations: u64,
    ) -> Result<Outcome, StoreError> {
        loop {
            let verdict = self.table.write(&writes).await;
            let refusals = match verdict {
                Ok(Verdict::Refused(refusals)) => refusals,
                Ok(Verdict::Written) => {
                    let row = row.clone();
                    self.seen.put(Stored {
                        row: row.clone(),
                        reservations,
                    });
                    return Ok(Outcome::Written(row));
                }
                Err(error) => {
                    self.seen.forget(preview);
                    return Err(error);
                }
            };
            if let Some(beaten) = refusals.iter().find(|refusal| refusal.place == 0) {
                self.seen.forget(preview);
                let missing = || StoreError::Unreadable(format!("the row of {preview} is missing"));
                let stored = Stored::of(beaten.item.as_ref().ok_or_else(missing)?)?;
                self.seen.put(stored.clone());
                return Ok(Outcome::Beaten(stored));
            }
            let skipped = |place: &usize| {
                let skip = |w: &Write| w.refused == Refused::Skip;
                writes.get(*place).is_some_and(skip)
            };
            let places: Vec<_> = refusals.iter().map(|refusal| refusal.place).collect();
            if !places.iter().all(skipped) {
                return Ok(Outcome::Spoiled);
            }
            let mut place = 0;
            writes.retain(|_| {
                place += 1;
                !places.contains(&(place - 1))
            });
        }
    }
}

//! The rows: read as they are now, and changed on the condition that they still are.

use serde::{Deserialize, Serialize};
use tempus_model::transition::{Change, Slots};
use tempus_model::{Deed, Identity, Job, PreviewId, Receipt, Row, ShortId, Snapshot, Timestamp};

use super::super::table::index::{self, DUE_AT, LIST_AT};
use super::super::table::item::{BODY, IDENTITY, Item, Key, ROW, SK, TTL, json, number, text, ttl};
use super::super::table::query::halves;
use super::super::table::write::{self, ABSENT, Verdict, Write};
use super::slots::Reserved;
use super::{DynamoStore, jobs, slots};
use crate::StoreError;

/// The row's version, which every write is conditional on.
const VERSION: &str = "version";
/// What is reserved for the preview.
const RESERVED: &str = "reserved";
/// Counts what was ever reserved: the receipt is conditional on it, as is what is reserved next.
const RESERVATIONS: &str = "reservations";
/// Set with the receipt: nothing may be reserved any more.
const RECEIPT: &str = "receipt";

/// How often a decision is made on a row that keeps changing before the caller is told to come
/// again. Contention is between a few people and one holder.
pub(super) const TRIES: usize = 32;

/// A row as it is stored.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) row: Row,
    /// The jobs that ended with the write which made the row what it is. Their items may not say
    /// so yet, and do before the row is written again.
    pub(super) ended: Vec<Job>,
    pub(super) receipt: Option<Receipt>,
    /// What the write has done that made the row what it is, where no job tells it. It has an item of
    /// its own before the row is written again.
    pub(super) deed: Option<Box<Deed>>,
    /// The numbers that steps have reserved for it.
    pub(super) reserved: Reserved,
    /// How many reservations were ever made for it.
    reservations: u64,
    /// Where the index of what is due has it.
    listed_due: Option<Timestamp>,
}

/// What the body of a row's item is, as it is read and as it is written.
#[derive(Deserialize)]
struct Read {
    row: Row,
    #[serde(default)]
    ended: Vec<Job>,
    #[serde(default)]
    receipt: Option<Receipt>,
    #[serde(default)]
    deed: Option<Box<Deed>>,
}

#[derive(Serialize)]
struct Written<'a> {
    row: &'a Row,
    #[serde(skip_serializing_if = "<[Job]>::is_empty")]
    ended: &'a [Job],
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<&'a Receipt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deed: Option<&'a Deed>,
}

/// What became of a change.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Made.
    Written(Box<Row>),
    /// The row is another by now: this one.
    Beaten(Box<Stored>),
    /// Something beside the row is another by now.
    Spoiled,
}

impl Stored {
    pub(super) fn of(item: &Item) -> Result<Self, StoreError> {
        let Read {
            row,
            ended,
            receipt,
            deed,
        } = item.body()?;
        Ok(Self {
            row,
            ended,
            receipt,
            deed,
            reserved: if item.0.contains_key(RESERVED) {
                item.json(RESERVED)?
            } else {
                Reserved::default()
            },
            reservations: item.number(RESERVATIONS)?.unwrap_or(0),
            listed_due: item.number(DUE_AT)?.map(Timestamp::from_millis),
        })
    }

    /// The row as a change makes it. Jobs of `ended` end with it.
    fn after(was: &Self, change: &Change, ended: Vec<Job>) -> Self {
        Self {
            row: change.row.clone(),
            ended,
            receipt: change.receipt.clone().or_else(|| was.receipt.clone()),
            deed: change.deed.clone(),
            reserved: was.reserved.clone(),
            reservations: was.reservations,
            listed_due: index::listed_due(was.listed_due, change.row.due_at),
        }
    }

    fn body(&self) -> Result<aws_sdk_dynamodb::types::AttributeValue, StoreError> {
        json(&Written {
            row: &self.row,
            ended: &self.ended,
            receipt: self.receipt.as_ref(),
            deed: self.deed.as_deref(),
        })
    }
}

/// A new preview's row.
pub(super) fn insert(identity: &Identity, change: &Change) -> Result<Write, StoreError> {
    let row = &change.row;
    let (mut attributes, _) = index::current(row, row.due_at);
    let place = index::place(identity.created_at, identity.id);
    attributes.push((LIST_AT, text(place)));
    attributes.push((VERSION, number(row.version)));
    let new = Stored {
        row: row.clone(),
        ended: Vec::new(),
        receipt: None,
        deed: None,
        reserved: Reserved::default(),
        reservations: 0,
        listed_due: row.due_at,
    };
    attributes.push((BODY, new.body()?));
    let put = Write::put(Key::row(row.preview), attributes);
    Ok(put.on(ABSENT))
}

fn update(
    was: &Stored,
    next: &Stored,
    forgotten_at: Option<Timestamp>,
) -> Result<Write, StoreError> {
    let row = &next.row;
    let (mut set, mut remove) = index::current(row, next.listed_due);
    set.push((VERSION, number(row.version)));
    set.push((BODY, next.body()?));
    if row.receipt_at.is_some() {
        set.push((RECEIPT, text("written")));
    } else {
        remove.push(RECEIPT);
    }
    match forgotten_at {
        Some(time) => set.push((TTL, ttl(time))),
        None => remove.push(TTL),
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

/// Notes what is reserved for a preview that has no receipt, if nothing was since its row was read.
fn note(was: &Stored, next: &Stored) -> Result<Write, StoreError> {
    let set = vec![
        (RESERVED, json(&next.reserved)?),
        (RESERVATIONS, number(next.reservations)),
    ];
    let write = Write::update(Key::row(was.row.preview), set);
    Ok(match was.reservations {
        0 => write.only_if(
            "attribute_exists(#pk) AND attribute_not_exists(#receipt) AND \
             attribute_not_exists(#reservations)",
            Vec::new(),
        ),
        known => write.only_if(
            "attribute_not_exists(#receipt) AND #reservations = :known",
            vec![("known", number(known))],
        ),
    })
}

impl DynamoStore {
    /// The row as it is now.
    pub(super) async fn load(&self, preview: PreviewId) -> Result<Option<Stored>, StoreError> {
        let item = self.table.get(&Key::row(preview)).await?;
        let stored = item.as_ref().map(Stored::of).transpose()?;
        // Another preview may have this short id.
        let stored = stored.filter(|stored| stored.row.preview == preview);
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
        let whole = self.load_short(preview.short()).await?;
        Ok(whole.filter(|(identity, _)| identity.id == preview))
    }

    /// Both halves of the preview of this short id.
    pub(super) async fn load_short(
        &self,
        short: ShortId,
    ) -> Result<Option<(Identity, Stored)>, StoreError> {
        let (mut identity, mut stored) = (None, None);
        for item in self.table.query(halves(short)).await? {
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

    /// Makes a change of a row and, all or nothing, `more`. Where there is no more, it is one plain
    /// conditional write: jobs begin before it and are told of their end after it, and the slots of
    /// what is gone by it are free by it, whether their items are still there or not.
    pub(super) async fn apply(
        &self,
        was: &Stored,
        change: Change,
        more: Vec<Write>,
    ) -> Result<Outcome, StoreError> {
        let preview = change.row.preview;
        self.note_ends(&was.ended, &was.row).await?;
        self.make_good_deed(was).await?;
        let begins = |job: &Job| jobs::begins(&was.row, &change.row, job);
        let (begun, ended): (Vec<_>, Vec<_>) = change.jobs.iter().cloned().partition(begins);
        for job in &begun {
            self.keep_begun(Some(&was.row), job).await?;
        }
        let next = Stored::after(was, &change, ended);
        let mut writes = vec![update(was, &next, self.forgotten_at(&change.row))?];
        writes.extend(more);
        let outcome = self.write(next, &writes).await?;
        if let Outcome::Written(row) = &outcome {
            self.tidy(preview, was, &change, row).await;
        }
        Ok(outcome)
    }

    /// Notes what is reserved for a preview. False if something else was since its row was read, this very
    /// note included, or if it has its receipt.
    pub(super) async fn note(&self, was: &Stored, reserved: Reserved) -> Result<bool, StoreError> {
        let next = Stored {
            reserved,
            reservations: was.reservations + 1,
            ..was.clone()
        };
        let verdict = self.table.repeat(note(was, &next)?).await?;
        let noted = matches!(verdict, Verdict::Written);
        if noted {
            self.seen.put(next);
        }
        Ok(noted)
    }

    /// What follows from a change that was made, and what nothing depends on.
    async fn tidy(&self, preview: PreviewId, was: &Stored, change: &Change, row: &Row) {
        let quota = change.quota == Slots::Free && !was.row.is_gone();
        let rest = change.reservations == Slots::Free && was.row.receipt_at.is_none();
        let tidied = async {
            if let Some(stored) = self.seen.get(preview)
                && stored.row.version == row.version
                && (stored.deed.is_some() || !stored.ended.is_empty())
            {
                self.note_ends(&stored.ended, row).await?;
                self.keep_deed(&stored).await?;
                self.seen.put(Stored {
                    ended: Vec::new(),
                    deed: None,
                    ..stored
                });
            }
            if quota {
                slots::quota_back(self, preview).await?;
            }
            if rest {
                slots::rest_back(self, preview, &was.reserved).await?;
                self.let_history_go(row).await?;
            }
            Ok::<_, StoreError>(())
        };
        if let Err(error) = tidied.await {
            tracing::debug!(%preview, %error, "left to be tidied by the next who comes by");
        }
    }

    async fn write(&self, next: Stored, writes: &[Write]) -> Result<Outcome, StoreError> {
        let preview = next.row.preview;
        self.seen.forget(preview);
        let refusals = match self.table.write(writes).await? {
            Verdict::Written => {
                self.seen.put(next.clone());
                return Ok(Outcome::Written(Box::new(next.row)));
            }
            Verdict::Refused(refusals) => refusals,
        };
        let Some(beaten) = refusals.into_iter().find(|refusal| refusal.place == 0) else {
            return Ok(Outcome::Spoiled);
        };
        let missing = || StoreError::Unreadable(format!("the row of {preview} is missing"));
        let stored = Stored::of(&beaten.item.ok_or_else(missing)?)?;
        self.seen.put(stored.clone());
        Ok(Outcome::Beaten(Box::new(stored)))
    }
}

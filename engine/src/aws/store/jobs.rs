//! The jobs: an item each, written before it is accepted and after it has ended.
//!
//! The row decides both. A job is accepted by the write that makes it the row's newest: an item
//! whose row was then not written is nobody's, for a preview's jobs are found from its row, each
//! naming the one before it. And a job ends with the write that ends its saga, which carries the
//! outcome; the job's own item is told after it. Whoever writes the row next tells it first, should
//! the writer have died in between; whoever reads the job meanwhile reads the row as well. So a job
//! has one outcome, and neither its beginning nor its end costs a transaction.

use tempus_model::{Job, JobId, JobRef, PreviewId, Row, Timestamp};
use uuid::Uuid;

use super::super::table::item::{BODY, Item, Key, TTL, json, text, ttl};
use super::super::table::write::{ABSENT, Verdict, Write};
use super::DynamoStore;
use super::decide::contended;
use crate::StoreError;

/// Set when a job has its outcome.
const FINAL: &str = "final";
/// The job of the same preview that came before.
pub(super) const PREVIOUS: &str = "previous";
/// Random per decision to accept it: a decision that is made again replaces what it left.
const DECISION: &str = "decision";

/// Whether a change of a row brings this job into being.
pub(super) fn begins(was: &Row, row: &Row, job: &Job) -> bool {
    job.id == row.last_job.id && was.last_job.id != job.id
}

/// What has ended. What is final stays as it is.
fn end(job: &Job, forgotten_at: Option<Timestamp>) -> Result<Write, StoreError> {
    let open = "attribute_exists(#pk) AND attribute_not_exists(#final)";
    let mut attributes = outcome(job)?;
    attributes.extend(forgotten_at.map(|time| (TTL, ttl(time))));
    let update = Write::update(Key::job(job.id), attributes);
    Ok(update.only_if(open, Vec::new()))
}

type Attributes = Vec<(&'static str, aws_sdk_dynamodb::types::AttributeValue)>;

fn outcome(job: &Job) -> Result<Attributes, StoreError> {
    let mut attributes = vec![(BODY, json(job)?)];
    if job.status.is_final() {
        attributes.push((FINAL, text(job.status.to_string())));
    }
    Ok(attributes)
}

fn is_final(item: &Item) -> bool {
    item.0.contains_key(FINAL)
}

impl DynamoStore {
    /// Keeps a job that is about to be accepted on this row, or with the first one.
    pub(super) async fn keep_begun(&self, was: Option<&Row>, job: &Job) -> Result<(), StoreError> {
        let mut attributes = outcome(job)?;
        let decision = Uuid::new_v4().to_string();
        attributes.push((DECISION, text(&*decision)));
        if let Some(was) = was {
            attributes.push((PREVIOUS, text(was.last_job.id.to_string())));
        }
        let put = Write::put(Key::job(job.id), attributes);
        let Verdict::Refused(refusals) = self.table.repeat(put.clone().on(ABSENT)).await? else {
            return Ok(());
        };
        let left = refusals.into_iter().find_map(|refusal| refusal.item);
        let left = left.ok_or_else(|| contended(job.preview))?;
        if left.text(DECISION)? == decision {
            return Ok(());
        }
        let old = ("old", text(left.text(DECISION)?));
        let put = put.only_if("#decision = :old", vec![old]);
        match self.table.write(&[put]).await? {
            Verdict::Written => Ok(()),
            Verdict::Refused(_) => Err(contended(job.preview)),
        }
    }

    /// Sees to it that the items of jobs say how they ended.
    pub(super) async fn note_ends(&self, ended: &[Job], row: &Row) -> Result<(), StoreError> {
        for job in ended {
            // A write that is refused costs as much as one that is made; a read, a fifth.
            let item = self.table.get(&Key::job(job.id)).await?;
            if item.is_some_and(|item| !is_final(&item)) {
                let forgotten_at = row.is_gone().then(|| row.settled.at.after(self.history));
                self.table.repeat(end(job, forgotten_at)?).await?;
            }
        }
        Ok(())
    }

    /// A job as its item and its row have it.
    pub(super) async fn one_job(&self, id: JobId) -> Result<Option<Job>, StoreError> {
        Ok(self.job_and_previous(id).await?.map(|(job, _)| job))
    }

    async fn job_and_previous(
        &self,
        id: JobId,
    ) -> Result<Option<(Job, Option<JobId>)>, StoreError> {
        let Some(mut item) = self.table.get(&Key::job(id)).await? else {
            return Ok(None);
        };
        let mut job: Job = item.body()?;
        if !is_final(&item)
            && let Some(stored) = self.load(job.preview).await?
        {
            let row = &stored.row;
            let is = |other: JobRef| other.id == id;
            let open = row.pending.is_some_and(is)
                || row.saga.as_ref().and_then(|saga| saga.job).is_some_and(is);
            if let Some(ended) = stored.ended.into_iter().find(|job| job.id == id) {
                job = ended;
            } else if !open && let Some(now) = self.table.get(&Key::job(id)).await? {
                // It was told between the two reads.
                item = now;
                job = item.body()?;
            }
        }
        let previous = item.0.contains_key(PREVIOUS);
        let previous = previous.then(|| item.parse(PREVIOUS)).transpose()?;
        Ok(Some((job, previous)))
    }

    /// The newest jobs of a preview, newest first: each names the one before it.
    pub(super) async fn newest_jobs(
        &self,
        preview: PreviewId,
        most: usize,
    ) -> Result<Vec<Job>, StoreError> {
        let mut found = Vec::new();
        let stored = self.load(preview).await?;
        let mut next = stored.map(|stored| stored.row.last_job.id);
        while let Some(id) = next.filter(|_| found.len() < most) {
            let Some((job, previous)) = self.job_and_previous(id).await? else {
                break;
            };
            found.push(job);
            next = previous;
        }
        Ok(found)
    }
}

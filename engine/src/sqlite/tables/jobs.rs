//! The jobs: written when they are accepted and when they end.

use rusqlite::{Connection, params};
use tempus_model::{Job, JobId, PreviewId};

use super::packed::{Body, pack};
use super::{Key, all, decode, execute, one};
use crate::StoreError;

/// A job as it is stored.
pub(crate) struct Packed {
    id: JobId,
    is_final: bool,
    body: Vec<u8>,
}

/// Jobs as they are stored.
pub(crate) fn pack_all(jobs: &[Job]) -> Result<Vec<Packed>, StoreError> {
    let packed = jobs.iter().map(|job| {
        Ok(Packed {
            id: job.id,
            is_final: job.status.is_final(),
            body: pack(job)?,
        })
    });
    packed.collect()
}

/// Writes jobs that begin or end. A job has one outcome: what is final stays as it is.
pub(crate) fn put_all(db: &Connection, preview: Key, jobs: &[Packed]) -> Result<(), StoreError> {
    for job in jobs {
        execute(
            db,
            "INSERT INTO jobs (id, preview, is_final, body) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (id) DO UPDATE SET is_final = ?3, body = ?4 WHERE NOT is_final",
            params![job.id.uuid().as_bytes(), preview, job.is_final, job.body],
        )?;
    }
    Ok(())
}

/// A job by its id.
pub(crate) fn get(db: &Connection, job: JobId) -> Result<Option<Job>, StoreError> {
    let body: Option<Body> = one(
        db,
        "SELECT body FROM jobs WHERE id = ?",
        [job.uuid().as_bytes()],
        |record| record.get(0),
    )?;
    body.map(|body| decode(&body)).transpose()
}

/// The newest jobs of a preview, newest first.
pub(crate) fn of(db: &Connection, preview: PreviewId, most: usize) -> Result<Vec<Job>, StoreError> {
    let bodies: Vec<Body> = all(
        db,
        "SELECT body FROM jobs INDEXED BY jobs_preview WHERE preview = (SELECT key FROM previews WHERE id = ?)
         ORDER BY key DESC LIMIT ?",
        params![
            preview.uuid().as_bytes(),
            i64::try_from(most).unwrap_or(i64::MAX)
        ],
        |record| record.get(0),
    )?;
    bodies.iter().map(|body| decode(body)).collect()
}

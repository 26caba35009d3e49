//! Idempotency keys: the answers to requests that may be repeated.

use rusqlite::{Connection, params};
use tempus_model::Timestamp;

use super::{decode, encode, execute, one};
use crate::{Accepted, Idempotency, JobError, Repeat, StoreError};

/// The first answer to this key, if it was given less than 24 hours ago.
pub(crate) fn first_answer(
    db: &Connection,
    key: Option<&Idempotency>,
    now: Timestamp,
) -> Result<Option<Accepted>, JobError> {
    let Some(key) = key else { return Ok(None) };
    let found = one(
        db,
        "SELECT body_hash, answer, at FROM idempotency WHERE owner = ? AND key = ?",
        [&key.owner, &key.key],
        |record| Ok((record.get(0)?, record.get(1)?, record.get(2)?)),
    )?;
    let Some((body_hash, answer, at)): Option<(String, String, i64)> = found else {
        return Ok(None);
    };
    if Timestamp::from_millis(at).after(Idempotency::KEPT) <= now {
        return Ok(None);
    }
    if body_hash != key.body_hash {
        return Err(JobError::KeyReused);
    }
    let accepted: Accepted = decode(&answer)?;
    Ok(Some(Accepted {
        repeat: Repeat::Yes,
        ..accepted
    }))
}

/// Keeps an answer, and forgets a few that are old: more than come, so that they never pile up.
pub(crate) fn keep(
    db: &Connection,
    key: Option<&Idempotency>,
    answer: &Accepted,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(key) = key else { return Ok(()) };
    let kept = i64::try_from(Idempotency::KEPT.as_millis()).unwrap_or(i64::MAX);
    execute(
        db,
        "DELETE FROM idempotency WHERE (owner, key) IN
         (SELECT owner, key FROM idempotency WHERE at <= ? ORDER BY at LIMIT 8)",
        [now.millis().saturating_sub(kept)],
    )?;
    execute(
        db,
        "INSERT OR REPLACE INTO idempotency (owner, key, body_hash, answer, at)
         VALUES (?, ?, ?, ?, ?)",
        params![
            key.owner,
            key.key,
            key.body_hash,
            encode(answer)?,
            now.millis()
        ],
    )?;
    Ok(())
}

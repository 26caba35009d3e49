//! Idempotency keys: the answers to requests that may be repeated.

use tempus_model::Timestamp;

use super::super::table::item::{BODY, Key, TTL, json, number, text, ttl};
use super::super::table::write::Write;
use super::DynamoStore;
use crate::{Accepted, Idempotency, JobError, Repeat, StoreError};

/// When the answer was given.
const KEPT_AT: &str = "kept_at";
/// The hash of the request.
const BODY_HASH: &str = "body_hash";

impl DynamoStore {
    /// The first answer to this key, if it was given less than 24 hours ago.
    pub(super) async fn first_answer(
        &self,
        key: Option<&Idempotency>,
        now: Timestamp,
    ) -> Result<Option<Accepted>, JobError> {
        let Some(key) = key else { return Ok(None) };
        let Some(item) = self.table.get(&Key::idempotency(key)).await? else {
            return Ok(None);
        };
        let at: i64 = item.number(KEPT_AT)?.unwrap_or(0);
        if Timestamp::from_millis(at).after(Idempotency::KEPT) <= now {
            return Ok(None);
        }
        if item.text(BODY_HASH)? != key.body_hash {
            return Err(JobError::KeyReused);
        }
        let accepted: Accepted = item.body()?;
        Ok(Some(Accepted {
            repeat: Repeat::Yes,
            ..accepted
        }))
    }
}

/// Keeps an answer, unless another is kept by now.
pub(super) fn keep(
    key: Option<&Idempotency>,
    answer: &Accepted,
    now: Timestamp,
) -> Result<Option<Write>, StoreError> {
    let Some(key) = key else { return Ok(None) };
    let kept = i64::try_from(Idempotency::KEPT.as_millis()).unwrap_or(i64::MAX);
    let attributes = vec![
        (BODY, json(answer)?),
        (BODY_HASH, text(&key.body_hash)),
        (KEPT_AT, number(now.millis())),
        (TTL, ttl(now.after(Idempotency::KEPT))),
    ];
    let forgotten = ("forgotten", number(now.millis().saturating_sub(kept)));
    let put = Write::put(Key::idempotency(key), attributes).only_if(
        "attribute_not_exists(#pk) OR #kept_at <= :forgotten",
        vec![forgotten],
    );
    Ok(Some(put))
}

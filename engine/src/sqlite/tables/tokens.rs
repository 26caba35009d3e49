//! API tokens.

use rusqlite::{Connection, params};
use tempus_model::{Timestamp, TokenId, TokenRecord};

use super::{all, decode, encode, execute, one};
use crate::StoreError;

/// Keeps a token. `false` if another one has its id.
pub(crate) fn put(db: &Connection, token: &TokenRecord) -> Result<bool, StoreError> {
    forget(db, token.created_at)?;
    let put = execute(
        db,
        "INSERT OR IGNORE INTO tokens (id, ends_at, body) VALUES (?, ?, ?)",
        params![token.id.to_string(), ends_at(token), encode(token)?],
    )?;
    Ok(put > 0)
}

/// A token.
pub(crate) fn get(db: &Connection, id: TokenId) -> Result<Option<TokenRecord>, StoreError> {
    let body: Option<String> = one(
        db,
        "SELECT body FROM tokens WHERE id = ?",
        [id.to_string()],
        |record| record.get(0),
    )?;
    body.as_deref().map(decode).transpose()
}

/// Every token, oldest first.
pub(crate) fn list(db: &Connection) -> Result<Vec<TokenRecord>, StoreError> {
    let bodies: Vec<String> = all(db, "SELECT body FROM tokens ORDER BY key", [], |record| {
        record.get(0)
    })?;
    bodies.iter().map(|body| decode(body)).collect()
}

/// Revokes a token; what is revoked already stays as it is.
pub(crate) fn revoke(
    db: &Connection,
    id: TokenId,
    now: Timestamp,
) -> Result<Option<TokenRecord>, StoreError> {
    let Some(token) = get(db, id)? else {
        return Ok(None);
    };
    let revoked = token.revoked(now);
    execute(
        db,
        "UPDATE tokens SET ends_at = ?, body = ? WHERE id = ?",
        params![ends_at(&revoked), encode(&revoked)?, id.to_string()],
    )?;
    Ok(Some(revoked))
}

/// Clears away what ended long ago.
fn forget(db: &Connection, now: Timestamp) -> Result<(), StoreError> {
    let kept = i64::try_from(TokenRecord::KEPT.as_millis()).unwrap_or(i64::MAX);
    execute(
        db,
        "DELETE FROM tokens WHERE ends_at <= ?",
        [now.millis().saturating_sub(kept)],
    )?;
    Ok(())
}

fn ends_at(token: &TokenRecord) -> Option<i64> {
    token.ends_at().map(Timestamp::millis)
}

//! API tokens: one partition, read as it is now, so that a token which was revoked is refused by
//! whichever process is asked next.

use tempus_model::{Timestamp, TokenId, TokenRecord};

use super::super::table::item::{BODY, Item, Key, TTL, json, number, ttl};
use super::super::table::query::Query;
use super::super::table::write::{ABSENT, Verdict, Write};
use super::DynamoStore;
use crate::StoreError;

/// When it was revoked. Set once: what holds against two revocations at once.
const REVOKED_AT: &str = "revoked_at";

impl DynamoStore {
    /// Keeps a token. `false` if another one has its id.
    pub(super) async fn keep_token(&self, token: &TokenRecord) -> Result<bool, StoreError> {
        let mut attributes = vec![(BODY, json(token)?)];
        if let Some(end) = token.ends_at() {
            attributes.push((TTL, ttl(end.after(TokenRecord::KEPT))));
        }
        let put = Write::put(Key::token(token.id), attributes).on(ABSENT);
        if matches!(self.table.repeat(put).await?, Verdict::Written) {
            return Ok(true);
        }
        // A repeated put stumbles over itself.
        Ok(self.one_token(token.id).await?.as_ref() == Some(token))
    }

    pub(super) async fn one_token(&self, id: TokenId) -> Result<Option<TokenRecord>, StoreError> {
        self.stored(&Key::token(id)).await
    }

    /// Every token, oldest first.
    pub(super) async fn all_tokens(&self) -> Result<Vec<TokenRecord>, StoreError> {
        let items = self.table.query(Query::partition(Key::tokens())).await?;
        let tokens: Result<Vec<TokenRecord>, _> = items.iter().map(Item::body).collect();
        let mut tokens = tokens?;
        tokens.sort_by_key(|token| (token.created_at, token.id));
        Ok(tokens)
    }

    /// Revokes a token; what is revoked already stays as it is.
    pub(super) async fn end_token(
        &self,
        id: TokenId,
        now: Timestamp,
    ) -> Result<Option<TokenRecord>, StoreError> {
        let Some(token) = self.one_token(id).await? else {
            return Ok(None);
        };
        if token.revoked_at.is_some() {
            return Ok(Some(token));
        }
        // Nothing else of a token ever changes, so nothing is lost by writing all of it.
        let revoked = token.revoked(now);
        let end = revoked.ends_at().unwrap_or(now);
        let set = vec![
            (BODY, json(&revoked)?),
            (REVOKED_AT, number(now.millis())),
            (TTL, ttl(end.after(TokenRecord::KEPT))),
        ];
        let update = Write::update(Key::token(id), set).only_if(
            "attribute_exists(#pk) AND attribute_not_exists(#revoked_at)",
            Vec::new(),
        );
        match self.table.repeat(update).await? {
            Verdict::Written => Ok(Some(revoked)),
            Verdict::Refused(_) => self.one_token(id).await,
        }
    }
}

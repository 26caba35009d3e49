//! Pull requests and branches: an item each, in its repository's partition, changed on the condition
//! that it is still at the version which the decision was made on.

use tempus_model::Timestamp;
use tempus_model::github::{NoChange, Source, SourceChange, SourceKey};

use super::super::table::index::{DUE, DUE_AT, DUE_SHARD, SOURCES_SHARD};
use super::super::table::item::{BODY, Item, Key, TTL, json, number, ttl};
use super::super::table::query::{Order, Query};
use super::super::table::write::{ABSENT, Refusal, Verdict, Write};
use super::DynamoStore;
use super::decide::breathe;
use super::row::TRIES;
use crate::{SourceError, StoreError};

/// What every write is conditional on.
const VERSION: &str = "version";

impl DynamoStore {
    /// Changes a source.
    pub(super) async fn decide_source(
        &self,
        key: &SourceKey,
        change: &SourceChange,
        now: Timestamp,
    ) -> Result<Source, SourceError> {
        let mut was = self.one_source(key).await?;
        for attempt in 0..TRIES {
            breathe(attempt).await;
            let source = match Source::changed(was.as_ref(), key, change, now) {
                Ok(source) => source,
                Err(NoChange::Already(source)) => return Ok(*source),
                Err(no) => return Err(no.into()),
            };
            let write = written(was.as_ref(), &source)?;
            was = match self.table.repeat(write).await? {
                Verdict::Written => return Ok(source),
                Verdict::Refused(refusals) => {
                    let stood = stands(refusals)?;
                    // A repeated write stumbles over itself.
                    if stood.as_ref() == Some(&source) {
                        return Ok(source);
                    }
                    stood
                }
            };
        }
        let busy = StoreError::Unavailable(format!("{key} keeps changing; try again"));
        Err(busy.into())
    }

    pub(super) async fn one_source(&self, key: &SourceKey) -> Result<Option<Source>, StoreError> {
        self.stored(&Key::source(key)).await
    }

    /// Every source of a repository.
    pub(super) async fn all_sources(&self, repository: u64) -> Result<Vec<Source>, StoreError> {
        let partition = Key::sources(&repository.to_string());
        let items = self.table.query(Query::partition(partition)).await?;
        items.iter().map(Item::body).collect()
    }

    /// Those that are due, longest due first.
    pub(super) async fn list_due_sources(
        &self,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<SourceKey>, StoreError> {
        let walk = Query::index(DUE, DUE_SHARD, number(SOURCES_SHARD), Order::Up)
            .and("#due_at <= :now", &[("now", number(now.millis()))])
            .limit(most);
        let (items, _) = self.table.page(&walk).await?;
        let key = |item: &Item| {
            let unknown = || StoreError::Unreadable(format!("{item} is no source"));
            item.key()?.as_source().ok_or_else(unknown)
        };
        items.iter().map(key).collect()
    }
}

fn written(was: Option<&Source>, source: &Source) -> Result<Write, StoreError> {
    let mut attributes = vec![(BODY, json(source)?), (VERSION, number(source.version))];
    if let Some(due) = source.due_at {
        attributes.push((DUE_SHARD, number(SOURCES_SHARD)));
        attributes.push((DUE_AT, number(due.millis())));
    }
    if let Some(forget) = source.forget_at {
        attributes.push((TTL, ttl(forget)));
    }
    let put = Write::put(Key::source(&source.key), attributes);
    Ok(match was {
        Some(was) => put.only_if("#version = :was", vec![("was", number(was.version))]),
        None => put.on(ABSENT),
    })
}

/// What stood in the way; nothing, if it was cleared away meanwhile.
fn stands(refusals: Vec<Refusal>) -> Result<Option<Source>, StoreError> {
    let item = refusals.into_iter().find_map(|refusal| refusal.item);
    item.as_ref().map(Item::body).transpose()
}

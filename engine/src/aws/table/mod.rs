//! The table as the store uses it: consistent reads, queries, conditional writes. Every call of
//! DynamoDB is made here.

use std::collections::HashSet;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    KeysAndAttributes, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem,
};
use uuid::Uuid;

use super::client::Clients;
use super::error::Fault;
use crate::StoreError;

mod back_off;
mod cancelled;
pub(super) mod index;
pub(super) mod item;
mod packed;
pub(super) mod query;
pub(super) mod write;

use back_off::BackOff;
use cancelled::verdict;
use item::{Item, Key};
use query::Query;
use write::{Change, Refusal, Verdict, Write};

/// As many keys as one call reads.
const BATCH: usize = 100;

/// What becomes of a write whose answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unanswered {
    IsAnError,
    IsRepeated,
}

/// The table.
pub(in crate::aws) struct Table {
    pub(in crate::aws) clients: Clients,
    pub(in crate::aws) name: String,
}

impl Table {
    /// The item at a key, as it is now.
    pub(in crate::aws) async fn get(&self, key: &Key) -> Result<Option<Item>, StoreError> {
        let answer = self
            .clients
            .reads
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key.attributes()))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| Fault::of(&error).of_read())?;
        self.clients.meter.read(answer.consumed_capacity());
        Ok(answer.item.map(Item))
    }

    /// The items at these keys, as they are now, in no order. What is not there is left out.
    pub(in crate::aws) async fn get_all(&self, keys: &[Key]) -> Result<Vec<Item>, StoreError> {
        // DynamoDB refuses a call that names a key twice.
        let distinct: HashSet<_> = keys.iter().collect();
        let keys: Vec<_> = distinct.into_iter().collect();
        let mut found = Vec::with_capacity(keys.len());
        for batch in keys.chunks(BATCH) {
            let mut left: Vec<_> = batch.iter().map(|key| key.attributes()).collect();
            let mut pause = BackOff::new(self.clients.timeouts.operation);
            while !left.is_empty() {
                let asked = KeysAndAttributes::builder()
                    .set_keys(Some(left))
                    .consistent_read(true)
                    .build()
                    .map_err(|error| StoreError::Unavailable(error.to_string()))?;
                let mut answer = self
                    .clients
                    .reads
                    .batch_get_item()
                    .request_items(&self.name, asked)
                    .return_consumed_capacity(ReturnConsumedCapacity::Total)
                    .send()
                    .await
                    .map_err(|error| Fault::of(&error).of_read())?;
                self.clients.meter.read(answer.consumed_capacity());
                let items = answer
                    .responses
                    .take()
                    .and_then(|mut r| r.remove(&self.name));
                found.extend(items.into_iter().flatten().map(Item));
                let rest = answer.unprocessed_keys.take();
                let rest = rest.and_then(|mut rest| rest.remove(&self.name));
                left = rest.map(|rest| rest.keys).unwrap_or_default();
                if !left.is_empty() && !pause.wait().await {
                    let why = "the table is throttled".to_owned();
                    return Err(StoreError::Unavailable(why));
                }
            }
        }
        Ok(found)
    }

    /// One page of a query: the items, and where the next page begins.
    pub(in crate::aws) async fn page(
        &self,
        query: &Query,
    ) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        let answer = self
            .clients
            .reads
            .query()
            .table_name(&self.name)
            .set_index_name(query.index.map(str::to_owned))
            .consistent_read(query.index.is_none())
            .key_condition_expression(&query.keys)
            .set_filter_expression(query.filter.clone())
            .set_expression_attribute_names(Some(query.names()))
            .set_expression_attribute_values(Some(query.values.clone()))
            .scan_index_forward(query.ascending())
            .set_limit(query.limit.and_then(|limit| i32::try_from(limit).ok()))
            .set_exclusive_start_key(query.start.clone().map(|start| start.0))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| Fault::of(&error).of_read())?;
        self.clients.meter.read(answer.consumed_capacity());
        let items = answer.items.unwrap_or_default();
        let next = answer.last_evaluated_key.filter(|key| !key.is_empty());
        Ok((items.into_iter().map(Item).collect(), next.map(Item)))
    }

    /// Everything that a query finds.
    pub(in crate::aws) async fn query(&self, mut query: Query) -> Result<Vec<Item>, StoreError> {
        let mut found = Vec::new();
        loop {
            let (items, next) = self.page(&query).await?;
            found.extend(items);
            if next.is_none() {
                return Ok(found);
            }
            query.start = next;
        }
    }

    /// Makes writes, all or none. What was throttled or in conflict is tried again for as long as
    /// an operation may take: that says nothing about the conditions.
    pub(in crate::aws) async fn write(&self, writes: &[Write]) -> Result<Verdict, StoreError> {
        // A transaction's token makes it answer again instead of failing on itself.
        let unanswered = match writes {
            [_] => Unanswered::IsAnError,
            _ => Unanswered::IsRepeated,
        };
        self.carry_out(writes, unanswered).await
    }

    /// Makes a write that may be made twice: one whose answer was lost is made again. Its condition
    /// may then fail on itself.
    pub(in crate::aws) async fn repeat(&self, write: Write) -> Result<Verdict, StoreError> {
        self.carry_out(&[write], Unanswered::IsRepeated).await
    }

    async fn carry_out(
        &self,
        writes: &[Write],
        unanswered: Unanswered,
    ) -> Result<Verdict, StoreError> {
        let mut pause = BackOff::new(self.clients.timeouts.operation);
        let token = Uuid::new_v4().to_string();
        loop {
            let answer = match writes {
                [] => Ok(Verdict::Written),
                [write] => self.write_one(write).await,
                writes => self.transact(writes, &token).await,
            };
            let again = match &answer {
                Err(Fault::Busy(_)) => true,
                Err(Fault::Unknown(_)) => unanswered == Unanswered::IsRepeated,
                Ok(_) | Err(Fault::Refused(_)) => false,
            };
            if !again || !pause.wait().await {
                return answer.map_err(Fault::of_write);
            }
        }
    }

    async fn write_one(&self, write: &Write) -> Result<Verdict, Fault> {
        let made = write.expressions();
        let old = ReturnValuesOnConditionCheckFailure::AllOld;
        let client = &self.clients.writes;
        // Three calls that differ in nothing but their types.
        macro_rules! carry_out {
            ($call:expr) => {{
                let answer = $call
                    .table_name(&self.name)
                    .set_condition_expression(made.condition.clone())
                    .set_expression_attribute_names(made.some_names())
                    .set_expression_attribute_values(made.some_values())
                    .return_values_on_condition_check_failure(old)
                    .return_consumed_capacity(ReturnConsumedCapacity::Total)
                    .send()
                    .await;
                match answer {
                    Ok(answer) => {
                        self.clients.meter.wrote(answer.consumed_capacity());
                        Ok(Verdict::Written)
                    }
                    Err(error) => match error.as_service_error() {
                        Some(refused) if refused.is_conditional_check_failed_exception() => {
                            let item = match error.into_service_error() {
                                E::ConditionalCheckFailedException(refused) => refused.item,
                                _ => None,
                            };
                            Ok(Verdict::Refused(vec![Refusal {
                                place: 0,
                                item: item.map(Item),
                            }]))
                        }
                        _ => Err(Fault::of(&error)),
                    },
                }
            }};
        }
        match &write.change {
            Change::Put(_) => {
                use aws_sdk_dynamodb::operation::put_item::PutItemError as E;
                carry_out!(client.put_item().set_item(Some(write.item())))
            }
            Change::Delete => {
                use aws_sdk_dynamodb::operation::delete_item::DeleteItemError as E;
                carry_out!(client.delete_item().set_key(Some(write.key.attributes())))
            }
            Change::Update { .. } => {
                use aws_sdk_dynamodb::operation::update_item::UpdateItemError as E;
                carry_out!(
                    client
                        .update_item()
                        .set_key(Some(write.key.attributes()))
                        .set_update_expression(made.update.clone())
                )
            }
        }
    }

    async fn transact(&self, writes: &[Write], token: &str) -> Result<Verdict, Fault> {
        let parts: Result<Vec<TransactWriteItem>, _> = writes
            .iter()
            .map(|write| write.in_transaction(&self.name))
            .collect();
        let answer = self
            .clients
            .writes
            .transact_write_items()
            .set_transact_items(Some(parts.map_err(|e| Fault::Refused(e.to_string()))?))
            .client_request_token(token)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        let error = match answer {
            Ok(answer) => {
                self.clients.meter.wrote(answer.consumed_capacity());
                return Ok(Verdict::Written);
            }
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                verdict(cancelled.cancellation_reasons())
            }
            _ => Err(Fault::of(&error)),
        }
    }
}

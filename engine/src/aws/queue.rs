//! The queue: one SQS standard queue.
//!
//! Messages carry the owner as their message group, which on a standard queue orders nothing and
//! shares fairly: a hundred messages of one owner do not hold up another's. Whatever is sent,
//! deleted or hidden goes in batches of ten; what is delayed or deleted waits a moment for others.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, Message,
    MessageAttributeValue, MessageSystemAttributeName, QueueAttributeName,
    SendMessageBatchRequestEntry,
};
use aws_smithy_types::timeout::TimeoutConfig;
use tempus_model::MessageId;
use tokio::time::Instant;

mod gathered;
mod outcome;

use super::client::Clients;
use super::error::Fault;
use super::store::DynamoStore;
use crate::{Clock, Delivery, Depth, Handle, Outgoing, Queue, QueueError, TraceContext};
use gathered::Gathered;
use outcome::{each_done, harmless, is_stale};

/// As many entries one call takes.
const BATCH: usize = 10;
/// The longest that one call waits for a message.
const LONGEST_POLL: Duration = Duration::from_secs(20);
/// The longest delay of a message.
const LONGEST_DELAY: Duration = Duration::from_mins(15);
/// The longest visibility timeout.
const LONGEST_HIDE: Duration = Duration::from_hours(12);
/// How long a delayed message waits for others to be sent with. Its sender gives a lease back after it.
const SEND_LINGER: Duration = Duration::from_millis(50);
/// How long a message that has done its work waits for others to be deleted with: it is hidden for much
/// longer.
const DELETE_LINGER: Duration = Duration::from_millis(300);
/// The longest message group.
const LONGEST_GROUP: usize = 128;

/// One queue.
#[derive(Clone)]
pub(super) struct SqsQueue {
    pub(super) clients: Clients,
    pub(super) url: String,
    pub(super) visibility: Duration,
    /// What its messages are about; nothing where they are dead letters.
    pub(super) backlog: Option<Backlog>,
    /// Delayed messages that are about to be sent: nobody waits for them.
    pub(super) outgoing: Gathered<Outgoing>,
    /// Messages that are about to be deleted.
    pub(super) done: Gathered<Handle>,
}

/// Where it is seen how long work has been waiting. SQS tells only CloudWatch how old its messages
/// are, and a hint that was lost has no age.
#[derive(Clone)]
pub(super) struct Backlog {
    pub(super) store: Arc<DynamoStore>,
    pub(super) clock: Arc<dyn Clock>,
}

impl SqsQueue {
    pub(super) fn new(clients: Clients, url: String, visibility: Duration) -> Self {
        Self {
            clients,
            url,
            visibility,
            backlog: None,
            outgoing: Gathered::new(SEND_LINGER),
            done: Gathered::new(DELETE_LINGER),
        }
    }

    fn client(&self) -> &Client {
        &self.clients.queue
    }

    /// One long poll.
    async fn poll(&self, most: usize, wait: Duration) -> Result<Vec<Delivery>, Fault> {
        // The call answers only after its wait: its time-outs count from there.
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(wait + self.clients.timeouts.attempt)
            .operation_timeout(wait + self.clients.timeouts.operation)
            .build();
        let answer = self
            .client()
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(i32::try_from(most.clamp(1, BATCH)).unwrap_or(1))
            .wait_time_seconds(seconds(wait))
            .visibility_timeout(seconds(self.visibility))
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .message_attribute_names(TraceContext::TRACEPARENT)
            .message_attribute_names(TraceContext::TRACESTATE)
            .customize()
            .config_override(aws_sdk_sqs::config::Builder::new().timeout_config(timeouts))
            .send()
            .await
            .map_err(|error| Fault::of(&error))?;
        let messages = answer.messages.unwrap_or_default();
        let hidden_until = Instant::now() + self.visibility;
        let messages = messages.into_iter();
        Ok(messages
            .filter_map(|message| delivery(message, hidden_until))
            .collect())
    }

    /// Sends at most ten.
    async fn send_batch(&self, batch: &[Outgoing]) -> Vec<Result<(), QueueError>> {
        let entries = batch.iter().enumerate().map(|(place, message)| {
            SendMessageBatchRequestEntry::builder()
                .id(place.to_string())
                .message_body(&message.body)
                .delay_seconds(seconds(message.delay.min(LONGEST_DELAY)))
                .set_message_group_id(message.group.as_deref().map(group))
                .set_message_attributes(message.trace.as_ref().map(attributes).transpose()?)
                .build()
                .map_err(|error| QueueError(error.to_string()))
        });
        let entries = match entries.collect::<Result<Vec<_>, _>>() {
            Ok(entries) => entries,
            Err(error) => return vec![Err(error); batch.len()],
        };
        let sending = self.client().send_message_batch().queue_url(&self.url);
        match sending.set_entries(Some(entries)).send().await {
            Ok(answer) => each_done("send", batch.len(), answer.failed(), |_| false),
            Err(error) => vec![Err(Fault::of(&error).into()); batch.len()],
        }
    }

    /// Deletes at most ten.
    async fn delete_batch(&self, batch: &[Handle]) -> Vec<Result<(), QueueError>> {
        let entries = batch.iter().enumerate().map(|(place, handle)| {
            DeleteMessageBatchRequestEntry::builder()
                .id(place.to_string())
                .receipt_handle(&handle.0)
                .build()
                .map_err(|error| QueueError(error.to_string()))
        });
        let entries = match entries.collect::<Result<Vec<_>, _>>() {
            Ok(entries) => entries,
            Err(error) => return vec![Err(error); batch.len()],
        };
        let deleting = self.client().delete_message_batch().queue_url(&self.url);
        match deleting.set_entries(Some(entries)).send().await {
            Ok(answer) => each_done("delete", batch.len(), answer.failed(), is_stale),
            Err(error) => vec![harmless(&error); batch.len()],
        }
    }
}

#[async_trait]
impl Queue for SqsQueue {
    async fn send(&self, messages: &[Outgoing]) -> Result<(), QueueError> {
        let (now, later): (Vec<_>, Vec<_>) = messages
            .iter()
            .cloned()
            .partition(|message| message.delay.is_zero());
        // Every batch is tried, whatever became of the others.
        let mut outcome = Ok(());
        for batch in now.chunks(BATCH) {
            let sent = self.send_batch(batch).await;
            outcome = sent.into_iter().fold(outcome, Result::and);
        }
        let this = self.clone();
        let request = move |batch: Vec<Outgoing>| {
            let this = this.clone();
            async move { this.send_batch(&batch).await }
        };
        outcome.and(self.outgoing.send(later, request).await)
    }

    async fn receive(&self, most: usize, wait: Duration) -> Result<Vec<Delivery>, QueueError> {
        let until = Instant::now() + wait;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let received = self.poll(most, left.min(LONGEST_POLL)).await?;
            if !received.is_empty() || Instant::now() >= until {
                return Ok(received);
            }
        }
    }

    fn receives_when_abandoned(&self) -> bool {
        true
    }

    async fn hide(&self, messages: &[Handle], how_long: Duration) -> Result<(), QueueError> {
        let how_long = seconds(how_long.min(LONGEST_HIDE));
        let mut outcome = Ok(());
        for batch in messages.chunks(BATCH) {
            let entries = batch.iter().enumerate().map(|(place, handle)| {
                ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(place.to_string())
                    .receipt_handle(&handle.0)
                    .visibility_timeout(how_long)
                    .build()
                    .map_err(|error| QueueError(error.to_string()))
            });
            let answer = self
                .client()
                .change_message_visibility_batch()
                .queue_url(&self.url)
                .set_entries(Some(entries.collect::<Result<_, _>>()?))
                .send()
                .await;
            outcome = outcome.and(match answer {
                Ok(answer) => {
                    let hidden = each_done("hide", batch.len(), answer.failed(), is_stale);
                    hidden.into_iter().fold(Ok(()), Result::and)
                }
                Err(error) => harmless(&error),
            });
        }
        outcome
    }

    async fn delete(&self, messages: &[Handle]) -> Result<(), QueueError> {
        let this = self.clone();
        let request = move |batch: Vec<Handle>| {
            let this = this.clone();
            async move { this.delete_batch(&batch).await }
        };
        self.done.send(messages.to_vec(), request).await
    }

    async fn depth(&self) -> Result<Depth, QueueError> {
        use QueueAttributeName as Name;
        let answer = self
            .client()
            .get_queue_attributes()
            .queue_url(&self.url)
            .attribute_names(Name::ApproximateNumberOfMessages)
            .attribute_names(Name::ApproximateNumberOfMessagesNotVisible)
            .attribute_names(Name::ApproximateNumberOfMessagesDelayed)
            .send()
            .await
            .map_err(|error| Fault::of(&error))?;
        let oldest = match &self.backlog {
            Some(Backlog { store, clock }) => store.oldest_due(clock.now()).await,
            None => Ok(Duration::ZERO),
        };
        let oldest = oldest.map_err(|error| QueueError(error.to_string()))?;
        let attributes = answer.attributes.unwrap_or_default();
        let count = |name| {
            let digits = attributes.get(&name);
            digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
        };
        Ok(Depth {
            visible: count(Name::ApproximateNumberOfMessages),
            in_flight: count(Name::ApproximateNumberOfMessagesNotVisible),
            delayed: count(Name::ApproximateNumberOfMessagesDelayed),
            oldest,
        })
    }

    fn longest_delay(&self) -> Duration {
        LONGEST_DELAY
    }
}

fn delivery(message: Message, hidden_until: Instant) -> Option<Delivery> {
    let receives = message
        .attributes
        .as_ref()
        .and_then(|all| all.get(&MessageSystemAttributeName::ApproximateReceiveCount))
        .and_then(|count| count.parse().ok());
    let attribute = |name| {
        let attributes = message.message_attributes.as_ref()?;
        attributes.get(name)?.string_value()
    };
    let trace = attribute(TraceContext::TRACEPARENT).and_then(|traceparent| {
        TraceContext::parse(traceparent, attribute(TraceContext::TRACESTATE))
    });
    Some(Delivery {
        id: MessageId(message.message_id?),
        handle: Handle(message.receipt_handle?),
        body: message.body.unwrap_or_default(),
        receives: receives.unwrap_or(1),
        hidden_until,
        trace,
    })
}

/// A trace as it goes along with a message.
fn attributes(trace: &TraceContext) -> Result<HashMap<String, MessageAttributeValue>, QueueError> {
    let fields = [
        (TraceContext::TRACEPARENT, Some(trace.traceparent())),
        (TraceContext::TRACESTATE, trace.tracestate()),
    ];
    let attribute = |(name, value): (&str, Option<String>)| {
        let value = MessageAttributeValue::builder()
            .data_type("String")
            .string_value(value?)
            .build()
            .map_err(|error| QueueError(error.to_string()));
        Some(value.map(|value| (name.to_owned(), value)))
    };
    fields.into_iter().filter_map(attribute).collect()
}

/// Whole seconds, rounded up: what is delayed never comes early.
fn seconds(time: Duration) -> i32 {
    i32::try_from(time.as_millis().div_ceil(1000)).unwrap_or(i32::MAX)
}

/// An owner as a message group: what SQS does not take is left out, for it shares by the group and
/// two owners that look alike to it share one part.
fn group(owner: &str) -> String {
    let taken = |c: &char| c.is_ascii_graphic();
    let group: String = owner.chars().filter(taken).take(LONGEST_GROUP).collect();
    if group.is_empty() {
        return "-".to_owned();
    }
    group
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_rounded_up() {
        assert_eq!(seconds(Duration::ZERO), 0);
        assert_eq!(seconds(Duration::from_millis(1)), 1);
        assert_eq!(seconds(Duration::from_secs(1)), 1);
    }

    #[test]
    fn any_owner_makes_a_group() {
        assert_eq!(group("github|12"), "github|12");
        assert_eq!(group("é"), "-");
        assert_eq!(group(&"x".repeat(300)).len(), LONGEST_GROUP);
    }
}

//! The two queues.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName as Name;

use super::super::client::Clients;
use super::super::error::AwsError;

/// How long SQS keeps a message: as long as it can. A hint that is older is no longer needed, but
/// one that nobody could read is somebody's question.
const RETENTION: Duration = Duration::from_hours(14 * 24);

/// A queue.
pub(super) struct Made {
    pub(super) url: String,
    pub(super) arn: String,
}

/// Both of them.
pub(super) struct Queues {
    pub(super) live: Made,
    pub(super) dead: Made,
}

/// Makes the queue and the one behind it, or sets what they should be.
pub(super) async fn make(
    clients: &Clients,
    prefix: &str,
    receives: u32,
    visibility: Duration,
) -> Result<Queues, AwsError> {
    let retention = (Name::MessageRetentionPeriod, seconds(RETENTION));
    let dead = queue(clients, format!("{prefix}-hints-dead"), [retention.clone()]).await?;
    let redrive = serde_json::json!({
        "deadLetterTargetArn": dead.arn,
        "maxReceiveCount": receives,
    });
    let attributes = [
        retention,
        (Name::VisibilityTimeout, seconds(visibility)),
        (Name::ReceiveMessageWaitTimeSeconds, "20".to_owned()),
        (Name::RedrivePolicy, redrive.to_string()),
    ];
    let live = queue(clients, format!("{prefix}-hints"), attributes).await?;
    Ok(Queues { live, dead })
}

/// A queue that exists with other attributes is refused by `CreateQueue`, so they are set in a
/// call of their own.
async fn queue(
    clients: &Clients,
    name: String,
    attributes: impl IntoIterator<Item = (Name, String)>,
) -> Result<Made, AwsError> {
    let failed = |detail: &str| AwsError::Call {
        call: "CreateQueue",
        detail: detail.to_owned(),
    };
    let created = clients.queue.create_queue().queue_name(name).send().await;
    let created = created.map_err(AwsError::call("CreateQueue"))?;
    let url = created
        .queue_url
        .ok_or_else(|| failed("no URL in the answer"))?;
    clients
        .queue
        .set_queue_attributes()
        .queue_url(&url)
        .set_attributes(Some(attributes.into_iter().collect::<HashMap<_, _>>()))
        .send()
        .await
        .map_err(AwsError::call("SetQueueAttributes"))?;
    let arn = arn(clients, &url).await?;
    Ok(Made { url, arn })
}

/// A queue's ARN.
pub(in crate::aws) async fn arn(clients: &Clients, url: &str) -> Result<String, AwsError> {
    let asked = clients.queue.get_queue_attributes().queue_url(url);
    let answer = asked.attribute_names(Name::QueueArn).send().await;
    let answer = answer.map_err(AwsError::call("GetQueueAttributes"))?;
    let arn = answer
        .attributes
        .and_then(|mut all| all.remove(&Name::QueueArn));
    arn.ok_or_else(|| AwsError::Call {
        call: "GetQueueAttributes",
        detail: format!("{url} has no ARN"),
    })
}

fn seconds(time: Duration) -> String {
    time.as_secs().to_string()
}

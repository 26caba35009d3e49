//! What ECS tells by itself: EventBridge puts its events on the queue, and each is about one
//! preview.

use serde::Deserialize;
use tempus_model::PreviewId;

use super::names::{last_part, preview_of};

/// The part of an event that matters. `ECS Task State Change` says the service in its group;
/// `ECS Service Action` and `ECS Deployment State Change` name it in their resources.
#[derive(Deserialize)]
struct Event {
    source: String,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(default)]
    detail: Detail,
}

#[derive(Default, Deserialize)]
struct Detail {
    #[serde(default)]
    group: String,
}

/// The preview that an event is about; `None` for what is no event of a preview's service.
pub(super) fn preview(body: &str) -> Option<PreviewId> {
    let event: Event = serde_json::from_str(body).ok()?;
    if event.source != "aws.ecs" {
        return None;
    }
    let group = event.detail.group.strip_prefix("service:");
    let resources = event.resources.iter().map(|arn| last_part(arn));
    group.into_iter().chain(resources).find_map(preview_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: &str = "tempus-00000abc-550e8400-e29b41d4a716446655440000-web";
    const ID: &str = "550e8400-e29b-41d4-a716-446655440000";

    #[track_caller]
    fn is_ours(body: &str) {
        let body = body.replace("SERVICE", SERVICE);
        assert_eq!(preview(&body).map(|id| id.to_string()).as_deref(), Some(ID));
    }

    /// The documented examples, shortened.
    #[test]
    fn each_documented_event_finds_its_preview() {
        is_ours(
            r#"{"version":"0","id":"3317b2af","detail-type":"ECS Task State Change",
            "source":"aws.ecs","account":"111122223333","time":"2026-12-06T16:41:06Z",
            "region":"us-west-2","resources":["arn:aws:ecs:us-west-2:111122223333:task/c/b99d40b3"],
            "detail":{"clusterArn":"arn:aws:ecs:us-west-2:111122223333:cluster/c",
            "desiredStatus":"RUNNING","group":"service:SERVICE","lastStatus":"RUNNING",
            "launchType":"FARGATE","startedBy":"ecs-svc/1","version":3}}"#,
        );
        is_ours(
            r#"{"version":"0","id":"af3c496d","detail-type":"ECS Service Action",
            "source":"aws.ecs","account":"111122223333","region":"us-west-2",
            "resources":["arn:aws:ecs:us-west-2:111122223333:service/c/SERVICE"],
            "detail":{"eventType":"INFO","eventName":"SERVICE_STEADY_STATE",
            "clusterArn":"arn:aws:ecs:us-west-2:111122223333:cluster/c"}}"#,
        );
        is_ours(
            r#"{"version":"0","id":"ddca6449","detail-type":"ECS Deployment State Change",
            "source":"aws.ecs","account":"111122223333","region":"us-west-2",
            "resources":["arn:aws:ecs:us-west-2:111122223333:service/SERVICE"],
            "detail":{"eventType":"ERROR","eventName":"SERVICE_DEPLOYMENT_FAILED",
            "deploymentId":"ecs-svc/123","reason":"ECS deployment circuit breaker: task failed."}}"#,
        );
    }

    #[test]
    fn what_is_not_ours_is_nobody_s() {
        for body in [
            "",
            "{}",
            r#"{"source":"aws.ecs","resources":["arn:aws:ecs:r:1:service/c/other"],"detail":{}}"#,
            r#"{"source":"aws.ec2","resources":[],"detail":{}}"#,
        ] {
            assert_eq!(preview(body), None, "{body}");
        }
    }
}

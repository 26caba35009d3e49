//! What ECS tells by itself: EventBridge puts its events on the queue, and each is about one
//! preview.

use serde::Deserialize;

use super::names::{last_part, preview_of};
use crate::CloudEvent;

/// The part of an event that matters. `ECS Task State Change` says the service in its group;
/// `ECS Service Action` and `ECS Deployment State Change` name it in their resources.
#[derive(Deserialize)]
struct Event {
    source: Source,
    resources: Vec<String>,
    detail: Detail,
}

#[derive(Deserialize)]
enum Source {
    #[serde(rename = "aws.ecs")]
    Ecs,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(default)]
    group: String,
}

/// Whose an event is. Of another installation's preview there is no row, so it needs no telling
/// apart here.
pub(super) fn read(body: &str) -> CloudEvent {
    let Ok(event) = serde_json::from_str::<Event>(body) else {
        return CloudEvent::Unreadable;
    };
    let Source::Ecs = event.source;
    let group = event.detail.group.strip_prefix("service:");
    let resources = event.resources.iter().map(|arn| last_part(arn));
    let named = group.into_iter().chain(resources).find_map(preview_of);
    named.map_or(CloudEvent::Foreign, CloudEvent::Of)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: &str = "tempus-00000abc-550e8400-e29b41d4a716446655440000-web";
    const ID: &str = "550e8400-e29b-41d4-a716-446655440000";

    #[track_caller]
    fn is_ours(body: &str) {
        let body = body.replace("SERVICE", SERVICE);
        assert_eq!(read(&body), CloudEvent::Of(ID.parse().unwrap()));
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
    fn what_happens_to_others_is_no_concern() {
        for (resource, group) in [
            ("service/c/other", ""),
            ("task/c/b99d40b3", "service:other"),
            ("task/c/b99d40b3", "family:other"),
            ("container-instance/c/a1", ""),
        ] {
            let body = serde_json::json!({
                "version": "0", "detail-type": "ECS Task State Change", "source": "aws.ecs",
                "resources": [format!("arn:aws:ecs:us-west-2:111122223333:{resource}")],
                "detail": { "group": group, "lastStatus": "RUNNING" },
            });
            assert_eq!(read(&body.to_string()), CloudEvent::Foreign, "{body}");
        }
    }

    #[test]
    fn what_is_no_event_of_ecs_cannot_be_read() {
        for body in [
            "",
            "{}",
            "{\"source\":\"aws.ecs\"",
            r#"{"source":"aws.ecs","resources":"none","detail":{}}"#,
            r#"{"source":"aws.ecs","detail":{}}"#,
            r#"{"source":"aws.ec2","resources":[],"detail":{}}"#,
        ] {
            assert_eq!(read(body), CloudEvent::Unreadable, "{body}");
        }
    }
}

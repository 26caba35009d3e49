//! A request on its way, and what it is called: by its service and operation, whatever protocol
//! carries it.

use super::message::{end_of_head, header};

/// A request on its way.
#[derive(Debug, Clone)]
pub struct Request {
    /// Tells it from the wire's other requests.
    pub number: u64,
    /// What is asked for: `dynamodb.PutItem`, `ec2.CreateSecurityGroup`, `scheduler.GetSchedule`.
    /// What no protocol names is method and path, as in `scheduler.GET /elsewhere`.
    pub call: String,
    /// How its service speaks.
    pub protocol: Protocol,
    /// The body.
    pub body: Vec<u8>,
    whole: Vec<u8>,
}

/// How a service speaks, which is how it says that something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// The operation in a header, JSON in the body: DynamoDB, SQS, ECS, CloudWatch Logs.
    Json,
    /// A form in the body, XML back: the load balancers.
    Query,
    /// The same with errors of another shape: EC2.
    Ec2,
    /// Method and path, JSON in the body: EventBridge Scheduler.
    Rest,
}

impl Request {
    pub(super) fn of(number: u64, whole: Vec<u8>) -> Self {
        let end = end_of_head(&whole).unwrap_or(whole.len());
        let head = String::from_utf8_lossy(&whole[..end]).into_owned();
        let body = whole[end..].to_vec();
        let (protocol, call) = named(&head, &body);
        Self {
            number,
            call,
            protocol,
            body,
            whole,
        }
    }

    /// The service, such as `dynamodb`.
    pub fn service(&self) -> &str {
        let named = self.call.split_once('.');
        named.map_or(&self.call, |(service, _)| service)
    }

    /// Whether the body mentions this.
    pub fn mentions(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.body).contains(text)
    }

    pub(super) fn whole(&self) -> &[u8] {
        &self.whole
    }
}

fn named(head: &str, body: &[u8]) -> (Protocol, String) {
    if let Some(target) = header(head, "x-amz-target") {
        let (service, operation) = target.split_once('.').unwrap_or((target, ""));
        let service = match service {
            of if of.starts_with("DynamoDB") => "dynamodb",
            of if of.starts_with("AmazonSQS") => "sqs",
            of if of.starts_with("AmazonEC2ContainerService") => "ecs",
            of if of.starts_with("AmazonEC2ContainerRegistry") => "ecr",
            of if of.starts_with("Logs") => "logs",
            of if of.starts_with("ResourceGroupsTaggingAPI") => "tagging",
            "AmazonSSM" => "ssm",
            of if of.starts_with("AnyScale") => "scaling",
            other => other,
        };
        return (Protocol::Json, format!("{service}.{operation}"));
    }
    let service = signed_for(head).unwrap_or("nobody");
    let form = String::from_utf8_lossy(body);
    if let Some(action) = form
        .split('&')
        .find_map(|pair| pair.strip_prefix("Action="))
    {
        return match service {
            "ec2" => (Protocol::Ec2, format!("ec2.{action}")),
            "elasticloadbalancing" => (Protocol::Query, format!("elb.{action}")),
            other => (Protocol::Query, format!("{other}.{action}")),
        };
    }
    let mut line = head.lines().next().unwrap_or_default().split(' ');
    let (method, path) = (
        line.next().unwrap_or_default(),
        line.next().unwrap_or_default(),
    );
    let path = path.split('?').next().unwrap_or_default();
    let mut parts = path.trim_matches('/').split('/');
    let (list, one) = (parts.next().unwrap_or_default(), parts.next());
    let what = match list {
        "schedules" => "Schedule",
        "schedule-groups" => "ScheduleGroup",
        _ => return (Protocol::Rest, format!("{service}.{method} {path}")),
    };
    let operation = match (method, one) {
        ("GET", None) => format!("List{what}s"),
        ("GET", Some(_)) => format!("Get{what}"),
        ("POST", _) => format!("Create{what}"),
        ("PUT", _) => format!("Update{what}"),
        ("DELETE", _) => format!("Delete{what}"),
        _ => format!("{method} {path}"),
    };
    (Protocol::Rest, format!("{service}.{operation}"))
}

/// The service that a request is signed for: the last but one part of the credential's scope.
fn signed_for(head: &str) -> Option<&str> {
    let (_, rest) = header(head, "authorization")?.split_once("Credential=")?;
    rest.split(',').next()?.rsplit('/').nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(head: &str, body: &str) -> (Protocol, String) {
        let request = Request::of(0, format!("{head}\r\n\r\n{body}").into_bytes());
        (request.protocol, request.call)
    }

    #[test]
    fn every_protocol_says_what_it_asks_for() {
        let signed = |service: &str| {
            format!(
                "authorization: AWS4-HMAC-SHA256 Credential=k/20260101/eu-west-1/{service}\
                 /aws4_request, SignedHeaders=host"
            )
        };
        for (head, body, protocol, expected) in [
            (
                "POST / HTTP/1.1\r\nX-Amz-Target: DynamoDB_20120810.PutItem".to_owned(),
                "{}",
                Protocol::Json,
                "dynamodb.PutItem",
            ),
            (
                format!("POST / HTTP/1.1\r\n{}", signed("elasticloadbalancing")),
                "Action=CreateRule&Version=2015-12-01",
                Protocol::Query,
                "elb.CreateRule",
            ),
            (
                format!("POST / HTTP/1.1\r\n{}", signed("ec2")),
                "Version=1&Action=DeleteSecurityGroup",
                Protocol::Ec2,
                "ec2.DeleteSecurityGroup",
            ),
            (
                format!(
                    "DELETE /schedules/x?groupName=y HTTP/1.1\r\n{}",
                    signed("scheduler")
                ),
                "",
                Protocol::Rest,
                "scheduler.DeleteSchedule",
            ),
            (
                format!(
                    "GET /schedules?ScheduleGroup=y HTTP/1.1\r\n{}",
                    signed("scheduler")
                ),
                "",
                Protocol::Rest,
                "scheduler.ListSchedules",
            ),
        ] {
            assert_eq!(call(&head, body), (protocol, expected.to_owned()));
        }
    }
}

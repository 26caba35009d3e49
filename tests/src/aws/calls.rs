//! Calls to AWS, put together by hand: what a test sees is not seen through the code under test.

use serde_json::{Value, json};

/// Sends plain requests to an emulator.
#[derive(Debug, Clone)]
pub struct Calls {
    endpoint: String,
    client: reqwest::Client,
}

impl Calls {
    /// Calls to this endpoint.
    pub fn to(endpoint: &str) -> Self {
        let client = tempus_steps::http::plain().no_proxy().build();
        Self {
            endpoint: endpoint.to_owned(),
            client: client.expect("a client without TLS"),
        }
    }

    /// Where they go.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// A call of ECS.
    pub async fn ecs(&self, operation: &str, body: &Value) -> Value {
        let target = format!("AmazonEC2ContainerServiceV20141113.{operation}");
        self.json("ecs", &target, body).await
    }

    /// A call of SQS.
    pub async fn sqs(&self, operation: &str, body: &Value) -> Value {
        let target = format!("AmazonSQS.{operation}");
        self.json("sqs", &target, body).await
    }

    /// A call of ECR.
    pub async fn ecr(&self, operation: &str, body: &Value) -> Value {
        let target = format!("AmazonEC2ContainerRegistry_V20150921.{operation}");
        self.json("ecr", &target, body).await
    }

    /// A call of Secrets Manager.
    pub async fn secrets(&self, operation: &str, body: &Value) -> Value {
        let target = format!("secretsmanager.{operation}");
        self.json("secretsmanager", &target, body).await
    }

    /// A call of EC2.
    pub async fn ec2(&self, operation: &str, fields: &[(&str, &str)]) -> String {
        self.query("ec2", "2016-11-15", operation, fields).await
    }

    /// A call of the load balancers.
    pub async fn elb(&self, operation: &str, fields: &[(&str, &str)]) -> String {
        let service = "elasticloadbalancing";
        self.query(service, "2015-12-01", operation, fields).await
    }

    /// What is at a path of EventBridge Scheduler.
    pub async fn scheduler(&self, path: &str) -> Value {
        let request = self.client.get(format!("{}{path}", self.endpoint));
        let text = sent(path, signed(request, "scheduler")).await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"))
    }

    /// Deletes the schedule at a path of EventBridge Scheduler.
    pub async fn delete_schedule(&self, path: &str) {
        let request = self.client.delete(format!("{}{path}", self.endpoint));
        sent(path, signed(request, "scheduler")).await;
    }

    /// The whole list behind a call of ECS that answers in pages.
    pub async fn ecs_pages(&self, operation: &str, field: &str, given: &Value) -> Vec<String> {
        let (mut all, mut given) = (Vec::new(), given.clone());
        loop {
            let page = self.ecs(operation, &given).await;
            let listed = page[field].as_array().expect("a list");
            all.extend(listed.iter().filter_map(Value::as_str).map(str::to_owned));
            match page["nextToken"].as_str() {
                Some(next) => given["nextToken"] = json!(next),
                None => return all,
            }
        }
    }

    /// Each item behind a call of the load balancers that answers in pages.
    pub async fn elb_pages(&self, operation: &str, fields: &[(&str, &str)]) -> Vec<String> {
        let (mut all, mut marker) = (Vec::new(), String::new());
        loop {
            let mut fields = fields.to_vec();
            if !marker.is_empty() {
                fields.push(("Marker", &marker));
            }
            let page = self.elb(operation, &fields).await;
            let next = every(&page, "NextMarker").into_iter().next();
            all.push(page);
            match next.filter(|next| !next.is_empty()) {
                Some(next) => marker = next,
                None => return all,
            }
        }
    }

    async fn json(&self, service: &str, target: &str, body: &Value) -> Value {
        let request = self.client.post(&self.endpoint).body(body.to_string());
        let request = signed(request, service)
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", target);
        let text = sent(target, request).await;
        if text.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{target}: {error}: {text}"))
    }

    async fn query(
        &self,
        service: &str,
        version: &str,
        operation: &str,
        fields: &[(&str, &str)],
    ) -> String {
        let own = [("Action", operation), ("Version", version)];
        let fields: Vec<_> = own.iter().chain(fields).collect();
        let form = serde_urlencoded::to_string(fields).expect("pairs of texts");
        let request = signed(self.client.post(&self.endpoint).body(form), service)
            .header("content-type", "application/x-www-form-urlencoded");
        sent(operation, request).await
    }
}

/// The answer, which must be a good one.
async fn sent(what: &str, request: reqwest::RequestBuilder) -> String {
    let answer = request.send().await;
    let answer = answer.unwrap_or_else(|error| panic!("{what}: {error:?}"));
    let status = answer.status();
    let body = answer.text().await.expect("a body to the end");
    assert!(status.is_success(), "{what}: {status} {body}");
    body
}

/// An emulator looks at nothing of a signature but which service it is for.
fn signed(request: reqwest::RequestBuilder, service: &str) -> reqwest::RequestBuilder {
    let scope = format!("Credential=test/20260101/us-east-1/{service}/aws4_request");
    let rest = "SignedHeaders=host, Signature=0";
    request.header("authorization", format!("AWS4-HMAC-SHA256 {scope}, {rest}"))
}

/// The text of the first element of this name.
pub fn between(xml: &str, name: &str) -> String {
    let first = every(xml, name).into_iter().next();
    first.unwrap_or_else(|| panic!("no {name} in {xml}"))
}

/// The content of every element of this name, none of which holds another of it.
pub fn every(xml: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let rest = xml.split(&open).skip(1);
    rest.filter_map(|rest| rest.split_once(&close))
        .map(|(content, _)| content.to_owned())
        .collect()
}

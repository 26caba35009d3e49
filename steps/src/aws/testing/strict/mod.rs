//! An account that is as strict as AWS's documentation says: a layer over an emulator that has
//! what the emulator leaves out.
//!
//! - Tasks start some looks later; that a service is steady shows only as running = desired with
//!   one deployment, never as a rollout state. An update has two deployments for a while. One that
//!   fails is rolled back, and ends "completed" on what ran before.
//! - A deleted service drains, is inactive, and is missing, in that order; its name is refused and
//!   its security group held while it drains.
//! - A priority may be a stranger's; a target group is in use for a while after its rule went; a
//!   listing has pages; a name that is not there is an error; tags are not in the first answers;
//!   what was deleted is still found by its tags.
//! - An image has any number of tags and goes with the last; what a manifest list leads to cannot be
//!   deleted before it.

mod ecs;
mod elb;
mod registry;
mod scaling;
mod tagging;
mod xml;

use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::script::{Protocol, asked, refusal};
use ecs::Services;
use elb::Balancers;
use registry::Registry;
use scaling::Scaled;
use tagging::Tagged;

/// How many things a page of any listing holds.
const PAGE: usize = 2;

/// The account, for as long as the test's runtime lives.
pub(in crate::aws) struct Strict {
    endpoint: String,
    account: Arc<Account>,
}

struct Account {
    /// The emulator.
    upstream: String,
    http: reqwest::Client,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    services: Services,
    balancers: Balancers,
    tagged: Tagged,
    scaled: Scaled,
    registry: Registry,
    /// The operations that were called, in order.
    calls: Vec<String>,
}

/// A request.
struct Asked {
    operation: String,
    method: Method,
    /// Path and query.
    at: String,
    headers: HeaderMap,
    body: String,
}

/// A refusal: code and message.
type Refused = (&'static str, String);

impl Strict {
    /// Over the emulator at this endpoint.
    pub(in crate::aws) async fn over(upstream: &str) -> Self {
        let account = Arc::new(Account {
            upstream: upstream.to_owned(),
            http: crate::http::plain().build().unwrap(),
            known: Mutex::default(),
        });
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&account));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { endpoint, account }
    }

    pub(in crate::aws) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The tasks of the next update of this service fail to start.
    pub(in crate::aws) fn fail_next_update(&self, service: &str) {
        self.account.known().services.fail_next_update(service);
    }

    /// The operations that were called since this was last asked.
    pub(in crate::aws) fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut self.account.known().calls)
    }

    /// Between how many tasks the count of each service moves that moves by itself.
    pub(in crate::aws) fn scaled(&self) -> std::collections::BTreeMap<String, Value> {
        self.account.known().scaled.bounds()
    }

    /// Pushes an image of this digest under a tag.
    pub(in crate::aws) fn push(&self, repository: &str, tag: &str, digest: &str) {
        self.account.known().registry.push(repository, tag, digest);
    }

    /// Has a manifest list lead to an image.
    pub(in crate::aws) fn lead(&self, repository: &str, list: &str, digest: &str) {
        self.account.known().registry.lead(repository, list, digest);
    }

    /// The tags in a repository.
    pub(in crate::aws) fn image_tags(&self, repository: &str) -> Vec<String> {
        self.account.known().registry.tags(repository)
    }

    /// From now on the pages of rules shift while they are read.
    pub(in crate::aws) fn shift_pages(&self) {
        self.account.known().balancers.shift_pages();
    }

    /// How many listener rules there are.
    pub(in crate::aws) fn rules(&self) -> usize {
        self.account.known().balancers.rules()
    }
}

async fn answer(
    State(account): State<Arc<Account>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body = String::from_utf8_lossy(&body).into_owned();
    let (operation, protocol) = asked(&method, &uri, &headers, &body);
    account.known().calls.push(operation.clone());
    let asked = Asked {
        operation,
        method,
        at: uri.to_string(),
        headers,
        body,
    };
    let answered = match protocol {
        Protocol::Json => account.json(&asked).await,
        Protocol::Query => account.query(&asked).await,
        Protocol::Rest => {
            let (status, text) = account.forward(&asked, asked.body.clone()).await;
            let kind = [("content-type", "application/json")];
            Ok((status, kind, text).into_response())
        }
    };
    match answered {
        Ok(answer) => answer,
        Err((code, message)) => refusal(protocol, 400, code, &message),
    }
}

impl Account {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap()
    }

    async fn json(&self, asked: &Asked) -> Result<Response, Refused> {
        let input: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        if asked.operation == "GetResources" {
            return Ok(self.known().tagged.get(&input).to_string().into_response());
        }
        let scaled = {
            let Known {
                services, scaled, ..
            } = &mut *self.known();
            scaled.answer(&asked.operation, &input, |name| services.is_active(name))?
        };
        let registry = match scaled {
            None => self.known().registry.answer(&asked.operation, &input)?,
            scaled => scaled,
        };
        if let Some(answer) = registry {
            return Ok(answer.to_string().into_response());
        }
        self.known().services.may(&asked.operation, &input)?;
        if let Some(definition) = ecs::definition_wanted(&asked.operation, &input) {
            self.must_be_active(asked, definition).await?;
        }
        if let Some(group) = ecs::target_group_wanted(&asked.operation, &input)
            && !self.known().balancers.is_attached(group)
        {
            let message = format!(
                "The target group with targetGroupArn {group} does not have an associated load \
                 balancer."
            );
            return Err(("InvalidParameterException", message));
        }
        let (status, text) = self.forward(asked, asked.body.clone()).await;
        let Ok(mut output) = serde_json::from_str::<Value>(&text) else {
            return Ok((status, text).into_response());
        };
        if status.is_success() {
            let mut known = self.known();
            known.tagged.note_json(&asked.operation, &input, &output);
            known
                .services
                .rewrite(&asked.operation, &input, &mut output);
        }
        Ok((status, output.to_string()).into_response())
    }

    async fn query(&self, asked: &Asked) -> Result<Response, Refused> {
        let input: Vec<(String, String)> = form_urlencoded::parse(asked.body.as_bytes())
            .into_owned()
            .collect();
        if asked.operation == "DeleteSecurityGroup" && self.known().services.any_drains() {
            let message = "resource sg has a dependent object".to_owned();
            return Err(("DependencyViolation", message));
        }
        if let Some(answer) = self.known().balancers.answer(&asked.operation, &input)? {
            return Ok(answer);
        }
        let unpaged = elb::without_page(&input);
        let (status, text) = self.forward(asked, unpaged).await;
        if !status.is_success() {
            return Ok((status, text).into_response());
        }
        let mut known = self.known();
        known.tagged.note_query(&asked.operation, &input, &text);
        let text = known.balancers.rewrite(&asked.operation, &input, text)?;
        Ok(([("content-type", "text/xml")], text).into_response())
    }

    /// Nothing can be made from a task definition that is not registered.
    async fn must_be_active(&self, asked: &Asked, definition: &str) -> Result<(), Refused> {
        let mut headers = asked.headers.clone();
        let target = "AmazonEC2ContainerServiceV20141113.DescribeTaskDefinition";
        headers.insert("x-amz-target", target.parse().unwrap());
        let describe = Asked {
            operation: "DescribeTaskDefinition".to_owned(),
            method: Method::POST,
            at: "/".to_owned(),
            headers,
            body: String::new(),
        };
        let body = serde_json::json!({ "taskDefinition": definition });
        let (_, text) = self.forward(&describe, body.to_string()).await;
        let found: Value = serde_json::from_str(&text).unwrap();
        if found["taskDefinition"]["status"] == "ACTIVE" {
            return Ok(());
        }
        Err(("ClientException", "TaskDefinition not found.".to_owned()))
    }

    async fn forward(&self, asked: &Asked, body: String) -> (StatusCode, String) {
        let url = format!("{}{}", self.upstream.trim_end_matches('/'), asked.at);
        let mut request = self.http.request(asked.method.clone(), url).body(body);
        for name in ["content-type", "x-amz-target", "authorization"] {
            if let Some(value) = asked.headers.get(name) {
                request = request.header(name, value);
            }
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (StatusCode::from_u16(status).unwrap(), text)
    }
}

/// One page of a listing, which begins so many members before its place, and the token of the next.
fn page<T: Clone>(all: &[T], token: Option<&str>, early: usize) -> (Vec<T>, Option<String>) {
    let start: usize = token.map_or(0, |token| {
        token.strip_prefix("page-").unwrap().parse().unwrap()
    });
    let start = start.saturating_sub(early);
    let end = all.len().min(start + PAGE);
    let next = (end < all.len()).then(|| format!("page-{end}"));
    (all[start.min(end)..end].to_vec(), next)
}

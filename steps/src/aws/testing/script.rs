//! An endpoint that answers what a test tells it to: what no emulator does.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::options;
use crate::aws::client::{Arns, Client, Gathered, Services, UNHURRIED};
use crate::aws::heard::Heard;
use crate::aws::options::{AwsOptions, Credentials};
use crate::aws::steps::Tools;

/// An answer to one call.
#[derive(Debug, Clone)]
pub(in crate::aws) enum Answer {
    /// Of ECS or CloudWatch Logs.
    Json(Value),
    /// Of ELB: what is in the result; or of EC2: all of it.
    Xml(&'static str),
    /// A refusal: status, code, message.
    Error(u16, &'static str, &'static str),
    /// Nothing, for longer than a call may take.
    Silence,
}

#[derive(Default)]
struct Told {
    answers: BTreeMap<String, VecDeque<Answer>>,
    /// Operation and body.
    calls: Vec<(String, String)>,
}

/// The endpoint, and tools that call it.
pub(in crate::aws) struct Script {
    told: Arc<Mutex<Told>>,
    pub(in crate::aws) tools: Arc<Tools>,
}

impl Script {
    /// An endpoint that refuses every call.
    pub(in crate::aws) async fn new() -> Self {
        Self::with(options()).await
    }

    pub(in crate::aws) async fn with(mut options: AwsOptions) -> Self {
        let told = Arc::new(Mutex::new(Told::default()));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&told));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        options.endpoint = Some(endpoint);
        options.credentials = Credentials::Emulator;
        let client = Arc::new(Client::connect(&options).await.unwrap());
        let tools = Arc::new(Tools {
            services: Services::new(Arc::clone(&client), options.cluster.clone()),
            client,
            arns: Arns::default(),
            heard: Heard::default(),
            rules: Gathered::new(UNHURRIED),
            target_groups: Gathered::new(UNHURRIED),
            families: Gathered::new(UNHURRIED),
            deletions: Gathered::new(UNHURRIED),
            options,
        });
        Self { told, tools }
    }

    /// Answers this operation so, after what it was told before; the last answer stays.
    pub(in crate::aws) fn on(self, operation: &str, answer: Answer) -> Self {
        let mut told = self.told.lock().unwrap();
        let answers = told.answers.entry(operation.to_owned()).or_default();
        answers.push_back(answer);
        drop(told);
        self
    }

    /// The operations that were called, in order.
    pub(in crate::aws) fn calls(&self) -> Vec<String> {
        let told = self.told.lock().unwrap();
        told.calls.iter().map(|(name, _)| name.clone()).collect()
    }

    /// The bodies that this operation was called with.
    pub(in crate::aws) fn bodies(&self, operation: &str) -> Vec<String> {
        let told = self.told.lock().unwrap();
        let calls = told.calls.iter().filter(|(name, _)| name == operation);
        calls.map(|(_, body)| body.clone()).collect()
    }
}

async fn answer(
    State(told): State<Arc<Mutex<Told>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body = String::from_utf8_lossy(&body).into_owned();
    let (operation, protocol) = asked(&method, &uri, &headers, &body);
    let found = {
        let mut told = told.lock().unwrap();
        told.calls.push((operation.clone(), body));
        let answers = told.answers.entry(operation.clone()).or_default();
        match answers.len() {
            0 | 1 => answers.front().cloned(),
            _ => answers.pop_front(),
        }
    };
    let found = found.unwrap_or(Answer::Error(400, "ValidationError", "not in the script"));
    match found {
        Answer::Json(value) => value.to_string().into_response(),
        Answer::Xml(inner) if inner.starts_with("<?xml") => inner.into_response(),
        Answer::Xml(inner) => xml(&operation, inner),
        Answer::Error(status, code, message) => refusal(protocol, status, code, message),
        Answer::Silence => {
            tokio::time::sleep(Duration::from_mins(1)).await;
            StatusCode::OK.into_response()
        }
    }
}

/// How a service speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Json,
    Query,
    /// The scheduler's: the method and the path say what is asked for.
    Rest,
}

/// Which operation a request asks for.
pub(super) fn asked(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &str,
) -> (String, Protocol) {
    if let Some(name) = uri.path().strip_prefix("/schedules") {
        let operation = match (method.as_str(), name) {
            ("POST", _) => "CreateSchedule",
            ("PUT", _) => "UpdateSchedule",
            ("DELETE", _) => "DeleteSchedule",
            (_, "" | "/") => "ListSchedules",
            _ => "GetSchedule",
        };
        return (operation.to_owned(), Protocol::Rest);
    }
    let target = headers
        .get("x-amz-target")
        .and_then(|value| value.to_str().ok());
    if let Some(target) = target {
        let operation = target.rsplit('.').next().unwrap_or_default();
        return (operation.to_owned(), Protocol::Json);
    }
    let mut pairs = body.split('&');
    let operation = pairs.find_map(|pair| pair.strip_prefix("Action="));
    (operation.unwrap_or_default().to_owned(), Protocol::Query)
}

/// An answer of ELB with this result.
pub(super) fn xml(operation: &str, result: &str) -> Response {
    format!(
        "<{operation}Response xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\">\
         <{operation}Result>{result}</{operation}Result></{operation}Response>"
    )
    .into_response()
}

/// A refusal, as the service that was asked words it.
pub(super) fn refusal(protocol: Protocol, status: u16, code: &str, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    let body = match protocol {
        Protocol::Json | Protocol::Rest => {
            serde_json::json!({ "__type": code, "message": message }).to_string()
        }
        Protocol::Query => format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>\
             <Message>{message}</Message></Error></ErrorResponse>"
        ),
    };
    (status, body).into_response()
}

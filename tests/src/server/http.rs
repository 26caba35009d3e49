//! HTTP as a client speaks it, each answer of the API held against the OpenAPI document.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use tempus_api::testing::Contract;

use super::eventually;

/// The request or its answer was cut off.
pub use reqwest::Error as Cut;
pub use reqwest::Method;

static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::new);

/// How long a client waits for one answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a client goes on asking a server that is not there.
const INSISTS: Duration = Duration::from_mins(1);
/// How long a job may take.
const JOB: Duration = Duration::from_mins(1);

/// A server's API and its previews' port.
#[derive(Debug, Clone)]
pub struct Api {
    client: reqwest::Client,
    port: u16,
    previews: u16,
}

/// One request, to be sent once or until there is an answer.
#[derive(Debug, Clone)]
pub struct Call {
    client: reqwest::Client,
    url: String,
    /// Set if and only if it is a call of the API, whose answers the document describes.
    path: Option<String>,
    method: Method,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
}

/// An answer, whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Api {
    /// The server on these ports of this machine.
    pub fn new(port: u16, previews: u16) -> Self {
        let client = tempus_steps::http::plain()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("a client without TLS");
        Self {
            client,
            port,
            previews,
        }
    }

    /// The API's address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port that previews answer on.
    pub fn previews_port(&self) -> u16 {
        self.previews
    }

    /// A call of the API.
    pub fn call(&self, method: Method, path: &str) -> Call {
        Call {
            client: self.client.clone(),
            url: format!("{}{path}", self.url()),
            path: Some(path.to_owned()),
            method,
            headers: HeaderMap::new(),
            body: None,
        }
    }

    /// A call that asks.
    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    /// A call that asks for a change.
    pub fn post(&self, path: &str, body: &Value) -> Call {
        self.call(Method::POST, path).json(body)
    }

    /// Creates a preview, which must be accepted.
    pub async fn create(&self, body: &Value) -> Value {
        let call = self.post("/preview/create", body);
        call.send().await.expect(202)
    }

    /// Creates a preview and waits until it is ready.
    pub async fn ready(&self, body: &Value) -> Value {
        let accepted = self.create(body).await;
        let job = self.job_ended(text(&accepted, "job_id")).await;
        assert_eq!(job["status"], "succeeded", "{job:#}");
        accepted
    }

    /// Destroys a preview; returns the job.
    pub async fn destroy(&self, preview: &str) -> String {
        let call = self.call(Method::DELETE, &format!("/preview/{preview}"));
        text(&call.send().await.expect(202), "job_id").to_owned()
    }

    /// The preview as it stands.
    pub async fn preview(&self, preview: &str) -> Value {
        let call = self.get(&format!("/preview/{preview}"));
        call.insist().await.expect(200)
    }

    /// The job when it is over, or parked.
    pub async fn job_ended(&self, job: &str) -> Value {
        let path = format!("/job/{job}");
        eventually(&format!("the end of job {job}"), JOB, async || {
            let job = self.get(&path).insist().await.expect(200);
            let open = ["queued", "running"].contains(&text(&job, "status"));
            (!open).then_some(job)
        })
        .await
    }

    /// What the preview of this name answers.
    pub fn visit(&self, name: &str, path: &str) -> Call {
        let host = format!("{name}.localhost:{}", self.previews);
        self.visit_port(path).header("host", &host)
    }

    /// What the previews' port answers at this path.
    pub fn visit_port(&self, path: &str) -> Call {
        Call {
            client: self.client.clone(),
            url: format!("http://127.0.0.1:{}{path}", self.previews),
            path: None,
            method: Method::GET,
            headers: HeaderMap::new(),
            body: None,
        }
    }
}

impl Call {
    /// With a JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// With any body.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self.header("content-type", content_type)
    }

    /// With an idempotency key.
    #[must_use]
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// With another method.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("a header's value");
        self.headers.insert(HeaderName::from_static(name), value);
        self
    }

    /// Sends it. The answer must come.
    pub async fn send(self) -> Answer {
        let what = format!("{} {}", self.method, self.url);
        let sent = self.try_send().await;
        sent.unwrap_or_else(|error| panic!("{what}: {error:?}"))
    }

    /// Sends it; whatever answer comes must be as the document says.
    pub async fn try_send(&self) -> Result<Answer, Cut> {
        let response = self.open().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await?.to_vec();
        self.check(status, &headers, &body);
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    /// Sends it again and again until there is an answer, as a client does that means it: that nobody
    /// knows whether it was done is none.
    pub async fn insist(self) -> Answer {
        let deadline = Instant::now() + INSISTS;
        loop {
            let sent = self.try_send().await;
            match sent {
                Ok(answer) if !answer.is_unanswered() => return answer,
                sent => {
                    assert!(Instant::now() < deadline, "{}: {sent:?}", self.url);
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    /// Sends it and returns the answer with its body still to be read. To be
    /// [checked](Self::check) by whoever reads it.
    pub async fn open(&self) -> Result<reqwest::Response, Cut> {
        let request = self.client.request(self.method.clone(), &self.url);
        let request = request.headers(self.headers.clone());
        let request = match &self.body {
            Some(body) => request.body(body.clone()),
            None => request,
        };
        request.send().await
    }

    /// Holds an answer of the API against the document.
    pub fn check(&self, status: u16, headers: &HeaderMap, body: &[u8]) {
        let Some(path) = &self.path else { return };
        let checked = CONTRACT.check(&self.method, path, status, headers, body);
        if let Err(breach) = checked {
            panic!("{breach}\n{}", String::from_utf8_lossy(body));
        }
    }
}

impl Answer {
    fn is_unanswered(&self) -> bool {
        let problem: Option<Value> = serde_json::from_slice(&self.body).ok();
        problem.is_some_and(|said| said["type"] == "urn:tempus:problem:unanswered")
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header, if it is there once and readable.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON, provided that the status is this one.
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        self.json()
    }
}

/// A field that is a text.
pub fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    let text = value[field].as_str();
    text.unwrap_or_else(|| panic!("no {field} in {value:#}"))
}

//! A receiver of what a server tells: real HTTP, and answers as it is asked to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// This status.
    Status(u16),
    /// That what was sent belongs elsewhere: at another path of its own.
    Elsewhere,
    /// Nothing, for as long as it is waited for.
    Nothing,
}

/// What was sent.
#[derive(Debug, Clone)]
pub struct Received {
    /// Where to.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub body: Vec<u8>,
}

impl Received {
    /// A header's text; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Whether the body was signed with this secret.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let Ok(keyed) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
            return false;
        };
        let signature = self.header("x-tempus-signature-256");
        let hex = signature.strip_prefix("sha256=").unwrap_or_default();
        let signature = hex::decode(hex).unwrap_or_default();
        keyed
            .chain_update(&self.body)
            .verify_slice(&signature)
            .is_ok()
    }
}

#[derive(Default)]
struct Seen {
    received: Vec<Received>,
    answers: VecDeque<Answer>,
}

/// A running receiver.
pub struct Receiver {
    /// Where it is.
    pub url: String,
    seen: Arc<Mutex<Seen>>,
    serving: JoinHandle<()>,
}

impl Receiver {
    /// One that takes everything, after these answers.
    pub async fn start(answers: &[Answer]) -> Self {
        let seen = Seen {
            received: Vec::new(),
            answers: answers.iter().copied().collect(),
        };
        let seen = Arc::new(Mutex::new(seen));
        let router = Router::new().fallback(take).with_state(Arc::clone(&seen));
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.unwrap_or_else(|e| panic!("{e}"));
        let address = listener.local_addr().unwrap_or_else(|e| panic!("{e}"));
        let serving = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self {
            url: format!("http://{address}/hooks/hush-hush?key=hush-hush"),
            seen,
            serving,
        }
    }

    /// What was sent so far.
    pub fn received(&self) -> Vec<Received> {
        lock(&self.seen).received.clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn take(
    State(seen): State<Arc<Mutex<Seen>>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = {
        let mut seen = lock(&seen);
        seen.received.push(Received {
            path: uri.path().to_owned(),
            headers,
            body: body.to_vec(),
        });
        seen.answers.pop_front().unwrap_or(Answer::Status(204))
    };
    match answer {
        Answer::Status(status) => StatusCode::from_u16(status)
            .unwrap_or_default()
            .into_response(),
        Answer::Elsewhere => (
            StatusCode::TEMPORARY_REDIRECT,
            [(header::LOCATION, "/elsewhere")],
        )
            .into_response(),
        Answer::Nothing => std::future::pending().await,
    }
}

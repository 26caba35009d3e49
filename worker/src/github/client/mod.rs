//! GitHub's REST API, as far as it is used here: who asks, what it costs, and what an answer means.
//!
//! `calls.rs` has the calls themselves. Every one goes through [`Client::send`]: an installation's
//! token, kept until shortly before its end; a pause that GitHub has asked for; the budget for what
//! makes content; and conditional requests, since what has not changed costs nothing.

mod archive;
mod calls;
mod error;
mod key;
mod limits;
mod shape;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::header::{ACCEPT, ETAG, HeaderMap, IF_NONE_MATCH, LINK, RETRY_AFTER, USER_AGENT};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tempus_engine::Clock;
use tempus_model::Timestamp;

pub use error::GitHubError;
pub use key::{AppKey, AppKeyError};
pub use limits::Pace;
pub use shape::Access;

use crate::metrics;
use limits::Limits;

/// How long an answer may take, from the connection to its last byte.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest answer, in bytes: a page of a hundred pull requests has some megabytes.
const LARGEST: usize = 16 * 1024 * 1024;
/// How long before its end a token is not used any more.
const EARLY: Duration = Duration::from_mins(5);
/// How long to wait where GitHub says that a limit is reached, and not for how long.
const UNTOLD: Duration = Duration::from_mins(1);
/// How many answers are remembered for conditional requests.
const REMEMBERED: usize = 2048;
/// How many pages a list may have before it is not believed to end.
const PAGES: usize = 200;
/// How much of what GitHub says is passed on.
const MESSAGE: usize = 300;

/// Asks GitHub.
pub struct Client {
    http: reqwest::Client,
    base: Url,
    app: AppKey,
    clock: Arc<dyn Clock>,
    limits: Limits,
    tokens: Mutex<HashMap<u64, Arc<Kept>>>,
    remembered: Mutex<HashMap<String, Remembered>>,
}

/// An installation's token. Whoever needs another one holds it meanwhile, so that one is asked for,
/// however many calls begin at once.
type Kept = tokio::sync::Mutex<Option<Token>>;

#[derive(Clone, Deserialize)]
struct Token {
    token: String,
    expires_at: Timestamp,
}

#[derive(Clone)]
struct Remembered {
    etag: String,
    answer: Arc<Answer>,
}

/// An answer that says yes.
struct Answer {
    body: Vec<u8>,
    next: Option<String>,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum As {
    /// The App.
    App,
    /// One of its installations.
    Installation(u64),
}

impl As {
    /// What limits are counted by; the App's own as those of no installation.
    const fn installation(self) -> u64 {
        match self {
            Self::App => 0,
            Self::Installation(id) => id,
        }
    }
}

/// A request.
struct Request<'a> {
    as_whom: As,
    method: Method,
    url: Url,
    accept: &'static str,
    body: Option<&'a Value>,
}

const JSON: &str = "application/vnd.github+json";
/// Who asks, in a word: GitHub answers nobody without a name.
const AGENT: &str = "tempus";

impl Client {
    /// A client of the API at this address, for this App.
    pub fn new(
        http: reqwest::Client,
        base: Url,
        app: AppKey,
        pace: Pace,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            http,
            base,
            app,
            clock,
            limits: Limits::new(pace),
            tokens: Mutex::default(),
            remembered: Mutex::default(),
        }
    }

    /// The address of a path; what is in a segment stays within it.
    fn url(&self, segments: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    async fn get(&self, as_whom: As, url: Url) -> Result<Arc<Answer>, GitHubError> {
        self.get_as(as_whom, url, JSON).await
    }

    async fn get_as(
        &self,
        as_whom: As,
        url: Url,
        accept: &'static str,
    ) -> Result<Arc<Answer>, GitHubError> {
        let request = Request {
            as_whom,
            method: Method::GET,
            url,
            accept,
            body: None,
        };
        self.send(&request).await
    }

    /// What makes or changes something, and counts as content.
    async fn make(
        &self,
        as_whom: As,
        method: Method,
        url: Url,
        body: &Value,
    ) -> Result<Arc<Answer>, GitHubError> {
        self.limits.open(as_whom.installation())?;
        self.limits.spend(as_whom.installation())?;
        let request = Request {
            as_whom,
            method,
            url,
            accept: JSON,
            body: Some(body),
        };
        self.send(&request).await
    }

    /// Every item of a list. One that cannot be read to its end is none.
    async fn all<T, P: DeserializeOwned>(
        &self,
        as_whom: As,
        url: Url,
        items: impl Fn(P) -> Vec<T>,
    ) -> Result<Vec<T>, GitHubError> {
        let mut found = Vec::new();
        let mut url = url;
        for _ in 0..PAGES {
            let answer = self.get(as_whom, url.clone()).await?;
            found.extend(items(read(&url, &answer.body)?));
            let Some(next) = &answer.next else {
                return Ok(found);
            };
            url = self.follow(&url, next)?;
        }
        Err(unreadable(&url, "the list does not end"))
    }

    /// The next page, if it is the same API's: no token goes anywhere else.
    fn follow(&self, url: &Url, next: &str) -> Result<Url, GitHubError> {
        let next = Url::parse(next)
            .ok()
            .filter(|next| next.origin() == self.base.origin());
        next.ok_or_else(|| unreadable(url, "the next page is elsewhere"))
    }

    async fn send(&self, request: &Request<'_>) -> Result<Arc<Answer>, GitHubError> {
        self.limits.open(request.as_whom.installation())?;
        let answer = self.carry_out(request).await;
        metrics::asked_github(answer.as_ref().err());
        answer
    }

    async fn carry_out(&self, request: &Request<'_>) -> Result<Arc<Answer>, GitHubError> {
        let mut retried = false;
        loop {
            let token = self.token(request.as_whom).await?;
            let remembered = self.remembered(request);
            let response = self.ask(request, &token, remembered.as_ref()).await?;
            let status = response.status();
            if status == StatusCode::NOT_MODIFIED
                && let Some(remembered) = remembered
            {
                return Ok(remembered.answer);
            }
            // A token may have been taken back before its end.
            if status == StatusCode::UNAUTHORIZED && !retried {
                retried = true;
                self.forget(request.as_whom, &token).await;
                continue;
            }
            return self.understand(request, response).await;
        }
    }

    async fn ask(
        &self,
        request: &Request<'_>,
        token: &str,
        remembered: Option<&Remembered>,
    ) -> Result<Response, GitHubError> {
        let mut asked = self.prepared(request, token);
        if let Some(remembered) = remembered {
            asked = asked.header(IF_NONE_MATCH, &remembered.etag);
        }
        asked.send().await.map_err(unavailable)
    }

    fn prepared(&self, request: &Request<'_>, token: &str) -> RequestBuilder {
        let asked = self
            .http
            .request(request.method.clone(), request.url.clone())
            .timeout(PATIENCE)
            .bearer_auth(token)
            .header(ACCEPT, request.accept)
            .header(USER_AGENT, AGENT)
            .header("x-github-api-version", "2022-11-28");
        match request.body {
            Some(body) => asked.json(body),
            None => asked,
        }
    }

    async fn understand(
        &self,
        request: &Request<'_>,
        response: Response,
    ) -> Result<Arc<Answer>, GitHubError> {
        let status = response.status();
        let headers = response.headers().clone();
        let body = body(response, &request.url).await?;
        if status.is_success() {
            let answer = Arc::new(Answer {
                body,
                next: next_page(&headers),
            });
            self.remember(request, &headers, &answer);
            return Ok(answer);
        }
        let message = message(&body);
        if let Some(wait) = self.limit(status, &headers, &message) {
            self.limits.pause(request.as_whom.installation(), wait);
            return Err(GitHubError::Limited(wait));
        }
        let what = what(&request.url);
        Err(match status.as_u16() {
            404 | 410 | 451 => GitHubError::NotFound(what),
            status @ 500.. => GitHubError::Unavailable(format!("{status} at {what}")),
            status => GitHubError::Refused {
                what,
                status,
                message,
            },
        })
    }

    /// How long to wait, if this says that a limit is reached: the hourly one, or the one that keeps
    /// bursts away.
    fn limit(&self, status: StatusCode, headers: &HeaderMap, message: &str) -> Option<Duration> {
        if !matches!(status.as_u16(), 403 | 429) {
            return None;
        }
        let number = |name: &str| headers.get(name)?.to_str().ok()?.parse::<u64>().ok();
        if let Some(seconds) = number(RETRY_AFTER.as_str()) {
            return Some(Duration::from_secs(seconds.max(1)));
        }
        if number("x-ratelimit-remaining") == Some(0) {
            let reset = number("x-ratelimit-reset").and_then(|at| i64::try_from(at).ok());
            let reset = reset.map(|at| Timestamp::from_millis(at.saturating_mul(1000)));
            let wait = reset.map(|at| self.clock.now().until(at));
            return Some(wait.unwrap_or(UNTOLD).max(Duration::from_secs(1)));
        }
        let said = message.to_ascii_lowercase().contains("rate limit");
        (said || status == StatusCode::TOO_MANY_REQUESTS).then_some(UNTOLD)
    }

    /// A token that is good for some minutes more.
    async fn token(&self, as_whom: As) -> Result<String, GitHubError> {
        let now = self.clock.now();
        let installation = match as_whom {
            As::App => return self.app_token(now),
            As::Installation(id) => id,
        };
        let kept = self.kept(installation);
        let mut kept = kept.lock().await;
        let good = |known: &&Token| now.after(EARLY) < known.expires_at;
        if let Some(known) = kept.as_ref().filter(good) {
            return Ok(known.token.clone());
        }
        let id = installation.to_string();
        let url = self.url(&["app", "installations", &id, "access_tokens"], &[]);
        let request = Request {
            as_whom: As::App,
            method: Method::POST,
            url,
            accept: JSON,
            body: None,
        };
        let app = self.app_token(now)?;
        let response = self.ask(&request, &app, None).await?;
        let answer = self.understand(&request, response).await?;
        let token: Token = read(&request.url, &answer.body)?;
        Ok(kept.insert(token).token.clone())
    }

    /// Keeps a token no longer that was refused. Somebody else may have another one by now.
    async fn forget(&self, as_whom: As, refused: &str) {
        let kept = self.kept(as_whom.installation());
        kept.lock().await.take_if(|known| known.token == refused);
    }

    fn app_token(&self, now: Timestamp) -> Result<String, GitHubError> {
        let token = self.app.token(now);
        token.ok_or_else(|| GitHubError::Unavailable("the App's key signs nothing".to_owned()))
    }

    fn kept(&self, installation: u64) -> Arc<Kept> {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(tokens.entry(installation).or_default())
    }

    fn answers(&self) -> MutexGuard<'_, HashMap<String, Remembered>> {
        self.remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer to this very question, if it is remembered.
    fn remembered(&self, request: &Request<'_>) -> Option<Remembered> {
        let key = question(request)?;
        self.answers().get(&key).cloned()
    }

    fn remember(&self, request: &Request<'_>, headers: &HeaderMap, answer: &Arc<Answer>) {
        let etag = headers.get(ETAG).and_then(|etag| etag.to_str().ok());
        let (Some(key), Some(etag)) = (question(request), etag) else {
            return;
        };
        let mut answers = self.answers();
        // Rarely, and then all at once: what is forgotten is asked for once more.
        if answers.len() >= REMEMBERED {
            answers.clear();
        }
        let remembered = Remembered {
            etag: etag.to_owned(),
            answer: Arc::clone(answer),
        };
        answers.insert(key, remembered);
    }
}

/// What an answer is remembered by: an installation may see what another may not.
fn question(request: &Request<'_>) -> Option<String> {
    let (whom, url) = (request.as_whom.installation(), &request.url);
    (request.method == Method::GET).then(|| format!("{whom} {} {url}", request.accept))
}

/// A whole body, of so many bytes at most.
async fn body(mut response: Response, url: &Url) -> Result<Vec<u8>, GitHubError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unavailable)? {
        if body.len() + chunk.len() > LARGEST {
            return Err(unreadable(url, "it is too large"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The next page, as the header `Link` has it.
fn next_page(headers: &HeaderMap) -> Option<String> {
    let links = headers.get(LINK)?.to_str().ok()?;
    let next = links
        .split(',')
        .find(|link| link.contains("rel=\"next\""))?;
    let (_, rest) = next.split_once('<')?;
    let (url, _) = rest.split_once('>')?;
    Some(url.to_owned())
}

fn read<T: DeserializeOwned>(url: &Url, body: &[u8]) -> Result<T, GitHubError> {
    serde_json::from_slice(body).map_err(|error| unreadable(url, error.to_string()))
}

/// What GitHub says about why not.
fn message(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Said {
        message: String,
    }
    let said: Option<Said> = serde_json::from_slice(body).ok();
    let message = said.map(|said| said.message).unwrap_or_default();
    message
        .chars()
        .filter(|c| !c.is_control())
        .take(MESSAGE)
        .collect()
}

/// What was asked for, as it may be shown.
fn what(url: &Url) -> String {
    url.path().to_owned()
}

fn unavailable(error: reqwest::Error) -> GitHubError {
    GitHubError::Unavailable(error.without_url().to_string())
}

fn unreadable(url: &Url, why: impl Into<String>) -> GitHubError {
    GitHubError::Unreadable {
        what: what(url),
        why: why.into(),
    }
}

//! The calls.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tempus_api::shape::{
    Accepted, CallerView, CostsQuery, CostsView, CreateRequest, DeadLetters, ExtendRequest,
    Extended, HistoryQuery, HistoryView, JobView, LinkQuery, LinkView, LogsQuery, NewToken,
    OverviewView, PinRequest, PreviewView, Previews, PreviewsQuery, ReceiptView, ReplayRequest,
    Replayed, Roused, TokenRequest, Tokens, UpdateRequest,
};
use tempus_model::{JobId, PreviewId, TokenId};

use super::{Answer, Bearer, ClientError, Lines, Refusal, Server};
use crate::failure::Failure;

/// A connection to one server.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    bearer: Bearer,
}

/// How long one answer may take. Streams have no limit as a whole.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often a request is sent whose answer was lost. Safe for changes too: each carries an
/// idempotency key.
const TRIES: u32 = 3;

impl Client {
    /// A client of the server at this address. Nothing is sent yet.
    pub fn new(server: Server) -> Result<Self, ClientError> {
        let client = server.client()?;
        let mut base = server.url;
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let http = client
            .connect_timeout(Duration::from_secs(5))
            // A redirect could lead the token elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| unreachable(&base, &error))?;
        Ok(Self {
            http,
            base,
            bearer: server.bearer,
        })
    }

    /// The server's address.
    pub const fn base(&self) -> &Url {
        &self.base
    }

    /// Asks for a preview.
    pub async fn create(&self, request: &CreateRequest) -> Result<Answer<Accepted>, ClientError> {
        self.change(Method::POST, "preview/create", request).await
    }

    /// Moves a preview to another specification.
    pub async fn update(
        &self,
        preview: PreviewId,
        request: &UpdateRequest,
    ) -> Result<Answer<Accepted>, ClientError> {
        let path = format!("preview/{preview}/update");
        self.change(Method::POST, &path, request).await
    }

    /// Gives a preview another expiry.
    pub async fn extend(
        &self,
        preview: PreviewId,
        request: &ExtendRequest,
    ) -> Result<Answer<Extended>, ClientError> {
        let path = format!("preview/{preview}/extend");
        // Never sent twice: asked twice, "an hour more" is two.
        let request = self.request(Method::POST, &path).json(request);
        let sent = self.send(request).await?;
        self.answer(sent).await
    }

    /// Wakes a preview, or keeps it awake.
    pub async fn wake(&self, preview: PreviewId) -> Result<Answer<Roused>, ClientError> {
        let path = format!("preview/{preview}/wake");
        self.read(|| self.request(Method::POST, &path)).await
    }

    /// Keeps a preview beyond its time.
    pub async fn pin(
        &self,
        preview: PreviewId,
        request: &PinRequest,
    ) -> Result<Answer<Extended>, ClientError> {
        let path = format!("preview/{preview}/pin");
        // Never sent twice, as what follows: each is an entry of the history.
        let request = self.request(Method::POST, &path).json(request);
        let sent = self.send(request).await?;
        self.answer(sent).await
    }

    /// Lets a preview live no longer than others.
    pub async fn unpin(&self, preview: PreviewId) -> Result<Answer<Extended>, ClientError> {
        let path = format!("preview/{preview}/pin");
        let sent = self.send(self.request(Method::DELETE, &path)).await?;
        self.answer(sent).await
    }

    /// What was done to a preview.
    pub async fn history(
        &self,
        preview: PreviewId,
        query: &HistoryQuery,
    ) -> Result<Answer<HistoryView>, ClientError> {
        self.get(&format!("preview/{preview}/history"), query).await
    }

    /// Removes a preview.
    pub async fn destroy(&self, preview: PreviewId) -> Result<Answer<Accepted>, ClientError> {
        let path = format!("preview/{preview}");
        self.read(|| self.request(Method::DELETE, &path)).await
    }

    /// A preview.
    pub async fn preview(&self, preview: PreviewId) -> Result<Answer<PreviewView>, ClientError> {
        self.get(&format!("preview/{preview}"), &()).await
    }

    /// How the installation stands.
    pub async fn overview(&self) -> Result<Answer<OverviewView>, ClientError> {
        self.get("overview", &()).await
    }

    /// What previews cost.
    pub async fn costs(&self, query: &CostsQuery) -> Result<Answer<CostsView>, ClientError> {
        self.get("costs", query).await
    }

    /// A page of previews.
    pub async fn previews(&self, query: &PreviewsQuery) -> Result<Answer<Previews>, ClientError> {
        self.get("previews", query).await
    }

    /// A job.
    pub async fn job(&self, job: JobId) -> Result<Answer<JobView>, ClientError> {
        self.get(&format!("job/{job}"), &()).await
    }

    /// A job, again whenever it changes, as server-sent events.
    pub async fn job_events(&self, job: JobId) -> Result<Lines, ClientError> {
        self.stream(&format!("job/{job}/events"), &(), "text/event-stream")
            .await
    }

    /// A link that opens a preview.
    pub async fn link(
        &self,
        preview: PreviewId,
        query: &LinkQuery,
    ) -> Result<Answer<LinkView>, ClientError> {
        self.get(&format!("preview/{preview}/link"), query).await
    }

    /// A preview's log lines.
    pub async fn logs(&self, preview: PreviewId, query: &LogsQuery) -> Result<Lines, ClientError> {
        let path = format!("preview/{preview}/logs");
        self.stream(&path, query, "application/x-ndjson").await
    }

    /// The proof that a preview is gone.
    pub async fn receipt(&self, preview: PreviewId) -> Result<Answer<ReceiptView>, ClientError> {
        self.get(&format!("preview/{preview}/receipt"), &()).await
    }

    /// Everything that needs a person.
    pub async fn dead_letters(&self) -> Result<Answer<DeadLetters>, ClientError> {
        self.get("dead-letters", &()).await
    }

    /// Lets dead letters go on.
    pub async fn replay(&self, which: &ReplayRequest) -> Result<Answer<Replayed>, ClientError> {
        self.change(Method::POST, "dead-letters/replay", which)
            .await
    }

    /// Forgets a dead letter.
    pub async fn discard(&self, id: &str) -> Result<(), ClientError> {
        let mut url = self.base.clone();
        // As one segment, whatever is in it.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("dead-letters").push(id);
        }
        let request = self.http.request(Method::DELETE, url).timeout(PATIENCE);
        let sent = self.send(request).await?;
        self.accepted(sent).await.map(drop)
    }

    /// Makes a token.
    pub async fn create_token(
        &self,
        request: &TokenRequest,
    ) -> Result<Answer<NewToken>, ClientError> {
        // Never sent twice: a token whose answer was lost is one that nobody has.
        let request = self.request(Method::POST, "tokens").json(request);
        let sent = self.send(request).await?;
        self.answer(sent).await
    }

    /// Every token, without what it is recognised by.
    pub async fn tokens(&self) -> Result<Answer<Tokens>, ClientError> {
        self.get("tokens", &()).await
    }

    /// Ends a token.
    pub async fn revoke_token(&self, id: TokenId) -> Result<(), ClientError> {
        let request = self.request(Method::DELETE, &format!("tokens/{id}"));
        let sent = self.send(request).await?;
        self.accepted(sent).await.map(drop)
    }

    /// Who the server takes the caller for.
    pub async fn whoami(&self) -> Result<Answer<CallerView>, ClientError> {
        self.get("whoami", &()).await
    }

    /// Takes the store's copy, piece by piece. One that ends before it is whole is an error.
    pub async fn backup(
        &self,
        mut take: impl FnMut(&[u8]) -> std::io::Result<()>,
    ) -> Result<(), Failure> {
        let url = self
            .base
            .join("backup")
            .unwrap_or_else(|_| self.base.clone());
        // However long the copy takes. Its pieces come or they do not.
        let sent = self.send(self.http.post(url)).await?;
        let mut response = self.accepted(sent).await?;
        let cut = |error: reqwest::Error| unreachable(&self.base, &error);
        while let Some(bytes) = response.chunk().await.map_err(cut)? {
            take(&bytes)?;
        }
        Ok(())
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        // Paths are made here, of words and ids, so joining them cannot fail or lead elsewhere.
        let url = self.base.join(path).unwrap_or_else(|_| self.base.clone());
        self.http.request(method, url).timeout(PATIENCE)
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &impl Serialize,
    ) -> Result<Answer<T>, ClientError> {
        let path = with_query(path, query)?;
        self.read(|| self.request(Method::GET, &path)).await
    }

    async fn change<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Answer<T>, ClientError> {
        let key = uuid::Uuid::new_v4().to_string();
        let request = || {
            let request = self.request(method.clone(), path);
            request.header("idempotency-key", &key).json(body)
        };
        self.read(request).await
    }

    /// Sends a request that may be repeated, and reads the answer.
    async fn read<T: DeserializeOwned>(
        &self,
        request: impl Fn() -> RequestBuilder,
    ) -> Result<Answer<T>, ClientError> {
        let sent = self.insist(request).await?;
        self.answer(sent).await
    }

    /// Sends a request as whoever calls.
    async fn send(&self, request: RequestBuilder) -> Result<Sent, ClientError> {
        let request = match self.bearer.header().await? {
            Some(bearer) => request.header(AUTHORIZATION, bearer),
            None => request,
        };
        Ok(request.send().await)
    }

    /// Sends a request that may be repeated, until there is an answer or no hope of one.
    async fn insist(&self, request: impl Fn() -> RequestBuilder) -> Result<Sent, ClientError> {
        let mut tries = 1;
        loop {
            let sent = self.send(request()).await?;
            let pause = Duration::from_millis(250) * tries;
            let wait = match &sent {
                Ok(answer) => match answer.status() {
                    StatusCode::SERVICE_UNAVAILABLE => Some(pause),
                    StatusCode::TOO_MANY_REQUESTS => retry_after(answer.headers()),
                    _ => None,
                },
                Err(error) => (!error.is_connect() && !error.is_timeout()).then_some(pause),
            };
            match wait {
                Some(wait) if tries < TRIES => tokio::time::sleep(wait).await,
                _ => return Ok(sent),
            }
            tries += 1;
        }
    }

    async fn stream(
        &self,
        path: &str,
        query: &impl Serialize,
        accept: &'static str,
    ) -> Result<Lines, ClientError> {
        let path = with_query(path, query)?;
        let url = self.base.join(&path).unwrap_or_else(|_| self.base.clone());
        let request = || self.http.get(url.clone()).header("accept", accept);
        let sent = self.insist(request).await?;
        let response = self.accepted(sent).await?;
        Ok(Lines::new(response.bytes_stream(), self.base.clone()))
    }

    async fn answer<T: DeserializeOwned>(&self, sent: Sent) -> Result<Answer<T>, ClientError> {
        let response = self.accepted(sent).await?;
        let body = response
            .bytes()
            .await
            .map_err(|error| unreachable(&self.base, &error))?;
        Answer::read(&body)
    }

    async fn accepted(&self, sent: Sent) -> Result<Response, ClientError> {
        let response = sent.map_err(|error| unreachable(&self.base, &error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let is_json = mentions_json(response.headers());
        let body = response.bytes().await.unwrap_or_default();
        let refusal = is_json
            .then(|| serde_json::from_slice::<Refusal>(&body).ok())
            .flatten()
            .or_else(|| unsaid(status))
            .ok_or_else(|| {
                ClientError::NotUnderstood(format!("{} answered {status}", self.base))
            })?;
        Err(ClientError::Refused(Box::new(Refusal {
            status: status.as_u16(),
            ..refusal
        })))
    }
}

/// What was sent, and what came back.
type Sent = reqwest::Result<Response>;

/// How long a server that is asked too often wants to be left alone, if a person would wait.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds)).filter(|wait| *wait <= PATIENCE)
}

/// What a refusal means that came without a reason, from something in front of the server.
fn unsaid(status: StatusCode) -> Option<Refusal> {
    let title = match status {
        StatusCode::UNAUTHORIZED => "no token, or one that is not accepted",
        StatusCode::FORBIDDEN => "not allowed",
        StatusCode::TOO_MANY_REQUESTS => "asked too often; wait a little",
        _ => return None,
    };
    Some(Refusal {
        title: title.to_owned(),
        ..Refusal::default()
    })
}

fn with_query(path: &str, query: &impl Serialize) -> Result<String, ClientError> {
    let query = serde_urlencoded::to_string(query)
        .map_err(|error| ClientError::NotUnderstood(error.to_string()))?;
    Ok(if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    })
}

fn mentions_json(headers: &HeaderMap) -> bool {
    let declared = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    declared.is_some_and(|declared| declared.contains("json"))
}

/// Nobody answers, or nobody who can be trusted.
pub(super) fn unreachable(base: &Url, error: &reqwest::Error) -> ClientError {
    let mut reason = cause(error);
    if reason.contains("UnknownIssuer") {
        reason.push_str("; if it is your own authority's, name that with --ca-file");
    }
    ClientError::Unreachable {
        url: base.to_string(),
        reason,
    }
}

/// The innermost cause says what happened; the layers around it only say that something did.
pub(crate) fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

//! `GET /preview/{preview_id}/logs`

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, TryStreamExt};
use tempus_model::Snapshot;
use tempus_steps::{LogQuery, StepError};
use tracing::{Span, warn};

use super::accepted;
use crate::doc::Missing;
use crate::extract::{Query, Theirs};
use crate::identity::Caller;
use crate::refusal::Refusal;
use crate::shape::{LogLine, LogsQuery};
use crate::state::Api;

/// The most lines that a request may begin with.
const MOST: usize = 10_000;

/// Show a preview's log lines
///
/// One JSON document for each line, or plain text where `Accept` asks for `text/plain`. An answer
/// that ends before it is complete, because the platform stopped answering, is cut off.
#[utoipa::path(
    get,
    path = "/preview/{preview_id}/logs",
    tag = "previews",
    params(("preview_id" = Uuid, Path, description = "The preview"), LogsQuery),
    responses(
        (status = 200, description = "Log lines, oldest first", content(
            (LogLine = "application/x-ndjson"),
            (String = "text/plain"),
        )),
        Missing,
    )
)]
pub(crate) async fn logs(
    State(api): State<Api>,
    caller: Caller,
    Theirs(snapshot): Theirs<Snapshot>,
    Query(query): Query<LogsQuery>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let tail = query.tail.unwrap_or(100);
    if tail > MOST {
        return Err(Refusal::unreadable("tail", format!("must be 0 to {MOST}")));
    }
    let query = LogQuery {
        service: query.service,
        tail,
        follow: query.follow.unwrap_or_default(),
    };
    let lines = api.platform().logs(&snapshot, &query).await?;
    let format = Format::asked(&headers);
    let span = Span::current();
    let lines = lines
        .map_ok(move |line| format.write(&line.into()))
        .inspect_err(move |error| {
            let _entered = span.enter();
            warn!(%error, "log lines cut off");
        })
        .map_err(|error| std::io::Error::other(error.to_string()))
        .take_until(accepted::ends(&api, caller));
    let content_type = [(header::CONTENT_TYPE, format.media_type())];
    Ok((content_type, Body::from_stream(lines)).into_response())
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    JsonLines,
    Plain,
}

impl Format {
    /// Plain text where it is asked for and JSON is not.
    fn asked(headers: &HeaderMap) -> Self {
        let accept = headers.get_all(header::ACCEPT).iter();
        let accept: Vec<_> = accept.filter_map(|value| value.to_str().ok()).collect();
        let ranges = accept.iter().flat_map(|value| value.split(','));
        let mut plain = Self::JsonLines;
        for range in ranges {
            match range.split(';').next().unwrap_or_default().trim() {
                "application/x-ndjson" | "application/json" => return Self::JsonLines,
                "text/plain" | "text/*" => plain = Self::Plain,
                _ => {}
            }
        }
        plain
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::JsonLines => "application/x-ndjson",
            Self::Plain => "text/plain; charset=utf-8",
        }
    }

    fn write(self, line: &LogLine) -> Bytes {
        let mut text = match self {
            Self::JsonLines => serde_json::to_vec(line).unwrap_or_default(),
            Self::Plain => format!("{} {} | {}", line.at, line.service, line.text).into_bytes(),
        };
        text.push(b'\n');
        text.into()
    }
}

impl From<StepError> for Refusal {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Rejected { reason, .. } => Self::not_found(reason),
            StepError::Transient { .. } | StepError::Throttled(_) | StepError::Overdue { .. } => {
                Self::platform_busy(error.to_string())
            }
        }
    }
}

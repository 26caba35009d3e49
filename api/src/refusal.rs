//! Refusals: every way in which a request is not carried out, as a problem document.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tempus_engine::{CreateError, DiscardError, ExtendError, JobError, StoreError};
use tempus_model::transition::accept::NotAccepted;
use tempus_model::transition::discard::NoDiscard;
use tempus_model::transition::extend::NoExtend;
use tempus_model::{FieldError, Scope};

use crate::identity::Caller;
use crate::metrics;
use crate::shape::{BudgetView, Problem, ProblemKind};

/// The media type of problem documents.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// A request that is not carried out.
#[derive(Debug)]
pub(crate) struct Refusal(Box<Inner>);

#[derive(Debug)]
struct Inner {
    problem: Problem,
    retry_after: Option<Duration>,
    cause: Option<String>,
    /// Why the caller was turned away, where that is what this is.
    reason: Option<&'static str>,
    challenge: Option<String>,
}

/// Why a caller was turned away, in a word that metrics and logs tell such refusals apart by.
/// Travels with the response, as [`Cause`] does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reason(pub &'static str);

/// Why the server failed, for the log only. Travels with the response to where the request is
/// logged, so that each error is logged once and never shown.
#[derive(Debug, Clone)]
pub(crate) struct Cause(pub String);

impl Refusal {
    /// A refusal of this kind. `detail` says what was wrong and what would be right.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            problem: Problem {
                kind,
                title: kind.title().to_owned(),
                status: kind.status(),
                detail: detail.into(),
                errors: Vec::new(),
                limit: None,
                budget: None,
                holders: Vec::new(),
                owns: Vec::new(),
                needs: None,
            },
            retry_after: None,
            cause: None,
            reason: match kind {
                ProblemKind::ForeignOrigin => Some("foreign_origin"),
                ProblemKind::Quota => Some("quota"),
                ProblemKind::Budget => Some("budget"),
                _ => None,
            },
            challenge: None,
        }))
    }

    /// Fields of the body are at fault.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [only] => format!("{} {}", only.field, only.problem),
            [first, ..] => format!(
                "{} fields are at fault; the first: {} {}",
                errors.len(),
                first.field,
                first.problem
            ),
            [] => "the request cannot be carried out".to_owned(),
        };
        let mut refusal = Self::new(ProblemKind::Invalid, detail);
        refusal.0.problem.errors = errors.into_iter().map(Into::into).collect();
        refusal
    }

    /// One part of the request outside its body cannot be read.
    pub fn unreadable(field: impl Into<String>, problem: impl Into<String>) -> Self {
        let error = FieldError::new(field, problem);
        let mut refusal = Self::new(
            ProblemKind::BadRequest,
            format!("{} {}", error.field, error.problem),
        );
        refusal.0.problem.errors = vec![error.into()];
        refusal
    }

    /// There is no such thing.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::NotFound, detail)
    }

    /// The request does not say who sends it, or does not prove it. `reason` is for the log, the
    /// detail for whoever asks.
    pub fn unauthenticated(reason: &'static str, detail: impl Into<String>) -> Self {
        let mut refusal = Self::new(ProblemKind::Unauthenticated, detail);
        refusal.0.reason = Some(reason);
        refusal.0.challenge = Some(match reason {
            "no_token" => "Bearer realm=\"tempus\"".to_owned(),
            _ => "Bearer realm=\"tempus\", error=\"invalid_token\"".to_owned(),
        });
        refusal
    }

    /// Whether it is for want of a proof.
    pub fn is_unauthenticated(&self) -> bool {
        self.0.problem.kind == ProblemKind::Unauthenticated
    }

    /// What was wrong, and what would be right.
    pub fn detail(&self) -> &str {
        &self.0.problem.detail
    }

    /// The caller's scope does not reach.
    pub fn scope(has: Scope, needs: Scope) -> Self {
        let detail = format!("this needs the scope {needs}; the token that was sent has {has}");
        let mut refusal = Self::new(ProblemKind::Forbidden, detail);
        refusal.0.problem.needs = Some(needs);
        refusal.0.reason = Some("scope");
        refusal.0.challenge = Some(format!(
            "Bearer realm=\"tempus\", error=\"insufficient_scope\", scope=\"{needs}\""
        ));
        refusal
    }

    /// The caller names somebody else where it may name only itself.
    pub fn other_owner(field: &'static str, own: &str) -> Self {
        let error = FieldError::new(field, format!("must be your own, {own}, or left out"));
        let mut refusal = Self::new(
            ProblemKind::Forbidden,
            format!("{} {}", error.field, error.problem),
        );
        refusal.0.problem.errors = vec![error.into()];
        refusal.0.problem.needs = Some(Scope::Admin);
        refusal.0.reason = Some("owner");
        refusal
    }

    /// The caller asks too often.
    pub fn too_many(reason: &'static str, detail: &str, wait: Duration) -> Self {
        let mut refusal = Self::new(ProblemKind::TooMany, detail).retry_after(wait);
        refusal.0.reason = Some(reason);
        refusal
    }

    /// The month's budget is spent.
    pub fn budget(budget: &BudgetView) -> Self {
        let mut refusal = Self::new(
            ProblemKind::Budget,
            format!(
                "{budget}. Until then there are no new previews; those that exist are updated, \
                 extended and removed as ever, and what is removed costs no more"
            ),
        );
        refusal.0.problem.budget = Some(budget.clone());
        refusal
    }

    /// Something that is needed does not answer now.
    pub fn unavailable(detail: &str, again: Duration, cause: impl Into<String>) -> Self {
        Self::new(ProblemKind::Unavailable, detail)
            .retry_after(again)
            .because(cause)
    }

    /// A defect, or something that is no business of the client.
    pub fn internal(cause: impl Into<String>) -> Self {
        Self::new(
            ProblemKind::Internal,
            "this server failed in a way that it should not; its log says more",
        )
        .because(cause)
    }

    /// The platform did not answer, or asks for fewer calls.
    pub fn platform_busy(cause: impl Into<String>) -> Self {
        Self::new(
            ProblemKind::Unavailable,
            "the platform does not answer now; ask again",
        )
        .retry_after(Duration::from_secs(2))
        .because(cause)
    }

    /// Says when it is worth asking again. Rounded up to whole seconds, at least one.
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// What to log and not to show.
    fn because(mut self, cause: impl Into<String>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// The problem, for a caller within this program. What only the log is to have goes there.
    pub fn into_problem(self) -> Problem {
        if let Some(cause) = self.0.cause {
            tracing::warn!(error = cause, "not accepted");
        }
        self.0.problem
    }

    #[cfg(test)]
    pub fn problem(&self) -> &Problem {
        &self.0.problem
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Inner {
            problem,
            retry_after,
            cause,
            reason,
            challenge,
        } = *self.0;
        metrics::refused(reason.unwrap_or_else(|| problem.kind.word()));
        let status =
            StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(wait) = retry_after {
            headers.insert(header::RETRY_AFTER, seconds(wait));
        }
        let challenge = challenge.and_then(|text| HeaderValue::try_from(text).ok());
        if let Some(challenge) = challenge {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(reason) = reason {
            response.extensions_mut().insert(Reason(reason));
        }
        if let Some(cause) = cause {
            response.extensions_mut().insert(Cause(cause));
        }
        response
    }
}

/// A wait as `Retry-After` writes it: whole seconds, rounded up, at least one.
pub(crate) fn seconds(wait: Duration) -> HeaderValue {
    let seconds = wait.as_millis().div_ceil(1000).max(1);
    HeaderValue::from(u64::try_from(seconds).unwrap_or(u64::MAX))
}

/// How long a client should leave a store alone that does not answer.
const STORE_PAUSE: Duration = Duration::from_secs(2);
/// The same for one that is full: somebody has to make room.
const FULL_PAUSE: Duration = Duration::from_secs(10);

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let cause = error.to_string();
        match error {
            StoreError::Unavailable(_) => Self::new(
                ProblemKind::Unavailable,
                "the store does not answer; nothing was changed, ask again",
            )
            .retry_after(STORE_PAUSE)
            .because(cause),
            StoreError::Full(_) => Self::new(
                ProblemKind::Full,
                "nothing can be written: the disk that the store is on, its quota or a limit on its \
                 files is full; nothing was changed, ask again when there is room",
            )
            .retry_after(FULL_PAUSE)
            .because(cause),
            StoreError::Unanswered(_) => Self::new(
                ProblemKind::Unanswered,
                "the store's answer was lost, so the change may have been made; look before \
                 asking again, or ask again with the same Idempotency-Key",
            )
            .retry_after(STORE_PAUSE)
            .because(cause),
            StoreError::Unreadable(_) => Self::internal(cause),
            StoreError::BadCursor => Self::unreadable(
                "cursor",
                "must be the next_cursor of the page before; leave it out to begin at the first",
            ),
        }
    }
}

impl From<NotAccepted> for Refusal {
    fn from(no: NotAccepted) -> Self {
        let detail = match no {
            NotAccepted::Ended(phase) => {
                format!("the preview is {phase}; create a new one instead")
            }
            NotAccepted::Expired(at) => {
                format!("the preview's time was over at {at}; create a new one instead")
            }
            NotAccepted::ExpiryMoved(_) | NotAccepted::Already(_) => no.to_string(),
        };
        Self::new(ProblemKind::Ended, detail)
    }
}

impl From<JobError> for Refusal {
    fn from(error: JobError) -> Self {
        match error {
            JobError::NotFound => no_preview(),
            JobError::NotAccepted(no) => no.into(),
            JobError::KeyReused => Self::new(
                ProblemKind::KeyReused,
                "this Idempotency-Key came with another request in the last 24 hours; use a new \
                 key for a new request",
            ),
            JobError::Store(error) => error.into(),
        }
    }
}

impl Refusal {
    /// A create that was not accepted. Whoever is no administrator learns nothing of others: not
    /// who holds the name, and not whose previews take the places.
    pub fn of_create(error: CreateError, caller: &Caller) -> Self {
        match error {
            CreateError::NameTaken(owner) => {
                let detail = if caller.is_admin() || caller.is_called(&owner) {
                    format!(
                        "the name is held by a live preview of {owner}, made from something else; \
                         choose another name, or update or destroy that preview"
                    )
                } else {
                    "the name is held by a live preview of somebody else; choose another".to_owned()
                };
                let mut refusal = Self::new(ProblemKind::NameTaken, detail);
                let problem = "is taken; choose another";
                refusal.0.problem.errors = vec![FieldError::new("name", problem).into()];
                refusal
            }
            CreateError::Quota {
                whose,
                most,
                holders,
            } => {
                let mut refusal = Self::new(
                    ProblemKind::Quota,
                    format!("all {most} preview slots of {whose} are taken; destroy one first"),
                );
                refusal.0.problem.limit = Some(most);
                if caller.is_admin() || caller.is_called(&whose) {
                    refusal.0.problem.holders = holders;
                }
                refusal
            }
            // Whoever accepts creates knows which; see `Refusal::budget`.
            CreateError::Budget => Self::new(ProblemKind::Budget, error.to_string()),
            CreateError::NoListener => Self::new(
                ProblemKind::NoListener,
                "no listener has a free slot for another preview; destroy one, or configure more",
            )
            .retry_after(Duration::from_secs(30))
            .because("no listener has a free slot"),
            CreateError::Expired { .. } => Self::new(
                ProblemKind::Unavailable,
                "the preview of this name is just being taken down; ask again",
            )
            .retry_after(Duration::from_secs(1))
            .because(error.to_string()),
            CreateError::ShortTaken => Self::new(
                ProblemKind::Unavailable,
                "no free short id was found; ask again",
            )
            .retry_after(Duration::from_secs(1))
            .because("every random short id was in use"),
            CreateError::Job(error) => error.into(),
        }
    }
}

impl From<ExtendError> for Refusal {
    fn from(error: ExtendError) -> Self {
        match error {
            ExtendError::NotFound => no_preview(),
            ExtendError::NoExtend(NoExtend::NotPinned) => {
                Self::new(ProblemKind::NotPinned, "this preview is not pinned")
            }
            ExtendError::NoExtend(NoExtend::NotLonger(end)) => Self::new(
                ProblemKind::NotLonger,
                format!(
                    "this preview lives until {end} without a pin; pin it for longer, or leave it \
                     as it is"
                ),
            ),
            ExtendError::NoExtend(no) => Self::new(
                ProblemKind::Ended,
                format!("{no}; it cannot be extended, create a new one instead"),
            ),
            ExtendError::Store(error) => error.into(),
        }
    }
}

impl From<DiscardError> for Refusal {
    fn from(error: DiscardError) -> Self {
        match error {
            DiscardError::NotFound => Self::not_found("there is no dead letter of this id"),
            DiscardError::NoDiscard(NoDiscard::NotParked) => {
                Self::not_found("this preview is not a dead letter: it does not wait for a person")
            }
            DiscardError::NoDiscard(NoDiscard::Owns(steps)) => {
                let owns: Vec<_> = steps.iter().map(ToString::to_string).collect();
                let mut refusal = Self::new(
                    ProblemKind::StillOwns,
                    format!(
                        "it still owns {}; replay it, or destroy the preview",
                        owns.join(", ")
                    ),
                );
                refusal.0.problem.owns = owns;
                refusal
            }
            DiscardError::Store(error) => error.into(),
        }
    }
}

/// There is no job of the id that was asked for.
pub(crate) fn no_job() -> Refusal {
    Refusal::not_found("there is no job of this id; a preview shows its newest ones")
}

/// There is no preview of the id that was asked for.
pub(crate) fn no_preview() -> Refusal {
    Refusal::not_found("there is no preview of this id; GET /previews lists them")
}

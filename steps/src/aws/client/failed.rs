//! A call that failed, sorted by what to do about it.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::action::{Action, Effect};
use crate::StepError;

/// Codes that ask for fewer calls.
const THROTTLES: &[&str] = &[
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "PriorRequestNotComplete",
    "SlowDown",
];
/// Codes of refusals that pass by themselves.
const PASSING: &[&str] = &[
    // The service is being changed by another call.
    "UpdateInProgressException",
    "ConflictException",
    "ResourceInUseException",
    // Temporary credentials that are renewed, or a clock that is.
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "RequestTimeout",
    "RequestTimeoutException",
];
/// Codes of refusals for want of a permission.
const FORBIDDEN: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "NotAuthorized",
];
/// Codes of refusals for want of valid credentials.
const UNKNOWN_CALLER: &[&str] = &[
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "IncompleteSignature",
    "MissingAuthenticationToken",
    "AuthFailure",
];

/// Codes of an endpoint that does not know the operation.
const UNSUPPORTED: &[&str] = &[
    "InvalidAction",
    "NotImplemented",
    "UnknownOperation",
    "UnknownOperationException",
];

/// A call that failed.
#[derive(Debug)]
pub(in crate::aws) struct Failed {
    status: Option<u16>,
    code: String,
    message: String,
    error: StepError,
}

impl Failed {
    /// Whether AWS answered with this code.
    pub(in crate::aws) fn is(&self, code: &str) -> bool {
        self.code == code
    }

    /// Whether AWS asked for fewer calls. Waiting in line for too long is no answer of AWS.
    pub(super) fn is_throttled(&self) -> bool {
        self.status.is_some() && matches!(self.error, StepError::Throttled(_))
    }

    /// What it is, in a word.
    pub(super) fn word(&self) -> &str {
        match (&*self.code, self.status) {
            ("", None) => "no answer",
            ("", Some(_)) => "unreadable answer",
            (code, _) => code,
        }
    }

    /// Whether the endpoint does not have the operation at all, as an emulator may not.
    pub(in crate::aws) fn is_unsupported(&self) -> bool {
        // A refusal without a code is none of AWS's.
        let unworded = self.status == Some(400) && self.code.is_empty();
        self.status == Some(501) || unworded || UNSUPPORTED.contains(&&*self.code)
    }

    /// Whether AWS's message has these words. Only for refusals that have no code of their own.
    pub(in crate::aws) fn says(&self, words: &str) -> bool {
        self.message
            .to_ascii_lowercase()
            .contains(&words.to_ascii_lowercase())
    }

    /// Sorts what the SDK returned.
    pub(super) fn new<E>(action: Action, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let named = action.operation();
        let (code, message) = match error {
            SdkError::ServiceError(refused) => (refused.err().code(), refused.err().message()),
            _ => (None, None),
        };
        let code = code.unwrap_or_default().to_owned();
        let message = message.unwrap_or_default().to_owned();
        let status = error.raw_response().map(|raw| raw.status().as_u16());
        let lost = |reason: String| match action.effect() {
            Effect::Change => StepError::lost(reason),
            Effect::Read => StepError::transient(reason),
        };
        let sorted = match error {
            SdkError::ConstructionFailure(_) => StepError::rejected(format!(
                "{named} could not be put together: {}",
                chain(error)
            )),
            SdkError::TimeoutError(_) => lost(format!("{named}: no answer within the time-out")),
            SdkError::DispatchFailure(failure) => {
                let reason = format!("{named}: {}", chain(error));
                // For want of credentials, or of a connection, nothing was sent.
                let unsent = failure.is_other() && is_unsigned(error);
                if unsent || is_refused_connection(error) {
                    StepError::transient(reason)
                } else {
                    lost(reason)
                }
            }
            SdkError::ServiceError(_) => return Self::answered(action, status, code, message),
            // A gateway's page, for one; a good answer that cannot be read was a call all the same.
            _ if status.is_some_and(|status| status == 429 || status >= 500) => {
                return Self::answered(action, status, code, message);
            }
            _ => lost(format!(
                "{named}: an answer that cannot be read: {}",
                chain(error)
            )),
        };
        Self {
            status,
            code,
            message,
            error: sorted,
        }
    }

    /// Sorts what AWS answered.
    pub(super) fn answered(
        action: Action,
        status: Option<u16>,
        code: String,
        message: String,
    ) -> Self {
        let named = action.operation();
        let error = match status {
            _ if status == Some(429) || THROTTLES.contains(&&*code) => {
                StepError::Throttled(format!("AWS asks for fewer calls of {named}"))
            }
            Some(status) if status >= 500 => {
                let reason = format!("{named}: AWS answered {status} {code} {message}");
                // What a broken server did before it broke, nobody knows.
                match action.effect() {
                    Effect::Change => StepError::lost(reason),
                    Effect::Read => StepError::transient(reason),
                }
            }
            _ => refusal(action, &code, &message),
        };
        Self {
            status,
            code,
            message,
            error,
        }
    }
}

impl From<StepError> for Failed {
    fn from(error: StepError) -> Self {
        Self {
            status: None,
            code: String::new(),
            message: String::new(),
            error,
        }
    }
}

impl From<Failed> for StepError {
    fn from(failed: Failed) -> Self {
        failed.error
    }
}

fn refusal(action: Action, code: &str, message: &str) -> StepError {
    let named = action.operation();
    if PASSING.contains(&code) || message.contains("Too many concurrent attempts") {
        return StepError::transient(format!("{named}: {code}: {message}"));
    }
    if FORBIDDEN.contains(&code) {
        return StepError::rejected(format!(
            "Tempus's role may not call {}: allow it in the role's policy ({message})",
            action.iam().join(", ")
        ));
    }
    if UNKNOWN_CALLER.contains(&code) {
        return StepError::rejected(format!(
            "AWS does not accept Tempus's credentials: check which ones it runs with ({message})"
        ));
    }
    let advice = match code {
        "TooManyTargetGroups" => {
            "the account's quota of target groups is full: destroy previews, or ask AWS to raise it"
        }
        "TooManyUniqueTargetGroupsPerLoadBalancer" | "TooManyTargets" => {
            "the load balancer holds as many target groups as it can: add a listener on another \
             one to the pool"
        }
        "TooManyRules" => {
            "the load balancer's quota of rules is full: add a listener on another one to the \
             pool, or ask AWS to raise it"
        }
        "TargetGroupAssociationLimit" => {
            "the target group is attached to another load balancer already"
        }
        "ListenerNotFound" | "ListenerNotFoundException" => {
            "the configured listener does not exist: correct the listener's ARN"
        }
        "ClusterNotFoundException" => {
            "the configured ECS cluster does not exist: create it, or correct its name"
        }
        "NamespaceNotFoundException" => {
            "the configured Service Connect namespace does not exist: create it, or correct it"
        }
        "SecurityGroupLimitExceeded" => {
            "the VPC's quota of security groups is full: destroy previews, or ask AWS to raise it"
        }
        "LimitExceededException" | "ServiceQuotaExceededException" => {
            "a quota of the account is full: destroy previews, or ask AWS to raise it"
        }
        _ => {
            return StepError::rejected(format!(
                "AWS refused {named}: {}",
                sentence(code, message)
            ));
        }
    };
    StepError::rejected(format!("{advice} ({})", sentence(code, message)))
}

fn sentence(code: &str, message: &str) -> String {
    match (code, message) {
        ("", "") => "without a reason".to_owned(),
        (code, "") => code.to_owned(),
        (_, message) => message.trim().trim_end_matches('.').to_owned(),
    }
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let this = next?;
        next = this.source();
        Some(this)
    })
}

/// The error and what caused it, in one line.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut texts: Vec<String> = Vec::new();
    for cause in causes(error) {
        let text = cause.to_string();
        if texts.last() != Some(&text) {
            texts.push(text);
        }
    }
    texts.join(": ")
}

/// Whether no connection was made, so that nothing can have been sent.
pub(super) fn is_refused_connection(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused)
    })
}

/// Whether the request was never signed, for want of credentials.
fn is_unsigned(error: &(dyn Error + 'static)) -> bool {
    let text = chain(error).to_ascii_lowercase();
    text.contains("credentials") || text.contains("identity")
}

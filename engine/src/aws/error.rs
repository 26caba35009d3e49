//! What can go wrong with a call, sorted by what the caller may conclude from it.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::{QueueError, StoreError, TimerError};

/// Why an engine was not opened, or its resources not made.
#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    /// No region was given and none is configured. Set one, or `AWS_REGION`.
    #[error("no AWS region: set one in the configuration, or AWS_REGION")]
    NoRegion,
    /// The table holds no installation. Bootstrap it, or correct the table's name.
    #[error("table {table} has not been bootstrapped; run `tempus bootstrap`, or correct its name")]
    NotBootstrapped {
        /// The table.
        table: String,
    },
    /// A newer version of Tempus made the table. Use that version.
    #[error("table {table} has schema {found}, but this version of tempus knows {known} at most")]
    Newer {
        /// The table.
        table: String,
        /// The version of its schema.
        found: u64,
        /// The newest version that this program knows.
        known: u64,
    },
    /// Something of this name exists and is not what is needed. Choose another name, or remove it.
    #[error("{what} exists, but {difference}; choose another name, or remove it")]
    Different {
        /// What exists.
        what: String,
        /// How it differs.
        difference: String,
    },
    /// A call did not succeed.
    #[error("{call}: {detail}")]
    Call {
        /// The call.
        call: &'static str,
        /// Why.
        detail: String,
    },
}

impl AwsError {
    /// For `map_err`.
    pub(super) fn call<E>(call: &'static str) -> impl FnOnce(SdkError<E, HttpResponse>) -> Self
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        move |error| Self::Call {
            call,
            detail: Fault::of(&error).to_string(),
        }
    }
}

/// A call that did not succeed, by what it has done.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Fault {
    /// Nothing was done, and the same call may succeed in a moment: throttled, or in conflict
    /// with another transaction.
    #[error("{0}")]
    Busy(String),
    /// Nothing was done, and the same call would fail again.
    #[error("{0}")]
    Refused(String),
    /// Nobody knows whether it was done: no answer came, or one that says nothing.
    #[error("{0}")]
    Unknown(String),
}

/// An error and what caused it: the SDK's own text names only the outermost.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.ends_with(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}

/// Error codes of calls that were not carried out because of others under way.
const CONFLICTS: &[&str] = &[
    "ConflictException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "TransactionConflictException",
];

/// Error codes of calls that were not carried out because too many were made.
const THROTTLES: &[&str] = &[
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// Whether an error code asks for fewer calls.
pub(super) fn is_throttle(code: &str) -> bool {
    THROTTLES.contains(&code)
}

impl Fault {
    /// Sorts an error of the SDK.
    pub(super) fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        let detail = chain(error);
        match error {
            SdkError::ConstructionFailure(_) => Self::Refused(detail),
            SdkError::ServiceError(answer) => {
                let code = answer.err().code().unwrap_or_default();
                let message = answer.err().message().unwrap_or_default();
                let said = format!("{code}: {message}");
                match answer.raw().status().as_u16() {
                    _ if CONFLICTS.contains(&code) || is_throttle(code) => Self::Busy(said),
                    // The transaction of this token is still under way.
                    _ if code == "TransactionInProgressException" => Self::Unknown(said),
                    429 => Self::Busy(said),
                    400..500 => Self::Refused(said),
                    _ => Self::Unknown(said),
                }
            }
            _ => Self::Unknown(detail),
        }
    }

    /// What it means that a read met this: nothing was done, whatever it was.
    pub(super) fn of_read(self) -> StoreError {
        StoreError::Unavailable(self.to_string())
    }

    /// What it means that a write met this.
    pub(super) fn of_write(self) -> StoreError {
        match self {
            Self::Unknown(detail) => StoreError::Unanswered(detail),
            Self::Busy(detail) | Self::Refused(detail) => StoreError::Unavailable(detail),
        }
    }
}

impl From<Fault> for QueueError {
    fn from(fault: Fault) -> Self {
        Self(fault.to_string())
    }
}

impl From<Fault> for TimerError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Busy(detail) => Self::Throttled(detail),
            Fault::Refused(detail) => Self::Rejected(detail),
            Fault::Unknown(detail) => Self::Transient(detail),
        }
    }
}

//! Errors: `application/problem+json` (RFC 9457).

use serde::{Deserialize, Serialize};
use tempus_model::{FieldError, Scope};
use utoipa::ToSchema;

use super::{BudgetView, schema};

/// Why a request was not carried out. Nothing was changed, unless `type` says that nobody knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// The kind of problem: what programs tell problems apart by.
    #[serde(rename = "type")]
    #[schema(value_type = schema::ProblemKind)]
    pub kind: ProblemKind,
    /// The kind in a few words, always the same for one kind.
    pub title: String,
    /// The status code.
    pub status: u16,
    /// What was wrong with this request and what would be right.
    pub detail: String,
    /// The fields at fault, where fields are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    /// For a quota: how many there may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// For a budget: how it stands, and when the month is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<BudgetView>,
    /// For a quota: names of previews that take the places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holders: Vec<String>,
    /// For a dead letter that cannot be discarded: the steps whose resources it still owns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owns: Vec<String>,
    /// For a caller that may not do this: the scope that it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Scope>)]
    pub needs: Option<Scope>,
}

/// One field at fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldProblem {
    /// The field's path in the body, such as `services[1].port`, or the name of a query
    /// parameter, a path segment or a header.
    pub field: String,
    /// What was wrong and what would be right.
    pub problem: String,
}

impl From<FieldError> for FieldProblem {
    fn from(error: FieldError) -> Self {
        Self {
            field: error.field,
            problem: error.problem,
        }
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $urn:literal, $status:literal, $title:literal;)+) => {
        /// The kinds of problems. Each belongs to one status code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ProblemKind {$(
            $(#[$doc])*
            #[serde(rename = $urn)]
            $name,
        )+}

        impl ProblemKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The last word of its URN, as metrics have it.
            pub fn word(self) -> &'static str {
                let urn = match self {$(Self::$name => $urn),+};
                urn.rsplit(':').next().unwrap_or(urn)
            }

            /// The status code.
            pub const fn status(self) -> u16 {
                match self {$(Self::$name => $status),+}
            }

            /// The kind in a few words.
            pub const fn title(self) -> &'static str {
                match self {$(Self::$name => $title),+}
            }
        }
    };
}

kinds! {
    /// The body is not JSON.
    MalformedJson = "urn:tempus:problem:malformed-json", 400, "The body is not valid JSON";
    /// An id, a query parameter, a header or a path cannot be read.
    BadRequest = "urn:tempus:problem:bad-request", 400, "The request cannot be read";
    /// The request does not prove who sends it.
    Unauthenticated = "urn:tempus:problem:unauthenticated", 401, "A token is needed";
    /// The caller may not do this.
    Forbidden = "urn:tempus:problem:forbidden", 403, "Not allowed";
    /// The request comes from a page that may not use this API.
    ForeignOrigin = "urn:tempus:problem:foreign-origin", 403, "Another site's page may not use this API";
    /// It did not come through a trusted proxy.
    NotProxied = "urn:tempus:problem:not-proxied", 403, "This server is reached through its proxy alone";
    /// It came to the proxy without TLS.
    InTheClear = "urn:tempus:problem:in-the-clear", 403, "This server is reached by HTTPS alone";
    /// There is nothing by this id or at this address.
    NotFound = "urn:tempus:problem:not-found", 404, "Not found";
    /// There is no receipt, and none on its way: the preview is still wanted.
    NoReceipt = "urn:tempus:problem:no-receipt", 404, "There is no receipt";
    /// The address exists, but not for this method.
    MethodNotAllowed = "urn:tempus:problem:method-not-allowed", 405, "Method not allowed";
    /// The body took too long to arrive.
    BodyTimeout = "urn:tempus:problem:body-timeout", 408, "The body took too long";
    /// The preview's state does not allow it.
    Ended = "urn:tempus:problem:preview-ended", 409, "The preview has ended";
    /// The preview is open, so there is nothing to open it with.
    NotProtected = "urn:tempus:problem:not-protected", 409, "The preview is not protected";
    /// The preview is not pinned.
    NotPinned = "urn:tempus:problem:not-pinned", 409, "The preview is not pinned";
    /// The preview lives as long without a pin.
    NotLonger = "urn:tempus:problem:not-longer", 409, "The preview lives as long as that";
    /// The name is held by somebody else's preview.
    NameTaken = "urn:tempus:problem:name-taken", 409, "The name is taken";
    /// The preview is gone or going, and the proof is still to come.
    ReceiptPending = "urn:tempus:problem:receipt-pending", 409, "The receipt is still to come";
    /// A parked saga still owns something.
    StillOwns = "urn:tempus:problem:still-owns", 409, "It still owns something";
    /// The body is larger than is taken.
    TooLarge = "urn:tempus:problem:too-large", 413, "The body is too large";
    /// The body is not declared as JSON.
    NotJson = "urn:tempus:problem:unsupported-media-type", 415, "The body must be JSON";
    /// The request was sent to a name that this server does not answer to.
    Misdirected = "urn:tempus:problem:misdirected", 421, "This server does not answer to that name";
    /// Fields are unknown, of a wrong type or out of range.
    Invalid = "urn:tempus:problem:invalid", 422, "The request asks for something that cannot be";
    /// The idempotency key came with another request before.
    KeyReused = "urn:tempus:problem:idempotency-key-reused", 422, "The idempotency key was used for another request";
    /// Every slot is taken.
    Quota = "urn:tempus:problem:quota", 429, "All preview slots are taken";
    /// The month's budget is spent: new previews are refused.
    Budget = "urn:tempus:problem:budget", 429, "The month's budget is spent";
    /// The caller asks too often.
    TooMany = "urn:tempus:problem:too-many-requests", 429, "Too many requests";
    /// A defect of this server.
    Internal = "urn:tempus:problem:internal", 500, "Internal error";
    /// The engine keeps its store elsewhere.
    NoBackup = "urn:tempus:problem:no-backup", 501, "This engine has no file to back up";
    /// It was not done; ask again.
    Unavailable = "urn:tempus:problem:unavailable", 503, "Not available now";
    /// Nobody knows whether it was done; look before asking again.
    Unanswered = "urn:tempus:problem:unanswered", 503, "Nobody knows whether it was done";
    /// The disk is full. It was not done; ask again when there is room.
    Full = "urn:tempus:problem:full", 507, "Nothing can be written";
    /// No listener has room for another preview.
    NoListener = "urn:tempus:problem:no-listener", 503, "No room for another preview";
}

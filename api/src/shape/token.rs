//! `POST /tokens`, `GET /tokens` and `GET /whoami`.

use std::fmt;

use serde::{Deserialize, Serialize};
use tempus_model::{Scope, Timestamp};
use utoipa::ToSchema;

use super::{OwnerView, schema};

/// Asks for a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "ci of the shop", "scope": "deployer", "owner": "acme/shop", "expires_in": "90d"}))]
pub struct TokenRequest {
    /// What it is for: 1 to 100 characters that whoever finds it in the list will understand.
    pub name: String,
    /// What its bearer may do.
    #[schema(value_type = schema::Scope)]
    pub scope: Scope,
    /// Whose previews its bearer sees and changes; yours unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The owner's stable id, where it is not the same text: the repository's number for the
    /// previews that workflows of a repository make.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<String>,
    /// How long it is good, such as `"12h"` or `"90d"`, at most `"366d"`; or `"never"`, if it shall
    /// never expire.
    pub expires_in: String,
}

/// A token, shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewToken {
    /// The token. Nobody can show it again.
    pub token: String,
    /// What is stored of it.
    pub record: TokenView,
}

impl fmt::Debug for NewToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewToken")
            .field("record", &self.record)
            .finish_non_exhaustive()
    }
}

/// A token, without what it is recognised by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenView {
    /// What it is revoked by, and what logs call it.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// What its bearer may do.
    #[schema(value_type = schema::Scope)]
    pub scope: Scope,
    /// Whose previews its bearer sees and changes.
    pub owner: OwnerView,
    /// Whether it is good.
    pub state: TokenState,
    /// Who made it, as logs name callers.
    pub created_by: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it expires; left out if never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// When it was revoked, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub revoked_at: Option<Timestamp>,
}

/// Whether a token is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenState {
    /// It is.
    Good,
    /// Its time is over.
    Expired,
    /// It was revoked.
    Revoked,
}

impl TokenState {
    /// The state as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// Every token, oldest first. What has ended is listed for 30 days at least.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tokens {
    /// The tokens.
    pub tokens: Vec<TokenView>,
}

/// Who is calling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CallerView {
    /// What the caller is known by.
    pub kind: CallerKind,
    /// What logs call the caller.
    pub name: String,
    /// What the caller may do.
    #[schema(value_type = schema::Scope)]
    pub scope: Scope,
    /// Whose previews the caller sees and changes; an administrator everybody's.
    pub owner: OwnerView,
    /// When what the caller is known by stops being good; left out if never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// What a caller is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallerKind {
    /// Being at this machine: nobody needs to say who they are.
    Local,
    /// The token whose hash is configured.
    Configured,
    /// A token of this API.
    Token,
    /// An identity token.
    Oidc,
}

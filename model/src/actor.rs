//! Who did something: kept with what was done, as the history of a preview.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::TokenId;

/// Who did something. Holds no secret: a token goes by its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// Somebody who called the API.
    Caller {
        /// The id of the owner whose previews they manage.
        id: String,
        /// What people call that owner.
        login: String,
        /// What they proved themselves by.
        by: Proof,
    },
    /// Somebody on GitHub, through the App.
    #[serde(rename = "github")]
    GitHub {
        /// Who.
        person: Person,
        /// What they did there.
        did: Did,
    },
    /// The App, where GitHub did not say who it was.
    App,
    /// Somebody who used the preview.
    Visitor,
    /// The preview's own end.
    Timer,
    /// A worker, by itself.
    Worker,
}

/// What a caller of the API proved themselves by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// By being at this machine: identity is off.
    Machine,
    /// By the token whose hash is configured.
    Configured,
    /// By a token.
    Token(TokenId),
    /// By the word of somebody else.
    Oidc {
        /// Whose word.
        issuer: String,
        /// The place of the rule of `identity.oidc` that let them in, from 1.
        rule: u32,
        /// What the issuer calls them.
        subject: String,
        /// Who made it run, where the issuer says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        actor: Option<String>,
    },
}

/// Somebody, as GitHub knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Their stable id, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// What they are called.
    pub login: String,
}

macro_rules! did {
    ($($(#[$doc:meta])* $name:ident $word:literal)*) => {
        /// What somebody did on GitHub.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Did {
            $($(#[$doc])* $name,)*
        }

        impl Did {
            /// In a word.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),* }
            }
        }
    };
}

did! {
    /// Opened the pull request.
    Opened "opened"
    /// Opened it again.
    Reopened "reopened"
    /// Pushed commits.
    Pushed "pushed"
    /// Closed or merged the pull request.
    Closed "closed"
    /// Gave it a label.
    Labeled "labeled"
    /// Took a label away.
    Unlabeled "unlabeled"
    /// Changed what it would be merged into.
    Edited "edited"
    /// Said that it is no draft any more.
    Readied "readied"
    /// Made a draft of it.
    Drafted "drafted"
    /// Wrote a command in a comment.
    Commented "commented"
    /// Approved a commit of a fork.
    Approved "approved"
    /// Deleted the branch.
    Deleted "deleted"
}

impl Actor {
    /// Somebody on GitHub who did this, or the App where it is not known who.
    pub fn on_github(who: Option<&By>) -> Self {
        who.map_or(Self::App, |by| Self::GitHub {
            person: by.person.clone(),
            did: by.did,
        })
    }

    /// Somebody at this machine, who goes by this name.
    pub fn at_this_machine(name: &str) -> Self {
        Self::Caller {
            id: name.to_owned(),
            login: name.to_owned(),
            by: Proof::Machine,
        }
    }
}

/// Who did what on GitHub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct By {
    /// Who.
    pub person: Person,
    /// What.
    pub did: Did,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Caller { login, by, .. } => write!(f, "{login}{by}"),
            Self::GitHub { person, did } => {
                write!(f, "{} on GitHub ({})", person.login, did.as_str())
            }
            Self::App => f.write_str("GitHub"),
            Self::Visitor => f.write_str("a visitor"),
            Self::Timer => f.write_str("its end"),
            Self::Worker => f.write_str("a worker"),
        }
    }
}

/// As it stands behind a name.
impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Machine => Ok(()),
            Self::Configured => f.write_str(" (configured token)"),
            Self::Token(id) => write!(f, " (token {id})"),
            Self::Oidc {
                rule,
                actor: Some(actor),
                ..
            } => write!(f, " ({actor}, by rule {rule})"),
            Self::Oidc { rule, subject, .. } => write!(f, " ({subject}, by rule {rule})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is stored of an actor is read by later versions.
    #[test]
    fn an_actor_is_stored_in_a_form_that_stays() {
        let token = Proof::Token("00112233aabbccdd".parse().unwrap());
        let oidc = Proof::Oidc {
            issuer: "https://ci.example".to_owned(),
            rule: 2,
            subject: "repo:acme/shop".to_owned(),
            actor: Some("ann".to_owned()),
        };
        let caller = |by| Actor::Caller {
            id: "12".to_owned(),
            login: "acme/shop".to_owned(),
            by,
        };
        let ann = By {
            person: Person {
                id: Some(7),
                login: "ann".to_owned(),
            },
            did: Did::Pushed,
        };
        for (actor, json, text) in [
            (
                caller(token),
                r#"{"caller":{"id":"12","login":"acme/shop","by":{"token":"00112233aabbccdd"}}}"#,
                "acme/shop (token 00112233aabbccdd)",
            ),
            (
                caller(oidc),
                r#"{"caller":{"id":"12","login":"acme/shop","by":{"oidc":{"issuer":"https://ci.example","rule":2,"subject":"repo:acme/shop","actor":"ann"}}}}"#,
                "acme/shop (ann, by rule 2)",
            ),
            (
                Actor::at_this_machine("local"),
                r#"{"caller":{"id":"local","login":"local","by":"machine"}}"#,
                "local",
            ),
            (
                Actor::on_github(Some(&ann)),
                r#"{"github":{"person":{"id":7,"login":"ann"},"did":"pushed"}}"#,
                "ann on GitHub (pushed)",
            ),
            (Actor::on_github(None), r#""app""#, "GitHub"),
            (Actor::Visitor, r#""visitor""#, "a visitor"),
            (Actor::Timer, r#""timer""#, "its end"),
            (Actor::Worker, r#""worker""#, "a worker"),
        ] {
            assert_eq!(serde_json::to_string(&actor).unwrap(), json);
            assert_eq!(serde_json::from_str::<Actor>(json).unwrap(), actor);
            assert_eq!(actor.to_string(), text);
        }
    }
}

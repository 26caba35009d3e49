//! `GET /preview/{preview_id}/history`.

use serde::{Deserialize, Serialize};
use tempus_model::{
    Actor, Asked, DeedKind, Event, EventKind, JobId, JobStatus, PreviewId, Proof, Timestamp,
    TokenId,
};
use utoipa::{IntoParams, ToSchema};

use super::schema;

/// How much of a history.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct HistoryQuery {
    /// How many of the newest events, 1 to 1000; 100 unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<usize>,
}

/// What was done to a preview.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HistoryView {
    /// The preview.
    #[schema(value_type = String, format = Uuid)]
    pub preview_id: PreviewId,
    /// What was done, newest first.
    pub events: Vec<EventView>,
    /// Whether there is more than was asked for.
    pub more: bool,
}

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What.
    pub event: EventName,
    /// By whom; left out where an older version did not note it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<ActorView>,
    /// The job that it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid)]
    pub job_id: Option<JobId>,
    /// How that job stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::JobStatus>)]
    pub status: Option<JobStatus>,
    /// The end that the preview had by it, or that was announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// The end that it had before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expired_at: Option<Timestamp>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What was done to a preview.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventName {
    /// It was asked for.
    Created,
    /// Another specification was asked for.
    Updated,
    /// Its end was asked for.
    Destroyed,
    /// Its time was over.
    Expired,
    /// It could not be made.
    Failed,
    /// An update could not be made; it is as before.
    RolledBack,
    /// It has another end.
    Extended,
    /// It was pinned.
    Pinned,
    /// It is pinned no more.
    Unpinned,
    /// It was parked, and went on.
    Replayed,
    /// It was parked, and given up.
    Discarded,
    /// It was put to sleep, since nobody used it.
    Slept,
    /// It was woken.
    Woken,
    /// Its end was announced.
    Warned,
}

impl EventName {
    /// In a word or two.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Destroyed => "destroyed",
            Self::Expired => "expired",
            Self::Failed => "failed",
            Self::RolledBack => "rolled back",
            Self::Extended => "extended",
            Self::Pinned => "pinned",
            Self::Unpinned => "unpinned",
            Self::Replayed => "replayed",
            Self::Discarded => "discarded",
            Self::Slept => "put to sleep",
            Self::Woken => "woken",
            Self::Warned => "warned",
        }
    }
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActorView {
    /// What kind of actor.
    pub kind: ActorKind,
    /// All of it in a few words, for people.
    pub name: String,
    /// The id of the owner whose previews a caller manages, or of the person on GitHub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What that owner or person is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// The id of the token that a caller used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub token_id: Option<TokenId>,
    /// The identity token that a caller used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oidc: Option<OidcView>,
    /// What a person did on GitHub, as `pushed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub did: Option<String>,
}

/// By whose word somebody was let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OidcView {
    /// The issuer.
    pub issuer: String,
    /// The place of the rule of `identity.oidc` that let them in, from 1.
    pub rule: u32,
    /// What the issuer calls them.
    pub subject: String,
    /// Who made it run, where the issuer says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// The kinds of actors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A caller of this API.
    Caller,
    /// Somebody on GitHub, through the App.
    Github,
    /// The App, where GitHub did not say who it was.
    App,
    /// Somebody who used the preview.
    Visitor,
    /// The preview's own end.
    Timer,
    /// A worker, by itself.
    Worker,
}

impl From<Event> for EventView {
    fn from(event: Event) -> Self {
        let mut view = Self {
            at: event.at,
            event: EventName::Warned,
            by: event.by.map(Into::into),
            job_id: None,
            status: None,
            expires_at: None,
            expired_at: None,
            reason: None,
        };
        view.event = match event.what {
            EventKind::Asked(job, asked, status) => {
                (view.job_id, view.status) = (Some(job), Some(status));
                match asked {
                    Asked::Created => EventName::Created,
                    Asked::Updated => EventName::Updated,
                    Asked::Destroyed => EventName::Destroyed,
                    Asked::Expired => EventName::Expired,
                }
            }
            EventKind::Failed(job, failure) => {
                (view.job_id, view.reason) = (Some(job), Some(failure.reason));
                EventName::Failed
            }
            EventKind::RolledBack(job, failure) => {
                (view.job_id, view.reason) = (Some(job), Some(failure.reason));
                EventName::RolledBack
            }
            EventKind::Did(deed) => view.did(deed),
        };
        view
    }
}

impl EventView {
    fn did(&mut self, deed: DeedKind) -> EventName {
        match deed {
            DeedKind::Extended { from, to } => {
                (self.expired_at, self.expires_at) = (Some(from), Some(to));
                EventName::Extended
            }
            DeedKind::Pinned { until, reason } => {
                (self.expires_at, self.reason) = (Some(until), Some(reason.into()));
                EventName::Pinned
            }
            DeedKind::Unpinned { to } => {
                self.expires_at = Some(to);
                EventName::Unpinned
            }
            DeedKind::Replayed => EventName::Replayed,
            DeedKind::Discarded => EventName::Discarded,
            DeedKind::Slept => EventName::Slept,
            DeedKind::Woken => EventName::Woken,
            DeedKind::Warned { of } => {
                self.expires_at = Some(of);
                EventName::Warned
            }
        }
    }
}

impl From<Actor> for ActorView {
    fn from(actor: Actor) -> Self {
        let name = actor.to_string();
        let of = |kind| Self {
            kind,
            name: name.clone(),
            id: None,
            login: None,
            token_id: None,
            oidc: None,
            did: None,
        };
        match actor {
            Actor::Caller { id, login, by } => {
                let mut view = of(ActorKind::Caller);
                (view.id, view.login) = (Some(id), Some(login));
                match by {
                    Proof::Machine | Proof::Configured => {}
                    Proof::Token(id) => view.token_id = Some(id),
                    Proof::Oidc {
                        issuer,
                        rule,
                        subject,
                        actor,
                    } => {
                        view.oidc = Some(OidcView {
                            issuer,
                            rule,
                            subject,
                            actor,
                        });
                    }
                }
                view
            }
            Actor::GitHub { person, did } => Self {
                id: person.id.map(|id| id.to_string()),
                login: Some(person.login),
                did: Some(did.as_str().to_owned()),
                ..of(ActorKind::Github)
            },
            Actor::App => of(ActorKind::App),
            Actor::Visitor => of(ActorKind::Visitor),
            Actor::Timer => of(ActorKind::Timer),
            Actor::Worker => of(ActorKind::Worker),
        }
    }
}

//! What goes over the wire: the requests and answers of every call, as types.
//!
//! Server and client are built on the same types, and the OpenAPI document is generated from
//! them. A request refuses fields that it does not know, so that a typing error is not silently
//! ignored; an answer ignores them, so that an older client can read a newer server.
//!
//! Times are RFC 3339 in UTC, lifetimes are texts such as `"90m"`, ids are UUIDs.

mod access;
mod costs;
mod create;
mod dead_letter;
mod delivered;
mod extend;
mod history;
mod job;
mod link;
mod log;
mod number;
mod object;
mod overview;
mod pin;
mod preview;
mod problem;
mod query;
mod receipt;
pub(crate) mod schema;
mod seed;
mod spoken;
mod status;
mod token;
mod update;
mod wake;

pub use access::AccessRequest;
pub(crate) use costs::usd;
pub use costs::{
    BudgetStanding, BudgetView, CostView, CostsQuery, CostsView, DayCost, EstimateView, OwnerCost,
    PreviewCost, PricesView, RepositoryCost, SpentBy, Usd,
};
pub use create::{Accepted, AutoscaleRequest, CreateRequest, ServiceRequest};
pub use dead_letter::{
    DeadLetterKind, DeadLetterPreview, DeadLetterView, DeadLetters, Outcome, ReplayRequest,
    ReplayResult, Replayed,
};
pub use delivered::Delivered;
pub use extend::{ExtendRequest, Extended};
pub use history::{
    ActorKind, ActorView, EventName, EventView, HistoryQuery, HistoryView, OidcView,
};
pub use job::{FailureView, JobView, PauseView, StepView};
pub use link::{LinkQuery, LinkView};
pub use log::LogLine;
pub(crate) use object::Object;
pub use overview::{
    FindingsView, LeaseView, ListenerView, OrphanView, OverviewView, OwnerSlots, PhaseCount,
    PreviewName, QueueView, QuotaView, WorkerView,
};
pub use pin::{PinRequest, PinView};
pub use preview::{
    Ending, JobRefView, JobSummary, OwnerView, PreviewView, Previews, RunView, ServiceView,
};
pub use problem::{FieldProblem, Problem, ProblemKind};
pub use query::{LogsQuery, PreviewsQuery};
pub use receipt::{CheckView, ReceiptView, RemovedView};
pub use seed::SeedShape;
pub use spoken::{exact, rough};
pub use status::{Health, HealthStatus, Ready, ReadyStatus};
pub use token::{CallerKind, CallerView, NewToken, TokenRequest, TokenState, TokenView, Tokens};
pub use update::UpdateRequest;
pub use wake::Roused;

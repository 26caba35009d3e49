//! The HTTP front end: accepts a request, answers at once with a job id, and shows how it went.
//!
//! What it is: a [`router`] of handlers that each ask the store for one whole intent, and the
//! [`shape`]s of everything on the wire. What it is not: it carries nothing out (workers do), and
//! it knows nothing of leases, sagas or any platform's services. Previews are served elsewhere, on
//! a port or hosts of their own, so that their pages have another origin than this API; what a load
//! balancer sends here because no preview takes it is answered by `gate`, and by nothing else.
//!
//! ```text
//!   request ──► layers ──► extract ──► request ──► store.create / update / extend / destroy
//!               trace      id, key,    spec, ttl,        │ one transaction
//!               guard      json,       identity          ▼
//!               intake     query       (all errors    hint ──► queue
//!                                      at once)          │
//!   answer  ◄── shape ◄──────────────────────────────────┘   or a refusal: problem+json
//! ```
//!
//! Folders: `console` (the same for people, as pages), `extract` (parts of a request, typed), `request` (from request to model), `handler`
//! (a file for each resource), `identity` (who calls, and what they may do), `layer` (what happens to every request), [`shape`] (the wire).

mod accept;
mod books;
mod census;
mod config;
mod console;
mod doc;
mod extract;
mod gate;
mod handler;
mod hint;
mod identity;
mod kept;
mod layer;
mod live;
mod metrics;
mod overview;
mod recorder;
mod refusal;
pub mod repository;
mod request;
mod rouse;
mod router;
mod serve;
pub mod shape;
mod state;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod webhook;

pub use books::{Budgets, Costs};
pub use config::{
    Config, DefaultAccess, DefaultApp, Hosts, ListenerTemplate, Size, TtlOrder, TtlRange, Warnings,
};
pub use gate::{Front, StoreDirectory};
pub use identity::{Identity, OidcError, OidcPace, Pattern, Rate, Rule};
pub use metrics::METRICS;
pub use recorder::{Metrics, MetricsError};
pub use router::{document, router};
pub use serve::{Probe, Socket, Tls, TlsError, serve, serve_probe};
pub use state::{Api, Parts};
pub use webhook::{Webhook, WebhookError};

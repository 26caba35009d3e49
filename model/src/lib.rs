//! What a preview, a job, a saga and a name are: pure types and rules, no I/O, no clock.
//!
//! Everything Tempus guarantees is decided here, by functions from a [`Row`] to a new [`Row`]
//! ([`transition`]). An engine only has to carry such a decision out as one conditional write;
//! a worker only has to make the calls that the row asks for. So the rules can be read, tested
//! and model-checked without a database, and two engines cannot disagree on them.
//!
//! ```text
//!   accept ──► Row { desired, generation } ◄── what the user wants
//!                │  claim (epoch+1, lease)
//!                ▼
//!              Row { saga, ledger }        ◄── what a worker is doing, and everything it started
//!                │  checkpoint · turn · wait
//!                ▼
//!              Row { settled }             ◄── what is known to be true
//!                │  verify
//!                ▼
//!              Receipt                     ◄── the proof that all of it is gone
//! ```

mod access;
mod failure;
mod hint;
mod id;
mod job;
mod ledger;
mod metric;
mod name;
mod price;
mod receipt;
mod row;
mod saga;
mod scope;
mod spec;
mod time;
mod token;
pub mod transition;

pub use access::{Access, AccessMode, AccessVersion, PasswordHash};
pub use failure::{Failure, FailureKind};
pub use hint::{Hint, HintError};
pub use id::{
    Epoch, Generation, IdError, InstallationId, JobId, MessageId, Nonce, PreviewId, ShortId,
    SpecId, WorkerId,
};
pub use job::{Job, JobKind, JobRef, JobStatus};
pub use ledger::{Ledger, LedgerEntry, StepId};
pub use metric::{Metric, MetricKind, MetricUnit};
pub use name::{DnsName, NameError, resource_name, short_of, slug};
pub use price::{Address, Capacity};
pub use receipt::{Check, Receipt, Removed};
pub use row::{
    Absence, Desired, GoneAs, Identity, Lease, Origin, Owner, Parked, Phase, Route, Row, Settled,
    Snapshot, State, Work,
};
pub use saga::{Course, PlanId, PlanKind, PlannedStep, Saga, Stage, StepProgress, StepState};
pub use scope::{Scope, ScopeError};
pub use spec::{FieldError, Limits, Service, Spec};
pub use time::{Timestamp, Ttl, TtlError};
pub use token::{
    NotGood, Token, TokenError, TokenHash, TokenHashError, TokenId, TokenIdError, TokenRecord,
};

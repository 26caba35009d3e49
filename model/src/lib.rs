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

mod failure;
mod fate;
mod hint;
mod id;
pub mod invariant;
mod job;
mod ledger;
mod name;
mod next;
mod receipt;
mod row;
mod saga;
mod spec;
mod time;
pub mod transition;

pub use failure::{Failure, FailureKind};
pub use fate::{Fate, Meeting};
pub use hint::{Hint, HintError};
pub use id::{
    Epoch, Generation, IdError, InstallationId, JobId, MessageId, Nonce, PreviewId, ShortId,
    SpecId, WorkerId,
};
pub use job::{Job, JobKind, JobRef, JobStatus};
pub use ledger::{Ledger, LedgerEntry, StepId};
pub use name::{DnsName, NameError, resource_name, slug};
pub use next::{Next, TIMER_RANK, next};
pub use receipt::{Check, Receipt, Removed};
pub use row::{
    Absence, Desired, GoneAs, Identity, Lease, Origin, Owner, Parked, Phase, Route, Row, Settled,
    Snapshot, State, Work,
};
pub use saga::{Course, PlanId, PlanKind, PlannedStep, Saga, Stage, StepProgress, StepState};
pub use spec::{FieldError, Limits, Service, Spec};
pub use time::{Timestamp, Ttl, TtlError};

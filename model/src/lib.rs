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
mod actor;
#[cfg(feature = "breakages")]
pub mod breakage;
mod count;
mod day;
mod deed;
mod failure;
mod fate;
mod footprint;
pub mod github;
mod hint;
mod history;
mod id;
pub mod invariant;
mod job;
mod ledger;
mod metric;
mod name;
mod next;
mod pin;
mod price;
mod receipt;
pub mod repository_file;
mod retention;
mod row;
mod saga;
mod schedule;
mod scope;
mod secret;
mod seed;
mod spans;
mod spec;
mod template;
mod time;
mod token;
pub mod transition;
mod warning;

pub use access::{Access, AccessMode, AccessVersion, PasswordHash};
pub use actor::{Actor, By, Did, Person, Proof};
pub use count::Autoscale;
pub use day::{Day, DayError};
pub use deed::{Deed, DeedKind};
pub use failure::{Failure, FailureKind};
pub use fate::{Fate, Meeting};
pub use footprint::{Footprint, Used};
pub use hint::{Hint, HintError};
pub use history::{Asked, Event, EventKind, history};
pub use id::{
    Epoch, Generation, IdError, InstallationId, JobId, MessageId, Nonce, PreviewId, ShortId,
    SpecId, WorkerId,
};
pub use job::{Job, JobKind, JobRef, JobStatus};
pub use ledger::{Ledger, LedgerEntry, StepId};
pub use metric::{Metric, MetricKind, MetricUnit};
pub use name::{DnsName, NameError, resource_name, short_of, slug};
pub use next::{Next, TIMER_RANK, next};
pub use pin::{Pin, PinReason, PinReasonError};
pub use price::{Address, Capacity, Prices};
pub use receipt::{Check, Receipt, Removed};
pub use row::{
    Absence, Desired, GoneAs, Identity, Lease, Origin, Owner, Parked, Phase, Route, Row, Settled,
    Snapshot, State, Wakefulness, Work,
};
pub use saga::{
    Course, Pause, PlanId, PlanKind, PlannedStep, Saga, Stage, StepProgress, StepState,
};
pub use schedule::{Cron, Days, Schedule, ScheduleError, Timetable};
pub use scope::{Scope, ScopeError};
pub use secret::{SECRET_REFERENCE, SecretPlace, is_secret_name, secret_pattern, secret_place};
pub use seed::Seed;
pub use spans::{Span, Spans};
pub use spec::{Checkout, FieldError, Limits, Service, Spec};
pub use template::{Template, TemplateError};
pub use time::{Timestamp, Ttl, TtlError};
pub use token::{
    NotGood, SessionOf, Token, TokenError, TokenHash, TokenHashError, TokenId, TokenIdError,
    TokenRecord,
};
pub use warning::Warning;

/// Whether this rule is broken on purpose: a constant `false`, unless the feature `breakages` is on
/// and a test has chosen the rule by its name in `breakage::Breakage`.
#[cfg(feature = "breakages")]
#[macro_export]
macro_rules! broken {
    ($which:ident) => {
        $crate::breakage::is($crate::breakage::Breakage::$which)
    };
}

/// Whether this rule is broken on purpose: a constant `false`, unless the feature `breakages` is on
/// and a test has chosen the rule.
#[cfg(not(feature = "breakages"))]
#[macro_export]
macro_rules! broken {
    ($which:ident) => {
        false
    };
}

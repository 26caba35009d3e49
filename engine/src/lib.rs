//! The durable part: ports, and the engines behind them.
//!
//! Four ports say what the rest of Tempus may ask of an engine: a [`Store`] of rows, a [`Queue`]
//! of hints, a [`Timer`] that posts the destroy, and a [`Clock`]. The rules of what may be
//! written are not here: they are pure functions in `tempus_model::transition`, which a store
//! carries out as one conditional write each. The conformance suite (the feature `conformance`) says what
//! any engine must do, and every engine passes the same one.
//!
//! ```text
//!   api ──accept──►┌───────┐◄──claim, checkpoint, settle── worker
//!                  │ Store │   the truth
//!                  └───────┘
//!   api ──hint────►┌───────┐──hint──────────────────────► worker
//!                  │ Queue │   may lose, double, delay and reorder: costs time, nothing else
//!   Timer ──hint──►└───────┘
//! ```

pub mod aws;
mod backup;
pub mod chance;
mod clock;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod queue;
pub mod sqlite;
mod store;
#[cfg(any(test, feature = "conformance"))]
pub mod testing;
mod timer;
mod trace;

pub use backup::{Backup, BackupError};
pub use clock::{Clock, SystemClock, TokioClock};
pub use queue::{Delivery, Depth, Handle, Outgoing, Queue, QueueError};
pub use store::{
    Accepted, Budget, ClaimError, CreateError, Cursor, DeadLetter, DeadLetterId, DiscardError,
    ExtendError, Filter, Idempotency, JobError, Listener, NewPreview, Page, Quotas, Repeat,
    Reserve, ReserveError, SourceError, Store, StoreError, Update, WriteError,
};
/// What an expiry becomes: an argument of [`Store::extend`].
pub use tempus_model::transition::extend::Extended;
pub use timer::{Alarm, Timer, TimerError};
pub use trace::{InTrace, TraceContext};

//! The engine's ports as one process sees them: every call passes a gate, and every change of a
//! row is seen.

mod look;
mod queue;
mod store;
mod timer;

pub(super) use queue::WrappedQueue;
pub(super) use store::WrappedStore;
pub(super) use timer::WrappedTimer;

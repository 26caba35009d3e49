//! What is seen of every change, at the moment of the change.

use tempus_model::transition::Fence;
use tempus_model::{Job, PreviewId, Receipt, Row};

/// One change of one row, as the store made it.
pub struct Written<'a> {
    /// The verb that made it.
    pub verb: &'static str,
    /// The row before; `None` of a new one.
    pub before: Option<&'a Row>,
    /// The row after.
    pub after: &'a Row,
    /// The holder's claim and write, of a holder's write.
    pub fence: Option<&'a Fence>,
    /// The jobs that changed with it, each as it was and as it is.
    pub jobs: &'a [(Option<Job>, Job)],
    /// The receipt that was written with it.
    pub receipt: Option<&'a Receipt>,
    /// What is taken after it, where the store can tell.
    pub taken: Option<Taken>,
}

impl Written<'_> {
    /// Whose row it is.
    pub fn preview(&self) -> PreviewId {
        self.after.preview
    }
}

/// What is taken, and by how many it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Slots of the quota of everybody.
    pub quota: usize,
    /// Slots of owners.
    pub owners: usize,
    /// Previews that are not gone.
    pub exist: usize,
    /// Slots on listeners.
    pub listeners: usize,
    /// Previews without a receipt.
    pub unproven: usize,
}

/// Sees every change. Called while the store is locked: it must not ask the store.
pub trait Watch: Send + Sync {
    /// A change was made.
    fn written(&self, written: &Written<'_>);
}

/// Sees nothing.
pub struct Unwatched;

impl Watch for Unwatched {
    fn written(&self, _written: &Written<'_>) {}
}

//! What a step may ask of its surroundings.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

use async_trait::async_trait;
use tempus_model::{Generation, Identity, InstallationId, PreviewId, Spec, SpecId, Timestamp};

use crate::StepError;

/// A step's surroundings. Implemented by the worker, for one attempt of one step.
#[async_trait]
pub trait Ctx: Send + Sync {
    /// The installation: part of every name and tag.
    fn installation(&self) -> InstallationId;

    /// The preview.
    fn identity(&self) -> &Identity;

    /// The generation that entered the step in the ledger: part of idempotency tokens.
    fn generation(&self) -> Generation;

    /// When the preview's time is over.
    fn expires_at(&self) -> Timestamp;

    /// Now.
    fn now(&self) -> Timestamp;

    /// What the step's deadline counts from. A step that can say more than "too late" rejects by
    /// itself before the deadline does it.
    fn since(&self) -> Timestamp;

    /// Whether what the ledger says can be trusted, or must be looked up first.
    fn trust(&self) -> Trust;

    /// A spec of this preview.
    async fn spec(&self, id: SpecId) -> Result<Arc<Spec>, StepError>;

    /// Every spec that this preview was ever to run, as far as its jobs are remembered: from them
    /// an audit knows names that no ledger holds any more.
    async fn specs(&self) -> Result<Vec<Arc<Spec>>, StepError>;

    /// A number from a pool, the same one each time for the same item. Freed by the receipt.
    /// Numbers in `avoid` were seen to be in use by somebody else.
    async fn reserve(
        &self,
        pool: &str,
        item: &str,
        range: RangeInclusive<u32>,
        avoid: &BTreeSet<u32>,
    ) -> Result<u32, StepError>;

    /// Sets the alarm that posts this preview's destroy. Idempotent by name.
    async fn set_timer(&self, name: &str, fires_at: Timestamp) -> Result<(), StepError>;

    /// Clears an alarm; one that does not exist is no error.
    async fn clear_timer(&self, name: &str) -> Result<(), StepError>;

    /// The names of this preview's alarms.
    async fn timers(&self) -> Result<Vec<String>, StepError>;

    /// Says that somebody uses the preview: it shall not sleep, whatever was decided before.
    async fn rouse(&self) -> Result<(), StepError>;

    /// Whether another preview has been removed.
    async fn is_gone(&self, preview: PreviewId) -> Result<bool, StepError>;

    /// Whether the preview's name is still its own: no newer preview has it.
    async fn holds_name(&self) -> Result<bool, StepError>;
}

/// Whether what the ledger says is all there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Nothing was written that we do not know of: a call may be made without looking first.
    Trusted,
    /// A dead worker or a lost answer may have made it already: look first.
    Suspect,
}

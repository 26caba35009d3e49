//! The versions of plans that the platforms with templates have.

use tempus_model::{PlanId, PlanKind, Wakefulness};

/// Towards a preview that runs.
const AWAKE: u16 = 1;
/// Towards one that sleeps. A version of its own, so that a worker which knows nothing of sleep
/// hands such a saga back instead of starting what shall not run.
const ASLEEP: u16 = 2;

/// The version that new sagas begin with.
pub(crate) const fn newest(kind: PlanKind, wakefulness: Wakefulness) -> PlanId {
    let version = match wakefulness {
        Wakefulness::Awake => AWAKE,
        Wakefulness::Asleep => ASLEEP,
    };
    PlanId { kind, version }
}

/// Whether this version of the program carries the plan out.
pub(crate) const fn knows(plan: PlanId) -> bool {
    matches!(plan.version, AWAKE | ASLEEP)
}

//! Where faults come in: around every call, of the cloud and of whatever else a test wraps.

use async_trait::async_trait;

use crate::StepError;

/// Stands around every call, and may let it fail, be lost, hang, or be the last thing its caller
/// ever did.
#[async_trait]
pub trait Hook: Send + Sync {
    /// Called before the call has its effect. An error means that it never has.
    async fn before(&self, call: &str) -> Result<(), Fault>;

    /// Called after the call has had its effect. An error means that its answer is lost.
    async fn after(&self, call: &str) -> Result<(), Fault>;
}

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// No answer within the time-out. Nobody knows what happened.
    TimedOut,
    /// Too many calls.
    Throttled,
    /// The service is not well.
    Unavailable,
    /// The service will not do it.
    Rejected,
}

impl From<Fault> for StepError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::TimedOut => Self::lost("no answer within the time-out"),
            Fault::Throttled => Self::Throttled("too many calls".to_owned()),
            Fault::Unavailable => Self::transient("the service is not available"),
            Fault::Rejected => Self::rejected("the simulated cloud was told to refuse this"),
        }
    }
}

/// No faults.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFaults;

#[async_trait]
impl Hook for NoFaults {
    async fn before(&self, _call: &str) -> Result<(), Fault> {
        Ok(())
    }

    async fn after(&self, _call: &str) -> Result<(), Fault> {
        Ok(())
    }
}

//! The timer as one process sees it.

use std::sync::Arc;

use async_trait::async_trait;
use tempus_engine::{Alarm, Timer, TimerError};
use tempus_model::PreviewId;
use tempus_steps::sim::Fault;

use crate::sim::gate::{Effect, Gate};

/// A timer whose calls pass a gate.
pub(in crate::sim) struct WrappedTimer {
    pub(in crate::sim) inner: Arc<dyn Timer>,
    pub(in crate::sim) gate: Arc<dyn Gate>,
}

fn timer_error(fault: Fault) -> TimerError {
    match fault {
        Fault::TimedOut | Fault::Unavailable => TimerError::Transient(format!("{fault:?}")),
        Fault::Throttled => TimerError::Throttled("too many calls".to_owned()),
        Fault::Rejected => TimerError::Rejected("told to refuse".to_owned()),
    }
}

impl WrappedTimer {
    async fn enter(&self, call: &str, about: Option<PreviewId>) -> Result<Effect, TimerError> {
        self.gate.enter(call, about).await.map_err(timer_error)
    }

    async fn leave(&self, call: &str, about: Option<PreviewId>) -> Result<(), TimerError> {
        self.gate.leave(call, about).await.map_err(timer_error)
    }
}

#[async_trait]
impl Timer for WrappedTimer {
    async fn set(&self, alarm: &Alarm) -> Result<(), TimerError> {
        self.enter("timer.set", Some(alarm.preview)).await?;
        self.inner.set(alarm).await?;
        self.leave("timer.set", Some(alarm.preview)).await
    }

    async fn clear(&self, name: &str) -> Result<(), TimerError> {
        self.enter("timer.clear", None).await?;
        self.inner.clear(name).await?;
        self.leave("timer.clear", None).await
    }

    async fn list(&self, preview: PreviewId) -> Result<Vec<String>, TimerError> {
        self.enter("timer.list", Some(preview)).await?;
        let names = self.inner.list(preview).await?;
        self.leave("timer.list", Some(preview)).await?;
        Ok(names)
    }
}

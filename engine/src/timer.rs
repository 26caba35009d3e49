//! The timer port: posts a preview's destroy to the queue when its time is over.

use async_trait::async_trait;
use tempus_model::{Hint, PreviewId, Timestamp};

use crate::TraceContext;

/// Alarms that survive every process. Firing puts [`tempus_model::Hint::Expire`] on the queue.
#[async_trait]
pub trait Timer: Send + Sync {
    /// Sets an alarm. Setting one that exists with the same content changes nothing.
    async fn set(&self, alarm: &Alarm) -> Result<(), TimerError>;

    /// Clears an alarm. Clearing one that does not exist, or has fired, is no error.
    async fn clear(&self, name: &str) -> Result<(), TimerError>;

    /// The names of the alarms that stand for this preview.
    async fn list(&self, preview: PreviewId) -> Result<Vec<String>, TimerError>;
}

/// One alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Its name, which carries the expiry: an extend sets the new one before it clears the old.
    /// Begins as all names of the preview's resources do ([`tempus_model::resource_name`]): an
    /// engine may have no other way to list a preview's alarms.
    pub name: String,
    /// Whose destroy it posts.
    pub preview: PreviewId,
    /// When it fires: at this time or up to a minute around it, as exactly as the engine can.
    pub fires_at: Timestamp,
    /// What set it: the trace of what it brings about links back to there. No part of what an alarm
    /// is, so the one that stands keeps its own.
    pub set_by: Option<TraceContext>,
}

impl Alarm {
    /// Whether it does the same, whatever set it.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let what = |alarm: &Self| (alarm.preview, alarm.fires_at);
        self.name == other.name && what(self) == what(other)
    }

    /// What it puts on the queue.
    pub fn hint(&self) -> Hint {
        let set_by = self.set_by.as_ref().map(TraceContext::traceparent);
        Hint::expire(self.preview, self.fires_at, set_by)
    }
}

/// Why an alarm was not set, cleared or listed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TimerError {
    /// Passing: try again. The call may have had its effect.
    #[error("timer: {0}")]
    Transient(String),
    /// Passing: too many calls; try again later.
    #[error("timer: too many calls: {0}")]
    Throttled(String),
    /// Trying again will not help.
    #[error("timer: refused: {0}")]
    Rejected(String),
}

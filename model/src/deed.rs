//! Deeds: what was done to a preview without a job, for its history. What has a job is told by it.

use serde::{Deserialize, Serialize};

use crate::{Actor, PinReason, Timestamp};

/// Something that was done to a preview: kept by the very write that did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Actor,
    /// What.
    pub what: DeedKind,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeedKind {
    /// It has another end.
    Extended {
        /// The end that it had.
        from: Timestamp,
        /// The end that it has.
        to: Timestamp,
    },
    /// It was pinned, or pinned otherwise.
    Pinned {
        /// Until when.
        until: Timestamp,
        /// Why.
        reason: PinReason,
    },
    /// It is pinned no more.
    Unpinned {
        /// The end that it has.
        to: Timestamp,
    },
    /// Its parked saga went on.
    Replayed,
    /// Its parked saga was given up.
    Discarded,
    /// It is to sleep, since nobody uses it.
    Slept,
    /// It sleeps no more.
    Woken,
    /// Its end was announced.
    Warned {
        /// Which end.
        of: Timestamp,
    },
}

//! `GET /overview`.

use serde::{Deserialize, Serialize};
use tempus_model::{Phase, PreviewId, Timestamp};
use utoipa::ToSchema;

use super::schema;

/// How an installation stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OverviewView {
    /// The installation, as it is in every name and tag.
    pub installation: String,
    /// When it was looked at: some seconds ago at most.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The queue; left out while it does not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueView>,
    /// How many previews there are, by phase, of those that are not gone.
    pub phases: Vec<PhaseCount>,
    /// The workers that hold a lease. One that holds none leaves no trace.
    pub workers: Vec<WorkerView>,
    /// The slots that previews take until they are gone.
    pub quota: QuotaView,
    /// The listeners, in order of preference.
    pub listeners: Vec<ListenerView>,
    /// What needs a person, and what is looked at again.
    pub findings: FindingsView,
}

/// How much is on the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QueueView {
    /// Hints that wait to be taken.
    pub waiting: u64,
    /// Hints that a worker has.
    pub in_flight: u64,
    /// Hints that are not due yet.
    pub delayed: u64,
    /// How long the work has waited, in milliseconds, that has waited longest and that nobody holds.
    pub oldest_ms: u64,
}

/// How many previews are in a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PhaseCount {
    /// The phase.
    #[schema(value_type = schema::Phase)]
    pub phase: Phase,
    /// How many are in it.
    pub previews: usize,
}

/// Names a preview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PreviewName {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub preview_id: PreviewId,
    /// Its name.
    pub name: String,
}

/// A worker, and what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkerView {
    /// What it is called.
    pub worker: String,
    /// What it holds.
    pub leases: Vec<LeaseView>,
}

/// The right to work on a preview, for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LeaseView {
    /// The preview.
    #[serde(flatten)]
    pub of: PreviewName,
    /// What is carried out, such as `create@1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// Until when; one that has passed is taken over.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
}

/// The slots that previews take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuotaView {
    /// How many there may be in all.
    pub total: u32,
    /// How many of one owner.
    pub per_owner: u32,
    /// How many there are.
    pub taken: usize,
    /// Who takes them, most first.
    pub owners: Vec<OwnerSlots>,
}

/// The slots that one owner takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnerSlots {
    /// The owner's stable id.
    pub id: String,
    /// What people call them.
    pub login: String,
    /// With what.
    pub previews: Vec<PreviewName>,
}

/// A listener, and the room on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ListenerView {
    /// Its name in the configuration.
    pub name: String,
    /// How previews' URLs on it are made.
    pub url: String,
    /// How many previews it takes; left out where that is any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slots: Option<u32>,
    /// How many it has: a preview has its slot until its receipt.
    pub taken: usize,
}

/// What needs a person, and what is looked at again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FindingsView {
    /// Sagas that stand still: see `/dead-letters`.
    pub parked: usize,
    /// Messages that nobody could read: see `/dead-letters`.
    pub unreadable: usize,
    /// What the last sweep found that belongs to no preview: see `/dead-letters`.
    pub orphans: Vec<OrphanView>,
    /// Previews of which something may exist that nobody wrote down: a verify is on its way.
    pub suspect: Vec<PreviewName>,
}

/// What a sweep found that belongs to no preview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrphanView {
    /// The dead letter: a replay of it removes what was found.
    pub id: String,
    /// What was found.
    pub reason: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
}

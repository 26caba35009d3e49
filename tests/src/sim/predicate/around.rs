//! What a predicate is held against: something seen, and the world around it.

use std::sync::Arc;
use std::time::Duration;

use tempus_model::{DnsName, Job, JobId, LedgerEntry, PreviewId, Row, Timestamp};
use tempus_steps::Resource;
use tempus_steps::sim::Item;

use super::super::engine::Waiting;
use super::super::witness::Written;

/// What there is to see.
pub enum Sight<'a> {
    /// A row changed.
    Written(&'a Written<'a>),
    /// Something came to exist, or to another revision.
    Landed(&'a Landed),
    /// Time passed.
    Moment,
    /// Nothing goes wrong any more, and nothing is left to do.
    Rest,
}

/// Something that came to exist, or to another revision.
pub struct Landed {
    /// It.
    pub item: Item,
    /// The preview's row at that moment.
    pub row: Row,
    /// Whether it was made under a live lease, or late.
    pub came: Came,
}

/// When something landed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// Under the live lease of whoever made it.
    InTime,
    /// After that, no later than a verify reckons with.
    Late,
    /// Later than that: for the sweep to find.
    Overdue,
}

/// The bounds that predicates go by.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// How often due rows without a holder are looked for.
    pub remind_every: Duration,
    /// How far two clocks may be apart.
    pub skew: Duration,
    /// How long a hint takes that nothing befalls, with all its calls.
    pub hint: Duration,
    /// How long an unwind takes, or a person until they replay what is parked.
    pub unwind: Duration,
    /// How far from its time an alarm may fire.
    pub alarm_off_by: Duration,
    /// How many messages there may be.
    pub messages: usize,
    /// How long a listing may show what was before.
    pub lag: Duration,
}

/// Whether anything is made to go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Nothing ever goes wrong: what is slower or rarer than it should be shows.
    Calm,
    /// Things go wrong; see [`Around::injected`].
    Rough,
}

/// The world around what is seen. May be asked while the store is locked, except for what it says
/// of rows and jobs.
pub trait Around {
    /// The true time.
    fn now(&self) -> Timestamp;
    /// The time by the fastest clock.
    fn latest_clock(&self) -> Timestamp;
    /// Whether anything is made to go wrong.
    fn weather(&self) -> Weather;
    /// The bounds.
    fn bounds(&self) -> Bounds;
    /// How much longer something about this preview may take for what was made to go wrong since.
    fn injected(&self, preview: PreviewId, since: Timestamp) -> Duration;
    /// Everything that exists in the cloud.
    fn things(&self) -> Vec<Item>;
    /// Whether this landed late, and is for a verify or a sweep to find.
    fn is_late(&self, thing: &Item) -> bool;
    /// Whether this has ever existed.
    fn has_existed(&self, resource: &Resource) -> bool;
    /// What a ledger's entry makes.
    fn resource(&self, entry: &LedgerEntry) -> Option<Resource>;
    /// How many alarms stand for this preview.
    fn alarms(&self, preview: PreviewId) -> usize;
    /// The messages on the queue; `None` where nobody can tell.
    fn messages(&self) -> Option<Vec<(Option<PreviewId>, Waiting)>>;
    /// How often a lease of this preview was claimed that had run out.
    fn takeovers(&self, preview: PreviewId) -> u32;
    /// Every preview's row.
    fn rows(&self) -> Vec<Arc<Row>>;
    /// A preview's name.
    fn name(&self, preview: PreviewId) -> Option<DnsName>;
    /// Every job.
    fn jobs(&self) -> Vec<Job>;
    /// Every job that somebody was told of.
    fn acknowledged(&self) -> Vec<JobId>;
}

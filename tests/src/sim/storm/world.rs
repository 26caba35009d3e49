//! The world as predicates ask about it.

use std::sync::Arc;
use std::time::Duration;

use tempus_engine::Clock;
use tempus_model::{DnsName, Job, JobId, LedgerEntry, PreviewId, Row, Timestamp};
use tempus_steps::sim::Item;
use tempus_steps::{Platform, Resource};

use super::climate::CLOCK_OFF_BY;
use super::shared::Storm;
use crate::sim::engine::Waiting;
use crate::sim::predicate::{Around, Bounds, Weather};

impl Around for Storm {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn latest_clock(&self) -> Timestamp {
        Timestamp::from_millis(self.clock.now().millis() + CLOCK_OFF_BY)
    }

    fn weather(&self) -> Weather {
        self.climate.weather
    }

    fn bounds(&self) -> Bounds {
        self.climate.bounds()
    }

    fn injected(&self, preview: PreviewId, since: Timestamp) -> Duration {
        let queue = &self.engine().queue;
        let messages = queue.harm_within(preview, since.until(self.clock.now()));
        messages + self.injected_since(preview, since)
    }

    fn things(&self) -> Vec<Item> {
        self.cloud.truth()
    }

    fn is_late(&self, thing: &Item) -> bool {
        self.came_late(thing.number)
    }

    fn has_existed(&self, resource: &Resource) -> bool {
        self.existed(resource)
    }

    fn resource(&self, entry: &LedgerEntry) -> Option<Resource> {
        self.platform
            .step(entry.step.kind())?
            .resource(&entry.planned)
    }

    fn alarms(&self, preview: PreviewId) -> usize {
        let alarms = self.engine().timer.truth();
        alarms
            .iter()
            .filter(|alarm| alarm.preview == preview)
            .count()
    }

    fn messages(&self) -> Option<Vec<(Option<PreviewId>, Waiting)>> {
        Some(self.engine().queue.all())
    }

    fn takeovers(&self, preview: PreviewId) -> u32 {
        self.takeovers_of(preview)
    }

    fn rows(&self) -> Vec<Arc<Row>> {
        self.engine().store.rows()
    }

    fn name(&self, preview: PreviewId) -> Option<DnsName> {
        self.engine().store.name(preview)
    }

    fn jobs(&self) -> Vec<Job> {
        self.engine().store.all_jobs()
    }

    fn acknowledged(&self) -> Vec<JobId> {
        self.seen().acknowledged.clone()
    }
}

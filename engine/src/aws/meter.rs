//! What the engine has cost: requests by operation, and the table's capacity units.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::types::ConsumedCapacity;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// What the calls of one engine have cost since it was opened.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Usage {
    /// Requests, attempts counted one by one, by service and operation, as in `SQS.SendMessage`.
    pub requests: BTreeMap<String, u64>,
    /// Read units of the table and its indexes.
    pub read_units: f64,
    /// Write units of the table and its indexes.
    pub write_units: f64,
}

/// Adds up.
#[derive(Debug, Default)]
pub(super) struct Meter(Mutex<Usage>);

impl Meter {
    /// What there has been so far.
    pub(super) fn usage(&self) -> Usage {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Adds what a read says that it took.
    pub(super) fn read<'a>(&self, consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        let units = total(consumed);
        self.with(|usage| usage.read_units += units);
    }

    /// Adds what a write says that it took.
    pub(super) fn wrote<'a>(&self, consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        let units = total(consumed);
        self.with(|usage| usage.write_units += units);
    }

    fn with(&self, change: impl FnOnce(&mut Usage)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

fn total<'a>(consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) -> f64 {
    consumed
        .into_iter()
        .filter_map(ConsumedCapacity::capacity_units)
        .sum()
}

/// Counts every request as it leaves.
#[derive(Debug)]
pub(super) struct Counting(pub(super) Arc<Meter>);

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Counting {
    fn name(&self) -> &'static str {
        "Counting"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(operation) = config.load::<Metadata>() {
            let name = format!("{}.{}", operation.service(), operation.name());
            self.0
                .with(|usage| *usage.requests.entry(name).or_default() += 1);
        }
        Ok(())
    }
}

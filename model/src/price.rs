//! What running something costs: prices of a region, dated. An estimate, before discounts, traffic and
//! what all previews share.
//!
//! A price is applied when somebody asks, to what ran then: one that was wrong is corrected for the
//! past too.

use std::sync::LazyLock;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Footprint, Used};

/// The lists that the program has; Terraform's cost tables are computed from the same.
const LISTS: [&str; 1] = [include_str!("../prices/us-east-1.json")];

static SHIPPED: LazyLock<Vec<List>> = LazyLock::new(|| {
    let read =
        |text: &&str| serde_json::from_str(text).expect("the lists are a part of this program");
    LISTS.iter().map(read).collect()
});

/// A list as it is shipped: of what is on it, what a running task depends on, in US dollars an hour.
#[derive(Debug, Clone, Deserialize)]
struct List {
    region: String,
    dated: String,
    fargate_x86_vcpu_usd_per_hour: f64,
    fargate_x86_memory_usd_per_gb_hour: f64,
    fargate_spot_x86_vcpu_usd_per_hour: f64,
    fargate_spot_x86_memory_usd_per_gb_hour: f64,
    public_ipv4_usd_per_hour: f64,
}

/// How Fargate's capacity is bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capacity {
    /// On demand.
    OnDemand,
    /// Spot: cheaper, and may be taken away.
    Spot,
}

/// Whether each task has a public address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    /// It has; it is paid for by the hour.
    Public,
    /// It has not.
    Private,
}

/// What an hour costs, in US dollars.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prices {
    /// The region whose prices these are.
    pub region: String,
    /// When they were so.
    pub dated: String,
    /// Of a core.
    pub core: f64,
    /// Of a gigabyte of memory.
    pub gigabyte: f64,
    /// Of a task, whatever its size.
    pub task: f64,
}

impl Prices {
    /// Fargate's list prices in this region, or in the first that there is a list of: it says which
    /// it is.
    pub fn listed(region: &str, capacity: Capacity, address: Address) -> Self {
        let mut lists = SHIPPED.iter();
        let list = lists.find(|list| list.region == region);
        let list = list.unwrap_or(&SHIPPED[0]);
        let (core, gigabyte) = match capacity {
            Capacity::OnDemand => (
                list.fargate_x86_vcpu_usd_per_hour,
                list.fargate_x86_memory_usd_per_gb_hour,
            ),
            Capacity::Spot => (
                list.fargate_spot_x86_vcpu_usd_per_hour,
                list.fargate_spot_x86_memory_usd_per_gb_hour,
            ),
        };
        Self {
            region: list.region.clone(),
            dated: list.dated.clone(),
            core,
            gigabyte,
            task: match address {
                Address::Public => list.public_ipv4_usd_per_hour,
                Address::Private => 0.0,
            },
        }
    }

    /// What this cost, in US dollars.
    pub fn of(&self, used: Used) -> f64 {
        used.core_hours * self.core
            + used.gigabyte_hours * self.gigabyte
            + used.task_hours * self.task
    }

    /// What this costs an hour, in US dollars.
    pub fn hourly(&self, footprint: Footprint) -> f64 {
        self.of(Used::by(footprint, Duration::from_hours(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Service, Spec, Template};

    fn spec(sizes: &[(u32, u32)]) -> Spec {
        let service = |&(cpu, memory): &(u32, u32)| Service {
            cpu,
            memory,
            ..Service::new("web".parse().unwrap(), 8080)
        };
        Spec::new(Template::ApiService, sizes.iter().map(service).collect())
    }

    #[test]
    fn every_service_is_a_task_that_is_paid_for() {
        let cost = |sizes, capacity, address| {
            Prices::listed("us-east-1", capacity, address).hourly(spec(sizes).footprint())
        };
        let near = |found: f64, expected: f64| (found - expected).abs() < 1e-9;
        // A quarter of a core and half a gigabyte, by the published prices.
        let small = 0.25 * 0.04048 + 0.5 * 0.004_445;
        let one = cost(&[(256, 512)], Capacity::OnDemand, Address::Private);
        assert!(near(one, small), "{one}");
        let two = cost(
            &[(256, 512), (1024, 2048)],
            Capacity::OnDemand,
            Address::Public,
        );
        assert!(
            near(two, small + 0.04048 + 2.0 * 0.004_445 + 2.0 * 0.005),
            "{two}"
        );
        let spot = cost(&[(256, 512)], Capacity::Spot, Address::Private);
        assert!(spot > 0.0 && spot < one / 2.0, "{spot}");
        assert!(near(cost(&[], Capacity::Spot, Address::Public), 0.0));
    }

    #[test]
    fn a_region_without_a_list_is_told_whose_prices_it_is_given() {
        let prices = |region| Prices::listed(region, Capacity::OnDemand, Address::Private);
        assert_eq!(prices("us-east-1").region, "us-east-1");
        assert_eq!(prices("mars-north-1"), prices("us-east-1"));
        assert!(!prices("us-east-1").dated.is_empty());
    }
}

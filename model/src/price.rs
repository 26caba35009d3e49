//! What running a preview on AWS costs by list price: an estimate, before discounts and traffic,
//! with the prices of one region.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::Spec;

/// The same list that Terraform's cost tables are computed from.
const LIST: &str = include_str!("../prices/us-east-1.json");

static PRICES: LazyLock<Prices> =
    LazyLock::new(|| serde_json::from_str(LIST).expect("the list is a part of this program"));

/// The prices that a running task depends on, in US dollars an hour.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[expect(
    clippy::struct_field_names,
    reason = "the fields are the keys of the price list"
)]
struct Prices {
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

impl Spec {
    /// What its tasks cost on Fargate, in US dollars an hour.
    pub fn dollars_per_hour(&self, capacity: Capacity, address: Address) -> f64 {
        let prices = *PRICES;
        let (core, gigabyte) = match capacity {
            Capacity::OnDemand => (
                prices.fargate_x86_vcpu_usd_per_hour,
                prices.fargate_x86_memory_usd_per_gb_hour,
            ),
            Capacity::Spot => (
                prices.fargate_spot_x86_vcpu_usd_per_hour,
                prices.fargate_spot_x86_memory_usd_per_gb_hour,
            ),
        };
        let address = match address {
            Address::Public => prices.public_ipv4_usd_per_hour,
            Address::Private => 0.0,
        };
        let task = |cpu: u32, memory: u32| {
            f64::from(cpu) / 1024.0 * core + f64::from(memory) / 1024.0 * gigabyte + address
        };
        let services = self.services.iter();
        services
            .map(|service| task(service.cpu, service.memory) * f64::from(service.count()))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Service, Template};

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
        let cost = |sizes, capacity, address| spec(sizes).dollars_per_hour(capacity, address);
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
}

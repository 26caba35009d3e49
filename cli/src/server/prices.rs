//! What previews cost, and what they may, from the configuration.

use tempus_api::{Budgets, Costs};
use tempus_model::{Address, Capacity, Prices};

use crate::config::{Answer, CapacityKind, Config, Dollars, PlatformKind};

/// Prices and budgets.
pub(super) fn costs(config: &Config) -> Costs {
    let costs = &config.costs;
    let owners = costs.owners.iter();
    Costs {
        prices: prices(config),
        budgets: Budgets {
            total: costs.monthly_usd.map(Dollars::amount),
            per_owner: costs.monthly_usd_per_owner.map(Dollars::amount),
            owners: owners
                .map(|of| (of.owner.to_string(), of.monthly.amount()))
                .collect(),
            warn_at: f64::from(costs.warn_percent) / 100.0,
        },
        ..Costs::default()
    }
}

/// The prices that are configured, or else AWS's on AWS. A process of this machine has no other
/// price than one that is configured.
pub(super) fn prices(config: &Config) -> Option<Prices> {
    let (costs, ecs) = (&config.costs, &config.ecs);
    let region = config.aws.region.as_ref().map(ToString::to_string);
    let is_aws = config.platform == PlatformKind::Aws;
    if let (Some(core), Some(gigabyte)) = (costs.vcpu_usd_per_hour, costs.memory_usd_per_gb_hour) {
        let named = costs.region.as_ref().map(ToString::to_string);
        let here = || "this machine".to_owned();
        return Some(Prices {
            region: named.unwrap_or_else(|| region.filter(|_| is_aws).unwrap_or_else(here)),
            dated: costs
                .dated
                .as_ref()
                .map_or_else(|| "undated".to_owned(), ToString::to_string),
            core: core.amount(),
            gigabyte: gigabyte.amount(),
            task: costs.task_usd_per_hour.map_or(0.0, Dollars::amount),
        });
    }
    let capacity = match ecs.capacity {
        CapacityKind::Fargate => Capacity::OnDemand,
        CapacityKind::FargateSpot => Capacity::Spot,
    };
    let address = match ecs.public_ip {
        Answer::Yes => Address::Public,
        Answer::No => Address::Private,
    };
    is_aws.then(|| Prices::listed(&region.unwrap_or_default(), capacity, address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Setting;

    #[test]
    fn prices_are_aws_own_or_those_that_are_configured() {
        let mut config = Config::default();
        assert_eq!(prices(&config), None, "a process has none");
        config.costs.vcpu_usd_per_hour = Dollars::read("0.5");
        config.costs.memory_usd_per_gb_hour = Dollars::read("0.25");
        let own = prices(&config).unwrap();
        assert_eq!((own.core, own.gigabyte, own.task), (0.5, 0.25, 0.0));
        assert_eq!(own.region, "this machine");

        config.platform = PlatformKind::Aws;
        config.aws.region = Setting::read("eu-central-1").unwrap();
        assert_eq!(prices(&config).unwrap().region, "eu-central-1");
        config.costs.vcpu_usd_per_hour = None;
        let listed = prices(&config).unwrap();
        assert_eq!(listed.region, "us-east-1", "of which there is a list");
        config.ecs.capacity = CapacityKind::FargateSpot;
        assert!(prices(&config).unwrap().core < listed.core);
        config.ecs.public_ip = Answer::Yes;
        assert!(prices(&config).unwrap().task > 0.0);
    }
}

//! The steps of the simulated platform, shaped like those of ECS behind a load balancer.

mod database;
mod definition;
mod healthy;
mod rule;
mod service;
mod target_group;

pub(super) use database::{Database, DatabasePlan};
pub(super) use definition::{Definition, DefinitionPlan};
pub(super) use healthy::{Healthy, HealthyPlan};
pub(super) use rule::{Rule, RulePlan};
pub(super) use service::{Service, ServicePlan};
pub(super) use target_group::{TargetGroup, TargetGroupPlan};

use std::time::Duration;

/// How long a step waits before it looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// How long a step of the simulated cloud may take.
const DEADLINE: Duration = Duration::from_mins(2);

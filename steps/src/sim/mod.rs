//! The `sim` platform: a simulated cloud, for tests and benchmarks.
//!
//! It behaves as badly as a real one: what was just made is not seen at once, a deleted name
//! drains before it can be used again, services start slowly, a target group cannot go while a
//! rule needs it, registering the same thing twice makes two, and any call can be throttled, be
//! refused, or have its answer lost ([`Hook`]). Its steps are shaped like those of ECS behind a
//! load balancer, so that what the saga engine meets here it meets there.

mod cloud;
mod hook;
mod platform;
mod steps;

pub use cloud::{Cloud, Habits, Item, Kind, Life};
pub use hook::{Fault, Hook, NoFaults};
pub use platform::SimPlatform;

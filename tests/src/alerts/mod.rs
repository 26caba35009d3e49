//! The alarms as Prometheus would see them: the rules that are shipped, over what real servers say of
//! themselves at `/metrics`.
//!
//! ```text
//!   /metrics ──scrape──► History ──► promql ──► recording rules ──► alerts: pending, firing
//!                        (virtual time: N seconds for each second here)
//! ```
//!
//! Rules look at minutes and hours, a test has seconds. So a [`Watch`] lets time pass faster: what
//! Prometheus would see in a minute is scraped within a second, `for` included, and gauges that count
//! seconds count as many more. Nothing of a rule is changed.

mod exposition;
mod history;
mod promql;
mod rules;
mod watch;

pub use rules::{Alert, Rules, file};
pub use watch::Watch;

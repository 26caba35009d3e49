//! The configuration in the words of the crates that it is for.

use std::net::SocketAddr;

use anyhow::Context;
use tempus_api::{DefaultApp, Hosts, ListenerTemplate, Size, TtlRange};
use tempus_engine::Quotas;
use tempus_worker::{Budgets, WorkerConfig};

use crate::config::Config;

/// The name under which rows remember that a preview answers on this machine.
pub const LISTENER: &str = "local";

/// What the API decides by. The addresses are the ones that were really bound.
pub fn api(
    config: &Config,
    api: SocketAddr,
    previews: SocketAddr,
) -> anyhow::Result<tempus_api::Config> {
    let ttl = config.ttl;
    Ok(tempus_api::Config {
        limits: config.limits,
        ttl: TtlRange::new(ttl.minimum, ttl.default, ttl.maximum)
            .context("ttl was checked when it was loaded")?,
        quotas: Quotas {
            per_owner: config.quota.per_owner,
            total: config.quota.total,
        },
        listeners: vec![ListenerTemplate {
            name: LISTENER.to_owned(),
            slots: None,
            url: format!("http://{{name}}.localhost:{}/", previews.port()),
        }],
        default_app: DefaultApp {
            command: Some(config.default_app.command.clone()),
            ..DefaultApp::default()
        },
        size: Size {
            cpu: config.service.cpu,
            memory: config.service.memory,
        },
        hosts: Hosts {
            ports: vec![api.port()],
            names: Vec::new(),
        },
        body_limit: tempus_api::Config::BODY_LIMIT,
    })
}

/// What the worker goes by.
pub fn worker(config: &Config) -> WorkerConfig {
    let (settings, usual) = (config.worker, WorkerConfig::default());
    let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    WorkerConfig {
        budgets: Budgets {
            builds: count(settings.builds),
            destroys: count(settings.destroys),
            maintenance: count(settings.maintenance),
        },
        lease: settings.lease,
        // No call starts with less lease left than it may take: a short lease must leave room.
        call: usual.call.min(settings.lease / 3),
        skew: usual.skew.min(settings.lease / 3),
        remind_every: settings.reminder,
        sweep_every: Some(settings.sweep_every),
        sweep_age: settings.sweep_age,
        sweep_most: count(settings.sweep_cap),
        verify_delay: Some(settings.verify_delay),
        ..usual
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_short_lease_leaves_room_for_calls() {
        let mut config = Config::default();
        assert_eq!(worker(&config).call, WorkerConfig::default().call);
        config.worker.lease = Duration::from_secs(3);
        assert_eq!(worker(&config).call, Duration::from_secs(1));
    }

    #[test]
    fn previews_are_named_by_the_port_that_was_bound() {
        let (first, second) = ("127.0.0.1:9000".parse(), "127.0.0.1:9001".parse());
        let config = api(&Config::default(), first.unwrap(), second.unwrap()).unwrap();
        assert_eq!(config.listeners[0].url, "http://{name}.localhost:9001/");
        assert_eq!(config.hosts.ports, [9000]);
    }
}

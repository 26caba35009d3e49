//! The configuration in the words of the crates that it is for.

use std::net::SocketAddr;
use std::num::NonZeroU32;

use anyhow::Context;
use tempus_api::{
    DefaultAccess, DefaultApp, Front, Hosts, ListenerTemplate, OidcPace, Pattern, Rate, Rule, Size,
    TtlRange, Warnings,
};
use tempus_engine::Quotas;
use tempus_model::repository_file::DEFAULT_PORT;
use tempus_worker::{Budgets, WorkerConfig};

use super::prices;
use crate::config::{
    AccessKind, Config, EngineKind, Identity, Listener, ListenerMode, OidcRule, PlatformKind,
};

/// The name under which rows remember that a preview answers on this machine.
pub const LISTENER: &str = "local";

/// What the API decides by. The addresses are the ones that were really bound; previews have one
/// if they answer on this machine.
pub fn api(
    config: &Config,
    api: SocketAddr,
    previews: Option<SocketAddr>,
) -> anyhow::Result<tempus_api::Config> {
    let ttl = config.ttl;
    Ok(tempus_api::Config {
        limits: config.limits,
        ttl: TtlRange::new(ttl.minimum, ttl.default, ttl.maximum)
            .context("ttl was checked when it was loaded")?
            .pinned_for(ttl.pin_maximum),
        warnings: Warnings {
            before: Some(ttl.warn_before).filter(|before| !before.is_zero()),
            receiver: config.notify.url.is_some(),
        },
        quotas: Quotas {
            per_owner: config.quota.per_owner,
            total: config.quota.total,
        },
        costs: prices::costs(config),
        listeners: match previews {
            Some(previews) => vec![on_this_machine(previews)],
            None => config.ecs.listeners.iter().map(on_a_balancer).collect(),
        },
        fronts: match previews {
            // The proxy of this machine asks the gate itself.
            Some(_) => Vec::new(),
            None => config.ecs.listeners.iter().map(front).collect(),
        },
        access: match config.previews.access {
            AccessKind::Open => DefaultAccess::Open,
            AccessKind::Link => DefaultAccess::Link,
        },
        default_app: default_app(config),
        size: Size {
            cpu: config.service.cpu,
            memory: config.service.memory,
        },
        hosts: Hosts {
            ports: vec![api.port()],
            names: config.api.names.iter().map(ToString::to_string).collect(),
        },
        trusted_proxies: config.api.trusted_proxies.clone(),
        body_limit: tempus_api::Config::BODY_LIMIT,
    })
}

fn on_this_machine(previews: SocketAddr) -> ListenerTemplate {
    ListenerTemplate {
        name: LISTENER.to_owned(),
        slots: None,
        url: format!("http://{{name}}.localhost:{}/", previews.port()),
    }
}

fn on_a_balancer(listener: &Listener) -> ListenerTemplate {
    ListenerTemplate {
        name: listener.name.to_string(),
        slots: Some(listener.slots),
        url: listener.url(),
    }
}

fn front(listener: &Listener) -> Front {
    match &listener.mode {
        ListenerMode::Host(domain) => Front::Hosts {
            domain: domain.as_str().to_ascii_lowercase(),
        },
        ListenerMode::Path => Front::Paths {
            host: listener.dns.as_str().to_ascii_lowercase(),
        },
    }
}

fn default_app(config: &Config) -> DefaultApp {
    let app = &config.default_app;
    match config.platform {
        PlatformKind::Local => DefaultApp {
            command: Some(app.command.clone()),
            ..DefaultApp::default()
        },
        PlatformKind::Aws => DefaultApp {
            image: Some(app.image.to_string()),
            port: Some(DEFAULT_PORT),
            ..DefaultApp::default()
        },
    }
}

/// Whom the API believes; `None` if it need not be told who calls.
pub fn identity(config: &Identity) -> anyhow::Result<Option<tempus_api::Identity>> {
    if !config.is_on() {
        return Ok(None);
    }
    let count = |number: u32| NonZeroU32::new(number).context("identity.rate was read as positive");
    let rate = config.rate;
    Ok(Some(tempus_api::Identity {
        admin: config.admin_token_hash,
        rules: config.oidc.iter().map(rule).collect(),
        rate: Rate::per_second(count(rate.burst)?, count(rate.per_second)?),
        failures: Rate::FAILURES,
        pace: OidcPace::default(),
    }))
}

fn rule(rule: &OidcRule) -> Rule {
    let claims = rule.claims.iter();
    Rule {
        issuer: rule.issuer.to_string(),
        audience: rule.audience.to_string(),
        claims: claims
            .map(|(claim, pattern)| (claim.clone(), Pattern::new(pattern.as_str())))
            .collect(),
        scope: rule.scope,
    }
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
            ..usual.budgets
        },
        lease: settings.lease,
        // No call starts with less lease left than it may take: a short lease must leave room.
        call: usual.call.min(settings.lease / 3),
        skew: usual.skew.min(settings.lease / 3),
        poll: settings.poll,
        remind_every: settings.reminder,
        // On AWS a recurring schedule asks for it, once for all workers.
        sweep_every: match config.engine {
            EngineKind::Sqlite => Some(settings.sweep_every),
            EngineKind::Aws => None,
        },
        sweep_age: settings.sweep_age,
        sweep_most: count(settings.sweep_cap),
        // As the platform says, which was told.
        verify_delay: None,
        ..usual
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::Setting;

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
        let config = api(&Config::default(), first.unwrap(), second.ok()).unwrap();
        assert_eq!(config.listeners[0].url, "http://{name}.localhost:9001/");
        assert_eq!(config.hosts.ports, [9000]);
    }

    #[test]
    fn previews_on_a_balancer_are_named_by_its_listeners() {
        let mut config = Config {
            platform: PlatformKind::Aws,
            ..Config::default()
        };
        let text = "name=a1 listener=arn:aws:elb:r:1:l balancer=arn:aws:elb:r:1:b dns=a1.elb \
                    mode=host:a1.example.com slots=95";
        config.ecs.listeners = Setting::read(text).unwrap();
        let config = api(&config, "127.0.0.1:9000".parse().unwrap(), None).unwrap();
        assert_eq!(config.listeners[0].url, "https://{name}.a1.example.com/");
        assert_eq!(config.listeners[0].slots, Some(95));
        let domain = "a1.example.com".to_owned();
        assert_eq!(config.fronts, [Front::Hosts { domain }]);
        assert!(config.default_app.image.is_some() && config.default_app.command.is_none());
    }
}

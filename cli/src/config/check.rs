//! What must hold between values, each of which is fine by itself.

use std::time::Duration;

use super::error::ConfigError;
use super::{Config, CredentialsKind, EngineKind, Loaded, PlatformKind, Setting};

/// Everything that does not fit together, each at the key that somebody chose.
pub(super) fn check(loaded: &Loaded) -> Vec<ConfigError> {
    let config = &loaded.config;
    let mut errors = Vec::new();
    let mut refuse = |keys: [&'static str; 2], given: String, expects: String| {
        // The stronger layer is the one to change; by default the first.
        let key = keys
            .into_iter()
            .find(|key| loaded.is_chosen(key))
            .unwrap_or(keys[0]);
        errors.push(ConfigError::Value {
            place: loaded.place(key).clone(),
            key: key.to_owned(),
            given,
            expects,
        });
    };
    let ttl = &config.ttl;
    let [minimum, default, maximum] = [ttl.minimum, ttl.default, ttl.maximum].map(|ttl| text(&ttl));
    if ttl.minimum > ttl.default {
        refuse(
            ["ttl.default", "ttl.minimum"],
            format!("default {default}, minimum {minimum}"),
            "such that ttl.minimum is not above ttl.default".to_owned(),
        );
    }
    if ttl.default > ttl.maximum {
        refuse(
            ["ttl.default", "ttl.maximum"],
            format!("default {default}, maximum {maximum}"),
            "such that ttl.default is not above ttl.maximum".to_owned(),
        );
    }
    for (keys, given, most) in [
        (
            ["service.cpu", "limits.cpu"],
            config.service.cpu,
            config.limits.cpu,
        ),
        (
            ["service.memory", "limits.memory"],
            config.service.memory,
            config.limits.memory,
        ),
    ] {
        if given > most {
            refuse(
                keys,
                given.to_string(),
                format!("at most {} ({most})", keys[1]),
            );
        }
    }
    if config.quota.per_owner > config.quota.total {
        refuse(
            ["quota.per_owner", "quota.total"],
            format!("{} of {}", config.quota.per_owner, config.quota.total),
            "such that quota.per_owner is not above quota.total".to_owned(),
        );
    }
    let (api, previews) = (config.api.listen.addr(), config.previews.listen.addr());
    if api.port() != 0 && api.port() == previews.port() {
        refuse(
            ["previews.listen", "api.listen"],
            format!("{previews:?}"),
            format!(
                "on another port than api.listen ({api}): a preview's page must not have the \
                 API's origin"
            ),
        );
    }
    for (name, length) in [
        ("worker.lease", config.worker.lease),
        ("worker.poll", config.worker.poll),
        ("worker.reminder", config.worker.reminder),
        ("worker.sweep_every", config.worker.sweep_every),
        ("telemetry.interval", config.telemetry.interval),
        ("github.pass_every", config.github.pass_every),
        ("notify.patience", config.notify.patience),
    ] {
        if length.as_secs() == 0 {
            refuse([name, name], text(&length), "at least \"1s\"".to_owned());
        }
    }
    costs(config, &mut refuse);
    aws(config, &mut refuse);
    errors
}

/// What AWS asks for.
fn aws(config: &Config, refuse: &mut impl FnMut([&'static str; 2], String, String)) {
    let (alarms, tasks) = (&config.aws.schedule_group, &config.ecs.schedule_group);
    if alarms.as_ref() == Some(tasks) && config.ecs.schedule_role_arn.is_some() {
        refuse(
            ["ecs.schedule_group", "aws.schedule_group"],
            format!("{tasks:?}"),
            "another group than aws.schedule_group: what is in that one is an alarm".to_owned(),
        );
    }
    let on_aws = config.engine == EngineKind::Aws || config.platform == PlatformKind::Aws;
    let shortest = match config.aws.credentials {
        CredentialsKind::Ambient => AWS_LEASE,
        CredentialsKind::Emulator => EMULATOR_LEASE,
    };
    if on_aws && config.worker.lease < shortest {
        refuse(
            ["worker.lease"; 2],
            text(&config.worker.lease),
            format!(
                "at least {:?} with engine or platform \"aws\": a call to AWS may take a third of it",
                text(&shortest)
            ),
        );
    }
}

/// Prices are given together, and a budget is of what has a price.
fn costs(config: &Config, refuse: &mut impl FnMut([&'static str; 2], String, String)) {
    const CORE: &str = "costs.vcpu_usd_per_hour";
    const MEMORY: &str = "costs.memory_usd_per_gb_hour";
    let costs = &config.costs;
    let mut lonely = |key: &'static str, given: String, with: String| {
        refuse([key; 2], given, format!("given together with {with}"));
    };
    let (core, memory) = (&costs.vcpu_usd_per_hour, &costs.memory_usd_per_gb_hour);
    match (core, memory) {
        (Some(core), None) => lonely(CORE, text(core), MEMORY.to_owned()),
        (None, Some(memory)) => lonely(MEMORY, text(memory), CORE.to_owned()),
        (None, None) => {
            for (key, given) in [
                ("costs.task_usd_per_hour", text(&costs.task_usd_per_hour)),
                ("costs.region", text(&costs.region)),
                ("costs.dated", text(&costs.dated)),
            ] {
                if !given.is_empty() {
                    let with = format!("{CORE} and {MEMORY}, which it is about");
                    lonely(key, given, with);
                }
            }
            for (key, given) in [
                ("costs.monthly_usd", text(&costs.monthly_usd)),
                (
                    "costs.monthly_usd_per_owner",
                    text(&costs.monthly_usd_per_owner),
                ),
                ("costs.owners", text(&costs.owners)),
            ] {
                if !given.is_empty() && config.platform == PlatformKind::Local {
                    let with = format!(
                        "{CORE} and {MEMORY} on platform \"local\", where nothing else has a price"
                    );
                    lonely(key, given, with);
                }
            }
        }
        (Some(_), Some(_)) => {}
    }
    if costs.warn_percent > 100 {
        refuse(
            ["costs.warn_percent"; 2],
            costs.warn_percent.to_string(),
            "at most 100: a part of the budget".to_owned(),
        );
    }
}

/// The shortest lease that outlasts every call to AWS as often as it must.
const AWS_LEASE: Duration = Duration::from_secs(30);
/// The same for an emulator, which answers at once: every time-out is shortened with the lease.
/// With its credentials nobody can call AWS.
const EMULATOR_LEASE: Duration = Duration::from_secs(3);

fn text(value: &impl Setting) -> String {
    value.show().as_str().unwrap_or_default().to_owned()
}

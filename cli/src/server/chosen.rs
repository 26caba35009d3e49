//! What was chosen, complete: a role, an engine and a platform, each with everything it needs.
//!
//! | command | role | engine | platform |
//! |---|---|---|---|
//! | `tempus dev` | all | sqlite | local |
//! | `tempus serve` | all | any | any |
//! | `tempus api`, `tempus worker` | one of them | aws | aws |
//!
//! What is missing is said here, all of it at once, before anything is opened.

use std::time::Duration;

use tempus_engine::aws::{Access, AwsNames, AwsOptions as EngineOptions, Credentials, Timeouts};
use tempus_steps::aws as ecs;

use super::settings;
use crate::config::{
    Answer, CapacityKind, Config, ConfigError, ConfigErrors, CredentialsKind, EngineKind,
    ListenerMode, Loaded, PlatformKind, RateFamily, keys,
};

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    All,
    /// Answers requests.
    Api,
    /// Carries them out.
    Worker,
}

impl Role {
    /// Whether it answers requests.
    pub const fn has_api(self) -> bool {
        matches!(self, Self::All | Self::Api)
    }

    /// Whether it carries them out.
    pub const fn has_worker(self) -> bool {
        matches!(self, Self::All | Self::Worker)
    }
}

/// The engine, and what it needs.
pub(super) enum EngineChoice {
    Sqlite,
    Aws(Box<EngineOptions>),
}

/// The platform, and what it needs.
pub(super) enum PlatformChoice {
    Local,
    Aws(Box<ecs::AwsOptions>),
}

/// What a process is made of.
pub struct Chosen {
    pub(super) role: Role,
    pub(super) engine: EngineChoice,
    pub(super) platform: PlatformChoice,
}

impl Chosen {
    /// What this configuration chooses, or everything that is missing for it.
    pub fn of(loaded: &Loaded, role: Role) -> Result<Self, ConfigErrors> {
        let config = &loaded.config;
        let mut needs = Needs::default();
        if role != Role::All {
            needs.shared(loaded);
        }
        let engine = match config.engine {
            EngineKind::Sqlite => Some(EngineChoice::Sqlite),
            EngineKind::Aws => needs.engine(config).map(Box::new).map(EngineChoice::Aws),
        };
        let platform = match config.platform {
            PlatformKind::Local => Some(PlatformChoice::Local),
            PlatformKind::Aws => needs
                .platform(config)
                .map(Box::new)
                .map(PlatformChoice::Aws),
        };
        match (engine, platform) {
            (Some(engine), Some(platform)) if needs.errors.is_empty() => Ok(Self {
                role,
                engine,
                platform,
            }),
            _ => Err(ConfigErrors(needs.errors)),
        }
    }
}

/// The account as `tempus bootstrap` needs it.
pub fn account(config: &Config) -> Result<Access, ConfigErrors> {
    let mut needs = Needs {
        needed_by: "tempus bootstrap",
        ..Needs::default()
    };
    needs.access(config).ok_or(ConfigErrors(needs.errors))
}

/// Collects what is missing.
#[derive(Default)]
struct Needs {
    needed_by: &'static str,
    errors: Vec<ConfigError>,
}

impl Needs {
    /// Only what other processes can open can be divided among them.
    fn shared(&mut self, loaded: &Loaded) {
        let (engine, platform) = (loaded.config.engine, loaded.config.platform);
        for (key, given, is_shared) in [
            ("engine", engine.to_string(), engine == EngineKind::Aws),
            (
                "platform",
                platform.to_string(),
                platform == PlatformKind::Aws,
            ),
        ] {
            if !is_shared {
                self.errors.push(ConfigError::Value {
                    place: loaded.place(key).clone(),
                    key: key.to_owned(),
                    given: format!("{given:?}"),
                    expects: "\"aws\" where API and workers are processes of their own; \
                        `tempus serve` is both in one"
                        .to_owned(),
                });
            }
        }
    }

    fn access(&mut self, config: &Config) -> Option<Access> {
        let aws = &config.aws;
        Some(Access {
            region: Some(self.text("aws.region", aws.region.as_ref())?),
            endpoint: aws.endpoint.as_ref().map(ToString::to_string),
            credentials: match aws.credentials {
                CredentialsKind::Ambient => Credentials::Ambient,
                CredentialsKind::Emulator => Credentials::Emulator,
            },
            ..Access::default()
        })
    }

    fn engine(&mut self, config: &Config) -> Option<EngineOptions> {
        self.needed_by = "engine = \"aws\"";
        let aws = &config.aws;
        // Each is asked for before any is missed, so that all are named.
        let mut access = self.access(config);
        if let Some(access) = &mut access {
            access.timeouts = Timeouts::within(config.worker.lease);
        }
        let table = self.text("aws.table", aws.table.as_ref());
        let queue_url = self.text("aws.queue_url", aws.queue_url.as_ref());
        let dead_letter_url = self.text("aws.dead_letter_url", aws.dead_letter_url.as_ref());
        let schedule_group = self.text("aws.schedule_group", aws.schedule_group.as_ref());
        let role = self.text("aws.schedule_role_arn", aws.schedule_role_arn.as_ref());
        let names = AwsNames {
            table: table?,
            queue_url: queue_url?,
            dead_letter_url: dead_letter_url?,
            schedule_group: schedule_group?,
            schedule_role_arn: role?,
        };
        let mut options = EngineOptions::new(access?, names);
        options.visibility = settings::worker(config).visibility();
        options.history = config.aws.history;
        Some(options)
    }

    fn platform(&mut self, config: &Config) -> Option<ecs::AwsOptions> {
        self.needed_by = "platform = \"aws\"";
        let (aws, its) = (&config.aws, &config.ecs);
        let region = self.text("aws.region", aws.region.as_ref());
        let cluster = self.text("ecs.cluster", its.cluster.as_ref());
        let vpc_id = self.text("ecs.vpc_id", its.vpc_id.as_ref());
        let subnets = self.some("ecs.subnets", &its.subnets);
        let groups = self.some("ecs.security_groups", &its.security_groups);
        let execution = self.text("ecs.execution_role_arn", its.execution_role_arn.as_ref());
        let listeners = self.some("ecs.listeners", &its.listeners);
        let texts = |words: &[crate::config::Word]| words.iter().map(ToString::to_string).collect();
        Some(ecs::AwsOptions {
            endpoint: aws.endpoint.as_ref().map(ToString::to_string),
            credentials: match aws.credentials {
                CredentialsKind::Ambient => ecs::Credentials::Ambient,
                CredentialsKind::Emulator => ecs::Credentials::Emulator,
            },
            vpc_id: vpc_id?,
            subnets: texts(subnets?),
            security_groups: texts(groups?),
            assign_public_ip: match its.public_ip {
                Answer::Yes => ecs::PublicIp::Yes,
                Answer::No => ecs::PublicIp::No,
            },
            capacity: match its.capacity {
                CapacityKind::Fargate => ecs::Capacity::Fargate,
                CapacityKind::FargateSpot => ecs::Capacity::FargateSpot,
            },
            execution_role_arn: execution?,
            task_role_arn: its.task_role_arn.as_ref().map(ToString::to_string),
            log_group: its.log_group.to_string(),
            schedules: its.schedule_role_arn.as_ref().map(|role| ecs::Schedules {
                group: its.schedule_group.to_string(),
                role_arn: role.to_string(),
            }),
            service_connect_namespace: its
                .service_connect_namespace
                .as_ref()
                .map(ToString::to_string),
            listeners: listeners?.iter().map(listener).collect(),
            exec: match its.exec {
                Answer::Yes => ecs::Exec::Allowed,
                Answer::No => ecs::Exec::Refused,
            },
            images: match its.delete_images {
                Answer::Yes => ecs::Images::Deleted,
                Answer::No => ecs::Images::Kept,
            },
            ready_within: its.ready_within,
            verify_delay: its.verify_delay,
            call_timeout: call_timeout(config.worker.lease),
            cost_center: its.cost_center.as_ref().map(ToString::to_string),
            rates: rates(&its.rates).shared_by(its.processes),
            ..ecs::AwsOptions::new(region?, cluster?)
        })
    }

    fn text(&mut self, key: &'static str, value: Option<&impl ToString>) -> Option<String> {
        if value.is_none() {
            self.missing(key);
        }
        value.map(ToString::to_string)
    }

    fn some<'v, T>(&mut self, key: &'static str, values: &'v [T]) -> Option<&'v [T]> {
        if values.is_empty() {
            self.missing(key);
            return None;
        }
        Some(values)
    }

    fn missing(&mut self, name: &'static str) {
        let said =
            |error: &ConfigError| matches!(error, ConfigError::Missing { key, .. } if *key == name);
        if self.errors.iter().any(said) {
            return;
        }
        let key = keys::keys().into_iter().find(|key| key.name == name);
        self.errors.push(ConfigError::Missing {
            key: name,
            needed_by: self.needed_by,
            about: key.as_ref().map_or("", |key| key.about),
            expects: key.map_or("", |key| key.expects),
        });
    }
}

/// What AWS grants by default, with what the account has instead.
fn rates(others: &[crate::config::Rate]) -> ecs::Rates {
    let mut rates = ecs::Rates::default();
    for other in others {
        let rate = match other.family {
            RateFamily::TaskDefinitionChanges => &mut rates.task_definition_changes,
            RateFamily::TaskDefinitionDeletes => &mut rates.task_definition_deletes,
            RateFamily::ServiceChanges => &mut rates.service_changes,
            RateFamily::EcsReads => &mut rates.ecs_reads,
            RateFamily::ElbChanges => &mut rates.elb_changes,
            RateFamily::ElbReads => &mut rates.elb_reads,
            RateFamily::LogReads => &mut rates.log_reads,
            RateFamily::SecurityGroups => &mut rates.security_groups,
        };
        *rate = ecs::Rate {
            burst: other.burst,
            per_second: f64::from(other.per_second),
        };
    }
    rates
}

/// Four fifths of the third of a lease that a worker makes sure is left when a call begins.
fn call_timeout(lease: Duration) -> Duration {
    (lease * 4 / 15).min(ecs::AwsOptions::CALL_TIMEOUT)
}

fn listener(of: &crate::config::Listener) -> ecs::ListenerOption {
    ecs::ListenerOption {
        name: of.name.to_string(),
        listener_arn: of.listener.to_string(),
        load_balancer: ecs::ListenerTarget {
            arn: of.balancer.to_string(),
            dns_name: of.dns.to_string(),
        },
        mode: match &of.mode {
            ListenerMode::Host(domain) => ecs::ListenerMode::Host {
                domain: domain.to_string(),
            },
            ListenerMode::Path => ecs::ListenerMode::Path,
        },
        slots: of.slots,
    }
}

#[cfg(test)]
mod tests;

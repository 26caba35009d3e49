//! The server's configuration: one typed struct, and where each of its values came from.
//!
//! Four layers, each stronger than the one before it: built-in defaults, `tempus.toml`,
//! environment variables, flags. Every layer speaks of the same list of [keys](keys::keys), so a
//! key exists in all of them or in none, and nothing that is set is silently ignored.
//!
//! | layer | `worker.sweep_every` there |
//! |---|---|
//! | `tempus.toml` | `sweep_every = "10m"` in `[worker]` |
//! | environment | `TEMPUS_WORKER_SWEEP_EVERY=10m`: the key in capitals, `_` for `.` |
//! | flags | `--set worker.sweep_every=10m`; the common keys have a flag of their own |

mod aws;
mod check;
mod costs;
mod database;
mod env;
mod error;
mod exposure;
mod file;
mod github;
mod identity;
pub mod keys;
mod list;
mod listeners;
mod load;
mod net;
mod notify;
mod oidc;
mod rates;
mod show;
mod telemetry;
#[cfg(test)]
mod tests;
mod text;
mod value;

use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use tempus_model::{Limits, Ttl};

pub use aws::{Aws, Ecs};
pub use costs::{Costs, Dollars, OwnerBudget};
pub use database::Database;
pub use error::{ConfigError, ConfigErrors, Place};
pub use github::GitHub;
pub use identity::{CallRate, Identity};
pub use listeners::{Listener, ListenerMode};
pub use load::{Assignment, FileChoice, Loaded, Sources, load};
pub use net::{Address, HostName, Loopback, PortRange};
pub use notify::Notify;
pub use oidc::OidcRule;
pub use rates::Rate;
pub use show::{json, table};
pub use telemetry::{Share, Telemetry};
pub use text::{Arn, HttpUrl, PostgresUrl, Word};
pub use value::{
    AccessKind, Answer, CapacityKind, CredentialsKind, EngineKind, LogFilter, LogFormat,
    PlatformKind, RateFamily, Setting, TlsKind,
};

/// Everything that can be configured. The meaning of each value stands in [`keys::keys`].
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The folder that holds all state.
    pub data: PathBuf,
    /// What keeps rows, hints and timers.
    pub engine: EngineKind,
    /// Where previews run.
    pub platform: PlatformKind,
    /// The AWS account, and what the aws engine keeps in it.
    pub aws: Aws,
    /// The aws platform.
    pub ecs: Ecs,
    /// The HTTP API.
    pub api: Api,
    /// Who may call it.
    pub identity: Identity,
    /// Previews of pull requests.
    pub github: GitHub,
    /// The server of previews' databases.
    pub database: Database,
    /// Who is told that a preview's time is nearly over.
    pub notify: Notify,
    /// How previews are reached and run.
    pub previews: Previews,
    /// How long previews live.
    pub ttl: TtlBounds,
    /// How many previews may exist.
    pub quota: Quota,
    /// What previews cost, and what they may.
    pub costs: Costs,
    /// What one request may ask for.
    pub limits: Limits,
    /// What a service gets that asks for nothing.
    pub service: Service,
    /// What a request that names no application runs.
    pub default_app: DefaultApp,
    /// The workers.
    pub worker: Worker,
    /// What the server says of itself, on standard error.
    pub log: Log,
    /// What it says of itself to those who watch over it.
    pub telemetry: Telemetry,
}

/// `[api]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api {
    /// Where it listens.
    pub listen: Address,
    /// The names that it answers to, besides those of this machine.
    pub names: Vec<HostName>,
    /// The certificate that it shows; set if and only if `tls_key` is.
    pub tls_certificate: Option<PathBuf>,
    /// The certificate's key.
    pub tls_key: Option<PathBuf>,
    /// Whose `X-Forwarded-*` it believes. If there are any, nobody else may call.
    pub trusted_proxies: Vec<IpNet>,
}

/// `[previews]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previews {
    /// Where the proxy listens. Another port than the API's: a preview's page is another origin.
    pub listen: Loopback,
    /// The ports that preview processes are given.
    pub ports: PortRange,
    /// How long a process has between SIGTERM and SIGKILL.
    pub grace: Duration,
    /// How long a service has to answer its health path.
    pub ready_within: Duration,
    /// How long a request is held until its preview has woken.
    pub hold: Duration,
    /// How long a checkout may take to be fetched and built.
    pub build_within: Duration,
    /// Who may see a preview whose request does not say.
    pub access: AccessKind,
    /// The file that holds the key that sessions and links are signed with, for several processes.
    pub gate_key_file: Option<PathBuf>,
    /// The file with the secrets that previews may refer to, on the local platform.
    pub secret_file: Option<PathBuf>,
}

/// `[ttl]`; `minimum <= default <= maximum`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TtlBounds {
    /// The shortest life that may be asked for.
    pub minimum: Ttl,
    /// The life of a preview whose request names none.
    pub default: Ttl,
    /// The longest life that may be asked for.
    pub maximum: Ttl,
    /// The longest time for which a preview may be pinned.
    pub pin_maximum: Ttl,
    /// How long before its end somebody is warned; zero warns nobody.
    pub warn_before: Duration,
}

/// `[quota]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Previews of one owner.
    pub per_owner: u32,
    /// Previews in all.
    pub total: u32,
}

/// `[service]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// CPU units, 1024 to a core.
    pub cpu: u32,
    /// Memory in MiB.
    pub memory: u32,
}

/// `[default_app]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultApp {
    /// What `/bin/sh -c` runs, on the local platform.
    pub command: String,
    /// The image, on the aws platform. It listens on port 80.
    pub image: Word,
}

/// `[worker]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Worker {
    /// Creates and updates carried out at the same time.
    pub builds: u32,
    /// Destroys carried out at the same time.
    pub destroys: u32,
    /// Verifies and sweeps carried out at the same time.
    pub maintenance: u32,
    /// How long a claim holds without being renewed.
    pub lease: Duration,
    /// How long one look at the queue waits for a message.
    pub poll: Duration,
    /// How often due rows are looked for.
    pub reminder: Duration,
    /// How long after a destroy its receipt's check is made, on the local platform.
    pub verify_delay: Duration,
    /// How often what exists is compared with the rows.
    pub sweep_every: Duration,
    /// How many rows a sweep may mark as suspect.
    pub sweep_cap: u32,
    /// How old something must be for a sweep to mind it.
    pub sweep_age: Duration,
    /// Where it says how it is, if anywhere.
    pub listen: Option<Address>,
}

/// `[log]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// How lines are written.
    pub format: LogFormat,
    /// Which lines are written.
    pub level: LogFilter,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from(".tempus"),
            engine: EngineKind::Sqlite,
            platform: PlatformKind::Local,
            aws: Aws::default(),
            ecs: Ecs::default(),
            api: Api {
                listen: Address::v4(8080),
                names: Vec::new(),
                tls_certificate: None,
                tls_key: None,
                trusted_proxies: Vec::new(),
            },
            identity: Identity::default(),
            github: GitHub::default(),
            database: Database::default(),
            notify: Notify::default(),
            previews: Previews {
                listen: Loopback::v4(8081),
                ports: PortRange::new(20_000..=29_999),
                grace: Duration::from_secs(5),
                ready_within: Duration::from_mins(1),
                hold: Duration::from_secs(20),
                build_within: Duration::from_mins(10),
                access: AccessKind::Open,
                gate_key_file: None,
                secret_file: None,
            },
            ttl: TtlBounds {
                minimum: ttl(Duration::from_secs(10)),
                default: ttl(Duration::from_hours(2)),
                maximum: ttl(Duration::from_hours(30 * 24)),
                pin_maximum: ttl(Duration::from_hours(30 * 24)),
                warn_before: Duration::from_hours(1),
            },
            quota: Quota {
                per_owner: 10,
                total: 100,
            },
            costs: Costs::default(),
            limits: Limits::default(),
            service: Service {
                cpu: 256,
                memory: 512,
            },
            default_app: DefaultApp {
                // The local platform tells every process where this program is.
                command: "exec \"$TEMPUS_EXE\" hello".to_owned(),
                image: Word::named("docker.io/library/nginx:alpine"),
            },
            worker: Worker {
                builds: 16,
                destroys: 16,
                maintenance: 4,
                lease: Duration::from_secs(30),
                poll: Duration::from_secs(20),
                reminder: Duration::from_mins(1),
                verify_delay: Duration::from_secs(2),
                sweep_every: Duration::from_mins(15),
                sweep_cap: 10,
                sweep_age: Duration::from_mins(15),
                listen: None,
            },
            log: Log {
                format: LogFormat::Auto,
                level: LogFilter::default(),
            },
            telemetry: Telemetry::default(),
        }
    }
}

impl Config {
    /// Where the API is reached, for links: without a slash at its end.
    pub fn public_url(&self) -> Option<String> {
        let url = self.github.public_url.as_ref();
        url.map(|url| url.as_str().trim_end_matches('/').to_owned())
    }
}

fn ttl(length: Duration) -> Ttl {
    Ttl::new(length).expect("the defaults are positive")
}

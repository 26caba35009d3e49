//! What an installation decides about its API.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::uri::Authority;
use ipnet::IpNet;
use tempus_engine::{Listener, Quotas};
use tempus_model::github::SourceKey;
use tempus_model::{DnsName, Limits, Origin, ShortId, Timestamp, Ttl, TtlError};

use crate::books::Costs;
use crate::gate::Front;

/// Everything about the API that is configured. Times and sizes are checked where they are read.
#[derive(Debug, Clone)]
pub struct Config {
    /// What one request may ask for.
    pub limits: Limits,
    /// How long previews may live.
    pub ttl: TtlRange,
    /// Who is warned of a preview's end, and how long before it.
    pub warnings: Warnings,
    /// How many previews there may be.
    pub quotas: Quotas,
    /// What they cost, and what they may.
    pub costs: Costs,
    /// Where previews answer, in order of preference.
    pub listeners: Vec<ListenerTemplate>,
    /// Where load balancers send to this API what no preview's rule takes.
    pub fronts: Vec<Front>,
    /// Who may see a preview whose request does not say.
    pub access: DefaultAccess,
    /// What a request without a command and without an image gets.
    pub default_app: DefaultApp,
    /// What a service gets that asks for no CPU and no memory.
    pub size: Size,
    /// The names that the API answers to.
    pub hosts: Hosts,
    /// Whose `X-Forwarded-*` is believed. If there are any, nobody else may call.
    pub trusted_proxies: Vec<IpNet>,
    /// The largest body, in bytes.
    pub body_limit: usize,
}

impl Config {
    /// The largest body that is taken unless configured otherwise: 64 KiB.
    pub const BODY_LIMIT: usize = 64 * 1024;

    /// Whether a preview of this name would answer at a name of the API's own. A load balancer asks
    /// previews' rules first, so it would get what is sent to the API, credentials included.
    pub(crate) fn is_taken(&self, name: &DnsName) -> bool {
        self.fronts.iter().any(|front| match front {
            Front::Hosts { domain } => self.hosts.has(&format!("{name}.{domain}")),
            Front::Paths { .. } => false,
        })
    }
}

/// Who may see a preview whose request does not say. A password cannot be a default: it would be
/// everybody's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DefaultAccess {
    /// Whoever can reach it.
    #[default]
    Open,
    /// Whoever was given a signed link.
    Link,
}

/// The lifetimes that are accepted. Invariant: `min <= default <= max`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TtlRange {
    min: Ttl,
    default: Ttl,
    max: Ttl,
    pin: Ttl,
}

/// Who is warned of a preview's end, and how long before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Warnings {
    /// How long before; `None` warns nobody.
    pub before: Option<Duration>,
    /// Whether there is a receiver that is told of every preview. A pull request is told of its own.
    pub receiver: bool,
}

impl Warnings {
    /// How long before its end somebody is warned of a preview of this origin, if anybody is.
    pub(crate) fn of(&self, origin: &Origin) -> Option<Duration> {
        let heard = self.receiver || SourceKey::of(origin).is_some();
        self.before.filter(|_| heard)
    }
}

/// A range of lifetimes that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("lifetimes must be ordered: minimum {min}, default {default}, maximum {max}")]
pub struct TtlOrder {
    min: Ttl,
    default: Ttl,
    max: Ttl,
}

impl TtlRange {
    /// From its three lengths.
    pub fn new(min: Ttl, default: Ttl, max: Ttl) -> Result<Self, TtlOrder> {
        if min <= default && default <= max {
            let pin = max;
            Ok(Self {
                min,
                default,
                max,
                pin,
            })
        } else {
            Err(TtlOrder { min, default, max })
        }
    }

    /// With another longest time for which a preview may be pinned than that for which it may live.
    #[must_use]
    pub const fn pinned_for(self, pin: Ttl) -> Self {
        Self { pin, ..self }
    }

    /// The lifetime of a preview whose request says nothing about it.
    pub const fn default_ttl(&self) -> Ttl {
        self.default
    }

    /// The longest time that anything may live from now on.
    pub(crate) const fn longest(&self) -> Ttl {
        self.max
    }

    /// The longest time that anything may be pinned for.
    pub(crate) const fn longest_pin(&self) -> Ttl {
        self.pin
    }

    /// The latest expiry that anything may be given at this time.
    pub(crate) fn latest(&self, now: Timestamp) -> Timestamp {
        now.after(self.max.duration())
    }

    /// The latest time until which anything may be pinned at this time.
    pub(crate) fn latest_pin(&self, now: Timestamp) -> Timestamp {
        now.after(self.pin.duration())
    }

    /// The lifetime, if it is within the range, and otherwise what would be.
    pub(crate) fn admit(&self, ttl: Result<Ttl, TtlError>) -> Result<Ttl, String> {
        self.admit_to(self.max, ttl)
    }

    /// The same for a pin.
    pub(crate) fn admit_pin(&self, ttl: Result<Ttl, TtlError>) -> Result<Ttl, String> {
        self.admit_to(self.pin, ttl)
    }

    fn admit_to(&self, max: Ttl, ttl: Result<Ttl, TtlError>) -> Result<Ttl, String> {
        let accepted = format!("must be between {} and {max}", self.min);
        match ttl {
            Ok(ttl) if (self.min..=max).contains(&ttl) => Ok(ttl),
            Ok(_) | Err(TtlError::Range) => Err(accepted),
            Err(error @ TtlError::Form) => Err(error.to_string()),
        }
    }
}

/// A listener that previews answer on: a name, its room, and how a preview's URL is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerTemplate {
    /// Its name.
    pub name: String,
    /// How many previews it takes; `None` is any number.
    pub slots: Option<u32>,
    /// A preview's URL on it, where `{name}` and `{short}` stand for the preview's.
    pub url: String,
}

impl ListenerTemplate {
    /// The listener as a store chooses from it, for one preview.
    pub fn listener(&self, name: &DnsName, short: ShortId) -> Listener {
        let url = self
            .url
            .replace("{name}", name.as_str())
            .replace("{short}", &short.to_string());
        Listener {
            name: self.name.clone(),
            slots: self.slots,
            url,
        }
    }
}

/// The application of a request that names none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DefaultApp {
    /// What to run, where the platform runs processes.
    pub command: Option<String>,
    /// The image, where the platform runs containers.
    pub image: Option<String>,
    /// The folder to run the command in, absolute.
    pub dir: Option<String>,
    /// Its environment.
    pub env: BTreeMap<String, String>,
    /// The path that says when it is ready.
    pub health_path: Option<String>,
    /// The port that it listens on, where it is not told one.
    pub port: Option<u16>,
}

/// The share of a machine that a service gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// CPU units, 1024 to a core.
    pub cpu: u32,
    /// Memory in MiB.
    pub memory: u32,
}

impl Default for Size {
    fn default() -> Self {
        Self {
            cpu: 256,
            memory: 512,
        }
    }
}

/// The names that the API answers to. Any other name in `Host` is refused, because a foreign page
/// can make its own name point here (DNS rebinding).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hosts {
    /// The ports that the API listens on: `localhost`, `127.0.0.1` and `[::1]` are accepted with
    /// one of them.
    pub ports: Vec<u16>,
    /// Further names, as `name` (any port) or `name:port`.
    pub names: Vec<String>,
}

impl Hosts {
    /// Whether this is one of the names, on whatever port.
    pub(crate) fn has(&self, host: &str) -> bool {
        let names = self.names.iter();
        let mut names = names.filter_map(|name| name.parse::<Authority>().ok());
        names.any(|name| name.host().eq_ignore_ascii_case(host))
    }
}

//! The variables of a process: which pass on from the server, and which say whose it is.

use std::ffi::{OsStr, OsString};

use tempus_model::{DnsName, InstallationId, PreviewId};

use super::launch::Order;
use super::{ResourceName, Revision};

const INSTALLATION: &str = "TEMPUS_INSTALLATION";
const PREVIEW: &str = "TEMPUS_PREVIEW";
const SERVICE: &str = "TEMPUS_SERVICE";
const RESOURCE: &str = "TEMPUS_RESOURCE";
const REVISION: &str = "TEMPUS_REVISION";
const ROLE: &str = "TEMPUS_ROLE";

/// What a program needs to run at all. A list of what passes, not of what does not: nobody can
/// list every variable in which a server may hold a credential.
const PASSED_ON: [&str; 12] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "HOSTNAME",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// Those of `variables` that a preview may see.
pub(super) fn passed_on(
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> impl Iterator<Item = (OsString, OsString)> {
    variables.filter(|(name, _)| name.to_str().is_some_and(passes))
}

fn passes(name: &str) -> bool {
    PASSED_ON.contains(&name) || name.starts_with("LC_")
}

/// Which part a tagged process plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It looks after the command.
    Shim,
    /// It is the command, or was started by it.
    App,
}

/// Whose a process is, as its environment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tags {
    pub(super) installation: InstallationId,
    pub(super) preview: PreviewId,
    pub(super) service: DnsName,
    pub(super) resource: ResourceName,
    pub(super) revision: Revision,
    pub(super) role: Role,
}

impl Tags {
    pub(super) fn new(order: &Order, role: Role) -> Self {
        let launch = &order.launch;
        Self {
            installation: order.installation,
            preview: launch.preview,
            service: launch.service.clone(),
            resource: launch.resource.clone(),
            revision: launch.revision.clone(),
            role,
        }
    }

    /// The variables that carry these tags.
    pub(super) fn variables(&self) -> [(&'static str, String); 6] {
        let role = match self.role {
            Role::Shim => "shim",
            Role::App => "app",
        };
        [
            (INSTALLATION, self.installation.to_string()),
            (PREVIEW, self.preview.to_string()),
            (SERVICE, self.service.to_string()),
            (RESOURCE, self.resource.to_string()),
            (REVISION, self.revision.to_string()),
            (ROLE, role.to_owned()),
        ]
    }

    /// Reads the tags from an environment as `/proc` shows it: `NAME=value`, ended by zero bytes.
    /// `None` if it is not, or not wholly, one of ours.
    #[cfg_attr(
        not(target_os = "linux"),
        allow(dead_code, reason = "read from /proc only")
    )]
    pub(super) fn read(environ: &[u8]) -> Option<Self> {
        let value = |name: &str| {
            let entry = environ
                .split(|b| *b == 0)
                .find_map(|entry| entry.strip_prefix(name.as_bytes())?.strip_prefix(b"="))?;
            std::str::from_utf8(entry).ok()
        };
        Some(Self {
            installation: value(INSTALLATION)?.parse().ok()?,
            preview: value(PREVIEW)?.parse().ok()?,
            service: value(SERVICE)?.parse().ok()?,
            resource: value(RESOURCE)?.parse().ok()?,
            revision: Revision(value(REVISION)?.to_owned()),
            role: match value(ROLE)? {
                "shim" => Role::Shim,
                "app" => Role::App,
                _ => return None,
            },
        })
    }
}

/// Everything the command gets: what passes on, then its own variables, then the tags, each
/// stronger than the one before.
pub(super) fn of_app(order: &Order) -> Vec<(OsString, OsString)> {
    let own = order.launch.env.iter();
    let tags = Tags::new(order, Role::App).variables();
    passed_on(std::env::vars_os())
        .chain(own.map(|(name, value)| (OsString::from(name), OsString::from(value))))
        .chain(tags.map(|(name, value)| (OsStr::new(name).to_owned(), value.into())))
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_of_the_server_passes_on() {
        let server = [
            "PATH",
            "LC_ALL",
            "TEMPUS_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "GITHUB_TOKEN",
            "DATABASE_URL",
            "PATHS",
            "http_proxy",
        ];
        let passed: Vec<_> = passed_on(server.iter().map(|name| (name.into(), "x".into())))
            .map(|(name, _)| name)
            .collect();
        assert_eq!(passed, ["PATH", "LC_ALL"]);
    }

    #[test]
    fn tags_are_read_back_and_half_a_set_is_none() {
        let tags = Tags {
            installation: InstallationId::new(7),
            preview: "550e8400-e29b-41d4-a716-446655440000".parse().unwrap(),
            service: "web".parse().unwrap(),
            resource: "r-1".parse().unwrap(),
            revision: Revision("abc=1".into()),
            role: Role::App,
        };
        let pairs = tags
            .variables()
            .map(|(name, value)| format!("{name}={value}\0"));
        assert_eq!(Tags::read(pairs.concat().as_bytes()), Some(tags));
        assert_eq!(Tags::read(pairs[..3].concat().as_bytes()), None);
    }
}

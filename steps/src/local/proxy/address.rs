//! Which site a request is for. The host is read strictly: it is what keeps a web page whose name
//! was re-pointed to this machine (DNS rebinding) from reaching previews.

use hyper::Request;
use hyper::header::{HOST, HeaderValue};
use hyper::http::uri::PathAndQuery;

use super::site::{HostLabel, ShortId, Site};

const PATH_PREFIX: &str = "/preview-";

/// The host that a request was sent to.
#[derive(Debug)]
pub(super) struct Address {
    /// As the client sent it, port included; this is the `Host` that the application sees.
    pub(super) sent: HeaderValue,
    /// The port that the client believes it talks to, if it said so.
    pub(super) port: Option<u16>,
    host: Host,
}

#[derive(Debug, PartialEq, Eq)]
enum Host {
    Preview(HostLabel),
    ThisMachine,
}

/// Why a request has no usable host.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Misaddressed {
    /// No host, or more than one: RFC 9112 wants a 400.
    NotExactlyOneHost,
    /// A host that is not served here, as sent.
    ElsewhereHost(String),
}

/// What lies at an address and a path.
#[derive(Debug)]
pub(super) enum Aim {
    /// A preview.
    Preview(Target),
    /// A preview's path without its closing slash: relative links need it.
    MissingSlash { location: String },
    /// Nothing: the port itself.
    Port,
    /// `OPTIONS *` and the like.
    NoPath,
}

/// A preview, and what it is asked for.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) site: Site,
    /// What the application is asked for, the prefix taken off.
    pub(super) path: PathAndQuery,
    /// The prefix that was taken off; set if and only if the site is named by path.
    pub(super) prefix: Option<String>,
}

impl Address {
    /// Reads the host: the request target's own in absolute form (RFC 9112 3.2.2), else `Host`.
    pub(super) fn of<B>(request: &Request<B>) -> Result<Self, Misaddressed> {
        let mut hosts = request.headers().get_all(HOST).iter();
        let (Some(header), None) = (hosts.next(), hosts.next()) else {
            return Err(Misaddressed::NotExactlyOneHost);
        };
        let sent = match request.uri().authority() {
            Some(authority) => HeaderValue::from_str(authority.as_str())
                .map_err(|_| Misaddressed::ElsewhereHost(authority.to_string()))?,
            None => header.clone(),
        };
        let elsewhere =
            || Misaddressed::ElsewhereHost(String::from_utf8_lossy(sent.as_bytes()).into_owned());
        let text = sent.to_str().map_err(|_| elsewhere())?;
        let (host, port) = split(text).ok_or_else(elsewhere)?;
        let host = Host::parse(host).ok_or_else(elsewhere)?;
        Ok(Self { sent, port, host })
    }

    /// Finds what the request asks for at this host.
    pub(super) fn aim(&self, asked: &PathAndQuery) -> Aim {
        if !asked.path().starts_with('/') {
            return Aim::NoPath;
        }
        let label = match &self.host {
            Host::Preview(label) => label.clone(),
            Host::ThisMachine => return aim_by_path(asked),
        };
        Aim::Preview(Target {
            site: Site::Host(label),
            path: asked.clone(),
            prefix: None,
        })
    }
}

fn aim_by_path(asked: &PathAndQuery) -> Aim {
    let Some(rest) = asked.path().strip_prefix(PATH_PREFIX) else {
        return Aim::Port;
    };
    let (short, below) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, ""),
    };
    let Ok(short) = ShortId::parse(short) else {
        return Aim::Port;
    };
    let prefix = format!("{PATH_PREFIX}{short}");
    let query = asked
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    if below.is_empty() {
        let location = format!("{prefix}/{query}");
        return Aim::MissingSlash { location };
    }
    match PathAndQuery::try_from(format!("{below}{query}")) {
        Ok(path) => Aim::Preview(Target {
            site: Site::Short(short),
            path,
            prefix: Some(prefix),
        }),
        // Cannot happen: what follows a slash in a valid path is a valid path.
        Err(_) => Aim::NoPath,
    }
}

impl Host {
    fn parse(host: &str) -> Option<Self> {
        if host == "[::1]" || host == "127.0.0.1" {
            return Some(Self::ThisMachine);
        }
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        if host == "localhost" {
            return Some(Self::ThisMachine);
        }
        let label = HostLabel::parse(host.strip_suffix(".localhost")?).ok()?;
        Some(Self::Preview(label))
    }
}

/// Splits `host[:port]`; `None` if what follows the colon is not a port. An empty port is legal
/// (RFC 3986 3.2.3).
fn split(text: &str) -> Option<(&str, Option<u16>)> {
    let colon = match text.rfind(']') {
        Some(bracket) => text[bracket..].find(':').map(|at| bracket + at),
        None => text.find(':'),
    };
    let Some(colon) = colon else {
        return Some((text, None));
    };
    let (host, port) = (&text[..colon], &text[colon + 1..]);
    if port.is_empty() {
        return Some((host, None));
    }
    // `u16::from_str` alone would take a sign.
    if !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((host, Some(port.parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Option<(Host, Option<u16>)> {
        let (host, port) = split(text)?;
        Some((Host::parse(host)?, port))
    }

    fn aim(host: &str, path: &str) -> Aim {
        let request = Request::get(path).header(HOST, host).body(()).unwrap();
        let path = request.uri().path_and_query().unwrap().clone();
        Address::of(&request).unwrap().aim(&path)
    }

    #[test]
    fn only_hosts_of_this_machine_are_accepted() {
        let label = |text| Host::Preview(HostLabel::parse(text).unwrap());
        assert_eq!(host("pr-1.localhost:80"), Some((label("pr-1"), Some(80))));
        assert_eq!(host("PR-1.LocalHost.:80"), Some((label("pr-1"), Some(80))));
        assert_eq!(host("pr-1.localhost"), Some((label("pr-1"), None)));
        for here in [
            "localhost",
            "LOCALHOST.",
            "127.0.0.1",
            "[::1]",
            "localhost:",
        ] {
            assert_eq!(host(here), Some((Host::ThisMachine, None)), "{here}");
        }
        assert_eq!(host("[::1]:9"), Some((Host::ThisMachine, Some(9))));
        for elsewhere in [
            "",
            "example.com",
            "localhost.example.com",
            "a.b.localhost",
            ".localhost",
            "a_b.localhost",
            "a.localhost..",
            "xlocalhost",
            "127.0.0.2",
            "::1",
            "[::2]",
            "u@a.localhost",
            "a.localhost:+80",
            "a.localhost:99999",
            "a.localhost:80:80",
            "a.localhost:80/x",
        ] {
            assert_eq!(host(elsewhere), None, "{elsewhere}");
        }
    }

    #[test]
    fn the_request_target_overrides_the_host_header() {
        let request = Request::get("http://evil.example/")
            .header(HOST, "a.localhost")
            .body(())
            .unwrap();
        assert_eq!(
            Address::of(&request).unwrap_err(),
            Misaddressed::ElsewhereHost("evil.example".into())
        );
        let twice = Request::get("/")
            .header(HOST, "a.localhost")
            .header(HOST, "b.localhost")
            .body(())
            .unwrap();
        assert_eq!(
            Address::of(&twice).unwrap_err(),
            Misaddressed::NotExactlyOneHost
        );
    }

    #[test]
    fn path_mode_takes_the_prefix_off() {
        let Aim::Preview(target) = aim("localhost", "/preview-0a1b2c3d//x/?q=/1") else {
            panic!("not a preview");
        };
        assert_eq!(target.path.as_str(), "//x/?q=/1");
        assert_eq!(target.prefix.as_deref(), Some("/preview-0a1b2c3d"));
        assert!(matches!(
            aim("localhost", "/preview-0a1b2c3d?q=1"),
            Aim::MissingSlash { location } if location == "/preview-0a1b2c3d/?q=1"
        ));
        for port in [
            "/",
            "/x",
            "/preview-",
            "/preview-0A1B2C3D/",
            "/preview-0a1b2c3dx/",
        ] {
            assert!(matches!(aim("localhost", port), Aim::Port), "{port}");
        }
    }

    #[test]
    fn host_mode_leaves_the_path_alone() {
        let Aim::Preview(target) = aim("a.localhost:1", "/preview-0a1b2c3d/x") else {
            panic!("not a preview");
        };
        assert_eq!(target.path.as_str(), "/preview-0a1b2c3d/x");
        assert_eq!(target.prefix, None);
    }
}

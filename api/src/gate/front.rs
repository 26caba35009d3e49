//! Which requests are meant for previews.

use axum::http::uri::{Authority, PathAndQuery};
use axum::http::{HeaderMap, header};
use tempus_steps::gate::Scheme;
use tempus_steps::local::proxy::{HostLabel, ShortId, Site};

/// Where previews answer behind a load balancer, whose requests come here when no preview's rule
/// takes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Front {
    /// Each at a host of its own, `{name}.{domain}`, over TLS.
    Hosts {
        /// The domain under the wildcard.
        domain: String,
    },
    /// All at one host, at `/preview-{short}/`, in the clear.
    Paths {
        /// The host.
        host: String,
    },
}

/// A preview that a request is meant for.
#[derive(Debug)]
pub(super) struct Aim {
    pub(super) site: Site,
    /// The path that its own paths are below.
    pub(super) base: String,
    pub(super) scheme: Scheme,
}

impl Front {
    /// What a request is meant for here; nothing if it is none of this front's.
    pub(super) fn aim(&self, host: &str, path: &str) -> Option<Aim> {
        match self {
            Self::Hosts { domain } => {
                let label = host.strip_suffix(domain.as_str())?.strip_suffix('.')?;
                let label = HostLabel::parse(label).ok()?;
                Some(Aim {
                    site: Site::Host(label),
                    base: "/".to_owned(),
                    scheme: Scheme::Https,
                })
            }
            Self::Paths { host: own } => {
                if host != own {
                    return None;
                }
                let below = path.strip_prefix("/preview-")?;
                let short = below.split('/').next().unwrap_or_default();
                let short = ShortId::parse(short).ok()?;
                Some(Aim {
                    base: format!("/preview-{short}/"),
                    site: Site::Short(short),
                    scheme: Scheme::Http,
                })
            }
        }
    }
}

/// The host that a request was sent to, in small letters and without its port: the one of its
/// header, given once.
pub(super) fn host(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(header::HOST).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let authority = Authority::try_from(value.as_bytes()).ok()?;
    let host = authority.host().to_ascii_lowercase();
    Some(host.strip_suffix('.').map_or(host.clone(), str::to_owned))
}

/// The path of a preview that is meant, with the slash that its relative links need.
pub(super) fn slashed(asked: &PathAndQuery, base: &str) -> Option<String> {
    let bare = base.strip_suffix('/').filter(|bare| !bare.is_empty())?;
    (asked.path() == bare).then(|| match asked.query() {
        Some(query) => format!("{base}?{query}"),
        None => base.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_previews_of_a_front_are_its_own() {
        let hosts = Front::Hosts {
            domain: "a1.example.com".into(),
        };
        let site = |front: &Front, host: &str, path: &str| {
            front
                .aim(host, path)
                .map(|aim| (aim.site.to_string(), aim.base))
        };
        let shop = Some(("shop".to_owned(), "/".to_owned()));
        assert_eq!(site(&hosts, "shop.a1.example.com", "/preview/create"), shop);
        for other in [
            "a1.example.com",
            ".a1.example.com",
            "x.shop.a1.example.com",
            "shop.a2.example.com",
            "shopa1.example.com",
            "shop.a1.example.com.evil.example",
        ] {
            assert_eq!(site(&hosts, other, "/"), None, "{other}");
        }
        let paths = Front::Paths {
            host: "a2.elb.example".into(),
        };
        let found = site(&paths, "a2.elb.example", "/preview-0a1b2c3d/x");
        let expected = (
            "preview-0a1b2c3d".to_owned(),
            "/preview-0a1b2c3d/".to_owned(),
        );
        assert_eq!(found, Some(expected));
        for (host, path) in [
            ("a3.elb.example", "/preview-0a1b2c3d/"),
            ("a2.elb.example", "/preview/create"),
            ("a2.elb.example", "/previews"),
            ("a2.elb.example", "/preview-0A1B2C3D/"),
            ("a2.elb.example", "/preview-0a1b2c3/"),
        ] {
            assert_eq!(site(&paths, host, path), None, "{host}{path}");
        }
    }

    #[test]
    fn a_host_is_given_once() {
        let of = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::HOST, value.parse().unwrap());
            }
            host(&headers)
        };
        assert_eq!(
            of(&["Shop.Example.Com.:8443"]).as_deref(),
            Some("shop.example.com")
        );
        assert_eq!(of(&[]), None);
        assert_eq!(of(&["a", "b"]), None);
    }
}

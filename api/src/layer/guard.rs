//! Keeps web pages from driving the API, which starts processes on request.
//!
//! A browser on this machine can reach the API, and so can every page that is open in it. What
//! closes which way in:
//!
//! | a page tries | refused by |
//! |---|---|
//! | its own name, re-pointed at this machine (DNS rebinding) | `Host`: only our own names |
//! | `fetch`, another origin, any method | `Origin`, which is then another's; `Sec-Fetch-Site` |
//! | a form, or `no-cors` with `text/plain` | the same two, and the content type |
//! | reading an answer of a `GET` (`<script>`, `<img>`, `no-cors`) | `Sec-Fetch-Site`; no CORS header; `Cross-Origin-Resource-Policy` |
//! | framing `/docs` | `Sec-Fetch-Dest`; `frame-ancestors` |
//! | being a preview: `x.localhost:8081`, `localhost:8081` | all of the above: the port makes it another origin |
//!
//! Programs send neither `Origin` nor `Sec-Fetch-*`. A link to a `GET` may be followed from
//! anywhere: it shows the answer to the person, not to the page.

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::peer::{Peer, Scheme};
use crate::config::Hosts;
use crate::refusal::Refusal;
use crate::shape::ProblemKind;
use crate::state::Api;

/// Load balancers and tunnels call these by names of their own. They tell nothing and change
/// nothing, or prove who sent them by a signature.
pub(crate) const OPEN: [&str; 3] = ["/health", "/ready", WEBHOOK];

/// Where GitHub delivers.
pub(crate) const WEBHOOK: &str = "/webhooks/github";

/// Refuses what a web page may not send.
pub(crate) async fn guard(State(api): State<Api>, request: Request, next: Next) -> Response {
    if !OPEN.contains(&request.uri().path()) {
        let hosts = &api.config().hosts;
        let peer = request.extensions().get::<Peer>();
        let scheme = peer.map_or(Scheme::Http, |peer| peer.scheme);
        let checked = check(
            hosts,
            scheme,
            request.method(),
            request.uri(),
            request.headers(),
        );
        if let Err(refusal) = checked {
            return refusal.into_response();
        }
    }
    next.run(request).await
}

fn check(
    hosts: &Hosts,
    scheme: Scheme,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<(), Refusal> {
    let host = host(headers)?;
    // A request in absolute form (`GET http://name/ HTTP/1.1`) names its host twice.
    for authority in [Some(&host), uri.authority()].into_iter().flatten() {
        if !hosts.accepts(authority, scheme) {
            return Err(Refusal::new(
                ProblemKind::Misdirected,
                "this server answers to localhost and its own port, and to the names that are \
                 configured; use one of them",
            ));
        }
    }
    if let Some(origin) = headers.get(header::ORIGIN) {
        let own = origin.to_str().is_ok_and(|origin| is_own(origin, &host));
        if !own {
            return Err(foreign());
        }
    }
    if let Some(site) = headers.get("sec-fetch-site") {
        let own = site == "same-origin" || site == "none";
        if !own && !is_followed_link(method, headers) {
            return Err(foreign());
        }
    }
    Ok(())
}

fn host(headers: &HeaderMap) -> Result<Authority, Refusal> {
    let mut values = headers.get_all(header::HOST).iter();
    let only = match (values.next(), values.next()) {
        (Some(value), None) => Authority::try_from(value.as_bytes()).ok(),
        _ => None,
    };
    only.ok_or_else(|| Refusal::unreadable("Host", "must be given once, as a name and a port"))
}

impl Hosts {
    /// Whether the API answers to this name and port.
    fn accepts(&self, authority: &Authority, scheme: Scheme) -> bool {
        if authority.as_str().contains('@') {
            return false;
        }
        let host = authority.host();
        let loopback = ["localhost", "127.0.0.1", "[::1]"]
            .iter()
            .any(|own| host.eq_ignore_ascii_case(own));
        let port = authority.port_u16().unwrap_or(scheme.default_port());
        if loopback && self.ports.contains(&port) {
            return true;
        }
        self.names.iter().any(|name| {
            name.parse::<Authority>().is_ok_and(|name| {
                name.host().eq_ignore_ascii_case(host)
                    && name.port_u16().is_none_or(|own| own == port)
            })
        })
    }
}

/// Whether an `Origin` is the one that this request was sent to: the same name and port. `null`,
/// which sandboxed frames and files send, is nobody's.
fn is_own(origin: &str, host: &Authority) -> bool {
    let Ok(origin) = origin.parse::<Uri>() else {
        return false;
    };
    let default_port = match origin.scheme_str() {
        Some("http") => 80,
        // Behind something that ends TLS for us.
        Some("https") => 443,
        _ => return false,
    };
    origin.authority().is_some_and(|authority| {
        authority.host().eq_ignore_ascii_case(host.host())
            && authority.port_u16().unwrap_or(default_port)
                == host.port_u16().unwrap_or(default_port)
    })
}

/// Whether a person followed a link to this in a tab, as the browser says.
fn is_followed_link(method: &Method, headers: &HeaderMap) -> bool {
    let is = |name: &str, value: &str| headers.get(name).is_some_and(|header| header == value);
    method.is_safe() && is("sec-fetch-mode", "navigate") && is("sec-fetch-dest", "document")
}

fn foreign() -> Refusal {
    Refusal::new(
        ProblemKind::ForeignOrigin,
        "this request was sent by a page of another site, which may not use this API; use /docs, \
         the command line, or a program",
    )
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn status(method: &Method, uri: &str, headers: &[(&'static str, &'static str)]) -> u16 {
        let hosts = Hosts {
            ports: vec![8080],
            names: vec!["tempus.example".into(), "10.0.0.5:9000".into()],
        };
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| {
                let name = HeaderName::from_static(name);
                (name, HeaderValue::from_static(value))
            })
            .collect();
        let uri = uri.parse().unwrap();
        match check(&hosts, Scheme::Http, method, &uri, &headers) {
            Ok(()) => 200,
            Err(refusal) => refusal.problem().status,
        }
    }

    #[test]
    fn only_own_names_are_answered_to() {
        for own in [
            "localhost:8080",
            "LocalHost:8080",
            "127.0.0.1:8080",
            "[::1]:8080",
            "tempus.example",
            "tempus.example:444",
            "10.0.0.5:9000",
        ] {
            assert_eq!(status(&Method::GET, "/", &[("host", own)]), 200, "{own}");
        }
        for foreign in [
            "localhost",
            "localhost:8081",
            "localhost.:8080",
            "evil.example:8080",
            "x.localhost:8080",
            "127.0.0.2:8080",
            "localhost:8080@evil.example",
            "user@localhost:8080",
            "10.0.0.5",
            "nottempus.example",
        ] {
            assert_eq!(
                status(&Method::GET, "/", &[("host", foreign)]),
                421,
                "{foreign}"
            );
        }
        assert_eq!(status(&Method::GET, "/", &[]), 400);
        assert_eq!(status(&Method::GET, "/", &[("host", "")]), 400);
        let absolute = "http://evil.example/previews";
        assert_eq!(
            status(&Method::GET, absolute, &[("host", "localhost:8080")]),
            421
        );
    }

    #[test]
    fn a_name_without_a_port_has_that_of_its_scheme() {
        let hosts = Hosts {
            ports: vec![443],
            names: vec!["tempus.example:443".into()],
        };
        for (host, scheme, expected) in [
            ("tempus.example", Scheme::Https, true),
            ("tempus.example", Scheme::Http, false),
            ("localhost", Scheme::Https, true),
            ("localhost", Scheme::Http, false),
        ] {
            let host = Authority::from_static(host);
            assert_eq!(hosts.accepts(&host, scheme), expected, "{host} {scheme:?}");
        }
    }

    #[test]
    fn an_origin_is_ours_or_refused() {
        let with = |origin| {
            let headers = [("host", "localhost:8080"), ("origin", origin)];
            status(&Method::POST, "/preview/create", &headers)
        };
        assert_eq!(with("http://localhost:8080"), 200);
        for foreign in [
            "null",
            "",
            "http://localhost:8081",
            "http://shop.localhost:8081",
            "http://127.0.0.1:8080",
            "http://localhost",
            "http://evil.example",
            "http://localhost:8080.evil.example",
            "file://",
            "chrome-extension://localhost:8080",
        ] {
            assert_eq!(with(foreign), 403, "{foreign}");
        }
        let behind_tls = [
            ("host", "tempus.example"),
            ("origin", "https://tempus.example"),
        ];
        assert_eq!(status(&Method::POST, "/preview/create", &behind_tls), 200);
    }

    #[test]
    fn a_browser_says_where_a_request_comes_from() {
        let with = |method: &Method, site, mode, dest| {
            let headers = [
                ("host", "localhost:8080"),
                ("sec-fetch-site", site),
                ("sec-fetch-mode", mode),
                ("sec-fetch-dest", dest),
            ];
            status(method, "/docs", &headers)
        };
        assert_eq!(with(&Method::POST, "same-origin", "cors", "empty"), 200);
        assert_eq!(with(&Method::GET, "none", "navigate", "document"), 200);
        assert_eq!(
            with(&Method::GET, "cross-site", "navigate", "document"),
            200
        );
        for (method, site, mode, dest) in [
            (Method::GET, "cross-site", "no-cors", "script"),
            (Method::GET, "same-site", "no-cors", "image"),
            (Method::GET, "cross-site", "navigate", "iframe"),
            (Method::POST, "cross-site", "navigate", "document"),
            (Method::POST, "same-site", "navigate", "document"),
            (Method::DELETE, "same-site", "cors", "empty"),
        ] {
            assert_eq!(
                with(&method, site, mode, dest),
                403,
                "{method} {site} {mode}"
            );
        }
    }
}

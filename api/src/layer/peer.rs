//! Who sends a request, as far as the network knows.
//!
//! Without trusted proxies it is the connection's other end, and what `X-Forwarded-*` says is
//! ignored: anybody can write it. With them, nobody else may connect, and each proxy writes the
//! address that it was called from to the right of what it received. So the list is read from the
//! right, past our own proxies, to the first address that is not one: everything further left is
//! what that client made up.
//!
//! ```text
//!   X-Forwarded-For: 6.6.6.6, 203.0.113.9, 10.0.1.7      from 10.0.2.8, where 10.0.0.0/16 is trusted
//!                    made up  the client   our CDN            our load balancer
//! ```

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ipnet::IpNet;

use crate::refusal::Refusal;
use crate::shape::ProblemKind;
use crate::state::Api;

/// What load balancers, containers and supervisors ask of the process itself, from wherever they
/// are and without TLS. It tells nothing and changes nothing.
const OPEN: [&str; 2] = ["/health", "/ready"];

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// The connection that a request came on. In every request's extensions from the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Connection {
    /// The other end.
    pub peer: SocketAddr,
    /// What it speaks.
    pub scheme: Scheme,
}

/// Who sent a request. In every request's extensions, for all layers and handlers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer {
    /// The client's address: never one that the client made up.
    pub client: IpAddr,
    /// What the client speaks; to the trusted proxy, if it speaks to one.
    pub scheme: Scheme,
    way: Way,
}

/// What is spoken on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// In the clear.
    Http,
    /// Encrypted.
    Https,
}

impl Scheme {
    /// The port of an address that names none.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// How a request came here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// From the client itself, as it should.
    Direct,
    /// Through a trusted proxy, as it should.
    Proxied,
    /// Past the trusted proxies.
    Around,
}

impl Peer {
    /// Who sent this request, which came on this connection.
    fn of(connection: Connection, headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        let near = connection.peer.ip().to_canonical();
        let is_trusted = |addr: IpAddr| trusted.iter().any(|network| network.contains(&addr));
        if !is_trusted(near) {
            return Self {
                client: near,
                scheme: connection.scheme,
                way: if trusted.is_empty() {
                    Way::Direct
                } else {
                    Way::Around
                },
            };
        }
        let mut client = near;
        for hop in hops(headers) {
            // What is no address was not written by a proxy that we can go by.
            let Some(addr) = hop else { break };
            client = addr;
            if !is_trusted(addr) {
                break;
            }
        }
        let forwarded = last(headers, FORWARDED_PROTO);
        let is_https = forwarded.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
        Self {
            client,
            scheme: if is_https { Scheme::Https } else { Scheme::Http },
            way: Way::Proxied,
        }
    }

    /// Whether the request may go on.
    fn admit(self) -> Result<(), Refusal> {
        match (self.way, self.scheme) {
            (Way::Direct, _) | (Way::Proxied, Scheme::Https) => Ok(()),
            (Way::Around, _) => Err(Refusal::new(
                ProblemKind::NotProxied,
                "this server is reached through its proxy alone; send it there, or add the \
                 network that you call from to api.trusted_proxies",
            )),
            (Way::Proxied, Scheme::Http) => Err(Refusal::new(
                ProblemKind::InTheClear,
                "the proxy does not say that this came to it by HTTPS (X-Forwarded-Proto: https); \
                 a token must not travel in the clear, so use https://",
            )),
        }
    }
}

/// The addresses of `X-Forwarded-For`, from the right.
fn hops(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    let lines = headers.get_all(FORWARDED_FOR).iter();
    // A header that came twice is one list, in the order of its lines.
    let lines: Vec<_> = lines.map(|line| line.to_str().unwrap_or("?")).collect();
    lines
        .into_iter()
        .rev()
        .flat_map(|line| line.rsplit(','))
        .map(|hop| address(hop.trim()))
}

/// An address as proxies write it: alone, or with the port that was called from.
fn address(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']'));
    let alone = bare.unwrap_or(hop).parse::<IpAddr>();
    let addr = alone.or_else(|_| hop.parse::<SocketAddr>().map(|with_port| with_port.ip()));
    addr.ok().map(|addr| addr.to_canonical())
}

/// The last entry of a list, which the nearest proxy wrote.
fn last<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let line = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    line.rsplit(',').next().map(str::trim)
}

/// Finds out who sent the request.
pub(crate) async fn learn(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let connection = request.extensions().get().copied();
    // A router that is called without a socket has no peer; whoever calls it is this process.
    let connection = connection.unwrap_or(Connection {
        peer: (Ipv4Addr::LOCALHOST, 0).into(),
        scheme: Scheme::Http,
    });
    let peer = Peer::of(connection, request.headers(), &api.config().trusted_proxies);
    request.extensions_mut().insert(peer);
    next.run(request).await
}

/// Refuses what came past the trusted proxies, or to them in the clear.
pub(crate) async fn admit(request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().copied();
    if !OPEN.contains(&request.uri().path())
        && let Some(Err(refusal)) = peer.map(Peer::admit)
    {
        return refusal.into_response();
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn peer(from: &str, headers: &[(&'static str, &'static str)]) -> Peer {
        let trusted: Vec<IpNet> = ["10.0.0.0/16", "fd00::/8"]
            .map(|network| network.parse().unwrap())
            .into();
        of(from, headers, &trusted)
    }

    fn of(from: &str, headers: &[(&'static str, &'static str)], trusted: &[IpNet]) -> Peer {
        let connection = Connection {
            peer: (from.parse::<IpAddr>().unwrap(), 4711).into(),
            scheme: Scheme::Http,
        };
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        Peer::of(connection, &map, trusted)
    }

    fn client(from: &str, forwarded: &[&'static str]) -> String {
        let headers: Vec<_> = forwarded
            .iter()
            .map(|value| (FORWARDED_FOR, *value))
            .collect();
        peer(from, &headers).client.to_string()
    }

    #[test]
    fn the_list_is_read_from_the_right_past_our_own_proxies() {
        for (forwarded, expected) in [
            (&["203.0.113.9"][..], "203.0.113.9"),
            (&["6.6.6.6, 203.0.113.9"], "203.0.113.9"),
            (&["6.6.6.6,203.0.113.9 , 10.0.1.7"], "203.0.113.9"),
            (&["6.6.6.6", "203.0.113.9, 10.0.1.7", "10.0.3.3"], "203.0.113.9"),
            (&["10.0.1.7, 203.0.113.9"], "203.0.113.9"),
            (&["203.0.113.9:5555"], "203.0.113.9"),
            (&["[2001:db8::1]:5555"], "2001:db8::1"),
            (&["[2001:db8::1]"], "2001:db8::1"),
            (&["::ffff:203.0.113.9"], "203.0.113.9"),
            // A client within our own network, all the way.
            (&["10.0.9.9, 10.0.1.7"], "10.0.9.9"),
            // Nobody to go by: the nearest that we know of.
            (&[][..], "10.0.2.8"),
            (&["6.6.6.6, unknown"], "10.0.2.8"),
            (&["6.6.6.6, , 10.0.1.7"], "10.0.1.7"),
            (&[""], "10.0.2.8"),
        ] {
            assert_eq!(client("10.0.2.8", forwarded), expected, "{forwarded:?}");
        }
        assert_eq!(client("::ffff:10.0.2.8", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(client("fd00::1", &["203.0.113.9"]), "203.0.113.9");
    }

    #[test]
    fn without_trusted_proxies_nothing_is_believed() {
        let headers = [(FORWARDED_FOR, "203.0.113.9"), (FORWARDED_PROTO, "https")];
        let peer = of("198.51.100.1", &headers, &[]);
        assert_eq!(peer.client.to_string(), "198.51.100.1");
        assert_eq!(peer.scheme, Scheme::Http);
        assert!(peer.admit().is_ok());
    }

    #[test]
    fn only_a_proxy_that_was_called_by_https_is_let_in() {
        let status = |from, headers: &[_]| match peer(from, headers).admit() {
            Ok(()) => 200,
            Err(refusal) => refusal.problem().status,
        };
        assert_eq!(status("10.0.2.8", &[(FORWARDED_PROTO, "https")]), 200);
        assert_eq!(status("10.0.2.8", &[(FORWARDED_PROTO, "http,HTTPS")]), 200);
        for proto in ["http", "", "https, http", "wss"] {
            assert_eq!(status("10.0.2.8", &[(FORWARDED_PROTO, proto)]), 403, "{proto}");
        }
        assert_eq!(status("10.0.2.8", &[]), 403);
        assert_eq!(status("127.0.0.1", &[(FORWARDED_PROTO, "https")]), 403);
        assert_eq!(status("10.1.2.8", &[(FORWARDED_PROTO, "https")]), 403);
    }
}

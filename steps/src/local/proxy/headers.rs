//! What happens to headers on their way through (RFC 9110 7.6).

use std::net::IpAddr;

use hyper::HeaderMap;
use hyper::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, FORWARDED, HOST, HeaderName, HeaderValue,
    PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRANSFER_ENCODING, UPGRADE,
};

use super::address::Address;
use crate::gate::Scheme;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
const FORWARDED_PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");
const REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

/// They concern one connection, so they end with it. `Trailer` is not among them: it announces
/// fields of the message.
const HOP_BY_HOP: [HeaderName; 8] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// The protocols that a request asks to change to, or that a response changes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Protocols(HeaderValue);

impl Protocols {
    /// Reads `Upgrade`, if `Connection` confirms it. HTTP/2 over plain text is left out, which a
    /// server may always do: it would carry requests past this proxy's routing.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        if !tokens(headers, &CONNECTION).any(|token| token.eq_ignore_ascii_case("upgrade")) {
            return None;
        }
        if tokens(headers, &UPGRADE).any(|token| token.eq_ignore_ascii_case("h2c")) {
            return None;
        }
        headers.get(UPGRADE).cloned().map(Self)
    }

    /// Whether the chosen protocol is one of these.
    pub(super) fn offer(&self, chosen: &Self) -> bool {
        let (Ok(offered), Ok(chosen)) = (self.0.to_str(), chosen.0.to_str()) else {
            return false;
        };
        let mut offered = offered.split(',').map(str::trim);
        offered.any(|protocol| protocol.eq_ignore_ascii_case(chosen.trim()))
    }

    /// Puts the pair of headers back that belongs to every hop anew.
    pub(super) fn announce(&self, headers: &mut HeaderMap) {
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, self.0.clone());
    }
}

/// Removes what concerns the connection that a message came on, `Connection`'s own list included.
pub(super) fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let listed: Vec<HeaderName> = tokens(headers, &CONNECTION)
        .filter_map(|token| token.parse().ok())
        .collect();
    for name in listed.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

/// Who a request came from, and to which port of ours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hop {
    pub(super) peer: IpAddr,
    pub(super) port: u16,
}

/// Where a visitor is and how they came, as far as it can be believed: what a tunnel on this machine
/// says, whose own part of the chain is the last.
pub(super) fn visitor(headers: &HeaderMap, hop: Hop) -> (IpAddr, Scheme) {
    let peer = hop.peer.to_canonical();
    if !peer.is_loopback() {
        return (peer, Scheme::Http);
    }
    let last = tokens(headers, &FORWARDED_FOR).last();
    let address = last.and_then(|last| last.parse().ok()).unwrap_or(peer);
    let https = tokens(headers, &FORWARDED_PROTO).last() == Some("https");
    let scheme = if https { Scheme::Https } else { Scheme::Http };
    (address, scheme)
}

/// Makes a client's headers the application's. The hop-by-hop ones go first: a client that lists
/// `X-Forwarded-For` or `Host` in `Connection` cannot have ours removed.
pub(super) fn prepare_request(
    headers: &mut HeaderMap,
    address: &Address,
    prefix: Option<&str>,
    hop: Hop,
) {
    let trailers = tokens(headers, &TE).any(|token| token.eq_ignore_ascii_case("trailers"));
    // Both framings at once: the chunks count (RFC 9112 6.3), the length must not travel on.
    if headers.contains_key(TRANSFER_ENCODING) {
        headers.remove(CONTENT_LENGTH);
    }
    strip_hop_by_hop(headers);
    // Answered by this server, when the application's connection first asks for the body.
    headers.remove(EXPECT);
    if trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
    headers.insert(HOST, address.sent.clone());
    forward_origin(headers, address, hop);
    headers.remove(FORWARDED_PREFIX);
    if let Some(prefix) = prefix.and_then(|prefix| HeaderValue::from_str(prefix).ok()) {
        headers.insert(FORWARDED_PREFIX, prefix);
    }
}

fn forward_origin(headers: &mut HeaderMap, address: &Address, hop: Hop) {
    let peer = hop.peer.to_canonical();
    headers.remove(FORWARDED);
    if !peer.is_loopback() {
        for name in [
            FORWARDED_FOR,
            FORWARDED_HOST,
            FORWARDED_PROTO,
            FORWARDED_PORT,
            REAL_IP,
        ] {
            headers.remove(name);
        }
    }

    let chain = tokens(headers, &FORWARDED_FOR)
        .map(str::to_owned)
        .chain([peer.to_string()])
        .collect::<Vec<_>>()
        .join(", ");
    if let Ok(chain) = HeaderValue::from_str(&chain) {
        headers.insert(FORWARDED_FOR, chain);
    }

    // Host, protocol and port describe one connection, the outermost. Where a trusted peer tells
    // of another one than ours, our port says nothing about it.
    let ours = [FORWARDED_HOST, FORWARDED_PROTO, FORWARDED_PORT]
        .iter()
        .all(|name| !headers.contains_key(name));
    if ours {
        let port = address.port.unwrap_or(hop.port);
        headers.insert(FORWARDED_PORT, HeaderValue::from(port));
    }
    headers
        .entry(FORWARDED_HOST)
        .or_insert_with(|| address.sent.clone());
    headers
        .entry(FORWARDED_PROTO)
        .or_insert(HeaderValue::from_static("http"));
}

/// The comma-separated members of a header over all its lines.
fn tokens<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use hyper::Request;

    use super::*;

    fn prepared(client: &[(&str, &str)], peer: Ipv4Addr) -> HeaderMap {
        let mut request = Request::get("/").header(HOST, "a.localhost");
        for (name, value) in client {
            request = request.header(*name, *value);
        }
        let request = request.body(()).unwrap();
        let address = Address::of(&request).unwrap();
        let mut headers = request.headers().clone();
        let hop = Hop {
            peer: IpAddr::V4(peer),
            port: 7070,
        };
        prepare_request(&mut headers, &address, None, hop);
        headers
    }

    #[test]
    fn a_stranger_is_not_believed() {
        let spoofed = [
            ("x-forwarded-for", "1.1.1.1"),
            ("x-forwarded-host", "bank.example"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-port", "443"),
            ("x-forwarded-prefix", "/x"),
            ("x-real-ip", "1.1.1.1"),
            ("forwarded", "for=1.1.1.1"),
        ];
        let headers = prepared(&spoofed, Ipv4Addr::new(192, 0, 2, 7));
        assert_eq!(headers["x-forwarded-for"], "192.0.2.7");
        assert_eq!(headers["x-forwarded-host"], "a.localhost");
        assert_eq!(headers["x-forwarded-proto"], "http");
        assert_eq!(headers["x-forwarded-port"], "7070");
        for gone in ["x-forwarded-prefix", "x-real-ip", "forwarded"] {
            assert!(!headers.contains_key(gone), "{gone}");
        }
    }

    #[test]
    fn a_tunnel_on_this_machine_is_believed() {
        let tunnel = [
            ("x-forwarded-for", "1.1.1.1"),
            ("x-forwarded-for", "2.2.2.2"),
            ("x-forwarded-proto", "https"),
        ];
        let headers = prepared(&tunnel, Ipv4Addr::LOCALHOST);
        assert_eq!(headers["x-forwarded-for"], "1.1.1.1, 2.2.2.2, 127.0.0.1");
        assert_eq!(headers.get_all("x-forwarded-for").iter().count(), 1);
        assert_eq!(headers["x-forwarded-proto"], "https");
        assert!(!headers.contains_key("x-forwarded-port"));
    }

    #[test]
    fn connection_names_more_headers_but_cannot_remove_ours() {
        let client = [
            ("connection", "x-secret, Host,x-forwarded-for"),
            ("x-secret", "1"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers, deflate"),
            ("transfer-encoding", "chunked"),
            ("content-length", "3"),
        ];
        let headers = prepared(&client, Ipv4Addr::LOCALHOST);
        assert_eq!(headers["host"], "a.localhost");
        assert_eq!(headers["x-forwarded-for"], "127.0.0.1");
        assert_eq!(headers["te"], "trailers");
        for gone in [
            "connection",
            "x-secret",
            "keep-alive",
            "transfer-encoding",
            "content-length",
        ] {
            assert!(!headers.contains_key(gone), "{gone}");
        }
    }

    #[test]
    fn an_upgrade_needs_both_headers_and_is_never_h2c() {
        let headers = |pairs: &[(HeaderName, &'static str)]| -> HeaderMap {
            pairs
                .iter()
                .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
                .collect()
        };
        let websocket = headers(&[(CONNECTION, "keep-alive, Upgrade"), (UPGRADE, "WebSocket")]);
        let offered = Protocols::of(&websocket).unwrap();
        assert!(offered.offer(&Protocols(HeaderValue::from_static("websocket"))));
        assert!(!offered.offer(&Protocols(HeaderValue::from_static("tcp"))));
        assert_eq!(Protocols::of(&headers(&[(UPGRADE, "websocket")])), None);
        let h2c = headers(&[(CONNECTION, "upgrade"), (UPGRADE, "h2c")]);
        assert_eq!(Protocols::of(&h2c), None);
    }
}

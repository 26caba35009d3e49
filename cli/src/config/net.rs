//! Addresses and ports.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;

use axum::http::uri::Authority;
use ipnet::IpNet;
use serde_json::Value;

use super::{Setting, list};

/// An address that only this machine can reach: previews on one machine are not kept from each
/// other, so they are kept from everybody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loopback(SocketAddr);

impl Loopback {
    /// This port of 127.0.0.1.
    pub const fn v4(port: u16) -> Self {
        Self(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port))
    }

    /// The address.
    pub const fn addr(self) -> SocketAddr {
        self.0
    }
}

impl Setting for Loopback {
    const EXPECTS: &'static str = "a loopback address and a port, such as \"127.0.0.1:8081\" \
        (others are refused: previews on one machine are for that machine)";

    fn read(text: &str) -> Option<Self> {
        let Address(addr) = Address::read(text)?;
        addr.ip().is_loopback().then_some(Self(addr))
    }

    fn show(&self) -> Value {
        self.0.to_string().into()
    }
}

/// Any address to listen on. What it takes to listen beyond loopback is checked with the values
/// that it depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address(SocketAddr);

impl Address {
    /// This port of 127.0.0.1.
    pub const fn v4(port: u16) -> Self {
        Self(Loopback::v4(port).0)
    }

    /// The address.
    pub const fn addr(self) -> SocketAddr {
        self.0
    }

    /// Whether only this machine can reach it.
    pub fn is_loopback(self) -> bool {
        self.0.ip().to_canonical().is_loopback()
    }
}

impl Setting for Address {
    const EXPECTS: &'static str =
        "an address and a port, such as \"127.0.0.1:8080\", \"0.0.0.0:8443\" or \"[::]:8443\"";

    fn read(text: &str) -> Option<Self> {
        let addr = match text.strip_prefix("localhost:") {
            Some(port) => (Ipv4Addr::LOCALHOST, port.parse().ok()?).into(),
            None => text.parse().ok()?,
        };
        Some(Self(addr))
    }

    fn show(&self) -> Value {
        self.0.to_string().into()
    }
}

/// Networks, in the order in which they were given.
impl Setting for Vec<IpNet> {
    const EXPECTS: &'static str = "networks with commas, such as \"10.0.0.0/16, fd00::/8\", and \
        none that is everybody";

    fn read(text: &str) -> Option<Self> {
        list::read(text, |network| {
            let network = network
                .parse::<IpNet>()
                .or_else(|_| network.parse::<IpAddr>().map(IpNet::from));
            // Whoever believes everybody lets every client say where it comes from.
            network.ok().filter(|network| network.prefix_len() > 0)
        })
    }

    fn show(&self) -> Value {
        list::show(self, ToString::to_string)
    }
}

/// A name that a server is called by: `name`, with any port, or `name:port`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostName(String);

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Setting for Vec<HostName> {
    const EXPECTS: &'static str = "names with commas, each with its port or without, such as \
        \"tempus.example.com, 10.0.0.5:8443\"";

    fn read(text: &str) -> Option<Self> {
        list::read(text, |name| {
            let authority: Authority = name.parse().ok()?;
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
            let is_name = !authority.host().is_empty() && name.chars().all(is_plain);
            let is_whole = !name.ends_with(':');
            (is_name && is_whole).then(|| HostName(name.to_owned()))
        })
    }

    fn show(&self) -> Value {
        list::show(self, ToString::to_string)
    }
}

/// A range of ports, both ends included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortRange(RangeInclusive<u16>);

impl PortRange {
    /// These ports.
    pub const fn new(ports: RangeInclusive<u16>) -> Self {
        Self(ports)
    }

    /// The ports.
    pub const fn range(&self) -> &RangeInclusive<u16> {
        &self.0
    }
}

impl Setting for PortRange {
    const EXPECTS: &'static str =
        "a range of ports from 1024 to 65535, the lower first, such as \"20000-29999\"";

    fn read(text: &str) -> Option<Self> {
        let (first, last) = text.split_once('-')?;
        let (first, last): (u16, u16) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        (first >= 1024 && first <= last).then_some(Self(first..=last))
    }

    fn show(&self) -> Value {
        format!("{}-{}", self.0.start(), self.0.end()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_addresses_are_accepted() {
        for good in ["127.0.0.1:8080", "127.8.9.1:1", "[::1]:0", "localhost:80"] {
            assert!(Loopback::read(good).is_some(), "{good}");
        }
        for wrong in [
            "0.0.0.0:8080",
            "[::]:80",
            "192.168.1.2:80",
            "8080",
            "127.0.0.1",
            "localhost.evil.example:80",
            "127.0.0.1:65536",
        ] {
            assert!(Loopback::read(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn any_address_may_be_named() {
        for (text, is_loopback) in [
            ("127.0.0.1:8080", true),
            ("localhost:80", true),
            ("[::1]:0", true),
            ("[::ffff:127.0.0.1]:1", true),
            ("0.0.0.0:8443", false),
            ("[::]:8443", false),
            ("192.168.1.2:80", false),
        ] {
            let address = Address::read(text).unwrap();
            assert_eq!(address.is_loopback(), is_loopback, "{text}");
        }
        for wrong in ["", "8080", "0.0.0.0", "tempus.example:80", ":80"] {
            assert!(Address::read(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn lists_are_shown_as_they_are_read() {
        let networks = Vec::<IpNet>::read("10.0.0.0/16,fd00::/8 , 192.0.2.7").unwrap();
        let shown = networks.show();
        assert_eq!(shown, "10.0.0.0/16, fd00::/8, 192.0.2.7/32");
        for wrong in [
            "0.0.0.0/0",
            "::/0",
            "10.0.0.0/33",
            "10.0.0",
            "a",
            "10.0.0.0/8,",
        ] {
            assert!(Vec::<IpNet>::read(wrong).is_none(), "{wrong}");
        }
        let names = Vec::<HostName>::read("tempus.example.com, 10.0.0.5:8443,[::1]:80").unwrap();
        assert_eq!(names.show(), "tempus.example.com, 10.0.0.5:8443, [::1]:80");
        for wrong in [
            "a b",
            "user@tempus.example",
            "https://tempus.example",
            "tempus.example/path",
            "tempus.example:",
            "*.example.com",
            "a,,b",
        ] {
            assert!(Vec::<HostName>::read(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_range_is_shown_as_it_is_read() {
        for text in ["1024-65535", "20000-29999"] {
            assert_eq!(PortRange::read(text).unwrap().show().as_str(), Some(text));
        }
        for wrong in ["", "80-90", "3000-2000", "3000", "3000-70000"] {
            assert!(PortRange::read(wrong).is_none(), "{wrong}");
        }
    }
}

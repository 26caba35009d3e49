//! Addresses and ports.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;

use serde_json::Value;

use super::Setting;

/// An address that only this machine can reach.
///
/// The API starts processes on request, so until it can tell who is asking, nobody else may ask.
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
    const EXPECTS: &'static str = "a loopback address and a port, such as \"127.0.0.1:8080\" \
        (others are refused: Tempus cannot tell yet who is asking)";

    fn read(text: &str) -> Option<Self> {
        let addr: SocketAddr = match text.strip_prefix("localhost:") {
            Some(port) => (Ipv4Addr::LOCALHOST, port.parse().ok()?).into(),
            None => text.parse().ok()?,
        };
        addr.ip().is_loopback().then_some(Self(addr))
    }

    fn show(&self) -> Value {
        self.0.to_string().into()
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
    fn a_range_is_shown_as_it_is_read() {
        for text in ["1024-65535", "20000-29999"] {
            assert_eq!(PortRange::read(text).unwrap().show().as_str(), Some(text));
        }
        for wrong in ["", "80-90", "3000-2000", "3000", "3000-70000"] {
            assert!(PortRange::read(wrong).is_none(), "{wrong}");
        }
    }
}

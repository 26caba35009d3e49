//! The names by which a request asks for a preview. Each is checked once, here.

use std::fmt;

use thiserror::Error;

/// Why a text is not a name that the proxy can route by.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameError {
    /// Use a shorter or plainer preview name.
    #[error(
        "`{0}` cannot be a host label: it takes 1 to 63 of a-z, 0-9 and `-`, with no `-` at either end"
    )]
    HostLabel(String),
    /// Use the first eight hex digits of the preview's id.
    #[error("`{0}` cannot be a short id: it takes exactly eight of 0-9 and a-f")]
    ShortId(String),
    /// Correct the path in the spec.
    #[error("`{0}` cannot be a service's path: it starts with `/` and has no `?`, `#` or blank")]
    PathPrefix(String),
}

/// Which preview a route belongs to: its id, opaque to the proxy and used once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PreviewKey(String);

impl PreviewKey {
    /// Takes any text: the proxy compares keys and does nothing else with them.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PreviewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The `{name}` of `{name}.localhost`: one DNS label in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostLabel(String);

impl HostLabel {
    /// Checks the label and lowers its case, as host names are compared without it.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let fits = (1..=63).contains(&text.len())
            && text.bytes().all(plain)
            && !text.starts_with('-')
            && !text.ends_with('-');
        if fits {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(NameError::HostLabel(text.to_owned()))
        }
    }

    /// The label in lower case, without `.localhost`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HostLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The `{short}` of `/preview-{short}/`: eight lower-case hex digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShortId(String);

impl ShortId {
    /// Checks the digits. Upper case is refused: a path is compared with it, so that a preview
    /// has one address and not 256.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == 8 && text.bytes().all(hex) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError::ShortId(text.to_owned()))
        }
    }

    /// The eight digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ShortId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The part of a preview's paths that one service answers: `/api` has `/api` and everything
/// below `/api/`, but not `/apix`. Compared byte by byte with the path as the client sent it.
///
/// Holds no trailing slash, so the root is the empty text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PathPrefix(String);

impl PathPrefix {
    /// Everything: the path of a preview's only or first service.
    pub fn root() -> Self {
        Self(String::new())
    }

    /// Checks the path; `/api/` and `/api` are the same.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let odd = |byte: u8| byte <= b' ' || byte == 0x7f || matches!(byte, b'?' | b'#');
        if text.starts_with('/') && !text.bytes().any(odd) {
            Ok(Self(text.trim_end_matches('/').to_owned()))
        } else {
            Err(NameError::PathPrefix(text.to_owned()))
        }
    }

    /// Whether a request path belongs to this service.
    pub(super) fn covers(&self, path: &str) -> bool {
        path.strip_prefix(self.0.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Bytes of the prefix: among those that cover a path, the longest wins.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// How a request named the preview it wants.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Site {
    /// By host, `http://{name}.localhost:PORT/`.
    Host(HostLabel),
    /// By path, `http://localhost:PORT/preview-{short}/`.
    Short(ShortId),
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(label) => write!(f, "{label}"),
            Self::Short(short) => write!(f, "preview-{short}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_single_dns_labels() {
        assert_eq!(HostLabel::parse("PR-42").unwrap().as_str(), "pr-42");
        for bad in ["", "-a", "a-", "a.b", "a_b", "é", "a b", &"x".repeat(64)] {
            assert!(HostLabel::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn short_ids_are_eight_lower_case_hex_digits() {
        assert!(ShortId::parse("0a1b2c3d").is_ok());
        for bad in ["", "0a1b2c3", "0a1b2c3d4", "0A1B2C3D", "0a1b2c3g"] {
            assert!(ShortId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_prefix_ends_at_a_segment_boundary() {
        let api = PathPrefix::parse("/api/").unwrap();
        assert!(api.covers("/api") && api.covers("/api/") && api.covers("/api/x"));
        assert!(!api.covers("/apix") && !api.covers("/") && !api.covers("/x/api"));
        assert!(PathPrefix::root().covers("/") && PathPrefix::root().covers("//x"));
        assert_eq!(PathPrefix::parse("/").unwrap(), PathPrefix::root());
        for bad in ["", "api", "/a b", "/a?b", "/a\n"] {
            assert!(PathPrefix::parse(bad).is_err(), "{bad:?}");
        }
    }
}

//! Who may see a preview.
//!
//! Access is part of the specification, so that a change of it is an update like any other: it is
//! carried out by a saga, and a failed update goes back to the access that was there before. It is
//! no part of *what runs* ([`Spec::program`](crate::Spec::program)), so such an update moves a
//! route or a rule and restarts nothing.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Who may see a preview.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Whoever can reach it.
    #[default]
    Open,
    /// Whoever was given a signed link.
    Link,
    /// Whoever knows the password, or was given a signed link.
    Password(PasswordHash),
}

/// How a preview is protected, without the means of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessMode {
    /// Whoever can reach it sees it.
    #[default]
    Open,
    /// By a signed link.
    Link,
    /// By a password; a signed link does as well.
    Password,
}

impl Access {
    /// Whether nothing is in the way.
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }

    /// How it is protected.
    pub const fn mode(&self) -> AccessMode {
        match self {
            Self::Open => AccessMode::Open,
            Self::Link => AccessMode::Link,
            Self::Password(_) => AccessMode::Password,
        }
    }

    /// What sessions and links are bound to: another access, another password, and they end.
    pub fn version(&self) -> AccessVersion {
        let text = serde_json::to_vec(self).unwrap_or_default();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&Sha256::digest(&text)[..16]);
        AccessVersion(u128::from_be_bytes(bytes))
    }
}

impl AccessMode {
    /// Every mode.
    pub const ALL: [Self; 3] = [Self::Open, Self::Link, Self::Password];

    /// The mode as it is written in JSON and in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Link => "link",
            Self::Password => "password",
        }
    }
}

impl fmt::Display for AccessMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A password that only its hash is left of: Argon2id in the PHC string format. Shown nowhere:
/// short passwords can be guessed from it, if slowly.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Wraps a hash. Whoever made it made sure that it is one.
    pub const fn new(phc: String) -> Self {
        Self(phc)
    }

    /// The hash in the PHC string format, for verifying.
    pub fn as_phc(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(_)")
    }
}

/// Tells one access of a preview from another. No secret can be got from it that is easier to
/// guess than from the hash of the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccessVersion(u128);

impl fmt::Display for AccessVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl Serialize for AccessVersion {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AccessVersion {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        let bits = u128::from_str_radix(&text, 16).map_err(serde::de::Error::custom)?;
        Ok(Self(bits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(phc: &str) -> Access {
        Access::Password(PasswordHash::new(phc.to_owned()))
    }

    #[test]
    fn each_access_has_a_version_of_its_own() {
        let all = [Access::Open, Access::Link, password("a"), password("b")];
        for (index, access) in all.iter().enumerate() {
            let version = access.version();
            let written = serde_json::to_string(&version).unwrap();
            let read: AccessVersion = serde_json::from_str(&written).unwrap();
            assert_eq!(read, version);
            for other in &all[index + 1..] {
                assert_ne!(version, other.version(), "{access:?} {other:?}");
            }
        }
    }

    #[test]
    fn a_hash_shows_only_where_it_is_stored() {
        let access = password("$argon2id$secret");
        assert!(!format!("{access:?}").contains("secret"));
        let stored = serde_json::to_string(&access).unwrap();
        assert_eq!(stored, r#"{"password":"$argon2id$secret"}"#);
        assert_eq!(serde_json::from_str::<Access>(&stored).unwrap(), access);
    }
}

//! Identifiers. Each is a type of its own, so that none can be taken for another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What a malformed identifier was, and what would have been one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {expected}")]
pub struct IdError {
    what: &'static str,
    expected: &'static str,
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that the caller made at random (version 4).
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            /// The UUID itself.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            /// Accepts the hyphenated lower- or upper-case form only: one spelling per id.
            fn from_str(text: &str) -> Result<Self, IdError> {
                let error = IdError {
                    what: $what,
                    expected: "a UUID such as 550e8400-e29b-41d4-a716-446655440000",
                };
                if text.len() != 36 {
                    return Err(error);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| error)
            }
        }
    };
}

uuid_id!(
    /// A preview's id. Used once: what was destroyed or failed never comes back under it.
    PreviewId,
    "preview id"
);
uuid_id!(
    /// A job's id: what a client polls.
    JobId,
    "job id"
);

impl PreviewId {
    /// The part of the id that shows in paths and resource names.
    pub fn short(self) -> ShortId {
        let (first, ..) = self.0.as_fields();
        ShortId(first)
    }
}

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            /// Wraps the 32 bits that eight hex digits stand for.
            pub const fn new(bits: u32) -> Self {
                Self(bits)
            }

            /// The 32 bits that the digits stand for.
            pub const fn bits(self) -> u32 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:08x}", self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let well_formed = text.len() == 8
                    && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
                let bits = u32::from_str_radix(text, 16).ok().filter(|_| well_formed);
                bits.map(Self).ok_or(IdError {
                    what: $what,
                    expected: "eight lower-case hex digits",
                })
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

hex_id!(
    /// The first eight hex digits of a preview's id. No two previews of a store share one, be
    /// they live or gone.
    ShortId,
    "short id"
);
hex_id!(
    /// One deployment of Tempus, made with its store. Part of every resource's name and tags, so
    /// that two installations in one account never touch each other's resources.
    InstallationId,
    "installation id"
);

/// The id of an immutable spec: a hash of its content, so equal specs have equal ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SpecId([u8; 8]);

impl SpecId {
    /// Hashes a spec's canonical form (64 bits of SHA-256: specs are compared within one preview).
    pub fn of(canonical: &[u8]) -> Self {
        let digest = Sha256::digest(canonical);
        let mut id = [0; 8];
        id.copy_from_slice(&digest[..8]);
        Self(id)
    }
}

impl fmt::Display for SpecId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl From<SpecId> for String {
    fn from(id: SpecId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for SpecId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        let mut id = [0; 8];
        hex::decode_to_slice(&text, &mut id).map_err(|_| IdError {
            what: "spec id",
            expected: "sixteen hex digits",
        })?;
        Ok(Self(id))
    }
}

macro_rules! counter {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl $name {
            /// The next one.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

counter!(
    /// Numbers what is wanted of a preview. Raised by every accepted job; never decreases.
    Generation
);
counter!(
    /// The fencing token: raised by every claim of a row; never decreases.
    Epoch
);

/// Random per claim. With the write sequence it lets a worker recognise its own write when the
/// answer to it was lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Nonce(pub u64);

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

text_id!(
    /// Names a worker process in leases and logs. Not trusted for anything: the nonce is.
    WorkerId
);
text_id!(
    /// What the queue calls a message. Stays the same when the message is delivered again.
    MessageId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        let id: PreviewId = "550e8400-e29b-41d4-a716-446655440000".parse().unwrap();
        assert_eq!(id.short().to_string(), "550e8400");
        for wrong in [
            "",
            "550e8400",
            "{550e8400-e29b-41d4-a716-446655440000}",
            "550e8400e29b41d4a716446655440000",
        ] {
            assert!(wrong.parse::<PreviewId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_short_id_is_lower_case_hex() {
        assert_eq!("0000abcd".parse::<ShortId>().unwrap().bits(), 0xabcd);
        for wrong in ["ABCDEF01", "+1234567", "1234567", "123456789", "1234567g"] {
            assert!(wrong.parse::<ShortId>().is_err(), "{wrong}");
        }
    }
}

//! By what deliveries of GitHub are known.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tempus_model::github::Branches;

/// The largest delivery that is taken, in bytes. GitHub's may have 25 MB; those that matter here have
/// a few dozen kilobytes, and what is refused the periodic pass makes up for.
pub(crate) const LARGEST: usize = 4 * 1024 * 1024;

/// How short a secret may be: whoever guesses it can close every pull request's preview.
const SHORTEST: usize = 16;
/// The secret in force, and the one before.
const MOST: usize = 2;
/// What a signature begins with.
const SCHEME: &str = "sha256=";

/// Knows GitHub's deliveries by their signatures.
#[derive(Clone)]
pub struct Webhook {
    secrets: Vec<Vec<u8>>,
    branches: Branches,
}

/// A text that holds no secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// Put one in.
    #[error("holds no secret; must hold the App's webhook secret, alone on a line")]
    Empty,
    /// Make a longer one.
    #[error("holds a secret of {0} characters; must be at least {least}", least = SHORTEST)]
    Short(usize),
    /// Take the oldest away.
    #[error("holds {0} secrets; must be one, or two lines during a rotation")]
    Many(usize),
}

impl Webhook {
    /// Reads one secret, or two during a rotation, each on a line of its own.
    pub fn parse(text: &str, branches: Branches) -> Result<Self, WebhookError> {
        let secrets: Vec<_> = text.lines().filter(|line| !line.is_empty()).collect();
        match secrets.as_slice() {
            [] => return Err(WebhookError::Empty),
            many if many.len() > MOST => return Err(WebhookError::Many(many.len())),
            _ => {}
        }
        if let Some(short) = secrets.iter().find(|secret| secret.len() < SHORTEST) {
            return Err(WebhookError::Short(short.len()));
        }
        Ok(Self {
            secrets: secrets
                .iter()
                .map(|secret| secret.as_bytes().to_vec())
                .collect(),
            branches,
        })
    }

    /// Whether branches without a pull request are of interest.
    pub(crate) const fn branches(&self) -> Branches {
        self.branches
    }

    /// Whether GitHub has signed these very bytes. Takes as long for a wrong signature as for a right
    /// one.
    pub(crate) fn signed(&self, body: &[u8], signature: &str) -> bool {
        let mut bytes = [0; 32];
        let hex = signature.strip_prefix(SCHEME).unwrap_or_default();
        if hex::decode_to_slice(hex, &mut bytes).is_err() {
            return false;
        }
        let tried = self.secrets.iter().map(|secret| {
            let keyed = Hmac::<Sha256>::new_from_slice(secret);
            let keyed = keyed.expect("HMAC takes keys of any length");
            keyed.chain_update(body).verify_slice(&bytes).is_ok()
        });
        tried.fold(false, |one, other| one | other)
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("secrets", &self.secrets.len())
            .field("branches", &self.branches)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "It's a Secret to Everybody";
    const SIGNATURE: &str =
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    /// The values that GitHub documents.
    #[test]
    fn the_documented_signature_is_known() {
        let webhook = Webhook::parse(SECRET, Branches::Ignored).unwrap();
        assert!(webhook.signed(b"Hello, World!", SIGNATURE));
        for (body, signature) in [
            ("Hello, World", SIGNATURE),
            ("Hello, World!", ""),
            ("Hello, World!", "sha256="),
            ("Hello, World!", &SIGNATURE[7..]),
            ("Hello, World!", &SIGNATURE[..69]),
            ("Hello, World!", &SIGNATURE.replace("757", "758")),
            ("Hello, World!", &SIGNATURE.replace("sha256", "sha1")),
        ] {
            assert!(!webhook.signed(body.as_bytes(), signature), "{signature}");
        }
        assert!(!format!("{webhook:?}").contains("Secret to"));
    }

    #[test]
    fn a_rotation_has_two() {
        let both = format!("a new and longer secret\n{SECRET}\n");
        let webhook = Webhook::parse(&both, Branches::Ignored).unwrap();
        assert!(webhook.signed(b"Hello, World!", SIGNATURE));
        let parse = |text: &str| Webhook::parse(text, Branches::Ignored).err();
        assert_eq!(parse("\n"), Some(WebhookError::Empty));
        assert_eq!(parse("short"), Some(WebhookError::Short(5)));
        let three = [SECRET; 3].join("\n");
        assert_eq!(parse(&three), Some(WebhookError::Many(3)));
    }
}

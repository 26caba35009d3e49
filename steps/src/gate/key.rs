//! The installation's keys: what is signed is signed with the first, and the second is accepted.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tempus_model::AccessVersion;

/// How short a key may be, in characters. Whoever can guess it can open every preview.
const SHORTEST: usize = 32;
/// How long a key may be.
const LONGEST: usize = 512;
/// The key in force, and the one before.
const MOST: usize = 2;

/// The keys that an installation signs with.
#[derive(Clone, PartialEq, Eq)]
pub struct GateKeys {
    /// Signs.
    current: Vec<u8>,
    /// Accepted as well, for a while after a rotation.
    previous: Option<Vec<u8>>,
}

/// A text that holds no keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Put one in.
    #[error("is empty; must hold a random key of at least {} characters", SHORTEST)]
    Empty,
    /// Make another one.
    #[error("holds a key of {0} characters; must be {least} to {most} random ones", least = SHORTEST, most = LONGEST)]
    Length(usize),
    /// Take the oldest away.
    #[error("holds {0} keys; must be one, or two during a rotation, the new one first")]
    Many(usize),
}

impl GateKeys {
    /// Reads one key, or two with white space between them: the first signs, the second is that of
    /// before a rotation.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let keys: Vec<_> = text.split_whitespace().collect();
        if keys.len() > MOST {
            return Err(KeyError::Many(keys.len()));
        }
        for key in &keys {
            if !(SHORTEST..=LONGEST).contains(&key.len()) {
                return Err(KeyError::Length(key.len()));
            }
        }
        let mut keys = keys.into_iter().map(|key| key.as_bytes().to_vec());
        Ok(Self {
            current: keys.next().ok_or(KeyError::Empty)?,
            previous: keys.next(),
        })
    }

    /// A new random key, as text.
    pub fn random() -> String {
        hex::encode(rand::random::<[u8; 32]>())
    }

    /// What a load balancer's rule demands in the cookie: a text that opens this preview while its
    /// access is this one. The current key's; made anew, a rule demands that.
    pub fn capability(&self, preview: &str, version: AccessVersion) -> String {
        self.capabilities(preview, version).remove(0)
    }

    /// The same under each key, the current one first: rules outlive a rotation, and a cookie must
    /// fit those of before it too.
    pub(crate) fn capabilities(&self, preview: &str, version: AccessVersion) -> Vec<String> {
        self.derive(&format!("balancer\0{preview}\0{version}"))
    }

    /// A secret text for a purpose by each key, the current one first.
    pub(crate) fn derive(&self, purpose: &str) -> Vec<String> {
        let each = self.each();
        each.map(|key| hex::encode(mac(key, purpose))).collect()
    }

    /// Signs with the current key.
    pub(super) fn sign(&self, message: &str) -> String {
        hex::encode(mac(&self.current, message))
    }

    /// Whether one of the keys signed this. Takes as long for a wrong signature as for a right one.
    pub(super) fn verify(&self, message: &str, signature: &str) -> bool {
        let mut bytes = [0; 32];
        // One spelling for each signature.
        let is_plain = !signature.bytes().any(|b| b.is_ascii_uppercase());
        if !is_plain || hex::decode_to_slice(signature, &mut bytes).is_err() {
            return false;
        }
        let tried = self.each().map(|key| {
            let signed = keyed(key, message);
            signed.verify_slice(&bytes).is_ok()
        });
        tried.fold(false, |one, other| one | other)
    }

    /// Sixteen bytes that are always the same for a text, and that nobody else can make.
    pub(super) fn salt(&self, of: &str) -> [u8; 16] {
        let mut salt = [0; 16];
        salt.copy_from_slice(&mac(&self.current, of)[..16]);
        salt
    }

    fn each(&self) -> impl Iterator<Item = &[u8]> {
        let previous = self.previous.as_deref();
        std::iter::once(self.current.as_slice()).chain(previous)
    }
}

impl fmt::Debug for GateKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GateKeys(_)")
    }
}

fn keyed(key: &[u8], message: &str) -> Hmac<Sha256> {
    let mut keyed = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    keyed.update(message.as_bytes());
    keyed
}

fn mac(key: &[u8], message: &str) -> [u8; 32] {
    keyed(key, message).finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use tempus_model::Access;

    use super::*;

    #[test]
    fn a_key_is_long_and_there_are_at_most_two() {
        let (one, other, third) = ("a".repeat(32), "b".repeat(512), "c".repeat(40));
        assert!(GateKeys::parse(&format!(" {one}\n")).is_ok());
        assert!(GateKeys::parse(&format!("{one}\n{other}\n")).is_ok());
        assert_eq!(GateKeys::parse(" \n"), Err(KeyError::Empty));
        assert_eq!(GateKeys::parse("short"), Err(KeyError::Length(5)));
        let three = format!("{one} {other} {third}");
        assert_eq!(GateKeys::parse(&three), Err(KeyError::Many(3)));
        let random = GateKeys::random();
        assert!(random.len() == 64 && GateKeys::parse(&random).is_ok());
        assert_ne!(random, GateKeys::random());
    }

    #[test]
    fn keys_show_nowhere() {
        let keys = GateKeys::parse(&"secret".repeat(10)).unwrap();
        assert!(!format!("{keys:?}").contains("secret"));
        let error = GateKeys::parse("secret").unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn a_capability_opens_one_preview_under_one_access() {
        let keys = GateKeys::parse(&"k".repeat(32)).unwrap();
        let one = keys.capability("a", Access::Link.version());
        assert_eq!(one, keys.capability("a", Access::Link.version()));
        assert_ne!(one, keys.capability("b", Access::Link.version()));
        assert_ne!(one, keys.capability("a", Access::Open.version()));
    }

    #[test]
    fn what_the_previous_key_signed_is_accepted_until_it_is_taken_away() {
        let (old, new) = ("o".repeat(32), "n".repeat(32));
        let of = |text: &str| GateKeys::parse(text).unwrap();
        let signed = of(&old).sign("message");
        assert!(of(&format!("{new} {old}")).verify("message", &signed));
        assert!(!of(&new).verify("message", &signed));
        assert!(!of(&old).verify("another", &signed));
        for wrong in [
            "",
            "0",
            &signed[1..],
            &signed.to_uppercase(),
            &format!("{signed}0"),
        ] {
            assert!(!of(&old).verify("message", wrong), "{wrong}");
        }
    }
}

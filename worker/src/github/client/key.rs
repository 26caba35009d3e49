//! The App's key: signs that it is the App who asks. RS256, by the library that TLS uses already.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::json;
use tempus_model::Timestamp;

/// How long a token of the App's is good, in seconds: GitHub takes ten minutes at most.
const GOOD_FOR: i64 = 9 * 60;
/// How far GitHub's clock may be behind this one, in seconds.
const SKEW: i64 = 60;

/// The App, as GitHub knows it.
pub struct AppKey {
    id: u64,
    key: RsaKeyPair,
}

/// A text that holds no key of an App's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AppKeyError {
    /// Put in the file that GitHub gave.
    #[error("holds no private key in PEM; must be the file that GitHub made for the App")]
    Pem,
    /// Make another key on GitHub.
    #[error("holds a key that is no RSA key of at least 2048 bits")]
    Rsa,
}

impl AppKey {
    /// Reads the key as GitHub gives it (PKCS #1 in PEM), or as PKCS #8.
    pub fn parse(id: u64, pem: &[u8]) -> Result<Self, AppKeyError> {
        let der = PrivateKeyDer::from_pem_slice(pem).map_err(|_| AppKeyError::Pem)?;
        let key = match &der {
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            _ => return Err(AppKeyError::Rsa),
        };
        let key = key.map_err(|_| AppKeyError::Rsa)?;
        Ok(Self { id, key })
    }

    /// A token that says that the App asks, for some minutes.
    pub(super) fn token(&self, now: Timestamp) -> Option<String> {
        let now = now.millis().div_euclid(1000);
        let claims = json!({
            "iat": now - SKEW,
            "exp": now + GOOD_FOR,
            "iss": self.id.to_string(),
        });
        let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let header = encode(br#"{"alg":"RS256","typ":"JWT"}"#);
        let message = format!("{header}.{}", encode(claims.to_string().as_bytes()));
        let mut signature = vec![0; self.key.public().modulus_len()];
        let random = SystemRandom::new();
        let signed = self.key.sign(
            &RSA_PKCS1_SHA256,
            &random,
            message.as_bytes(),
            &mut signature,
        );
        signed.ok()?;
        Some(format!("{message}.{}", encode(&signature)))
    }
}

impl fmt::Debug for AppKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_is_refused_and_not_shown() {
        let refused = |pem: &str| AppKey::parse(1, pem.as_bytes()).err();
        for none in ["", "hunter2", "-----BEGIN RSA PRIVATE KEY-----\n"] {
            assert_eq!(refused(none), Some(AppKeyError::Pem), "{none}");
        }
        let wrong =
            "-----BEGIN RSA PRIVATE KEY-----\naHVudGVyMg==\n-----END RSA PRIVATE KEY-----\n";
        let error = refused(wrong).unwrap();
        assert_eq!(error, AppKeyError::Rsa);
        assert!(!error.to_string().contains("aHVu"));
    }
}

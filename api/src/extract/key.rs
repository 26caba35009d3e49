//! The `Idempotency-Key` header.

use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;
use sha2::{Digest, Sha256};
use tempus_engine::Idempotency;

use crate::refusal::Refusal;

const HEADER: &str = "idempotency-key";
const LONGEST: usize = 255;

/// The key that makes a repeated request return the first answer, if there is one.
pub(crate) struct Key(Option<String>);

impl Key {
    /// None: whoever asks does so again as often as it takes.
    pub const fn none() -> Self {
        Self(None)
    }

    /// The key with whose it is and what it stands for.
    pub fn of(self, owner: &str, fingerprint: &str) -> Option<Idempotency> {
        self.0.map(|key| Idempotency {
            owner: owner.to_owned(),
            key,
            body_hash: fingerprint.to_owned(),
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let mut values = parts.headers.get_all(HEADER).iter();
        let Some(value) = values.next() else {
            return Ok(Self(None));
        };
        let text = value.to_str().unwrap_or_default();
        let plain = text.bytes().all(|b| b.is_ascii_graphic());
        if text.is_empty() || text.len() > LONGEST || !plain || values.next().is_some() {
            return Err(Refusal::unreadable(
                "Idempotency-Key",
                "must be given once, as 1 to 255 printable characters without spaces",
            ));
        }
        Ok(Self(Some(text.to_owned())))
    }
}

/// A hash of what a request asks for: its method, its path and its body to the byte.
pub(crate) fn fingerprint(method: &Method, path: &str, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    // Neither a method nor a path contains a line feed, so no two requests hash the same text.
    for part in [
        method.as_str().as_bytes(),
        b"\n",
        path.as_bytes(),
        b"\n",
        body,
    ] {
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

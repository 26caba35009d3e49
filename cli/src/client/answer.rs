//! An answer: typed for this program, whole for scripts.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::ClientError;

/// What the server answered.
#[derive(Debug, Clone)]
pub struct Answer<T> {
    /// As this version of the client understands it.
    pub value: T,
    /// All of it, with what a newer server may have added. What `--json` prints.
    pub raw: Value,
}

impl<T: DeserializeOwned> Answer<T> {
    /// Reads an answer's body.
    pub(super) fn read(body: &[u8]) -> Result<Self, ClientError> {
        let foreign = |error: serde_json::Error| ClientError::NotUnderstood(error.to_string());
        let raw: Value = serde_json::from_slice(body).map_err(foreign)?;
        let value = T::deserialize(&raw).map_err(foreign)?;
        Ok(Self { value, raw })
    }
}

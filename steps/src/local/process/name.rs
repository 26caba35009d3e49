//! A resource's name, which is also its folder's.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Names one supervised process for ever: what was removed may come back under the same name, but
/// never stands for another service of another preview.
///
/// Invariant: 1 to 100 characters of `a-z`, `0-9` and `-`. So it is a file name of its own on every
/// system, never `.`, `..` or hidden, and needs no quoting.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResourceName(String);

/// Why a text is not a [`ResourceName`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a resource name must be 1 to 100 characters of a-z, 0-9 and '-'")]
pub struct ResourceNameError;

impl ResourceName {
    const LONGEST: usize = 100;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ResourceName {
    type Err = ResourceNameError;

    fn from_str(text: &str) -> Result<Self, ResourceNameError> {
        let allowed = |b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-');
        if text.is_empty() || text.len() > Self::LONGEST || !text.bytes().all(allowed) {
            return Err(ResourceNameError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for ResourceName {
    type Error = ResourceNameError;

    fn try_from(text: String) -> Result<Self, ResourceNameError> {
        text.parse()
    }
}

impl From<ResourceName> for String {
    fn from(name: ResourceName) -> Self {
        name.0
    }
}

impl fmt::Display for ResourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

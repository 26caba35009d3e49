//! Names. One function makes every resource name, one turns any text into a DNS label.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{InstallationId, PreviewId, ShortId};

/// A preview's or a service's name: one DNS label, lower case.
///
/// Invariant: 1 to 40 characters of `a-z`, `0-9` and `-`, beginning and ending with a letter or
/// digit. 40 leaves room for a suffix within DNS's 63.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DnsName(String);

/// Why a text is not a [`DnsName`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be 1 to 40 characters of a-z, 0-9 and '-', beginning and ending with a letter or digit"
)]
pub struct NameError;

impl DnsName {
    /// The longest a name may be, in characters.
    pub const LONGEST: usize = 40;

    /// The name of what belongs to no row, whose real name nobody knows.
    pub fn orphan() -> Self {
        Self("orphan".to_owned())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as an environment variable's prefix: `my-api` is `MY_API`.
    pub fn env_prefix(&self) -> String {
        self.0.replace('-', "_").to_ascii_uppercase()
    }
}

impl FromStr for DnsName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let inner = text
            .bytes()
            .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        let edges = !text.starts_with('-') && !text.ends_with('-');
        if text.is_empty() || text.len() > Self::LONGEST || !inner || !edges {
            return Err(NameError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for DnsName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<DnsName> for String {
    fn from(name: DnsName) -> Self {
        name.0
    }
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Any text as a DNS label: lower case, runs of anything else become one `-`, and a text that had
/// to be cut ends in a hash of the whole, so that two long texts with one beginning stay apart.
pub fn slug(text: &str, longest: usize) -> String {
    let mut label = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            label.push(c.to_ascii_lowercase());
        } else if !label.is_empty() && !label.ends_with('-') {
            label.push('-');
        }
    }
    let label = label.trim_end_matches('-');
    if label.is_empty() {
        return short_hash(text);
    }
    cut(label, text, longest)
}

/// The name of one resource of a preview: `tempus-{installation}-{preview}-{part}`, at most
/// `longest` characters. What does not fit is replaced by a hash of the whole.
///
/// The preview's id is used once, so the name never comes back for something else; the
/// installation keeps two deployments in one account apart.
pub fn resource_name(
    installation: InstallationId,
    preview: PreviewId,
    part: &str,
    longest: usize,
) -> String {
    let whole = format!("tempus-{installation}-{}-{part}", preview.short());
    cut(&whole, &format!("{whole}/{preview}"), longest)
}

/// The short id in the name of an installation's resource: what says whose it is when its tags do
/// not. `None` as well for a name that was cut to so few characters (a target group's 32) that not
/// all of the id is left.
pub fn short_of(installation: InstallationId, name: &str) -> Option<ShortId> {
    let rest = name.strip_prefix(&format!("tempus-{installation}-"))?;
    let (short, _) = rest.split_once('-')?;
    short.parse().ok()
}

pub(crate) fn cut(label: &str, whole: &str, longest: usize) -> String {
    if label.len() <= longest {
        return label.to_owned();
    }
    let hash = short_hash(whole);
    let most = label.floor_char_boundary(longest.saturating_sub(hash.len() + 1));
    let kept = label[..most].trim_end_matches('-');
    format!("{kept}-{hash}")
}

pub(crate) fn short_hash(text: &str) -> String {
    hex::encode(&Sha256::digest(text.as_bytes())[..4])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_dns_labels() {
        for good in ["a", "pr-12-my-app", "0", &"x".repeat(40)] {
            assert!(good.parse::<DnsName>().is_ok(), "{good}");
        }
        for wrong in [
            "",
            "-a",
            "a-",
            "A",
            "a_b",
            "a.b",
            "a b",
            "a\n",
            "é",
            &"x".repeat(41),
        ] {
            assert!(wrong.parse::<DnsName>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn slugs_read_like_their_source() {
        assert_eq!(slug("HOTFIX/Critical_Issue", 40), "hotfix-critical-issue");
        assert_eq!(slug("release/v2.0", 40), "release-v2-0");
        assert_eq!(slug("--x--", 40), "x");
    }

    proptest! {
        #[test]
        fn every_slug_is_a_name(text in ".{0,80}") {
            prop_assert!(slug(&text, DnsName::LONGEST).parse::<DnsName>().is_ok());
        }

        #[test]
        fn resource_names_fit_and_stay_apart(a in "[a-z0-9-]{1,60}", b in "[a-z0-9-]{1,60}") {
            let preview = PreviewId::new(uuid::Uuid::from_u128(7));
            let installation = InstallationId::new(1);
            let (x, y) = (resource_name(installation, preview, &a, 32), resource_name(installation, preview, &b, 32));
            prop_assert!(x.len() <= 32);
            let whole = resource_name(installation, preview, &a, 64);
            prop_assert_eq!(short_of(installation, &whole), Some(preview.short()));
            prop_assert_eq!(short_of(InstallationId::new(2), &whole), None);
            let cut = (x != whole).then_some(None);
            prop_assert_eq!(short_of(installation, &x), cut.unwrap_or(Some(preview.short())));
            prop_assert_eq!(a == b, x == y);
        }
    }
}

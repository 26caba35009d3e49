//! The tags on everything that is made: whose it is, and what it is for.

use std::collections::BTreeMap;

use tempus_model::{PreviewId, Timestamp};

use crate::Ctx;

/// Names the resource, where AWS has no names of its own, and shows in its console.
pub(super) const NAME: &str = "Name";
/// Set to `true` on everything that Tempus made.
pub(super) const MANAGED: &str = "tempus:managed";
/// The installation.
pub(super) const INSTALLATION: &str = "tempus:installation";
/// The preview.
pub(super) const PREVIEW: &str = "tempus:preview";
/// When the preview was accepted.
pub(super) const CREATED_AT: &str = "tempus:created-at";
/// The longest a tag's value may be.
const LONGEST: usize = 256;

/// The tags of one resource, sorted by key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tags(pub(super) BTreeMap<String, String>);

impl Tags {
    /// The tags of a resource of this name. All are fixed when it is made; the expiry is the one
    /// that held then.
    pub(super) fn of(ctx: &dyn Ctx, name: &str, service: Option<&str>, cost: Option<&str>) -> Self {
        let identity = ctx.identity();
        let ttl = identity.created_at.until(ctx.expires_at()).as_secs();
        let mut tags = BTreeMap::new();
        let mut set = |key: &str, value: &str| {
            tags.insert(key.to_owned(), allowed(value));
        };
        set(NAME, name);
        set(MANAGED, "true");
        set(INSTALLATION, &ctx.installation().to_string());
        set(PREVIEW, &identity.id.to_string());
        set("tempus:template", &identity.template);
        set("tempus:owner", &identity.owner.login);
        set(CREATED_AT, &identity.created_at.to_string());
        set("tempus:expires-at", &ctx.expires_at().to_string());
        set("tempus:ttl", &format!("{ttl}s"));
        if let Some(service) = service {
            set("tempus:service", service);
        }
        if let Some(cost) = cost {
            set("tempus:cost-center", cost);
        }
        Self(tags)
    }

    /// Tags as they were read.
    pub(super) fn read<'a>(
        pairs: impl Iterator<Item = (Option<&'a str>, Option<&'a str>)>,
    ) -> Self {
        let pairs = pairs.filter_map(|(key, value)| {
            Some((key?.to_owned(), value.unwrap_or_default().to_owned()))
        });
        Self(pairs.collect())
    }

    /// The pairs.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (&**key, &**value))
    }

    /// A tag's value.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// The preview that it was made for.
    pub(super) fn preview(&self) -> Option<PreviewId> {
        self.get(PREVIEW)?.parse().ok()
    }

    /// When its preview was accepted: it is no older than that.
    pub(super) fn since(&self) -> Option<Timestamp> {
        let at: jiff::Timestamp = self.get(CREATED_AT)?.parse().ok()?;
        Some(Timestamp::from_millis(at.as_millisecond()))
    }
}

/// A value as AWS takes it: letters, digits, spaces and `+-=._:/@`, 256 of them; what else there
/// is becomes `_`.
fn allowed(value: &str) -> String {
    let fits = |c: char| c.is_alphanumeric() || " +-=._:/@".contains(c);
    let chars = value.chars().take(LONGEST);
    chars.map(|c| if fits(c) { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::TestCtx;

    #[test]
    fn tags_say_whose_a_resource_is_and_can_be_read_back() {
        let ctx = TestCtx::new();
        let tags = Tags::of(&ctx, "x", Some("web"), Some("a|b"));
        assert_eq!(tags.get(INSTALLATION), Some("0000abcd"));
        assert_eq!(tags.preview(), Some(ctx.identity().id));
        assert_eq!(tags.since(), Some(ctx.identity().created_at));
        assert_eq!(tags.get("tempus:service"), Some("web"));
        assert_eq!(tags.get("tempus:ttl"), Some("7200s"));
        assert_eq!(
            tags.get("tempus:cost-center"),
            Some("a_b"),
            "AWS takes no '|'"
        );
        assert_eq!(
            tags.0.len(),
            11,
            "the name and ten more, all within AWS's 50"
        );
    }
}

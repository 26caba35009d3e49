//! The rules: what a token must say for its bearer to be let in.

use std::collections::BTreeMap;

use tempus_model::Scope;

use super::claims::Claims;

/// Whoever bears a token of this issuer, for this audience and with these claims, has this scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The issuer, exactly as tokens name it.
    pub issuer: String,
    /// The audience.
    pub audience: String,
    /// What the claims must be; a claim that a token does not have fits no pattern.
    pub claims: BTreeMap<String, Pattern>,
    /// What its bearer may do.
    pub scope: Scope,
}

/// Events of GitHub that somebody outside of a repository can cause, and whose workflow has the
/// rights of the repository all the same: its token tells the repository, its main branch and
/// nothing of whose code it runs. A rule that says nothing of events does not mean these.
const OUTSIDERS: [&str; 8] = [
    "pull_request_target",
    "workflow_run",
    "issue_comment",
    "issues",
    "discussion",
    "discussion_comment",
    "fork",
    "watch",
];

impl Rule {
    /// Whether it lets in the bearer of a token with these claims.
    pub(super) fn fits(&self, claims: &Claims) -> bool {
        claims.issuer() == Some(&self.issuer)
            && claims.is_for(&self.audience)
            && self.event_fits(claims)
            && self.claims.iter().all(|(name, pattern)| {
                let text = claims.text(name);
                text.is_some_and(|text| pattern.matches(&text))
            })
    }

    fn event_fits(&self, claims: &Claims) -> bool {
        let event = claims.text("event_name").unwrap_or_default();
        self.claims.contains_key("event_name") || !OUTSIDERS.contains(&&*event)
    }
}

/// A text in which `*` stands for any text, none included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// The pattern of this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Whether a text fits, as a whole.
    pub fn matches(&self, text: &str) -> bool {
        let Some((first, rest)) = self.0.split_once('*') else {
            return self.0 == text;
        };
        let Some(mut text) = text.strip_prefix(first) else {
            return false;
        };
        let mut parts: Vec<_> = rest.split('*').collect();
        let last = parts.pop().unwrap_or_default();
        // Each part as early as it comes: whatever is left is most for those after it.
        for part in parts {
            let Some(at) = text.find(part) else {
                return false;
            };
            text = &text[at + part.len()..];
        }
        text.ends_with(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, fits, fits_not) in [
            (
                "acme/shop",
                &["acme/shop"][..],
                &["acme/shop2", "acme", "ACME/shop"][..],
            ),
            (
                "acme/*",
                &["acme/", "acme/shop"],
                &["acme-evil/shop", "xacme/shop"],
            ),
            (
                "refs/heads/*",
                &["refs/heads/a/b"],
                &["refs/tags/a", "refs/heads"],
            ),
            (
                "refs/*/v*",
                &["refs/tags/v1", "refs/a/b/v"],
                &["refs/v", "refs/tags/1"],
            ),
            ("*", &["", "x"], &[]),
            ("a*a", &["aa", "aba"], &["a", "ab"]),
            ("*ab*ab", &["abab", "xabyab"], &["ab", "abx"]),
        ] {
            let pattern = Pattern::new(pattern);
            for text in fits {
                assert!(pattern.matches(text), "{pattern:?} {text}");
            }
            for text in fits_not {
                assert!(!pattern.matches(text), "{pattern:?} {text}");
            }
        }
    }

    fn rule(claims: &[(&str, &str)]) -> Rule {
        let pattern = |(name, text): &(&str, &str)| ((*name).to_owned(), Pattern::new(*text));
        Rule {
            issuer: "https://ci.example".to_owned(),
            audience: "tempus".to_owned(),
            claims: claims.iter().map(pattern).collect(),
            scope: Scope::Deployer,
        }
    }

    #[test]
    fn everything_that_a_rule_names_must_be_there_and_fit() {
        let claims = |json: serde_json::Value| serde_json::from_value::<Claims>(json).unwrap();
        let token = claims(serde_json::json!({
            "iss": "https://ci.example", "aud": ["other", "tempus"], "repository": "acme/shop",
            "run_attempt": 1, "protected": true, "list": ["acme/shop"],
        }));
        for (claims, fits) in [
            (&[("repository", "acme/*")][..], true),
            (&[("repository", "acme/*"), ("run_attempt", "1")], true),
            (&[("protected", "true")], true),
            (&[("repository", "acme/*"), ("ref", "*")], false),
            (&[("list", "*")], false),
        ] {
            assert_eq!(rule(claims).fits(&token), fits, "{claims:?}");
        }
        let here = rule(&[("repository", "acme/*")]);
        for (name, value) in [("iss", "https://ci.example/"), ("aud", "tempus2")] {
            let mut other = serde_json::to_value(&token).unwrap();
            other[name] = value.into();
            assert!(!here.fits(&claims(other)), "{name}");
        }
    }

    #[test]
    fn an_event_that_outsiders_cause_must_be_named() {
        let token = |event: &str| {
            let json = serde_json::json!({
                "iss": "https://ci.example", "aud": "tempus", "repository": "acme/shop",
                "event_name": event, "ref": "refs/heads/main",
            });
            serde_json::from_value::<Claims>(json).unwrap()
        };
        let plain = rule(&[("repository", "acme/*"), ("ref", "refs/heads/main")]);
        assert!(plain.fits(&token("push")) && plain.fits(&token("pull_request")));
        for event in OUTSIDERS {
            assert!(!plain.fits(&token(event)), "{event}");
        }
        let named = rule(&[("repository", "acme/*"), ("event_name", "workflow_run")]);
        assert!(named.fits(&token("workflow_run")) && !named.fits(&token("issues")));
    }
}

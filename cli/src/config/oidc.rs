//! Whose identity tokens the API takes, as one text that every layer can carry.
//!
//! One rule a line; a `;` ends one too, for the environment and flags. `issuer`, `audience` and
//! `scope` stand in each rule once; everything else is a claim and a pattern, where `*` stands for
//! any text. A rule that would let in whoever asks is refused here rather than regretted later.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
use tempus_model::Scope;
use tempus_steps::http::is_this_machine;

use super::Setting;
use super::text::{HttpUrl, Word};

/// One rule: whoever bears a token of this issuer with these claims has this scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OidcRule {
    /// Who signs, as the token's `iss` says it.
    pub issuer: HttpUrl,
    /// Whom the token must be for.
    pub audience: Word,
    /// What its claims must be: patterns, at least one.
    pub claims: BTreeMap<String, Word>,
    /// What its bearer may do.
    pub scope: Scope,
}

/// The issuer that everybody on GitHub shares.
const GITHUB: &str = "https://token.actions.githubusercontent.com";

/// The claims that say whose workflow it is, and what must stand before the first `*`: without
/// it `acme*` would let in `acme-of-somebody-else`.
const WHOSE: [(&str, Option<char>); 5] = [
    ("repository", Some('/')),
    ("sub", Some('/')),
    ("repository_owner", None),
    ("repository_id", None),
    ("repository_owner_id", None),
];

impl OidcRule {
    fn read(text: &str) -> Option<Self> {
        let mut fields = BTreeMap::new();
        for field in text.split_whitespace() {
            let (name, value) = field.split_once('=')?;
            if fields.insert(name, Word::read(value)?).is_some() {
                return None;
            }
        }
        let mut take = |name| fields.remove(name);
        let rule = Self {
            issuer: HttpUrl::read(take("issuer")?.as_str())?,
            audience: take("audience")?,
            scope: Scope::read(take("scope")?.as_str())?,
            claims: fields
                .into_iter()
                .map(|(name, pattern)| is_claim(name).then(|| (name.to_owned(), pattern)))
                .collect::<Option<_>>()?,
        };
        (rule.is_guarded() && rule.is_safe()).then_some(rule)
    }

    /// Whether the issuer's keys cannot be exchanged on the way: HTTPS, or this very machine.
    fn is_guarded(&self) -> bool {
        reqwest::Url::parse(self.issuer.as_str()).is_ok_and(|url| {
            let here = url.host_str().is_some_and(is_this_machine);
            (url.scheme() == "https" || here)
                && url.query().is_none()
                && url.fragment().is_none()
                && url.username().is_empty()
                && url.password().is_none()
        })
    }

    /// Whether the rule says whose workflows it means.
    fn is_safe(&self) -> bool {
        if self.issuer.as_str().trim_end_matches('/') != GITHUB {
            return self.claims.values().any(|pattern| !is_anything(pattern));
        }
        WHOSE.iter().any(|(claim, before)| {
            self.claims.get(*claim).is_some_and(|pattern| {
                let literal = pattern.as_str().split('*').next().unwrap_or_default();
                match before {
                    Some(end) => literal.contains(*end) && !literal.starts_with(*end),
                    None => literal == pattern.as_str(),
                }
            })
        })
    }
}

fn is_claim(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':' | b'/'))
}

fn is_anything(pattern: &Word) -> bool {
    pattern.as_str().bytes().all(|b| b == b'*')
}

impl fmt::Display for OidcRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            issuer,
            audience,
            claims,
            scope,
        } = self;
        write!(f, "issuer={issuer} audience={audience}")?;
        for (claim, pattern) in claims {
            write!(f, " {claim}={pattern}")?;
        }
        write!(f, " scope={scope}")
    }
}

impl Setting for Vec<OidcRule> {
    const EXPECTS: &'static str = "rules, one a line or with \";\" between them, each \
        \"issuer=URL audience=NAME CLAIM=PATTERN scope=viewer|deployer|admin\" with at least one \
        claim; the issuer's URL is https, and GitHub's also wants to know whose workflows are \
        meant: repository=OWNER/NAME (OWNER/* for all), repository_owner, repository_id or \
        repository_owner_id";

    fn read(text: &str) -> Option<Self> {
        let entries = text.split(['\n', ';']).map(str::trim);
        let entries = entries.filter(|entry| !entry.is_empty());
        entries.map(OidcRule::read).collect()
    }

    fn show(&self) -> Value {
        let entries: Vec<_> = self.iter().map(ToString::to_string).collect();
        entries.join("; ").into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIN: &str = "issuer=https://token.actions.githubusercontent.com audience=tempus \
                        ref=refs/heads/main repository=acme/* scope=admin";
    const OTHER: &str =
        "issuer=https://gitlab.example audience=tempus project_path=a/b scope=viewer";

    #[test]
    fn lines_and_semicolons_say_the_same() {
        let lines = Vec::<OidcRule>::read(&format!("\n  {MAIN}\n\n{OTHER}\n")).unwrap();
        let line = format!("{MAIN}; {OTHER}");
        assert_eq!(Vec::<OidcRule>::read(&line).unwrap(), lines);
        assert_eq!(lines.show().as_str(), Some(line.as_str()));
        assert_eq!(lines[0].scope, Scope::Admin);
        assert_eq!(lines[1].claims["project_path"].as_str(), "a/b");
    }

    #[test]
    fn what_is_missing_or_twice_is_refused() {
        for wrong in [
            MAIN.replace(" audience=tempus", ""),
            MAIN.replace(" scope=admin", ""),
            MAIN.replace("scope=admin", "scope=root"),
            MAIN.replace("ref=refs/heads/main", "ref"),
            MAIN.replace("ref=refs/heads/main", "ref="),
            format!("{MAIN} ref=refs/heads/next"),
            OTHER.replace("https", "http"),
            OTHER.replace("gitlab.example", "user:secret@gitlab.example"),
            OTHER.replace("gitlab.example", "gitlab.example/?a=b"),
        ] {
            assert!(Vec::<OidcRule>::read(&wrong).is_none(), "{wrong}");
        }
        assert!(
            Vec::<OidcRule>::read(&OTHER.replace("https://gitlab.example", "http://127.0.0.1:9"))
                .is_some()
        );
    }

    #[test]
    fn a_rule_that_lets_in_whoever_asks_is_refused() {
        for wrong in [
            MAIN.replace("repository=acme/*", "repository=*"),
            MAIN.replace("repository=acme/*", "repository=acme*"),
            MAIN.replace("repository=acme/*", "repository=*/shop"),
            MAIN.replace("repository=acme/*", "repository=/*"),
            MAIN.replace("repository=acme/*", "repository_owner=acme*"),
            MAIN.replace("repository=acme/*", "repository_owner_id=*"),
            MAIN.replace("repository=acme/*", "sub=repo:*"),
            MAIN.replace(" repository=acme/*", ""),
            OTHER.replace(" project_path=a/b", ""),
            OTHER.replace("project_path=a/b", "project_path=*"),
        ] {
            assert!(Vec::<OidcRule>::read(&wrong).is_none(), "{wrong}");
        }
        for right in [
            "repository_owner=acme",
            "repository_id=12",
            "sub=repo:acme/*",
        ] {
            let rule = MAIN.replace("repository=acme/*", right);
            assert!(Vec::<OidcRule>::read(&rule).is_some(), "{rule}");
        }
    }
}

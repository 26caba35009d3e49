//! What the previews of pull requests and branches are called: the one function that says so.

use crate::name::{cut, short_hash};
use crate::{DnsName, Origin, slug};

/// What a preview is named after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named<'a> {
    /// A pull request: `pr-{number}-{repository}`.
    Pull {
        /// Its number.
        number: u64,
        /// The repository's full name.
        repository: &'a str,
    },
    /// A branch: `preview-{branch}`, without what comes before its first slash.
    Branch {
        /// Its name.
        name: &'a str,
        /// The repository's full name.
        repository: &'a str,
    },
}

impl<'a> Named<'a> {
    /// What a preview of this origin is named after; nothing, if it is made from neither.
    pub fn of(origin: &'a Origin) -> Option<Self> {
        let repository = origin.repository.as_deref().unwrap_or_default();
        match (origin.pr_number, &origin.branch) {
            (Some(number), _) => Some(Self::Pull { number, repository }),
            (None, Some(name)) => Some(Self::Branch { name, repository }),
            (None, None) => None,
        }
    }
}

/// How a name is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameForm {
    /// As it reads best; ends in a hash only where it had to be cut.
    Plain,
    /// With a hash of what it is named after, where another source has the plain one already.
    Hashed,
}

/// How much of a name a hash takes, with its hyphen.
const HASH: usize = 9;

/// The name of what is made from this.
pub fn preview_name(of: Named<'_>, form: NameForm) -> DnsName {
    let (prefix, rest, whole) = match of {
        Named::Pull { number, repository } => {
            let name = repository.rsplit('/').next().unwrap_or(repository);
            let whole = format!("pull {repository}/{number}");
            (format!("pr-{number}"), name, whole)
        }
        Named::Branch { name, repository } => {
            let rest = name.split_once('/').map_or(name, |(_, rest)| rest);
            (
                "preview".to_owned(),
                rest,
                format!("branch {repository}/{name}"),
            )
        }
    };
    let room = match form {
        NameForm::Plain => DnsName::LONGEST,
        NameForm::Hashed => DnsName::LONGEST - HASH,
    };
    let left = room.saturating_sub(prefix.len() + 1);
    // A number of twenty digits leaves no room for a part that says anything.
    let label = if left > HASH {
        format!("{prefix}-{}", slug(rest, left))
    } else {
        cut(&prefix, &whole, room)
    };
    let name = match form {
        NameForm::Plain => label,
        // Names on GitHub do not differ by case alone.
        NameForm::Hashed => format!("{label}-{}", short_hash(&whole.to_lowercase())),
    };
    name.parse().unwrap_or_else(|_| DnsName::orphan())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn branch(name: &str, form: NameForm) -> String {
        let repository = "octo/shop";
        preview_name(Named::Branch { name, repository }, form).to_string()
    }

    fn pull(number: u64, repository: &str, form: NameForm) -> String {
        preview_name(Named::Pull { number, repository }, form).to_string()
    }

    #[test]
    fn names_read_like_what_they_are_named_after() {
        for (name, expected) in [
            ("feature/payment-api", "preview-payment-api"),
            ("bugfix/auth-token", "preview-auth-token"),
            ("HOTFIX/Critical_Issue", "preview-critical-issue"),
            ("release/v2.0", "preview-v2-0"),
            ("payment-api", "preview-payment-api"),
            ("dependabot/npm/lodash", "preview-npm-lodash"),
        ] {
            assert_eq!(branch(name, NameForm::Plain), expected);
        }
        assert_eq!(pull(123, "octo/myapp", NameForm::Plain), "pr-123-myapp");
        assert_eq!(pull(1, "octo/My.App_2", NameForm::Plain), "pr-1-my-app-2");
    }

    #[test]
    fn what_was_cut_or_is_taken_ends_in_a_hash() {
        let long = branch(&"x".repeat(80), NameForm::Plain);
        assert_eq!(long.len(), DnsName::LONGEST);
        assert_ne!(long, branch(&"x".repeat(81), NameForm::Plain));
        // Nothing of it is left, so that two of them would be one.
        assert_ne!(
            branch("feature/日", NameForm::Plain),
            branch("feature/本", NameForm::Plain)
        );
        let taken = pull(7, "octo/shop", NameForm::Hashed);
        assert!(
            taken.starts_with("pr-7-shop-") && taken.len() == 18,
            "{taken}"
        );
        assert_ne!(taken, pull(7, "acme/shop", NameForm::Hashed));
        assert_eq!(taken, pull(7, "Octo/Shop", NameForm::Hashed));
        assert_ne!(
            branch("a/x", NameForm::Hashed),
            branch("b/x", NameForm::Hashed)
        );
    }

    proptest! {
        #[test]
        fn every_name_is_one_and_no_two_sources_share_their_hashed_ones(
            number in any::<u64>(), other in any::<u64>(),
            a in "[A-Za-z0-9._-]{1,60}", b in ".{1,80}",
        ) {
            for form in [NameForm::Plain, NameForm::Hashed] {
                let names = [pull(number, &format!("octo/{a}"), form), branch(&b, form)];
                for name in &names {
                    prop_assert!(name != "orphan" && name.parse::<DnsName>().is_ok(), "{}", name);
                }
                prop_assert!(names[0].starts_with("pr-") && names[1].starts_with("preview-"));
            }
            let hashed = |number| pull(number, &format!("octo/{a}"), NameForm::Hashed);
            prop_assert_eq!(number == other, hashed(number) == hashed(other));
            prop_assert_ne!(hashed(number), pull(number, &format!("octo/{a}"), NameForm::Plain));
        }
    }
}

//! What the images of a preview are tagged: the one rule that builds, previews and their ends go by.

use crate::DnsName;

/// How many digits of a commit are in a tag.
const SHORT: usize = 7;
/// How many a commit has in full.
const FULL: usize = 40;

/// The beginning of a commit's id, as it is in tags.
pub fn short_sha(sha: &str) -> &str {
    sha.get(..SHORT).unwrap_or(sha)
}

/// The tag of a preview's image of a commit: `{name}-{short_sha}`.
pub fn image_tag(name: &DnsName, sha: &str) -> String {
    format!("{name}-{}", short_sha(sha))
}

/// Whether a tag is that of an image of this preview, of whichever commit:
/// `^{name}-[0-9a-f]{7,40}$`, in which the name stands for itself.
pub fn is_image_tag(name: &DnsName, tag: &str) -> bool {
    let rest = tag.strip_prefix(name.as_str());
    let commit = rest.and_then(|rest| rest.strip_prefix('-'));
    let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    commit.is_some_and(|sha| (SHORT..=FULL).contains(&sha.len()) && sha.bytes().all(is_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_says_whose_image_it_is_and_of_which_commit() {
        let name: DnsName = "pr-1-shop".parse().unwrap();
        let sha = "0123abcdef0123abcdef0123abcdef0123abcdef";
        assert_eq!(image_tag(&name, sha), "pr-1-shop-0123abc");
        assert_eq!(image_tag(&name, "0123"), "pr-1-shop-0123");
    }

    #[test]
    fn a_tag_is_a_preview_s_own_and_no_neighbour_s() {
        let name: DnsName = "pr-1-shop".parse().unwrap();
        let whole = "0123abcdef".repeat(4);
        for own in [&whole, &whole[..7], &whole[..12]] {
            assert!(is_image_tag(&name, &format!("pr-1-shop-{own}")), "{own}");
        }
        let long = format!("pr-1-shop-{whole}0");
        for other in [
            "pr-1-shop",
            "pr-1-shop-",
            "pr-1-shop-0123ab",
            "pr-1-shop-0123ABC",
            "pr-1-shop-0123abg",
            "pr-1-shop-api-0123abc",
            "pr-1-shop-0123abc-4567def",
            "pr-1-shopx0123abc",
            "pr-11-shop-0123abc",
            "a-pr-1-shop-0123abc",
            "pr-1-shop-0123abc\n",
            "latest",
            "",
            &long,
        ] {
            assert!(!is_image_tag(&name, other), "{other:?}");
        }
    }
}

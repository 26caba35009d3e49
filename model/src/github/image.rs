//! What the images of a preview are tagged: the one rule that builds and previews go by.

use crate::DnsName;

/// How many digits of a commit are in a tag.
const SHORT: usize = 7;

/// The beginning of a commit's id, as it is in tags.
pub fn short_sha(sha: &str) -> &str {
    sha.get(..SHORT).unwrap_or(sha)
}

/// The tag of a preview's image of a commit: `{name}-{short_sha}`.
pub fn image_tag(name: &DnsName, sha: &str) -> String {
    format!("{name}-{}", short_sha(sha))
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
}

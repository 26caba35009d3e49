//! The parameter that a signed link carries.

use hyper::http::uri::PathAndQuery;

/// The parameter's name.
pub const KEY_PARAMETER: &str = "tempus-key";

/// The key of an address, if it has one; of several the first.
pub(super) fn key(asked: &PathAndQuery) -> Option<&str> {
    let query = asked.query()?;
    query.split('&').find_map(value)
}

/// The address without the key, every other parameter as it was written.
pub fn without_key(asked: &PathAndQuery) -> PathAndQuery {
    let Some(query) = asked.query() else {
        return asked.clone();
    };
    if query.split('&').all(|pair| value(pair).is_none()) {
        return asked.clone();
    }
    let kept = query.split('&').filter(|pair| value(pair).is_none());
    let kept: Vec<_> = kept.collect();
    let path = asked.path();
    let text = match kept.as_slice() {
        [] => path.to_owned(),
        kept => format!("{path}?{}", kept.join("&")),
    };
    // Cannot fail: it is a part of what was one.
    text.try_into().unwrap_or_else(|_| asked.clone())
}

fn value(pair: &str) -> Option<&str> {
    match pair.strip_prefix(KEY_PARAMETER)? {
        "" => Some(""),
        rest => rest.strip_prefix('='),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_found_and_taken_out_and_nothing_else_is_touched() {
        for (asked, found, left) in [
            ("/a", None, "/a"),
            ("/a?", None, "/a?"),
            ("/a?tempus-key=1-x", Some("1-x"), "/a"),
            ("/a?b=%2F&tempus-key=1&c", Some("1"), "/a?b=%2F&c"),
            ("/a?tempus-key=1&tempus-key=2", Some("1"), "/a"),
            ("/a?tempus-key", Some(""), "/a"),
            (
                "/a?tempus-keys=1&x-tempus-key=2",
                None,
                "/a?tempus-keys=1&x-tempus-key=2",
            ),
        ] {
            let asked = PathAndQuery::from_static(asked);
            assert_eq!(key(&asked), found, "{asked}");
            assert_eq!(without_key(&asked), left, "{asked}");
        }
    }
}

//! The session's cookie: found, set, and taken away before the application sees it. So is that of
//! the console, which browsers send along where previews have the console's host and another port.

use hyper::header::{COOKIE, HeaderMap, HeaderValue};
use tempus_model::Timestamp;

use super::{Door, Scheme};

/// Its name: nobody else's.
pub(super) const NAME: &str = "__tempus_gate";

/// Those of the console's sessions, in the clear on this machine and over TLS. The prefix keeps pages of
/// other names below the same domain from setting one.
pub const CONSOLE_COOKIES: [&str; 2] = ["__tempus_console", "__Host-tempus_console"];

/// The values of a cookie, in the order in which they were sent: browsers send the one of the longer
/// path first, and there are several where one preview is reached in two ways.
pub fn values<'a>(headers: &'a HeaderMap, of: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(COOKIE).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter_map(move |(name, value)| (name == of).then_some(value))
}

/// Takes our cookies out of what the application sees, and leaves every other to the byte.
pub fn strip(headers: &mut HeaderMap) {
    let is_ours = |pair: &[u8]| {
        let pair = pair.trim_ascii_start();
        let mut names = std::iter::once(NAME).chain(CONSOLE_COOKIES);
        names.any(|name| {
            let rest = pair.strip_prefix(name.as_bytes());
            rest.is_some_and(|rest| rest.is_empty() || rest.trim_ascii_start().starts_with(b"="))
        })
    };
    let lines: Vec<_> = headers.get_all(COOKIE).iter().cloned().collect();
    let has_ours = |line: &HeaderValue| line.as_bytes().split(|b| *b == b';').any(is_ours);
    if !lines.iter().any(has_ours) {
        return;
    }
    headers.remove(COOKIE);
    for line in lines {
        if !has_ours(&line) {
            headers.append(COOKIE, line);
            continue;
        }
        let pairs = line.as_bytes().split(|b| *b == b';');
        let kept: Vec<_> = pairs.filter(|pair| !is_ours(pair)).collect();
        let kept = kept.join(&b';');
        // What was before it may have been first, and begins without a space then.
        if let Ok(kept) = HeaderValue::from_bytes(kept.trim_ascii())
            && !kept.is_empty()
        {
            headers.append(COOKIE, kept);
        }
    }
}

/// The header that sets the cookie. `Lax` lets a link from elsewhere open the preview and keeps
/// forms of elsewhere out; no script can read it.
pub(super) fn set(door: &Door<'_>, value: &str, until: Timestamp, now: Timestamp) -> String {
    let age = now.until(until).as_secs();
    let path = door.base;
    let secure = match door.scheme {
        Scheme::Http => "",
        Scheme::Https => "; Secure",
    };
    format!("{NAME}={value}; Path={path}; Max-Age={age}; HttpOnly; SameSite=Lax{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(lines: &[&str]) -> Vec<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, HeaderValue::from_str(line).unwrap());
        }
        strip(&mut headers);
        let left = headers.get_all(COOKIE).iter();
        left.map(|line| line.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn only_our_cookie_is_taken_out() {
        assert_eq!(stripped(&["a=1; __tempus_gate=x; b=2"]), ["a=1; b=2"]);
        assert_eq!(stripped(&["__tempus_gate=x; b=2"]), ["b=2"]);
        assert_eq!(stripped(&["a=1;__tempus_gate=x"]), ["a=1"]);
        assert_eq!(
            stripped(&["a=1", "__tempus_gate=x", "c=\"3; 4\""]),
            ["a=1", "c=\"3; 4\""]
        );
        assert_eq!(stripped(&["__tempus_gate=x; __tempus_gate=y"]), [""; 0]);
        assert_eq!(stripped(&["__tempus_gate"]), [""; 0]);
        for console in CONSOLE_COOKIES {
            let line = format!("a=1; {console}=tps_x; b=2");
            assert_eq!(stripped(&[&line]), ["a=1; b=2"]);
        }
        for others in [
            "a=__tempus_gate=x",
            "__tempus_gates=x",
            "x__tempus_gate=y",
            "a=1;  b=2 ",
        ] {
            assert_eq!(stripped(&[others]), [others]);
        }
    }

    #[test]
    fn every_value_is_found() {
        let mut headers = HeaderMap::new();
        for line in ["a=1; __tempus_gate=x;__tempus_gate=y", "__tempus_gate=z"] {
            headers.append(COOKIE, HeaderValue::from_static(line));
        }
        assert_eq!(values(&headers, NAME).collect::<Vec<_>>(), ["x", "y", "z"]);
    }
}

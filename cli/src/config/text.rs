//! Values that are texts of a certain form, and lists of them.

use std::fmt;

use serde_json::Value;
use tempus_steps::postgres::Address;

use super::{Setting, list};

/// A text of a certain form; the doc comment says which.
macro_rules! form {
    ($(#[$doc:meta])* $name:ident, $expects:expr, $is:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Setting for $name {
            const EXPECTS: &'static str = $expects;

            fn read(text: &str) -> Option<Self> {
                let is: fn(&str) -> bool = $is;
                (is_word(text) && is(text)).then(|| Self(text.to_owned()))
            }

            fn show(&self) -> Value {
                self.as_str().into()
            }
        }
    };
}

form!(
    /// A name, an id or the like: not empty, and nothing that separates one from the next.
    Word, "one word, without spaces, commas or semicolons", |_| true
);

form!(
    /// A URL of HTTP. Without a password: what is configured is shown.
    HttpUrl, "a URL without user and password, such as \"http://127.0.0.1:4566\"", |text| {
        reqwest::Url::parse(text).is_ok_and(|url| {
            let is_http = matches!(url.scheme(), "http" | "https");
            is_http && url.has_host() && url.username().is_empty() && url.password().is_none()
        })
    }
);

form!(
    /// Where a Postgres server is, and as whom it is spoken to. Without a password, for the same reason.
    PostgresUrl, Address::ACCEPTED, |text| text.parse::<Address>().is_ok()
);

form!(
    /// The name that AWS gives to everything.
    Arn, "an ARN, such as \"arn:aws:iam::123456789012:role/tempus\"", |text| {
        text.starts_with("arn:") && text.splitn(6, ':').filter(|part| !part.is_empty()).count() >= 4
            && text.splitn(6, ':').nth(5).is_some_and(|resource| !resource.is_empty())
    }
);

impl Word {
    /// A word of this program's own.
    pub(super) fn named(word: &'static str) -> Self {
        Self(word.to_owned())
    }
}

/// A text as it may be shown: a URL's user and password are left out.
pub(super) fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let address = rest.split('/').next().unwrap_or(rest);
    match address.rfind('@') {
        Some(at) => format!("{scheme}://…@{}", &rest[at + 1..]),
        None => text.to_owned(),
    }
}

fn is_word(text: &str) -> bool {
    let apart = |c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | ';');
    !text.is_empty() && !text.contains(apart)
}

/// What may be left out: an empty text.
impl<T: Setting> Setting for Option<T> {
    const EXPECTS: &'static str = T::EXPECTS;

    fn read(text: &str) -> Option<Self> {
        match text {
            "" => Some(None),
            _ => T::read(text).map(Some),
        }
    }

    fn show(&self) -> Value {
        self.as_ref().map_or_else(|| "".into(), T::show)
    }
}

/// Words, in the order in which they were given.
impl Setting for Vec<Word> {
    const EXPECTS: &'static str = "a list with commas, such as \"subnet-1, subnet-2\"";

    fn read(text: &str) -> Option<Self> {
        list::read(text, Word::read)
    }

    fn show(&self) -> Value {
        list::show(self, Word::to_string)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_takes_its_own() {
        for good in [
            "arn:aws:iam::1:role/x",
            "arn:aws-cn:elasticloadbalancing:cn-north-1:1:a/b",
        ] {
            assert!(Arn::read(good).is_some(), "{good}");
        }
        for wrong in ["", "role/x", "arn:aws:iam", "arn:aws:iam::1:", "arn:::::"] {
            assert!(Arn::read(wrong).is_none(), "{wrong}");
        }
        for good in [
            "http://127.0.0.1:4566",
            "https://sqs.eu-west-1.amazonaws.com/1/q",
        ] {
            assert!(HttpUrl::read(good).is_some(), "{good}");
        }
        for wrong in [
            "127.0.0.1:4566",
            "ftp://x",
            "http://",
            "http://a b",
            "http://me@x",
            "http://:secret@x",
        ] {
            assert!(HttpUrl::read(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn what_is_refused_is_shown_without_its_password() {
        for (text, shown) in [
            ("\"http://me:hush@x/a@b\"", "\"http://…@x/a@b\""),
            ("http://me:hu@sh@x:1", "http://…@x:1"),
            ("http://x/a@b", "http://x/a@b"),
            ("a@b", "a@b"),
        ] {
            assert_eq!(without_password(text), shown);
        }
    }

    #[test]
    fn a_list_is_shown_as_it_is_read() {
        let list = Vec::<Word>::read("subnet-1,subnet-2 ,  subnet-3").unwrap();
        assert_eq!(list.show().as_str(), Some("subnet-1, subnet-2, subnet-3"));
        assert_eq!(Vec::<Word>::read(""), Some(Vec::new()));
        for wrong in [",", "a,,b", "a b", "a,"] {
            assert!(Vec::<Word>::read(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn nothing_is_an_empty_text() {
        assert_eq!(Option::<Word>::read(""), Some(None));
        assert_eq!(Option::<Word>::None.show().as_str(), Some(""));
    }
}

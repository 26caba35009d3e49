//! Who calls: what is sent as `Authorization: Bearer …`, if anything.

use std::fmt;

use reqwest::header::HeaderValue;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{ClientError, GitHub};

/// What a client says about who it is.
#[derive(Debug, Clone, Default)]
pub enum Bearer {
    /// Nothing: the server must not ask.
    #[default]
    Nobody,
    /// A token.
    Token(Token),
    /// Whatever GitHub vouches for in this workflow.
    GitHub(GitHub),
}

impl Bearer {
    /// The header's value, if there is one to send.
    pub(super) async fn header(&self) -> Result<Option<HeaderValue>, ClientError> {
        match self {
            Self::Nobody => Ok(None),
            Self::Token(token) => Ok(Some(token.header())),
            Self::GitHub(github) => github.header().await.map(Some),
        }
    }
}

/// A token. Neither `Display` nor shown by `Debug`, so that it reaches no output by accident; it
/// is written to one place, the file of contexts, which only its owner may read.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// What is no token. It says nothing of the text, which may be most of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a token as it was shown: one line of printable characters without spaces")]
pub struct TokenError;

impl Token {
    /// The longest one. Identity tokens with many claims are a few kilobytes.
    const LONGEST: usize = 16 * 1024;

    /// Reads one, without the line's end that files and pipes add.
    pub fn read(text: &str) -> Result<Self, TokenError> {
        let text = text.trim_end_matches(['\r', '\n']);
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        if text.is_empty() || text.len() > Self::LONGEST || !is_plain {
            return Err(TokenError);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text, for the request that it is meant for.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    pub(super) fn header(&self) -> HeaderValue {
        let value = HeaderValue::try_from(format!("Bearer {}", self.0));
        let mut value = value.unwrap_or(HeaderValue::from_static(""));
        value.set_sensitive(true);
        value
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

impl Serialize for Token {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::read(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_line_and_shows_itself_nowhere() {
        let token = Token::read("tps_secret\r\n").unwrap();
        assert_eq!(token.expose(), "tps_secret");
        let shown = format!("{token:?} {:?} {:?}", token.header(), Bearer::Token(token.clone()));
        assert!(!shown.contains("secret"), "{shown}");
        for wrong in ["", "\n", "a b", "a\nb", " a", "ä", &"a".repeat(20_000)] {
            let said = Token::read(wrong).unwrap_err().to_string();
            assert!(wrong.len() < 3 || !said.contains(wrong), "{said}");
        }
    }
}

//! The `Authorization` header.

use axum::http::{HeaderMap, header};
use tempus_model::Token;

use crate::refusal::Refusal;

/// The longest credential that is looked at, in bytes. GitHub's identity tokens have two thousand.
const LONGEST: usize = 8 * 1024;

/// What a request proves its sender by. Its text is shown nowhere.
pub(super) enum Credential<'h> {
    /// A token of this API.
    Token(Token),
    /// An identity token that somebody else has signed.
    Signed(&'h str),
}

impl<'h> Credential<'h> {
    /// The request's only credential.
    pub fn read(headers: &'h HeaderMap) -> Result<Self, Refusal> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let value = match (values.next(), values.next()) {
            (Some(value), None) => value,
            (None, _) => {
                return Err(Refusal::unauthenticated(
                    "no_token",
                    "send a token: Authorization: Bearer TOKEN",
                ));
            }
            (Some(_), Some(_)) => return Err(malformed("Authorization must be given once")),
        };
        let text = value.to_str().ok().filter(|text| text.len() <= LONGEST);
        let token = text.and_then(|text| text.split_once(' '));
        let Some((scheme, token)) = token else {
            return Err(malformed("Authorization must be of the form Bearer TOKEN"));
        };
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(malformed("Authorization must be of the form Bearer TOKEN"));
        }
        let token = token.trim_matches(' ');
        if token.starts_with("tps_") {
            let token = token.parse().map_err(|error| {
                malformed(&format!("the token {error}; this one is not complete"))
            })?;
            return Ok(Self::Token(token));
        }
        if token.split('.').count() == 3 {
            return Ok(Self::Signed(token));
        }
        Err(malformed(
            "this is no token: one of this API begins with tps_, an identity token has two dots",
        ))
    }
}

fn malformed(detail: &str) -> Refusal {
    Refusal::unauthenticated("malformed", detail)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use tempus_model::TokenId;

    use super::*;

    fn read(values: &[&str]) -> Result<String, String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        match Credential::read(&headers) {
            Ok(Credential::Token(token)) => Ok(token.id().to_string()),
            Ok(Credential::Signed(text)) => Ok(text.to_owned()),
            Err(refusal) => Err(refusal.problem().detail.clone()),
        }
    }

    #[test]
    fn one_bearer_token_is_read() {
        let token = Token::new(TokenId::new([1; 8]), [2; 32]);
        let id = token.id().to_string();
        for scheme in ["Bearer", "bearer", "BEARER"] {
            let value = format!("{scheme} {}", token.expose());
            assert_eq!(read(&[&value]), Ok(id.clone()));
        }
        assert_eq!(read(&["Bearer a.b.c"]), Ok("a.b.c".to_owned()));
    }

    #[test]
    fn what_is_refused_is_not_shown() {
        let token = Token::new(TokenId::new([1; 8]), [0xcd; 32]);
        let whole = format!("Bearer {}", token.expose());
        let long = format!("Bearer {}", "a.".repeat(LONGEST));
        let changed = [
            ("Bearer", "Token"),
            ("Bearer ", ""),
            ("tps_", "ghp_"),
            ("cd", "ce"),
        ];
        let changed = changed.map(|(from, to)| whole.replace(from, to));
        let mut wrongs: Vec<Vec<&str>> = vec![vec![], vec![&whole, &whole], vec![&long]];
        wrongs.push(vec![&whole[..whole.len() - 1]]);
        wrongs.extend(changed.iter().map(|text| vec![text.as_str()]));
        for text in [
            "Basic Y2Q6Y2Q=",
            "Bearer",
            "Bearer ",
            "Bearer a.b",
            "Bearer a.b.c.d",
        ] {
            wrongs.push(vec![text]);
        }
        for wrong in wrongs {
            let said = read(&wrong).unwrap_err();
            assert!(!said.contains("cdcd") && !said.contains("cece"), "{said}");
        }
    }
}

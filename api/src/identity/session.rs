//! Sessions of the console: what a browser has instead of a token.
//!
//! Whoever signs in shows a token once. What the browser keeps is another secret of 256 random bits, kept
//! as tokens are: by its hash, with an end, and with the name of what it was begun with. That is looked up
//! at each call too, so whoever revokes a token ends every session that was begun with it, at once and
//! in every process.
//!
//! The cookie counts only in what the console's own pages send. A page of another site, or of a preview,
//! is refused before anybody looks here (`layer/guard.rs`); `SameSite=Strict` keeps the browser from
//! sending the cookie for most of them; and what changes something must say where it comes from.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, Method, header};
use tempus_model::{NotGood, SessionOf, Timestamp, Token, TokenHash, TokenId, TokenRecord};
use tempus_steps::gate::{CONSOLE_COOKIES, cookie_values};
use tracing::info;

use super::tokens::unknown;
use super::{Caller, Who, tokens};
use crate::layer::peer::Scheme;
use crate::refusal::Refusal;
use crate::state::Api;

/// How long a session is good, if what it was begun with is good for so long.
const LENGTH: Duration = Duration::from_hours(12);

/// The cookie of one scheme: over TLS it has a name that only this very host can set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cookie {
    name: &'static str,
    attributes: &'static str,
}

impl Cookie {
    /// The one that is set for who comes by this scheme.
    pub fn over(scheme: Scheme) -> Self {
        let [plain, secure] = CONSOLE_COOKIES;
        match scheme {
            Scheme::Http => Self {
                name: plain,
                attributes: "Path=/; HttpOnly; SameSite=Strict",
            },
            Scheme::Https => Self {
                name: secure,
                attributes: "Path=/; HttpOnly; SameSite=Strict; Secure",
            },
        }
    }

    /// The session that a request brings, if it may: what changes something must say that it was sent
    /// by a page of this origin. The guard has refused whatever says that it was not.
    pub fn read(self, method: &Method, headers: &HeaderMap) -> Option<Token> {
        if !method.is_safe() && !says_where(headers) {
            return None;
        }
        cookie_values(headers, self.name).find_map(|value| value.parse().ok())
    }

    /// The header that gives a browser its session.
    pub fn set(self, begun: &Begun, now: Timestamp) -> Option<HeaderValue> {
        let Self { name, attributes } = self;
        let (value, age) = (begun.token.expose(), now.until(begun.until).as_secs());
        let set = format!("{name}={value}; Max-Age={age}; {attributes}");
        let mut set = HeaderValue::try_from(set).ok()?;
        set.set_sensitive(true);
        Some(set)
    }

    /// The header that takes it away.
    pub fn clear(self) -> Option<HeaderValue> {
        let Self { name, attributes } = self;
        HeaderValue::try_from(format!("{name}=; Max-Age=0; {attributes}")).ok()
    }
}

/// Whether a browser says where a request comes from.
pub(crate) fn says_where(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ORIGIN)
        || headers
            .get("sec-fetch-site")
            .is_some_and(|site| site == "same-origin")
}

/// A session that was begun.
#[derive(Debug)]
pub(crate) struct Begun {
    token: Token,
    until: Timestamp,
}

/// Begins a session for whoever has this token.
pub(super) async fn begin(
    api: &Api,
    admin: Option<TokenHash>,
    text: &str,
) -> Result<Begun, Refusal> {
    let token = text.trim().parse::<Token>().map_err(|error| {
        Refusal::unauthenticated("malformed", format!("the token {error}; this is none"))
    })?;
    let caller = tokens::check(api, admin, &token).await?;
    let session_of = match caller.who {
        Who::Token(id) => SessionOf::Token(id),
        _ => SessionOf::Configured(token.hash()),
    };
    let now = api.now();
    let longest = now.after(LENGTH);
    let until = caller.until.map_or(longest, |end| end.min(longest));
    let session = Token::new(TokenId::new(rand::random()), rand::random());
    let record = TokenRecord {
        id: session.id(),
        hash: session.hash(),
        name: format!("session of a browser, by {}", caller.who),
        scope: caller.scope,
        owner: caller.owner,
        created_by: caller.who.to_string(),
        created_at: now,
        expires_at: Some(until),
        revoked_at: None,
        session_of: Some(session_of),
    };
    if !api.store().put_token(&record).await? {
        return Err(Refusal::internal("a random token id was in use"));
    }
    info!(session.id = %record.id, by = %caller.who, "signed in");
    Ok(Begun {
        token: session,
        until,
    })
}

/// Whose session this is, if it is good now, and what it was begun with is too.
pub(super) async fn check(
    api: &Api,
    admin: Option<TokenHash>,
    token: &Token,
) -> Result<Caller, Refusal> {
    let now = api.now();
    let record = api.store().token(token.id()).await?;
    let record = record.ok_or_else(|| unknown("unknown"))?;
    record.check(token, now).map_err(over)?;
    let (until, session) = (record.expires_at, Some(record.id));
    match record.session_of {
        Some(SessionOf::Configured(hash)) if admin == Some(hash) => Ok(Caller {
            until,
            session,
            ..Caller::configured()
        }),
        Some(SessionOf::Token(id)) => {
            let parent = api.store().token(id).await?;
            let parent = parent.ok_or_else(|| over(NotGood::Revoked))?;
            parent.is_good(now).map_err(over)?;
            Ok(Caller {
                who: Who::Token(id),
                owner: parent.owner,
                scope: parent.scope,
                until,
                session,
            })
        }
        // The configuration has another hash now.
        Some(SessionOf::Configured(_)) => Err(over(NotGood::Revoked)),
        // A token is no session: nobody puts one into a cookie but to find out what happens.
        None => Err(unknown("no_session")),
    }
}

fn over(why: NotGood) -> Refusal {
    match why {
        NotGood::Secret => unknown("wrong_secret"),
        NotGood::Revoked => Refusal::unauthenticated(
            "revoked",
            "this session is over: it, or the token that it was begun with, was revoked",
        ),
        NotGood::Expired => {
            Refusal::unauthenticated("expired", "this session is over; sign in again")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(method: &Method, scheme: Scheme, headers: &[(&str, &str)]) -> Option<TokenId> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = header::HeaderName::from_bytes(name.as_bytes()).unwrap();
            map.append(name, HeaderValue::from_str(value).unwrap());
        }
        Some(Cookie::over(scheme).read(method, &map)?.id())
    }

    #[test]
    fn a_cookie_counts_where_it_is_said_that_an_own_page_sent_it() {
        let token = Token::new(TokenId::new([1; 8]), [2; 32]);
        let [plain, secure] = CONSOLE_COOKIES.map(|name| format!("{name}={}", token.expose()));
        let (id, plain) = (Some(token.id()), format!("a=1; {plain}; b=2"));
        let cookie = ("cookie", &*plain);
        assert_eq!(read(&Method::GET, Scheme::Http, &[cookie]), id);
        assert_eq!(read(&Method::GET, Scheme::Https, &[cookie]), None);
        let over_tls = [("cookie", &*secure)];
        assert_eq!(read(&Method::GET, Scheme::Https, &over_tls), id);
        for method in [Method::POST, Method::DELETE] {
            assert_eq!(read(&method, Scheme::Http, &[cookie]), None, "{method}");
            for said in [
                ("origin", "http://localhost:8080"),
                ("sec-fetch-site", "same-origin"),
            ] {
                assert_eq!(read(&method, Scheme::Http, &[cookie, said]), id, "{said:?}");
            }
            let typed = ("sec-fetch-site", "none");
            assert_eq!(read(&method, Scheme::Http, &[cookie, typed]), None);
        }
    }

    #[test]
    fn no_script_and_no_other_site_gets_the_cookie() {
        let begun = Begun {
            token: Token::new(TokenId::new([1; 8]), [2; 32]),
            until: Timestamp::from_millis(60_000),
        };
        for (scheme, secure) in [(Scheme::Http, false), (Scheme::Https, true)] {
            let set = Cookie::over(scheme).set(&begun, Timestamp::from_millis(0));
            let set = set.unwrap();
            assert!(set.is_sensitive());
            let set = set.to_str().unwrap();
            for part in [
                "; HttpOnly",
                "; SameSite=Strict",
                "; Path=/",
                "; Max-Age=60",
            ] {
                assert!(set.contains(part), "{part} in {set}");
            }
            assert_eq!(set.contains("; Secure"), secure);
            assert_eq!(set.starts_with("__Host-"), secure);
            let clear = Cookie::over(scheme).clear().unwrap();
            assert!(clear.to_str().unwrap().contains("=; Max-Age=0; "));
        }
    }
}

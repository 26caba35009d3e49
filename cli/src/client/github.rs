//! Identity in GitHub Actions: a workflow that may ask for one (`id-token: write`) gets a token of
//! a few minutes that GitHub signs, so CI needs no stored secret.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use serde::Deserialize;
use tempus_steps::http;
use tokio::sync::Mutex;

use super::http::cause;
use super::{ClientError, Token, USER_AGENT};
use crate::context::is_this_machine;

/// Whom the token is for, unless `TEMPUS_OIDC_AUDIENCE` says otherwise.
const AUDIENCE: &str = "tempus";
/// How long before its end a token is not used any more: the request has to get there.
const EARLY: Duration = Duration::from_secs(30);
/// How long GitHub may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// Where a workflow asks for its identity.
#[derive(Clone)]
pub struct GitHub {
    url: String,
    /// What lets this workflow ask. As good as the identity itself.
    request: Token,
    audience: String,
    last: Arc<Mutex<Option<Identity>>>,
}

#[derive(Clone)]
struct Identity {
    token: Token,
    until: SystemTime,
}

#[derive(Deserialize)]
struct Answer {
    value: Token,
}

/// The one claim that a client goes by; whoever is called checks them all.
#[derive(Deserialize)]
struct Claims {
    exp: u64,
}

impl GitHub {
    /// What these variables give a workflow; `None` outside of one, or in one that may not ask.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let request = variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN")?;
        Some(Self {
            url: variable("ACTIONS_ID_TOKEN_REQUEST_URL")?,
            request: Token::read(&request).ok()?,
            audience: variable("TEMPUS_OIDC_AUDIENCE").unwrap_or_else(|| AUDIENCE.to_owned()),
            last: Arc::default(),
        })
    }

    /// The last token while it is good, and then the next.
    pub(super) async fn header(&self) -> Result<HeaderValue, ClientError> {
        let mut last = self.last.lock().await;
        if let Some(identity) = &*last
            && SystemTime::now() + EARLY < identity.until
        {
            return Ok(identity.token.header());
        }
        let identity = self.ask().await.map_err(ClientError::NoIdentity)?;
        let header = identity.token.header();
        *last = Some(identity);
        Ok(header)
    }

    async fn ask(&self) -> Result<Identity, String> {
        const WHERE: &str = "ACTIONS_ID_TOKEN_REQUEST_URL is no address";
        let mut url = Url::parse(&self.url).map_err(|_| WHERE.to_owned())?;
        url.query_pairs_mut()
            .append_pair("audience", &self.audience);
        let is_here = is_this_machine(&url);
        if url.scheme() != "https" && !is_here {
            return Err("ACTIONS_ID_TOKEN_REQUEST_URL is not https".to_owned());
        }
        let client = if is_here {
            http::plain().no_proxy()
        } else {
            http::public().map_err(|error| error.to_string())?
        };
        let client = client
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(USER_AGENT)
            .build()
            .map_err(|error| cause(&error))?;
        let request = client.get(url).header(AUTHORIZATION, self.request.header());
        let sent = request.send().await.map_err(|error| cause(&error))?;
        if !sent.status().is_success() {
            return Err(format!("it answered {}", sent.status()));
        }
        let body = sent.bytes().await.map_err(|error| cause(&error))?;
        // Never what was wrong with it: the error may quote the token.
        let answer: Answer = serde_json::from_slice(&body)
            .map_err(|_| "its answer holds no token".to_owned())?;
        let until = expiry(&answer.value).ok_or("its token has no expiry")?;
        Ok(Identity {
            token: answer.value,
            until,
        })
    }
}

/// When a token ends, by its own word.
fn expiry(token: &Token) -> Option<SystemTime> {
    let claims = token.expose().split('.').nth(1)?;
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?;
    let claims: Claims = serde_json::from_slice(&claims).ok()?;
    UNIX_EPOCH.checked_add(Duration::from_secs(claims.exp))
}

impl fmt::Debug for GitHub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GitHub")
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workflow_that_may_not_ask_has_no_identity() {
        assert!(GitHub::of(|_| None).is_none());
        let only_url = |name: &str| (name == "ACTIONS_ID_TOKEN_REQUEST_URL").then(String::new);
        assert!(GitHub::of(only_url).is_none());
        let github = GitHub::of(|name| Some(format!("secret-{name}"))).unwrap();
        let shown = format!("{github:?}");
        assert!(!shown.contains("secret-ACTIONS"), "{shown}");
    }

    #[tokio::test]
    async fn the_request_does_not_travel_in_the_clear() {
        let github = GitHub::of(|name| {
            Some(match name {
                "ACTIONS_ID_TOKEN_REQUEST_URL" => "http://192.0.2.1/token".to_owned(),
                _ => "secret".to_owned(),
            })
        });
        let error = github.unwrap().header().await.unwrap_err().to_string();
        assert!(error.contains("is not https"), "{error}");
    }

    #[test]
    fn the_expiry_is_read_from_the_token() {
        let token = |claims: &str| {
            let claims = BASE64_URL_SAFE_NO_PAD.encode(claims);
            Token::read(&format!("e30.{claims}.c2ln")).unwrap()
        };
        let until = expiry(&token(r#"{"exp":1700000000,"aud":"tempus"}"#));
        assert_eq!(until, Some(UNIX_EPOCH + Duration::from_secs(1_700_000_000)));
        for wrong in ["", "{}", r#"{"exp":"soon"}"#, r#"{"exp":-1}"#] {
            assert_eq!(expiry(&token(wrong)), None, "{wrong}");
        }
        assert_eq!(expiry(&Token::read("opaque").unwrap()), None);
    }
}

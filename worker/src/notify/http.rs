//! A receiver that is reached by HTTP: one POST, signed as GitHub signs its own.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use ring::hmac;
use tempus_steps::http;

use super::{Event, NotTaken, Receiver};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(3);
/// How short a key may be: whoever guesses it can tell the receiver anything.
const SHORTEST: usize = 16;

/// Where a receiver is. Its path and its query may be secret, as those of chat services are, so only the
/// host is ever shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Url);

/// A text that is no receiver's address. Does not repeat it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an https address, or one of this machine, without user and password")]
pub struct AddressError;

impl Address {
    /// Reads it. In the clear only on this machine: whoever reads along learns who runs what.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let url: Url = text.parse().map_err(|_| AddressError)?;
        let here = url.host_str().is_some_and(http::is_this_machine);
        let safe = match url.scheme() {
            "https" => url.has_host(),
            "http" => here,
            _ => false,
        };
        let bare = url.username().is_empty() && url.password().is_none();
        (safe && bare).then_some(Self(url)).ok_or(AddressError)
    }
}

/// As it may be shown.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, host) = (self.0.scheme(), self.0.host_str().unwrap_or_default());
        write!(f, "{scheme}://{host}")?;
        self.0
            .port()
            .iter()
            .try_for_each(|port| write!(f, ":{port}"))?;
        if self.0.path() == "/" && self.0.query().is_none() {
            return Ok(());
        }
        f.write_str("/…")
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

/// What events are signed with.
pub struct SigningKey(hmac::Key);

/// A text that holds no key. Does not repeat it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SigningKeyError {
    /// Put one in.
    #[error("must hold one secret, alone on a line")]
    Lines,
    /// Make a longer one.
    #[error("holds a secret of {0} characters; must be at least {SHORTEST}")]
    Short(usize),
}

impl SigningKey {
    /// Reads the one line of a text.
    pub fn parse(text: &str) -> Result<Self, SigningKeyError> {
        let mut lines = text.lines().filter(|line| !line.is_empty());
        let (Some(secret), None) = (lines.next(), lines.next()) else {
            return Err(SigningKeyError::Lines);
        };
        if secret.len() < SHORTEST {
            return Err(SigningKeyError::Short(secret.len()));
        }
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        Ok(Self(key))
    }

    /// The signature of a body, as the header has it.
    fn signature(&self, body: &str) -> String {
        let tag = hmac::sign(&self.0, body.as_bytes());
        format!("sha256={}", hex::encode(tag.as_ref()))
    }
}

/// The receiver.
pub struct HttpReceiver {
    http: reqwest::Client,
    to: Address,
    key: SigningKey,
    sender: &'static str,
}

/// Why no receiver can be made.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Nobody can be trusted.
    #[error(transparent)]
    Trust(#[from] http::TrustError),
    /// The client cannot be built.
    #[error(transparent)]
    Client(#[from] reqwest::Error),
}

impl HttpReceiver {
    /// One at this address, that has so long to answer. `sender` is what this program calls itself.
    pub fn new(
        to: Address,
        key: SigningKey,
        patience: Duration,
        sender: &'static str,
    ) -> Result<Self, HttpError> {
        let client = match to.0.scheme() {
            "https" => http::public()?,
            _ => http::plain().no_proxy(),
        };
        // What is signed for one address is sent to no other.
        let client = client
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT.min(patience))
            .timeout(patience);
        Ok(Self {
            http: client.build()?,
            to,
            key,
            sender,
        })
    }
}

#[async_trait]
impl Receiver for HttpReceiver {
    async fn take(&self, event: &Event) -> Result<(), NotTaken> {
        let request = self
            .http
            .post(self.to.0.clone())
            .header(USER_AGENT, self.sender)
            .header(CONTENT_TYPE, "application/json")
            .header("x-tempus-event", event.kind)
            .header("x-tempus-delivery", &event.id)
            .header("x-tempus-signature-256", self.key.signature(&event.body))
            .body(event.body.clone());
        let answer = request.send().await.map_err(|error| {
            // The address is no part of what is logged.
            NotTaken::Unreachable(chain(&error.without_url()))
        })?;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(NotTaken::Status(answer.status().as_u16()))
    }
}

/// An error with what lies behind it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_safe_and_shown_without_what_may_be_secret() {
        for (text, shown) in [
            ("https://hooks.example", "https://hooks.example"),
            (
                "https://hooks.example/T0/B0/hunter2",
                "https://hooks.example/…",
            ),
            (
                "https://hooks.example:8443/?key=hunter2",
                "https://hooks.example:8443/…",
            ),
            ("http://127.0.0.1:9000/hook", "http://127.0.0.1:9000/…"),
            ("http://localhost:9000", "http://localhost:9000"),
            ("http://[::1]:9000", "http://[::1]:9000"),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!(address.to_string(), shown);
            assert!(!format!("{address:?}").contains("hunter2"));
        }
        for wrong in [
            "hooks.example",
            "http://hooks.example/",
            "http://127.0.0.1.example/",
            "ftp://hooks.example",
            "https://ann:hunter2@hooks.example",
            "https://",
        ] {
            assert_eq!(Address::parse(wrong), Err(AddressError), "{wrong}");
        }
    }

    /// GitHub's own example of a signature.
    #[test]
    fn a_body_is_signed_as_github_signs() {
        let key = SigningKey::parse("It's a Secret to Everybody\n").unwrap();
        assert_eq!(
            key.signature("Hello, World!"),
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        );
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let refused = |text| SigningKey::parse(text).err();
        assert_eq!(refused("\n"), Some(SigningKeyError::Lines));
        let two = "one secret of some length\nanother one of some length\n";
        assert_eq!(refused(two), Some(SigningKeyError::Lines));
        assert_eq!(refused("hunter2"), Some(SigningKeyError::Short(7)));
    }
}

//! API tokens: their text, what is stored of them, and when one is good.
//!
//! A token reads `tps_{id}_{secret}{check}`: 16, 64 and 8 hex digits. The id is no secret; it is
//! what lists, logs and a revocation call the token by. The secret is 256 random bits. The check
//! is a checksum over all that stands before it, so that a typing error is told from a guess, and
//! so that scanners which look for leaked secrets find tokens and nothing else.
//!
//! What is stored is the SHA-256 of the whole text. A slow hash protects passwords because people
//! choose them from few; nobody can try 2^256 secrets at any speed, so a fast hash gives nothing
//! away here, and it costs no request a tenth of a second.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{Owner, Scope, Timestamp};

/// Names a token in lists, logs and revocations. No secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TokenId([u8; 8]);

/// What is no token id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a token's id is sixteen lower-case hex digits, such as 0123456789abcdef")]
pub struct TokenIdError;

impl TokenId {
    /// Wraps 64 bits that the caller made at random.
    pub const fn new(bits: [u8; 8]) -> Self {
        Self(bits)
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenId({self})")
    }
}

impl FromStr for TokenId {
    type Err = TokenIdError;

    fn from_str(text: &str) -> Result<Self, TokenIdError> {
        digits(text).map(Self).ok_or(TokenIdError)
    }
}

impl From<TokenId> for String {
    fn from(id: TokenId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for TokenId {
    type Error = TokenIdError;

    fn try_from(text: String) -> Result<Self, TokenIdError> {
        text.parse()
    }
}

/// A token as its bearer has it. It is not `Display`, and `Debug` shows only its id, so that it
/// reaches no log and no error by accident.
#[derive(Clone)]
pub struct Token {
    id: TokenId,
    text: String,
}

/// What is no token. It says nothing of the text, which may be most of a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a whole token as it was shown once: tps_, 16 hex digits, _ and 72 hex digits")]
pub struct TokenError;

const PREFIX: &str = "tps_";

impl Token {
    /// A token of this id and secret, both of which the caller made at random.
    pub fn new(id: TokenId, secret: [u8; 32]) -> Self {
        let mut text = format!("{PREFIX}{id}_{}", hex::encode(secret));
        text.push_str(&check(&text));
        Self { id, text }
    }

    /// Its id.
    pub const fn id(&self) -> TokenId {
        self.id
    }

    /// The whole text: for its bearer, once.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// What is stored of it.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.text.as_bytes()).into())
    }
}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let read = || {
            let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
            let id = TokenId::from_str(id).ok()?;
            let _: [u8; 36] = digits(secret)?;
            let (before, sum) = text.split_at_checked(text.len() - CHECK)?;
            (check(before) == sum).then(|| Self {
                id,
                text: text.to_owned(),
            })
        };
        read().ok_or(TokenError)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({})", self.id)
    }
}

/// The length of the checksum, in digits.
const CHECK: usize = 8;

fn check(text: &str) -> String {
    let mut sum = hex::encode(Sha256::digest(text.as_bytes()));
    sum.truncate(CHECK);
    sum
}

/// What is stored of a token. Compared in constant time, always.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TokenHash([u8; 32]);

/// What is no token's hash. It says nothing of the text, which may be a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be the SHA-256 of a token, as 64 lower-case hex digits")]
pub struct TokenHashError;

impl PartialEq for TokenHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for TokenHash {}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

impl FromStr for TokenHash {
    type Err = TokenHashError;

    fn from_str(text: &str) -> Result<Self, TokenHashError> {
        digits(text).map(Self).ok_or(TokenHashError)
    }
}

impl From<TokenHash> for String {
    fn from(hash: TokenHash) -> Self {
        hash.to_string()
    }
}

impl TryFrom<String> for TokenHash {
    type Error = TokenHashError;

    fn try_from(text: String) -> Result<Self, TokenHashError> {
        text.parse()
    }
}

/// Bytes from lower-case hex digits: one spelling for each.
fn digits<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let lower = !text.bytes().any(|b| b.is_ascii_uppercase());
    (lower && hex::decode_to_slice(text, &mut bytes).is_ok()).then_some(bytes)
}

/// A token as it is stored: everything but the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRecord {
    /// Its id.
    pub id: TokenId,
    /// The hash of its text.
    pub hash: TokenHash,
    /// What it is for, in the words of whoever made it.
    pub name: String,
    /// What its bearer may do.
    pub scope: Scope,
    /// Whose previews its bearer sees and changes.
    pub owner: Owner,
    /// Who made it, as logs name callers.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops being good; never, where an administrator said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Set if and only if it was revoked. Never moves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// Set if and only if it is a session of a browser: what it was begun with. It is good no longer
    /// than that, may what that may, and is no token anywhere but in the browser's cookie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_of: Option<SessionOf>,
}

/// What a session of a browser was begun with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionOf {
    /// A token.
    Token(TokenId),
    /// The token whose hash was configured.
    Configured(TokenHash),
}

/// Why a token that is known is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotGood {
    /// Its secret is another.
    #[error("wrong secret")]
    Secret,
    /// It was revoked.
    #[error("revoked")]
    Revoked,
    /// Its time is over.
    #[error("expired")]
    Expired,
}

impl TokenRecord {
    /// How long a token is listed after it has ended, so that whoever wonders why it stopped
    /// working finds it. Forgotten or not, it is refused.
    pub const KEPT: Duration = Duration::from_hours(30 * 24);

    /// Whether this is the token that was shown once, and still good. What else is wrong with it
    /// is told only to whoever has the whole of it.
    pub fn check(&self, token: &Token, now: Timestamp) -> Result<(), NotGood> {
        if self.hash != token.hash() {
            return Err(NotGood::Secret);
        }
        self.is_good(now)
    }

    /// Whether whoever has it may use it now.
    pub fn is_good(&self, now: Timestamp) -> Result<(), NotGood> {
        if self.revoked_at.is_some() {
            return Err(NotGood::Revoked);
        }
        match self.expires_at {
            Some(end) if end <= now => Err(NotGood::Expired),
            _ => Ok(()),
        }
    }

    /// Revokes it; what is revoked already stays so since then.
    #[must_use]
    pub fn revoked(self, now: Timestamp) -> Self {
        Self {
            revoked_at: self.revoked_at.or(Some(now)),
            ..self
        }
    }

    /// When it stopped being good, or will.
    pub fn ends_at(&self) -> Option<Timestamp> {
        [self.revoked_at, self.expires_at]
            .into_iter()
            .flatten()
            .min()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token() -> Token {
        Token::new(TokenId::new([0xab; 8]), [7; 32])
    }

    fn record() -> TokenRecord {
        TokenRecord {
            id: token().id(),
            hash: token().hash(),
            name: "ci".to_owned(),
            scope: Scope::Deployer,
            owner: Owner {
                id: "acme".to_owned(),
                login: "acme".to_owned(),
                avatar_url: None,
            },
            created_by: "configured".to_owned(),
            created_at: Timestamp::from_millis(0),
            expires_at: Some(Timestamp::from_millis(1000)),
            revoked_at: None,
            session_of: None,
        }
    }

    #[test]
    fn a_token_has_one_form() {
        let text = token().expose().to_owned();
        assert_eq!(text.len(), 93);
        let read: Token = text.parse().unwrap();
        assert_eq!((read.id(), read.hash()), (token().id(), token().hash()));
        for wrong in [
            String::new(),
            "tps_".to_owned(),
            text.to_uppercase(),
            text.replace("tps_", "tpt_"),
            text.replacen('_', "-", 2),
            format!("{text} "),
            format!("{text}00"),
            text[..text.len() - 1].to_owned(),
            text[..text.len() - CHECK].to_owned(),
        ] {
            assert_eq!(wrong.parse::<Token>().unwrap_err(), TokenError, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_typing_error_is_no_token(at in 0_usize..93, to in "[0-9a-f]") {
            let mut text = token().expose().to_owned();
            let same = text[at..=at] == to;
            text.replace_range(at..=at, &to);
            prop_assert_eq!(text.parse::<Token>().is_ok(), same);
        }

        #[test]
        fn whatever_is_read_as_a_token_is_no_panic(text in "(tps_)?.{0,100}") {
            let _ = text.parse::<Token>();
        }
    }

    #[test]
    fn neither_debug_nor_an_error_shows_a_secret() {
        let secret = hex::encode([7; 32]);
        let hash = token().hash().to_string();
        for shown in [
            format!("{:?}", token()),
            format!("{:?}", record()),
            token()
                .expose()
                .replace('7', "8")
                .parse::<Token>()
                .unwrap_err()
                .to_string(),
            token()
                .expose()
                .parse::<TokenHash>()
                .unwrap_err()
                .to_string(),
        ] {
            assert!(
                !shown.contains(&secret[..8]) && !shown.contains(&hash[..8]),
                "{shown}"
            );
        }
        let stored = serde_json::to_string(&record()).unwrap();
        assert!(
            stored.contains(&hash) && !stored.contains(&secret),
            "{stored}"
        );
    }

    #[test]
    fn a_token_is_good_until_it_expires_or_is_revoked() {
        let (early, late) = (Timestamp::from_millis(999), Timestamp::from_millis(1000));
        assert_eq!(record().check(&token(), early), Ok(()));
        assert_eq!(record().check(&token(), late), Err(NotGood::Expired));
        let forever = TokenRecord {
            expires_at: None,
            ..record()
        };
        assert_eq!(forever.check(&token(), late), Ok(()));
        let revoked = record().revoked(early).revoked(late);
        assert_eq!(revoked.revoked_at, Some(early));
        assert_eq!(revoked.ends_at(), Some(early));
        assert_eq!(revoked.check(&token(), early), Err(NotGood::Revoked));
    }

    #[test]
    fn whoever_has_not_the_whole_token_learns_nothing() {
        let other = Token::new(token().id(), [8; 32]);
        let revoked = record().revoked(Timestamp::from_millis(1));
        for now in [0, 5000].map(Timestamp::from_millis) {
            assert_eq!(revoked.check(&other, now), Err(NotGood::Secret));
        }
    }
}

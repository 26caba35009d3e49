//! An issuer's keys: fetched when they are first needed, and again when they are old or when a
//! token names one that is not among them. However many such tokens come, the issuer is asked no
//! more often than the pace allows; while it does not answer, what is known goes on being good.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::jwk::{EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tracing::{debug, warn};

use super::fetch::Web;
use crate::identity::OidcPace;

/// The most keys that an issuer may list.
const MOST: usize = 100;

/// A key, and the one algorithm that it is used with.
#[derive(Clone)]
pub(super) struct Key {
    pub algorithm: Algorithm,
    pub key: Arc<DecodingKey>,
}

/// Why there is no key.
pub(super) enum NoKey {
    /// The issuer does not list it.
    Unknown,
    /// The issuer does not answer, and what it said before is too old or not enough.
    Unreachable { why: String, again: Duration },
}

/// An issuer.
pub(super) struct Issuer {
    name: String,
    web: Arc<Web>,
    pace: OidcPace,
    known: RwLock<Known>,
    /// Held by whoever asks.
    asking: Mutex<()>,
}

#[derive(Default)]
struct Known {
    keys: HashMap<String, Key>,
    /// When the keys were fetched.
    fetched: Option<Instant>,
    /// When the issuer was last asked, and what was wrong with its answer.
    asked: Option<(Instant, Option<String>)>,
}

enum Found {
    Fresh(Key),
    Old(Key),
    None,
}

impl Issuer {
    pub fn new(name: String, web: Arc<Web>, pace: OidcPace) -> Self {
        Self {
            name,
            web,
            pace,
            known: RwLock::default(),
            asking: Mutex::default(),
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key of this name.
    pub async fn key(&self, kid: &str) -> Result<Key, NoKey> {
        let asking = match self.find(kid) {
            Found::Fresh(key) => return Ok(key),
            // One of those who find an old key asks; the others go on with it.
            Found::Old(key) => match self.asking.try_lock() {
                Ok(asking) => asking,
                Err(_) => return Ok(key),
            },
            Found::None => self.asking.lock().await,
        };
        // Somebody else may have asked while this one waited.
        let found = match self.find(kid) {
            Found::Fresh(key) => return Ok(key),
            _ if self.may_ask() => {
                self.ask().await;
                self.find(kid)
            }
            found => found,
        };
        drop(asking);
        match found {
            Found::Fresh(key) | Found::Old(key) => Ok(key),
            Found::None => Err(self.no_key()),
        }
    }

    fn find(&self, kid: &str) -> Found {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let age = known.fetched.map(|at| at.elapsed());
        match (known.keys.get(kid), age) {
            (Some(key), Some(age)) if age < self.pace.fresh => Found::Fresh(key.clone()),
            (Some(key), Some(age)) if age < self.pace.stale => Found::Old(key.clone()),
            _ => Found::None,
        }
    }

    fn may_ask(&self) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let asked = known.asked.as_ref();
        asked.is_none_or(|(at, _)| at.elapsed() >= self.pace.pause)
    }

    async fn ask(&self) {
        let answer = self.fetch().await;
        let now = Instant::now();
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        match answer {
            Ok(keys) => {
                debug!(
                    issuer = self.name,
                    keys = keys.len(),
                    "keys of an issuer fetched"
                );
                known.keys = keys;
                known.fetched = Some(now);
                known.asked = Some((now, None));
            }
            Err(error) => {
                warn!(issuer = self.name, error, "keys of an issuer not fetched");
                known.asked = Some((now, Some(error)));
            }
        }
    }

    fn no_key(&self) -> NoKey {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        match &known.asked {
            Some((at, Some(why))) => NoKey::Unreachable {
                why: why.clone(),
                again: self.pace.pause.saturating_sub(at.elapsed()),
            },
            _ => NoKey::Unknown,
        }
    }

    async fn fetch(&self) -> Result<HashMap<String, Key>, String> {
        let place = format!(
            "{}/.well-known/openid-configuration",
            self.name.trim_end_matches('/')
        );
        let about = self.web.json(&place).await?;
        if about["issuer"] != self.name {
            return Err(format!("{place} is about another issuer"));
        }
        let Some(place) = about["jwks_uri"].as_str() else {
            return Err(format!("{place} names no jwks_uri"));
        };
        let set = self.web.json(place).await?;
        let listed = set["keys"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let keys: HashMap<_, _> = listed.iter().take(MOST).filter_map(read).collect();
        if keys.is_empty() {
            return Err(format!("{place} lists no key for RS256 or ES256"));
        }
        Ok(keys)
    }
}

/// A key that signatures are made with, by a method that is taken here. Others are passed over:
/// an issuer may list what is not meant for us.
fn read(listed: &Value) -> Option<(String, Key)> {
    let jwk: Jwk = serde_json::from_value(listed.clone()).ok()?;
    let kid = jwk.common.key_id.clone()?;
    let signs = jwk.common.public_key_use.as_ref();
    if signs.is_some_and(|purpose| *purpose != PublicKeyUse::Signature) {
        return None;
    }
    let key = DecodingKey::from_jwk(&jwk).ok()?;
    let (algorithm, named) = match key.family() {
        AlgorithmFamily::Rsa => (Algorithm::RS256, KeyAlgorithm::RS256),
        AlgorithmFamily::Ec if is_p256(&jwk) => (Algorithm::ES256, KeyAlgorithm::ES256),
        _ => return None,
    };
    if jwk.common.key_algorithm.is_some_and(|its| its != named) {
        return None;
    }
    let key = Arc::new(key);
    Some((kid, Key { algorithm, key }))
}

fn is_p256(jwk: &Jwk) -> bool {
    use jsonwebtoken::jwk::AlgorithmParameters::EllipticCurve as Curve;
    matches!(&jwk.algorithm, Curve(its) if its.curve == EllipticCurve::P256)
}

//! Who asks: the App by its signature, an installation by a token of some minutes.

use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ring::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::Value;

/// The App's id.
pub(super) const APP: u64 = 4711;

const KEY: &[u8] = include_bytes!("app.pk8");

static PUBLIC: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let pair = RsaKeyPair::from_pkcs8(KEY).unwrap_or_else(|e| panic!("{e}"));
    pair.public_key().as_ref().to_vec()
});

/// The App's key as GitHub gives it.
pub(super) fn pem() -> String {
    let text = BASE64_STANDARD.encode(KEY);
    let lines: Vec<_> = text
        .as_bytes()
        .chunks(64)
        .map(String::from_utf8_lossy)
        .collect();
    format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        lines.join("\n")
    )
}

/// Seconds since the epoch.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// Whether a token is the App's, signed, and good now for ten minutes at most.
pub(super) fn is_app(token: &str) -> bool {
    let Some((message, signature)) = token.rsplit_once('.') else {
        return false;
    };
    let Ok(signature) = BASE64_URL_SAFE_NO_PAD.decode(signature) else {
        return false;
    };
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &*PUBLIC);
    if key.verify(message.as_bytes(), &signature).is_err() {
        return false;
    }
    let claims = message.split_once('.').and_then(|(_, claims)| {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?;
        serde_json::from_slice::<Value>(&bytes).ok()
    });
    let Some(claims) = claims else { return false };
    let number = |name: &str| claims[name].as_u64().unwrap_or(0);
    let (issued, ends) = (number("iat"), number("exp"));
    claims["iss"].as_str() == Some(APP.to_string().as_str())
        && issued <= now()
        && ends > now()
        && ends <= now() + 600
}

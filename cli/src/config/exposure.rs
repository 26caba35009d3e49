//! What it takes to let anybody but this machine call the API: it must know who calls, nobody on
//! the way may read along, and it must know its own names.

use super::error::ConfigError;
use super::{Config, Loaded, Setting};

/// Everything that is lacking, each at its key.
pub(super) fn check(loaded: &Loaded) -> Vec<ConfigError> {
    let Config { api, identity, .. } = &loaded.config;
    let mut errors = Vec::new();
    let mut refuse = |key: &str, given: String, expects: &str| {
        errors.push(ConfigError::Value {
            place: loaded.place(key).clone(),
            key: key.to_owned(),
            given,
            expects: expects.to_owned(),
        });
    };
    match (&api.tls_certificate, &api.tls_key) {
        (Some(_), None) => refuse("api.tls_key", "nothing".to_owned(), BOTH),
        (None, Some(_)) => refuse("api.tls_certificate", "nothing".to_owned(), BOTH),
        _ => {}
    }
    if api.listen.is_loopback() {
        return errors;
    }
    let listen = api.listen.show().to_string();
    if !identity.is_on() {
        refuse("api.listen", listen.clone(), IDENTITY);
    }
    if api.tls_certificate.is_none() && api.tls_key.is_none() && api.trusted_proxies.is_empty() {
        refuse("api.listen", listen, TRANSPORT);
    }
    if api.names.is_empty() {
        refuse("api.names", "nothing".to_owned(), NAMES);
    }
    errors
}

const BOTH: &str = "set together with the other: api.tls_certificate and api.tls_key are files \
                    in PEM, a certificate and its key";

const IDENTITY: &str = "a loopback address unless callers must say who they are: set \
                        identity.admin_token_hash (see `tempus token`) or identity.oidc";

const TRANSPORT: &str = "a loopback address unless nobody on the way can read along: set \
                         api.tls_certificate and api.tls_key, or api.trusted_proxies to the \
                         networks of what ends TLS in front of it";

const NAMES: &str = "the names that the API is called by, such as \"tempus.example.com\", where \
                     api.listen is beyond loopback: any other name is refused";

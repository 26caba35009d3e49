//! The gate: protection in front of a preview, by a password or a signed link.
//!
//! ```text
//!   request ──► a session's cookie? ──► yes: on to the application, without cookie and key
//!                     │ no
//!               ?tempus-key=…  ──► good: a cookie, and the same address without the key
//!                     │ none
//!               401: the page that asks for the password ──► POST {base}.tempus/unlock
//!                                                            good: a cookie, and on to `next`
//! ```
//!
//! It is kept out of the application's way: it has a cookie of its own name and never reads
//! `Authorization`. What it gives out (sessions, links) is signed with the installation's key and
//! bound to the preview, to the version of its access and to a time; nothing is stored, so a restart
//! ends no session, and a changed password ends all of them.
//!
//! The local platform's proxy asks the gate about each request. A load balancer cannot: there the
//! cookie also holds a *capability*, which the preview's rule demands, and whatever has none comes
//! to the API, which asks the gate ([`Fastening`]).
//!
//! Passwords are stored as Argon2id hashes. Verifying one is slow on purpose, so it is done off the
//! async threads, by few at a time, and only a few wrong tries in a row are heard from one address.

mod cookie;
mod key;
mod open;
mod password;
mod query;
mod seal;
mod tries;
mod unlock;

#[cfg(test)]
mod tests;

use std::net::IpAddr;

use tempus_model::{Access, PreviewId, Timestamp};

pub use cookie::{CONSOLE_COOKIES, strip as strip_cookie, values as cookie_values};
pub use key::{GateKeys, KeyError};
pub use open::{Asked, no_key};
pub use password::{Busy, PASSWORD_LENGTH, unfit};
pub use query::{KEY_PARAMETER, without_key};

use password::Hasher;
use tries::Tries;

/// What is appended to a preview's base path for the address that the form is sent to.
pub(crate) const UNLOCK: &str = ".tempus/unlock";

/// How many bytes a form may have: a password and a path.
pub const FORM_LIMIT: usize = 8 * 1024;

/// The gate of an installation.
#[derive(Debug)]
pub struct Gate {
    keys: GateKeys,
    hasher: Hasher,
    tries: Tries,
}

/// One preview's gate.
#[derive(Debug, Clone, Copy)]
pub struct Door<'a> {
    /// The preview's id.
    pub preview: &'a str,
    /// Who may pass.
    pub access: &'a Access,
    /// The path that the preview's own paths are below: `/`, or `/preview-{short}/`.
    pub base: &'a str,
    /// How the visitor came.
    pub scheme: Scheme,
    /// Who looks at the cookie of each request.
    pub fastening: Fastening,
}

/// How a visitor came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS, wherever that ends: the cookie is for TLS only.
    Https,
}

/// Who looks at the cookie of each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fastening {
    /// The gate itself.
    Proxy,
    /// A load balancer's rule, which compares a text.
    Balancer,
}

/// Where a visitor is, as far as it is known; wrong tries are counted by it.
pub type Caller = Option<IpAddr>;

impl Gate {
    /// A gate with these keys.
    pub fn new(keys: GateKeys) -> Self {
        Self {
            keys,
            hasher: Hasher::default(),
            tries: Tries::default(),
        }
    }

    /// The keys.
    pub const fn keys(&self) -> &GateKeys {
        &self.keys
    }

    /// A hash of a text that holds a secret: without the key, nothing can be tried against it.
    pub fn keyed(&self, text: &str) -> String {
        self.keys.sign(&format!("keyed\0{text}"))
    }

    /// The value of the parameter that opens a preview until a time. Bound to the access as it is:
    /// another password ends it.
    pub fn link(&self, preview: PreviewId, access: &Access, until: Timestamp) -> String {
        let subject = seal::Subject::new(&preview.to_string(), access.version());
        seal::seal(&self.keys, seal::Purpose::Link, &subject, until)
    }
}

//! Who is told that a preview's time is nearly over: `[notify]`. The secret is no key: what is a key is
//! shown by `tempus config`. It is in a file, or in the environment.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use tempus_worker::notify::Address;

use super::Setting;

/// `[notify]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notify {
    /// The receiver. Without it nobody is told.
    pub url: Option<Address>,
    /// The file of the secret that what is told is signed with.
    pub secret_file: Option<PathBuf>,
    /// How long the receiver has to answer.
    pub patience: Duration,
}

impl Default for Notify {
    fn default() -> Self {
        Self {
            url: None,
            secret_file: None,
            patience: Duration::from_secs(10),
        }
    }
}

impl Setting for Address {
    const EXPECTS: &'static str = "an https URL, or one of this machine, without user and password";

    fn read(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }

    /// Without what may be secret in it.
    fn show(&self) -> Value {
        self.to_string().into()
    }
}

//! Whom to tell that a preview's time is nearly over, if anybody.

use std::sync::Arc;

use anyhow::Context;
use tempus_worker::notify::{HttpReceiver, Notify, SigningKey};

use super::secret::secret;
use crate::config::Config;

/// The variable that holds the secret.
const SECRET: &str = "TEMPUS_NOTIFY_SECRET";
/// What this program calls itself.
const SENDER: &str = concat!("tempus/", env!("CARGO_PKG_VERSION"));

/// The receiver, if one is configured.
pub(super) fn notify(config: &Config) -> anyhow::Result<Option<Notify>> {
    let settings = &config.notify;
    let Some(url) = settings.url.clone() else {
        return Ok(None);
    };
    let file = settings.secret_file.as_deref();
    let key = secret(SECRET, "notify.secret_file", file)?;
    let (text, place) = key.with_context(|| {
        format!("notify.url is set, but there is no secret: set {SECRET} or notify.secret_file")
    })?;
    let key = SigningKey::parse(&text).with_context(|| place)?;
    let receiver = HttpReceiver::new(url, key, settings.patience, SENDER).context("notify.url")?;
    Ok(Some(Notify {
        receiver: Arc::new(receiver),
        patience: settings.patience,
        api_url: config.public_url(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Setting;

    #[test]
    fn what_is_missing_or_wrong_is_named_and_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        assert!(notify(&config).unwrap().is_none());
        config.notify.url = Setting::read("http://127.0.0.1:9/hunter2").unwrap();
        let said = |config: &Config| format!("{:#}", notify(config).err().unwrap());
        assert!(
            said(&config).contains("notify.secret_file"),
            "{}",
            said(&config)
        );
        let path = folder.path().join("secret");
        config.notify.secret_file = Some(path.clone());
        std::fs::write(&path, "hunter2\n").unwrap();
        assert!(said(&config).contains("at least 16"), "{}", said(&config));
        assert!(!said(&config).contains("hunter2"));
        std::fs::write(&path, "a secret of some length\n").unwrap();
        assert!(notify(&config).unwrap().is_some());
    }
}

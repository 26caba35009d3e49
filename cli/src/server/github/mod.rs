//! Previews of pull requests, as far as they are configured: the webhook's secret for the API, and for
//! the workers GitHub's API, the App's key, and what accepts previews.

mod file;
mod previews;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tempus_api::{Api, Webhook};
use tempus_engine::SystemClock;
use tempus_model::github::Branches;
use tempus_steps::http;
use tempus_worker::github::client::{AppKey, Client, Pace};
use tempus_worker::github::{GitHub, Settings};

use super::prices;
use super::secret::secret;
use crate::config::{Answer, Config};
use previews::ApiPreviews;

/// Where GitHub's own API is.
const GITHUB: &str = "https://api.github.com";
/// The variable that holds the webhook's secret.
const SECRET: &str = "TEMPUS_GITHUB_WEBHOOK_SECRET";
/// The variable that holds the App's private key.
const KEY: &str = "TEMPUS_GITHUB_PRIVATE_KEY";
/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(3);

/// By what the API knows GitHub's deliveries, if there is a secret.
pub(super) fn webhook(config: &Config) -> anyhow::Result<Option<Webhook>> {
    let file = config.github.webhook_secret_file.as_deref();
    let Some((text, place)) = secret(SECRET, "github.webhook_secret_file", file)? else {
        return Ok(None);
    };
    let webhook = Webhook::parse(&text, branches(config)).with_context(|| place)?;
    Ok(Some(webhook))
}

/// What asks GitHub, if there is an App.
pub(super) fn client(config: &Config) -> anyhow::Result<Option<Arc<Client>>> {
    let settings = &config.github;
    let Some(app) = settings.app_id else {
        return Ok(None);
    };
    let file = settings.private_key_file.as_deref();
    let key = secret(KEY, "github.private_key_file", file)?;
    let (text, place) = key.with_context(|| {
        format!("github.app_id is set, but there is no key: set {KEY} or github.private_key_file")
    })?;
    let app = AppKey::parse(app.into(), text.as_bytes()).with_context(|| place)?;
    let base = settings.api.as_ref().map_or(GITHUB, |api| api.as_str());
    let base: reqwest::Url = base.parse().context("github.api")?;
    // In the clear only on this machine: a token goes along.
    let http = match base.scheme() {
        "https" => http::public()?,
        _ if base.host_str().is_some_and(http::is_this_machine) => http::plain(),
        _ => anyhow::bail!("github.api must be an https address, or one of this machine"),
    };
    // What GitHub says, it says at its own address; no token follows a redirect.
    let http = http
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT);
    let pace = Pace::shared_by(count(settings.processes));
    let client = Client::new(http.build()?, base, app, pace, Arc::new(SystemClock));
    Ok(Some(Arc::new(client)))
}

/// What workers tend pull requests with.
pub(super) fn tending(config: &Config, client: Arc<Client>, api: &Api) -> GitHub {
    let settings = &config.github;
    GitHub {
        client,
        previews: Arc::new(ApiPreviews::new(api.clone(), config)),
        settings: Settings {
            branches: branches(config),
            pass_every: settings.pass_every,
            pass_cap: count(settings.pass_cap),
            api_url: config.public_url(),
            longest: config.ttl.maximum,
            longest_pin: config.ttl.pin_maximum,
            left_unpinned: config.ttl.default,
            kept: config.aws.history,
            prices: prices::prices(config),
        },
    }
}

fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn branches(config: &Config) -> Branches {
    match config.github.branches {
        Answer::Yes => Branches::Followed,
        Answer::No => Branches::Ignored,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_or_wrong_is_named_and_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        assert!(webhook(&config).unwrap().is_none());
        let path = folder.path().join("secret");
        config.github.webhook_secret_file = Some(path.clone());
        let said = |config: &Config| format!("{:#}", webhook(config).unwrap_err());
        assert!(
            said(&config).contains("github.webhook_secret_file: "),
            "{}",
            said(&config)
        );
        std::fs::write(&path, "hunter2\n").unwrap();
        assert!(said(&config).contains("at least 16"), "{}", said(&config));
        assert!(!said(&config).contains("hunter2"));
        std::fs::write(&path, "a secret of some length\n").unwrap();
        assert!(webhook(&config).unwrap().is_some());
    }
}

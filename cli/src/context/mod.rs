//! Which server the client commands talk to.
//!
//! The first that is given holds: `--url`, `--context`, `TEMPUS_URL`, `TEMPUS_CONTEXT`, the
//! context that `tempus context use` chose, and `http://127.0.0.1:8080`, where `tempus dev`
//! listens.

mod file;

use std::path::PathBuf;

use reqwest::Url;

pub use file::{ContextError, Contexts};

/// Where a server listens that was started without settings.
pub const DEFAULT_URL: &str = "http://127.0.0.1:8080";

/// What says which server is meant.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// `--url`
    pub url: Option<String>,
    /// `--context`
    pub context: Option<String>,
    /// `TEMPUS_URL`
    pub variable_url: Option<String>,
    /// `TEMPUS_CONTEXT`
    pub variable_context: Option<String>,
}

impl Choice {
    /// The flags, and this process's environment. A variable that is empty is not set.
    pub fn of_process(url: Option<String>, context: Option<String>) -> Self {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            url,
            context,
            variable_url: variable("TEMPUS_URL"),
            variable_context: variable("TEMPUS_CONTEXT"),
        }
    }

    /// The server's address.
    pub fn url(&self, contexts: &Contexts) -> Result<Url, ContextError> {
        let named = |name: &String| contexts.get(name);
        if let Some(url) = &self.url {
            return parse("--url", url);
        }
        if let Some(name) = &self.context {
            return named(name);
        }
        if let Some(url) = &self.variable_url {
            return parse("TEMPUS_URL", url);
        }
        if let Some(name) = self.variable_context.as_ref().or(contexts.current()) {
            return named(name);
        }
        parse("the default address", DEFAULT_URL)
    }
}

/// Reads a server's address; `what` names it in the error.
pub fn parse(what: &str, text: &str) -> Result<Url, ContextError> {
    let refused = || ContextError::Url {
        what: what.to_owned(),
        given: text.to_owned(),
    };
    let url = Url::parse(text).map_err(|_| refused())?;
    // No TLS yet: a server listens on loopback only.
    let is_plain = url.scheme() == "http"
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    is_plain.then_some(url).ok_or_else(refused)
}

/// The user's folder for this program's settings: `$XDG_CONFIG_HOME/tempus`, by default
/// `~/.config/tempus`, on every system, as command line tools have it.
pub fn folder() -> Option<PathBuf> {
    let given = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let base = given
        .filter(|path| path.is_absolute())
        .or_else(|| std::env::home_dir().map(|home| home.join(".config")))?;
    Some(base.join("tempus"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_is_given_holds() {
        let mut contexts = Contexts::default();
        for name in ["a", "b", "c"] {
            let url = parse("test", &format!("http://{name}.example:1")).unwrap();
            contexts.add(name, &url).unwrap();
        }
        let mut choice = Choice::default();
        let host = |choice: &Choice, contexts: &Contexts| {
            let url = choice.url(contexts).unwrap();
            url.host_str().unwrap_or_default().to_owned()
        };
        assert_eq!(host(&choice, &contexts), "127.0.0.1");
        contexts.choose("a").unwrap();
        assert_eq!(host(&choice, &contexts), "a.example");
        choice.variable_context = Some("b".into());
        assert_eq!(host(&choice, &contexts), "b.example");
        choice.variable_url = Some("http://var.example".into());
        assert_eq!(host(&choice, &contexts), "var.example");
        choice.context = Some("c".into());
        assert_eq!(host(&choice, &contexts), "c.example");
        choice.url = Some("http://flag.example".into());
        assert_eq!(host(&choice, &contexts), "flag.example");
    }

    #[test]
    fn addresses_that_cannot_work_are_refused() {
        for wrong in [
            "",
            "localhost:8080",
            "https://x",
            "ftp://x",
            "http://u:p@x",
            "http://x/?a",
        ] {
            assert!(parse("--url", wrong).is_err(), "{wrong}");
        }
    }
}

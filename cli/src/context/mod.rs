//! Which server the client commands talk to, and as whom.
//!
//! The first that is given holds: `--url`, `--context`, `TEMPUS_URL`, `TEMPUS_CONTEXT`, the
//! context that `tempus context use` chose, and `http://127.0.0.1:8080`, where `tempus dev`
//! listens.
//!
//! Who calls is said by `TEMPUS_TOKEN`, by the context's own token if the server is that context's
//! (it is never sent anywhere else), or by GitHub in a workflow that may ask for its identity.

mod file;

use std::net::IpAddr;
use std::path::PathBuf;

use reqwest::Url;

use crate::client::{Bearer, GitHub, Server, Token, TokenError};

pub use file::{Context, ContextError, Contexts};

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
    /// `--ca-file`, or else `TEMPUS_CA_FILE`
    pub ca_file: Option<PathBuf>,
    /// `TEMPUS_TOKEN`
    pub token: Option<Result<Token, TokenError>>,
    /// What a workflow has.
    pub github: Option<GitHub>,
}

impl Choice {
    /// The flags, and this process's environment. A variable that is empty is not set.
    pub fn of_process(
        url: Option<String>,
        context: Option<String>,
        ca_file: Option<PathBuf>,
    ) -> Self {
        Self {
            url,
            context,
            variable_url: variable("TEMPUS_URL"),
            variable_context: variable("TEMPUS_CONTEXT"),
            ca_file: ca_file.or_else(self::ca_file),
            token: variable("TEMPUS_TOKEN").map(|text| Token::read(&text)),
            github: GitHub::of(variable),
        }
    }

    /// Whether the contexts have no part in it.
    pub const fn is_explicit(&self) -> bool {
        self.url.is_some() || (self.context.is_none() && self.variable_url.is_some())
    }

    /// The server, and what it takes to call it.
    pub fn server(&self, contexts: &Contexts) -> Result<Server, ContextError> {
        let (url, context) = self.chosen(contexts)?;
        let own = context.and_then(|context| context.token.clone());
        let token = match &self.token {
            Some(Ok(token)) => Some(token.clone()),
            Some(Err(error)) => {
                return Err(ContextError::Token {
                    what: "TEMPUS_TOKEN".to_owned(),
                    error: *error,
                });
            }
            None => own,
        };
        let bearer = match (token, &self.github) {
            (Some(token), _) => Bearer::Token(token),
            (None, Some(github)) => Bearer::GitHub(github.clone()),
            (None, None) => Bearer::Nobody,
        };
        let ca_file = self.ca_file.clone();
        Ok(Server {
            url,
            bearer,
            ca_file: ca_file.or_else(|| context.and_then(|context| context.ca_file.clone())),
        })
    }

    /// The address, and the context if it is one's.
    fn chosen<'c>(
        &self,
        contexts: &'c Contexts,
    ) -> Result<(Url, Option<&'c Context>), ContextError> {
        let named = |name: &String| {
            let context = contexts.get(name)?;
            let url = parse(&format!("the address of context {name:?}"), &context.url)?;
            Ok((url, Some(context)))
        };
        if let Some(url) = &self.url {
            return Ok((parse("--url", url)?, None));
        }
        if let Some(name) = &self.context {
            return named(name);
        }
        if let Some(url) = &self.variable_url {
            return Ok((parse("TEMPUS_URL", url)?, None));
        }
        if let Some(name) = self.variable_context.as_ref().or(contexts.current()) {
            return named(name);
        }
        Ok((parse("the default address", DEFAULT_URL)?, None))
    }
}

/// `TEMPUS_CA_FILE`
pub(crate) fn ca_file() -> Option<PathBuf> {
    variable("TEMPUS_CA_FILE").map(PathBuf::from)
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Reads a server's address; `what` names it in the error.
pub fn parse(what: &str, text: &str) -> Result<Url, ContextError> {
    let refused = || ContextError::Url {
        what: what.to_owned(),
        given: text.to_owned(),
    };
    let url = Url::parse(text).map_err(|_| refused())?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if !is_plain {
        return Err(refused());
    }
    if url.scheme() == "http" && !is_this_machine(&url) {
        return Err(ContextError::InTheClear {
            what: what.to_owned(),
            url: url.to_string(),
        });
    }
    Ok(url)
}

/// Whether an address is one of this machine's own, which nobody else can read along.
pub(crate) fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    match bare.unwrap_or(host).parse::<IpAddr>() {
        Ok(addr) => addr.to_canonical().is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
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

    fn contexts() -> Contexts {
        let mut contexts = Contexts::default();
        for name in ["a", "b", "c"] {
            let url = parse("test", &format!("https://{name}.example:1")).unwrap();
            let token = Token::read(&format!("token-of-{name}")).unwrap();
            let mut context = Context::at(&url);
            context.token = (name != "c").then_some(token);
            context.ca_file = Some(format!("/{name}.pem").into());
            contexts.add(name, context).unwrap();
        }
        contexts
    }

    fn token(server: &Server) -> Option<&str> {
        match &server.bearer {
            Bearer::Token(token) => Some(token.expose()),
            _ => None,
        }
    }

    #[test]
    fn the_first_that_is_given_holds() {
        let mut contexts = contexts();
        let mut choice = Choice::default();
        let host = |choice: &Choice, contexts: &Contexts| {
            let url = choice.server(contexts).unwrap().url;
            url.host_str().unwrap_or_default().to_owned()
        };
        assert_eq!(host(&choice, &contexts), "127.0.0.1");
        contexts.choose("a").unwrap();
        assert_eq!(host(&choice, &contexts), "a.example");
        choice.variable_context = Some("b".into());
        assert_eq!(host(&choice, &contexts), "b.example");
        choice.variable_url = Some("https://var.example".into());
        assert_eq!(host(&choice, &contexts), "var.example");
        choice.context = Some("c".into());
        assert_eq!(host(&choice, &contexts), "c.example");
        choice.url = Some("https://flag.example".into());
        assert_eq!(host(&choice, &contexts), "flag.example");
    }

    #[test]
    fn a_contexts_token_goes_to_that_context_alone() {
        let mut contexts = contexts();
        contexts.choose("a").unwrap();
        let mut choice = Choice::default();
        let server = choice.server(&contexts).unwrap();
        assert_eq!(token(&server), Some("token-of-a"));
        assert_eq!(server.ca_file, Some("/a.pem".into()));
        choice.variable_url = Some("https://var.example".into());
        let server = choice.server(&contexts).unwrap();
        assert_eq!((token(&server), &server.ca_file), (None, &None));
        choice.token = Some(Token::read("of-the-environment"));
        choice.ca_file = Some("/flag.pem".into());
        choice.context = Some("b".into());
        let server = choice.server(&contexts).unwrap();
        assert_eq!(token(&server), Some("of-the-environment"));
        assert_eq!(server.ca_file, Some("/flag.pem".into()));
        choice.token = Some(Token::read("with a space"));
        let error = choice.server(&contexts).unwrap_err().to_string();
        assert!(error.starts_with("TEMPUS_TOKEN must be a token"), "{error}");
        assert!(!error.contains("with a space"), "{error}");
    }

    #[test]
    fn a_workflow_speaks_for_itself_where_no_token_is_given() {
        let mut choice = Choice {
            context: Some("c".into()),
            github: GitHub::of(|_| Some("x".into())),
            ..Choice::default()
        };
        let server = choice.server(&contexts()).unwrap();
        assert!(matches!(server.bearer, Bearer::GitHub(_)));
        choice.context = Some("a".into());
        let server = choice.server(&contexts()).unwrap();
        assert_eq!(token(&server), Some("token-of-a"));
    }

    #[test]
    fn addresses_that_cannot_work_are_refused() {
        for wrong in [
            "",
            "localhost:8080",
            "ftp://x",
            "https://u:p@x",
            "http://localhost/?a",
            "http://tempus.example",
            "http://10.0.0.1:8080",
            "http://localhost.example",
            "http://0.0.0.0:8080",
        ] {
            assert!(parse("--url", wrong).is_err(), "{wrong}");
        }
        for right in [
            "https://tempus.example",
            "https://10.0.0.1:8443/base",
            "http://localhost:8080",
            "http://a.localhost",
            "http://127.8.9.1",
            "http://[::1]:8080",
        ] {
            assert!(parse("--url", right).is_ok(), "{right}");
        }
        let error = parse("--url", "http://tempus.example").unwrap_err();
        assert!(error.to_string().contains("in the clear"), "{error}");
    }
}

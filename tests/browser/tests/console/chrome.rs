//! What Chromium's driver can do that no standard of `WebDriver` says.

use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

/// A command that only this driver knows.
#[derive(Debug)]
pub enum Chrome {
    /// A method of the `DevTools` protocol, with what it is given.
    Tell(&'static str, Value),
    /// What was written to the browser's own log since it was last asked for.
    Complaints,
}

impl WebDriverCompatibleCommand for Chrome {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, ParseError> {
        let session = session_id.unwrap_or_default();
        let method = match self {
            Self::Tell(..) => "goog/cdp/execute",
            Self::Complaints => "se/log",
        };
        base_url.join(&format!("session/{session}/{method}"))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let body = match self {
            Self::Tell(method, parameters) => json!({"cmd": method, "params": parameters}),
            Self::Complaints => json!({"type": "browser"}),
        };
        (Method::POST, Some(body.to_string()))
    }
}

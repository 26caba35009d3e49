//! Which server is called, as whom, and whom to trust on the way.

use std::path::PathBuf;

use reqwest::Url;
use tempus_steps::http;

use super::{Bearer, ClientError};
use crate::context::is_this_machine;

/// A server, and what it takes to call it.
#[derive(Debug, Clone)]
pub struct Server {
    /// Its address: HTTPS, unless it is on this machine.
    pub url: Url,
    /// Who calls.
    pub bearer: Bearer,
    /// The authorities to trust, and no others; `None` are the system's.
    pub ca_file: Option<PathBuf>,
}

impl Server {
    /// The server at this address, which asks for nothing.
    pub const fn at(url: Url) -> Self {
        Self {
            url,
            bearer: Bearer::Nobody,
            ca_file: None,
        }
    }

    /// What calls it.
    pub(crate) fn client(&self) -> Result<reqwest::ClientBuilder, ClientError> {
        let client = match (&self.ca_file, self.url.scheme()) {
            (Some(authorities), "https") => http::private(authorities)?,
            (None, "https") => http::public()?,
            _ => http::plain(),
        };
        let client = client.user_agent(USER_AGENT);
        if is_this_machine(&self.url) {
            // A proxy from the environment cannot reach this machine's loopback.
            return Ok(client.no_proxy());
        }
        Ok(client)
    }
}

/// What every client of this program calls itself.
pub(crate) const USER_AGENT: &str = concat!("tempus/", env!("BUILD_VERSION"));

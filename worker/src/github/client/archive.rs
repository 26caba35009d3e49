//! The files of a commit.
//!
//! GitHub sends whoever asks for them elsewhere, to an address that is good for some minutes and needs
//! no token. The token stays here: what is asked there, nobody is named in.

use std::time::Duration;

use futures::{Stream, StreamExt};
use reqwest::header::{LOCATION, USER_AGENT};
use reqwest::{Method, Response, StatusCode, Url};
use tempus_model::github::Repository;
use tempus_steps::http::is_this_machine;

use super::calls::by;
use super::{AGENT, Client, GitHubError, JSON, Request, metrics, unavailable, unreadable, what};

/// How long all of an archive may take.
const PATIENCE: Duration = Duration::from_mins(5);
/// How often one may be sent elsewhere.
const REDIRECTS: usize = 3;

impl Client {
    /// The files of a commit, as a gzipped tar, in pieces.
    pub async fn archive(
        &self,
        of: &Repository,
        sha: &str,
    ) -> Result<
        impl Stream<Item = Result<Vec<u8>, GitHubError>> + Send + 'static + use<>,
        GitHubError,
    > {
        self.limits.open(of.installation)?;
        let asked = self.ask_archive(of, sha).await;
        metrics::asked_github(asked.as_ref().err());
        let pieces = asked?.bytes_stream();
        Ok(pieces.map(|piece| piece.map(|piece| piece.to_vec()).map_err(unavailable)))
    }

    async fn ask_archive(&self, of: &Repository, sha: &str) -> Result<Response, GitHubError> {
        let request = Request {
            as_whom: by(of),
            method: Method::GET,
            url: self.at(of, &["tarball", sha], &[]),
            accept: JSON,
            body: None,
        };
        let mut retried = false;
        let mut response = loop {
            let token = self.token(request.as_whom).await?;
            let asked = self.prepared(&request, &token).timeout(PATIENCE);
            let response = asked.send().await.map_err(unavailable)?;
            // A token may have been taken back before its end.
            if response.status() != StatusCode::UNAUTHORIZED || retried {
                break response;
            }
            retried = true;
            self.forget(request.as_whom, &token).await;
        };
        for _ in 0..REDIRECTS {
            if !response.status().is_redirection() {
                break;
            }
            let url = self.elsewhere(&request.url, &response)?;
            let asked = self.http.get(url).timeout(PATIENCE);
            let asked = asked.header(USER_AGENT, AGENT).send();
            response = asked.await.map_err(unavailable)?;
        }
        if response.status() == StatusCode::OK {
            return Ok(response);
        }
        let status = response.status();
        // Whatever this says, it is no archive.
        let answer = self.understand(&request, response).await;
        Err(answer.err().unwrap_or_else(|| {
            unreadable(&request.url, format!("{status} is not what was asked for"))
        }))
    }

    /// Where one is sent to: over TLS, or on this very machine if GitHub is there too.
    fn elsewhere(&self, asked: &Url, response: &Response) -> Result<Url, GitHubError> {
        let to = response.headers().get(LOCATION);
        let to = to.and_then(|to| response.url().join(to.to_str().ok()?).ok());
        let here = |url: &Url| url.host_str().is_some_and(is_this_machine);
        to.filter(|to| to.scheme() == "https" || (here(to) && here(&self.base)))
            .ok_or_else(|| {
                unreadable(
                    asked,
                    format!("it is sent on from {}", what(response.url())),
                )
            })
    }
}

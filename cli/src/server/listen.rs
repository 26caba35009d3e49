//! The addresses: the usual ones, or the next free ones.

use std::io;
use std::net::SocketAddr;

use anyhow::Context;
use tempus_api::Tls;
use tokio::net::TcpListener;

use super::chosen::{Chosen, PlatformChoice};
use crate::config::{Config, Loaded};

/// Sockets that listen already, so that nothing can take their ports meanwhile.
pub struct Listeners {
    /// The API's, where this process answers requests, and its certificate if it has one.
    pub api: Option<(TcpListener, Option<Tls>)>,
    /// The previews', where this process serves them.
    pub previews: Option<TcpListener>,
    /// The worker's, where it says how it is.
    pub worker: Option<TcpListener>,
    /// What was taken, and what was found instead, in words.
    pub moved: Vec<String>,
}

/// How many ports beyond the usual one are tried.
const TRIED: u16 = 100;

impl Listeners {
    /// Binds what is wanted. An address that somebody chose is not exchanged for another one.
    pub(super) fn tls(config: &Config) -> anyhow::Result<Option<Tls>> {
    let (Some(certificate), Some(key)) = (&config.api.tls_certificate, &config.api.tls_key) else {
        return Ok(None);
    };
    let tls = Tls::load(certificate.clone(), key.clone());
    Ok(Some(tls.context("api.tls_certificate and api.tls_key")?))
}

async fn bind(loaded: &Loaded, chosen: &Chosen) -> anyhow::Result<Self> {
        let config = &loaded.config;
        let mut moved = Vec::new();
        let mut previews = None;
        // Previews first: their addresses are kept in links and in rows, so they should move last.
        if let PlatformChoice::Local = chosen.platform {
            let usual = config.previews.listen.addr();
            previews = Some(bind(loaded, "previews.listen", usual, &mut moved).await?);
        }
        let mut api = None;
        if chosen.role.has_api() {
            let tls = tls(config)?;
            let usual = config.api.listen.addr();
            api = Some((bind(loaded, "api.listen", usual, &mut moved).await?, tls));
        }
        let mut worker = None;
        if let (true, Some(chosen)) = (chosen.role.has_worker(), config.worker.listen) {
            worker = Some(bind(loaded, "worker.listen", chosen.addr(), &mut moved).await?);
        }
        Ok(Self {
            api,
            previews,
            worker,
            moved,
        })
    }
}

async fn bind(
    loaded: &Loaded,
    key: &str,
    usual: SocketAddr,
    moved: &mut Vec<String>,
) -> anyhow::Result<TcpListener> {
    let further = if loaded.is_chosen(key) { 0 } else { TRIED };
    let listener = first_free(usual, further)
        .await
        .with_context(|| format!("{key}: cannot listen on {usual}"))?;
    let found = listener.local_addr()?;
    if usual.port() != 0 && found != usual {
        moved.push(format!("{usual} is taken, so {key} is {found}"));
    }
    Ok(listener)
}

async fn first_free(usual: SocketAddr, further: u16) -> io::Result<TcpListener> {
    let mut addr = usual;
    loop {
        match TcpListener::bind(addr).await {
            Err(error)
                if error.kind() == io::ErrorKind::AddrInUse
                    && addr.port() < usual.port().saturating_add(further) =>
            {
                addr.set_port(addr.port() + 1);
            }
            bound => return bound,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_leads_to_the_next_free_one() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let usual = taken.local_addr().unwrap();
        let error = first_free(usual, 0).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        let found = first_free(usual, 100).await.unwrap().local_addr().unwrap();
        assert!(found.port() > usual.port());
    }
}

//! The server: API, workers, timer and the previews' proxy, all in one process or in several.
//!
//! ```text
//!   config ──► chosen (role, engine, platform: complete, or refused)
//!                 │
//!                 ▼        engine    sqlite │ aws      store, queue, timer
//!              assemble ──► platform  local │ aws      steps; local: the proxy
//!                 │         role        all │ api │ worker
//!                 ▼
//!              Pipeline: running, until it is stopped
//! ```

mod assemble;
pub mod chosen;
mod database;
mod engine;
mod gate;
mod github;
mod listen;
mod notify;
mod platform;
mod prices;
mod secret;
pub mod settings;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::Loaded;

pub use chosen::{Chosen, Role};
pub use listen::Listeners;

/// A server, running.
pub struct Pipeline {
    /// Where the API answers, if it does here.
    pub api_url: Option<String>,
    /// Where previews answer by path, if they do here; by host name, `localhost` is preceded by
    /// the name.
    pub previews_url: Option<String>,
    /// Addresses that are not the usual ones because those were taken, in words.
    pub moved: Vec<String>,
    stop: CancellationToken,
    running: JoinHandle<anyhow::Result<()>>,
}

impl Pipeline {
    /// Binds its addresses and starts everything. Returns once the API takes requests.
    pub async fn start(loaded: &Loaded, chosen: Chosen) -> anyhow::Result<Self> {
        let listeners = Listeners::bind(loaded, &chosen).await?;
        let api = listeners.api.as_ref().map(|(api, _)| api.local_addr());
        let previews = listeners.previews.as_ref().map(TcpListener::local_addr);
        let (api, previews) = (api.transpose()?, previews.transpose()?);
        let moved = listeners.moved.clone();
        let scheme = match loaded.config.api.tls_key {
            Some(_) => "https",
            None => "http",
        };
        let stop = CancellationToken::new();
        let running = assemble::assemble(&loaded.config, chosen, listeners, stop.clone())
            .await
            .context("the server does not start")?;
        Ok(Self {
            api_url: api.map(|addr| format!("{scheme}://{addr}")),
            previews_url: previews.map(|addr| format!("http://localhost:{}", addr.port())),
            moved,
            stop,
            running,
        })
    }

    /// Waits until it ends without having been told to: always an error.
    pub async fn ended(&mut self) -> anyhow::Error {
        match (&mut self.running).await {
            Ok(Ok(())) => anyhow::anyhow!("the server ended by itself"),
            Ok(Err(error)) => error.context("the server ended"),
            Err(error) => anyhow::Error::new(error).context("the server crashed"),
        }
    }

    /// Stops: takes nothing new, finishes the calls in flight, checkpoints, gives leases back,
    /// ends the processes that it supervises. The state stays.
    pub async fn shutdown(self) -> anyhow::Result<()> {
        self.stop.cancel();
        if self.running.is_finished() {
            // Whoever waited in `ended` has had the answer.
            return Ok(());
        }
        self.running.await.context("the server crashed")?
    }
}

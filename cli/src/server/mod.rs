//! The server in one process: API, workers, timer, and the previews' proxy.

mod assemble;
mod directory;
mod listen;
pub mod settings;

use anyhow::Context;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::Loaded;

pub use listen::Listeners;

/// The whole pipeline, running.
pub struct Pipeline {
    /// Where the API answers.
    pub api_url: String,
    /// Where previews answer by path; by host name, `localhost` is preceded by the name.
    pub previews_url: String,
    /// Addresses that are not the usual ones because those were taken, in words.
    pub moved: Vec<String>,
    stop: CancellationToken,
    running: JoinHandle<anyhow::Result<()>>,
}

impl Pipeline {
    /// Binds both addresses and starts everything. Returns once the API takes requests.
    pub async fn start(loaded: &Loaded) -> anyhow::Result<Self> {
        let listeners = Listeners::bind(loaded).await?;
        let api_url = format!("http://{}", listeners.api.local_addr()?);
        let previews_url = format!(
            "http://localhost:{}",
            listeners.previews.local_addr()?.port()
        );
        let moved = listeners.moved.clone();
        let stop = CancellationToken::new();
        let running = assemble::assemble(&loaded.config, listeners, stop.clone())
            .context("the server does not start")?;
        Ok(Self {
            api_url,
            previews_url,
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

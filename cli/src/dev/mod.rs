//! `tempus dev`: the server in the foreground, and what one preview does on it.

mod story;

use std::path::PathBuf;

use clap::Args;
use tempus_model::Ttl;

use crate::client::{Client, Server};
use crate::commands::config::Settings;
use crate::config::{EngineKind, Loaded, PlatformKind};
use crate::context;
use crate::failure::Failure;
use crate::logging::{self, Target};
use crate::output::Exit;
use crate::progress::{Progress, Stream};
use crate::serve::stop;
use crate::server::{Chosen, Pipeline, Role};
use crate::signals::Signals;

use story::Story;

/// Run everything in one process, and preview a folder
///
/// Starts the whole pipeline, submits DIR through its own API, shows each step, keeps the preview
/// up until its time is over, shows its removal and prints the receipt. Ctrl-C stops the server
/// and its processes and keeps the state: started again, it goes on.
#[derive(Debug, Clone, Args)]
pub struct Dev {
    /// The folder to preview; its .tempus.yml (or .idp/config.yml) says what to run
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
    /// How long the preview lives, such as 30s, 2m or 1h; what the folder says, else 7d
    #[arg(long, value_name = "TIME", requires = "dir")]
    ttl: Option<Ttl>,
    /// The preview's name, part of its URL; the folder's name unless given
    #[arg(long, value_name = "NAME", requires = "dir")]
    name: Option<String>,
    /// End when the preview is proved gone: with 0, or with another status if anything fell short
    #[arg(long, requires = "dir")]
    exit_when_gone: bool,
    #[command(flatten)]
    settings: Settings,
}

impl Dev {
    /// Runs until it is told to stop, or the preview is gone if that is wanted.
    pub async fn run(&self) -> Result<(), Failure> {
        let loaded = self.settings.load()?;
        on_this_machine(&loaded)?;
        let chosen = Chosen::of(&loaded, Role::All)?;
        // What is wrong with the folder is said before anything is started.
        let asked = match &self.dir {
            Some(dir) => Some(story::asks(dir, self.name.clone(), self.ttl)?),
            None => None,
        };
        let mut progress = Progress::on(Stream::Stdout);
        start_logging(&loaded, &progress)?;
        let mut signals = Signals::new()?;
        let mut pipeline = tokio::select! {
            started = Pipeline::start(&loaded, chosen) => started?,
            () = signals.next() => return Err(Failure::silent(Exit::Interrupted)),
        };
        let api_url = pipeline.api_url.clone().unwrap_or_default();
        announce(&loaded, &pipeline, &api_url, &mut progress)?;
        let client = Client::new(Server::at(context::parse("the own address", &api_url)?))?;
        let told = async {
            if let Some(asked) = asked {
                let patience = loaded.config.worker.verify_delay;
                let story = Story::new(&client, &mut progress, patience, self.exit_when_gone);
                let ended = story.tell(&asked).await;
                if self.exit_when_gone {
                    // A closed pipe usually ends a command well; here it would claim a proof.
                    return ended.map_err(|failure| match failure.exit {
                        Exit::Ok => Failure::silent(Exit::Interrupted),
                        _ => failure,
                    });
                }
                if let Err(failure) = ended {
                    progress.line(&format!("error: {}", failure.message))?;
                }
            }
            progress.line("the server goes on; Ctrl-C stops it")?;
            std::future::pending().await
        };
        let ended = tokio::select! {
            ended = told => ended,
            error = pipeline.ended() => Err(error.into()),
            () = signals.next() => self.interrupted(),
        };
        drop(progress);
        stop(pipeline, signals).await?;
        ended
    }
}

impl Dev {
    /// Ctrl-C is how it usually ends, unless somebody waits for the proof.
    fn interrupted(&self) -> Result<(), Failure> {
        if self.exit_when_gone {
            return Err(Failure::new(
                Exit::Interrupted,
                "stopped before the preview was gone",
            ));
        }
        Ok(())
    }
}

fn start_logging(loaded: &Loaded, progress: &Progress) -> Result<(), Failure> {
    let target = match progress.bars() {
        Some(bars) => Target::Beside {
            bars,
            folder: &loaded.config.data,
        },
        None => Target::Stderr,
    };
    Ok(logging::start(&loaded.config.log, target)?)
}

fn announce(
    loaded: &Loaded,
    pipeline: &Pipeline,
    api_url: &str,
    progress: &mut Progress,
) -> Result<(), Failure> {
    for moved in &pipeline.moved {
        progress.line(moved)?;
    }
    progress.line(&format!("console   {api_url}/"))?;
    progress.line(&format!("API       {api_url}"))?;
    if let Some(previews_url) = &pipeline.previews_url {
        progress.line(&format!("previews  {previews_url}"))?;
    }
    progress.line(&format!("state     {}", loaded.config.data.display()))?;
    if api_url != context::DEFAULT_URL {
        progress.line(&format!("elsewhere: export TEMPUS_URL={api_url}"))?;
    }
    Ok(())
}

/// `dev` builds from a folder of this machine and needs no account: other choices are for `serve`.
fn on_this_machine(loaded: &Loaded) -> Result<(), Failure> {
    let config = &loaded.config;
    if config.identity.is_on() {
        return Err(Failure::usage(
            "tempus dev is for whoever is at this machine: identity.admin_token_hash and \
             identity.oidc must be unset; use tempus serve",
        ));
    }
    let api = &config.api;
    if !api.listen.is_loopback() || api.tls_key.is_some() || !api.trusted_proxies.is_empty() {
        return Err(Failure::usage(
            "tempus dev is for this machine alone: api.listen must be a loopback address, and \
             api.tls_certificate, api.tls_key and api.trusted_proxies unset; use tempus serve",
        ));
    }
    if (config.engine, config.platform) == (EngineKind::Sqlite, PlatformKind::Local) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "tempus dev runs on this machine alone (engine sqlite, platform local), not with engine \
         {} and platform {}; use tempus serve",
        config.engine, config.platform
    )))
}

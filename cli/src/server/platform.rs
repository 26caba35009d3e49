//! The platform that was chosen.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tempus_api::StoreDirectory;
use tempus_model::InstallationId;
use tempus_steps::Platform as Steps;
use tempus_steps::aws::AwsPlatform;
use tempus_steps::gate::Gate;
use tempus_steps::local::checkout::{Archives, Checkouts};
use tempus_steps::local::process::{Policy, ShimCommand, Supervisor};
use tempus_steps::local::proxy::{self, Routes, Served};
use tempus_steps::local::{LocalOptions, LocalPlatform, SecretFile};
use tempus_steps::postgres::Databases;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::chosen::PlatformChoice;
use crate::config::Config;

/// A platform, ready to be used.
pub(super) enum Platform {
    Local {
        platform: Arc<LocalPlatform>,
        routes: Arc<Routes>,
    },
    Aws(Arc<AwsPlatform>),
}

impl Platform {
    /// `data` is absolute: processes have working folders of their own. Commits' files come from
    /// `archives`.
    pub(super) async fn open(
        choice: PlatformChoice,
        config: &Config,
        data: &Path,
        installation: InstallationId,
        databases: Databases,
        archives: Option<Arc<dyn Archives>>,
    ) -> anyhow::Result<Self> {
        Ok(match choice {
            PlatformChoice::Local => {
                let routes = Arc::new(Routes::new());
                let checkouts = Checkouts::open(&data.join("checkouts"), archives)?;
                let platform = local(config, data, installation, &routes, databases, checkouts)?;
                let platform = Arc::new(platform);
                Self::Local { platform, routes }
            }
            PlatformChoice::Aws(options) => {
                let platform = AwsPlatform::new(*options).await;
                Self::Aws(Arc::new(
                    platform.context("the aws platform does not open")?,
                ))
            }
        })
    }

    /// What carries steps out.
    pub(super) fn steps(&self) -> Arc<dyn Steps> {
        match self {
            Self::Local { platform, .. } => Arc::clone(platform) as Arc<dyn Steps>,
            Self::Aws(platform) => Arc::clone(platform) as Arc<dyn Steps>,
        }
    }

    /// The platform whose previews are processes of this machine, if it is that one.
    pub(super) fn local(&self) -> Option<Arc<LocalPlatform>> {
        match self {
            Self::Local { platform, .. } => Some(Arc::clone(platform)),
            Self::Aws(_) => None,
        }
    }

    /// Serves previews where this process must do that itself: on this socket, until `stop`.
    pub(super) fn serve(
        &self,
        listener: Option<TcpListener>,
        directory: StoreDirectory,
        gate: Option<Arc<Gate>>,
        hold: Duration,
        stop: CancellationToken,
    ) -> Option<JoinHandle<std::io::Result<()>>> {
        let (Self::Local { routes, .. }, Some(listener)) = (self, listener) else {
            return None;
        };
        let served = Served {
            routes: Arc::clone(routes),
            directory: Arc::new(directory),
            gate,
            hold,
        };
        let stopped = stop.cancelled_owned();
        Some(tokio::spawn(proxy::serve(listener, served, stopped)))
    }

    /// Ends what must not outlive this process. To be called when the workers have stopped.
    pub(super) async fn close(self) -> anyhow::Result<()> {
        if let Self::Local { platform, .. } = self {
            let ended = platform.shut_down().await;
            ended.context("some processes could not be ended; the next start will find them")?;
        }
        Ok(())
    }
}

fn local(
    config: &Config,
    data: &Path,
    installation: InstallationId,
    routes: &Arc<Routes>,
    databases: Databases,
    checkouts: Checkouts,
) -> anyhow::Result<LocalPlatform> {
    let work_dir = data.join("work");
    std::fs::create_dir_all(&work_dir).context("cannot make the work folder")?;
    let policy = Policy {
        grace: config.previews.grace,
        ..Policy::default()
    };
    let supervisor = Supervisor::open(
        &data.join("processes"),
        installation,
        ShimCommand::this_binary()?,
        policy,
    )?;
    let secrets = config.previews.secret_file.as_deref().map(SecretFile::open);
    let options = LocalOptions {
        ports: config.previews.ports.range().clone(),
        grace: config.previews.grace,
        ready_within: config.previews.ready_within,
        build_within: config.previews.build_within,
        verify_delay: config.worker.verify_delay,
        work_dir,
        program: std::env::current_exe().context("this program's own path")?,
        databases,
        secrets: secrets.transpose().context("previews.secret_file")?,
    };
    Ok(LocalPlatform::new(
        Arc::new(supervisor),
        Arc::clone(routes),
        Arc::new(checkouts),
        options,
    ))
}

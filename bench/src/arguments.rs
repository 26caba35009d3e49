//! What can be asked for.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use tempfile::TempDir;

/// How fast Tempus is, and how small. Build it with `--release`.
#[derive(Debug, Parser)]
#[command(name = "bench")]
pub struct Cli {
    #[command(subcommand)]
    pub workload: Workload,
    #[command(flatten)]
    pub arguments: Arguments,
}

/// What every workload can be told.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// Print nothing to standard output but one line of JSON, the last
    #[arg(long, global = true)]
    pub json: bool,
    /// The folder whose disk is used: `target` where there is one, otherwise this folder
    #[arg(long, global = true, default_value_os_t = default_data())]
    pub data: PathBuf,
    /// How long each load lasts, in seconds
    #[arg(long, global = true, default_value_t = 10)]
    pub seconds: u64,
    /// How often each load is repeated; the best counts
    #[arg(long, global = true, default_value_t = 3)]
    pub rounds: u32,
    /// How many previews wait at once in W4
    #[arg(long, global = true, default_value_t = 10_000)]
    pub waiting: u64,
    /// How many previews are asked for at once in W8
    #[arg(long, global = true, default_value_t = 500)]
    pub creates: u64,
}

impl Arguments {
    /// How long each load lasts.
    pub const fn seconds(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// A new folder on that disk, which goes when it is dropped.
    pub fn folder(&self) -> anyhow::Result<TempDir> {
        let made = tempfile::Builder::new()
            .prefix("tempus-bench-")
            .tempdir_in(&self.data);
        made.with_context(|| format!("--data {}", self.data.display()))
    }
}

fn default_data() -> PathBuf {
    let target = PathBuf::from("target");
    if target.is_dir() {
        target
    } else {
        PathBuf::from(".")
    }
}

/// What is measured.
#[derive(Debug, Clone, Subcommand)]
pub enum Workload {
    /// Sagas of eight no-op steps: throughput, latency, memory, idle CPU
    W1,
    /// The same with the sixth step refused: five are compensated
    W2,
    /// W1 with a hundred thousand finished jobs in the store
    W3,
    /// Ten thousand previews that wait, in one worker
    W4,
    /// A worker is stopped in the middle of W1, and killed: the next checkpoint, and what was done twice
    W5,
    /// HTTP: creates and reads of jobs, from another process
    W6,
    /// The AWS path against an emulated account with real latencies: time to ready, requests, write units
    W7,
    /// Many creates at once under AWS's request rates
    W8,
    /// Everything, each in a process of its own
    All,
    /// The raw floor beside W1
    #[command(hide = true)]
    Floor,
    /// A server that works until it is told to stop, for W5
    #[command(hide = true)]
    Serve {
        /// The folder of its store
        store: PathBuf,
        /// Where its calls are written down
        calls: PathBuf,
        /// How many jobs of its own are in flight
        in_flight: usize,
    },
    /// Requests to an API, for W6
    #[command(hide = true)]
    Load {
        /// Where it listens
        address: std::net::SocketAddr,
        /// How many connections there are
        connections: usize,
    },
}

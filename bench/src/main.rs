//! How fast Tempus is, and how small, each figure with the settings that it was taken under.
//!
//! ```text
//!   load ──create──► store ◄──claim, checkpoint, settle── worker ──► platform that does nothing
//!     ▲    hint ───► queue ─────────────────────────────► worker
//!     └─────────────── the queue says that a message has done its work
//! ```
//!
//! What is measured is the program's own code, put together as its server does. One file for each
//! workload, `w1` and so on; `docs/performance.md` says what each is for and what was found.

mod account;
mod arguments;
mod bell;
mod child;
mod client;
mod floor;
mod load;
mod machine;
mod noop;
mod process;
mod report;
mod rig;
mod sample;
mod w1;
mod w2;
mod w3;
mod w4;
mod w5;
mod w6;
mod w7;
mod w8;

use std::time::Duration;

use clap::Parser;
use serde_json::{Map, Value, json};
use tempus_engine::sqlite::server_runtime;
use tracing_subscriber::EnvFilter;

use arguments::{Arguments, Cli, Workload};
use report::Report;

/// For how long the raw floor writes.
const FLOOR: Duration = Duration::from_secs(3);

/// What `all` runs, in this order.
const ALL: [&str; 8] = ["w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8"];

fn main() -> anyhow::Result<()> {
    server_runtime()?.block_on(measure(Cli::parse()))
}

async fn measure(
    Cli {
        workload,
        arguments,
    }: Cli,
) -> anyhow::Result<()> {
    // What goes wrong is said; that a step was refused is what W2 is for.
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new("error"))
        .with_writer(std::io::stderr)
        .init();
    tokio::spawn(tempus_api::Metrics::install()?.tend());
    let found = run(workload, &arguments).await?;
    if arguments.json {
        println!("{found}");
    }
    Ok(())
}

async fn run(workload: Workload, arguments: &Arguments) -> anyhow::Result<Value> {
    let report = match workload {
        Workload::W1 => w1::run(arguments).await,
        Workload::W2 => w2::run(arguments).await,
        Workload::W3 => w3::run(arguments).await,
        Workload::W4 => w4::run(arguments).await,
        Workload::W5 => w5::run(arguments).await,
        Workload::W6 => w6::run(arguments).await,
        Workload::W7 => w7::run(arguments).await,
        Workload::W8 => w8::run(arguments).await,
        Workload::All => return all(arguments),
        Workload::Floor => return Ok(json!(floor::jobs_per_second(&arguments.data, FLOOR)?)),
        Workload::Serve {
            store,
            calls,
            in_flight,
        } => {
            w5::server(&store, &calls, in_flight).await?;
            return Ok(Value::Null);
        }
        Workload::Load {
            address,
            connections,
        } => return client::run(address, connections, arguments.seconds()).await,
    };
    report.map(Report::into_json)
}

/// Each in a process of its own, so that none finds what another left in memory.
fn all(arguments: &Arguments) -> anyhow::Result<Value> {
    let mut found = Map::new();
    for workload in ALL {
        found.insert(workload.to_owned(), child::run(arguments, &[workload])?);
    }
    Ok(Value::Object(found))
}

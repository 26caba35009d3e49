//! The conformance suite on this engine, opened both ways, and what only this engine promises.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tempus_model::Timestamp;

use super::{Mode, Options, SqliteEngine};
use crate::TokioClock;
use crate::conformance::{Harness, Ports};

mod backup;
mod commits;
mod crash;
mod lost;
mod opening;
mod surviving;

mod inline {
    //! In memory, on tokio's paused clock: deterministic, and hours pass in no time.
    crate::conformance! { { #[tokio::test(start_paused = true)] } super::super::Inline }
}

mod threaded {
    //! In a file, with a writer thread and the machine's clock.
    crate::conformance! { { #[tokio::test(flavor = "multi_thread", worker_threads = 2)] } super::super::Threaded }
}

struct Inline;

#[async_trait]
impl Harness for Inline {
    async fn fresh(&self) -> Ports {
        let clock = TokioClock::starting_at(Timestamp::from_millis(1_800_000_000_000));
        let options = Options {
            clock: Arc::new(clock),
            ..Options::default()
        };
        ports(
            SqliteEngine::in_memory(options.clone()).unwrap(),
            &options,
            (),
        )
    }

    fn timer_bound(&self) -> Duration {
        Duration::from_millis(10)
    }

    fn tick(&self) -> Duration {
        Duration::from_millis(100)
    }
}

struct Threaded;

#[async_trait]
impl Harness for Threaded {
    async fn fresh(&self) -> Ports {
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            mode: Mode::Threaded,
            ..Options::default()
        };
        ports(
            SqliteEngine::open(folder.path(), options.clone()).unwrap(),
            &options,
            folder,
        )
    }

    // Generous, because tests share two cores; the engine itself is late by milliseconds.
    fn timer_bound(&self) -> Duration {
        Duration::from_millis(500)
    }

    fn tick(&self) -> Duration {
        Duration::from_millis(100)
    }
}

fn ports(engine: SqliteEngine, options: &Options, folder: impl Send + Sync + 'static) -> Ports {
    Ports {
        store: engine.store(),
        queue: engine.queue(),
        timer: engine.timer(),
        clock: Arc::clone(&options.clock),
        keep: Box::new((engine, folder)),
    }
}

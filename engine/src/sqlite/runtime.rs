//! The threads that a server's tasks run on.

use tokio::runtime::{Builder, Runtime};

/// As many threads as there are cores, but for one, which is left to the thread that writes a store on this
/// machine: with a thread for each core they would take turns with it, and then wait for it
/// (`docs/performance.md`). `TOKIO_WORKER_THREADS` says otherwise.
pub fn server_runtime() -> std::io::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    if std::env::var_os("TOKIO_WORKER_THREADS").is_none() {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        builder.worker_threads(cores.saturating_sub(1).max(1));
    }
    builder.enable_all().build()
}

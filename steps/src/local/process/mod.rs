//! Processes that outlive the server that started them.
//!
//! A preview's service is one command, run by a *shim*: this same binary, started again in a
//! hidden mode, one per resource. The shim starts the command, restarts it when it dies, keeps its
//! last output and ends it when told. It is not tied to the server's life: a server that is killed
//! and started again finds its shims by their locks and goes on as if nothing had happened.
//!
//! ```text
//!   server (Supervisor)                       <folder>/server.json   who the server is
//!      │ spawn, reap                          <folder>/<resource>/
//!      ▼                                         lock          held by the shim while it lives
//!   shim ── own process group, subreaper         launch.json   what to run (0600: holds secrets)
//!      │ shim-exec: new session, dies            state.json    what runs, written by the holder
//!      │                                         runs.json     the last runs, of what has a timetable
//!      ▼ with the shim, becomes /bin/sh          tombstone     nothing may start here any more
//!   the command and whatever it starts           output.log, output.1.log       its last output
//! ```
//!
//! # What holds
//! 1. **The lock is the truth.** Whoever holds `<resource>/lock` is the only one that may start
//!    something for the resource, and the only one that may end what it finds carrying its tag. So
//!    two shims of one resource cannot both start the command, whoever started them.
//! 2. **A shim decides after it has the lock**: it goes away quietly if its lock file is no longer
//!    the one at that path (the resource was removed, perhaps made again), if there is a tombstone,
//!    or if there is nothing to launch. It never makes a folder or a lock file.
//! 3. **Everything carries its name.** Shim and command have `TEMPUS_INSTALLATION`, `_PREVIEW`,
//!    `_SERVICE`, `_RESOURCE` and `_REVISION` in their environment, which children inherit.
//! 4. **Gone means gone.** [`Supervisor::stop`] returns only once the lock is its own and no process
//!    carries the tag; then the folder goes, the launch file first.
//!
//! # If the server is killed
//! | between | it leaves | the next server |
//! |---|---|---|
//! | making the folder, and writing `launch.json` | a folder nobody holds | `list` shows it as [`Status::Down`]; `ensure` goes on, `stop` removes it |
//! | writing `launch.json`, and starting the shim | the same | the same |
//! | starting the shim, and its taking the lock | a shim that is late | `ensure` starts a second one; one of them gets the lock and runs whatever `launch.json` says *then*, the other goes away. `stop` ends it by tag, and if it misses it: no folder, or a tombstone, or another lock file is what the shim finds |
//! | the shim's taking the lock, and its writing `state.json` | a held lock without a state of its holder | [`Status::Starting`]; `ensure` waits for it, `stop` waits and then ends it by tag |
//! | `state.json`, and the checkpoint that records the step | a running service | `ensure` adopts it |
//! | writing the tombstone, and telling the shim | a running service that is to end | the shim looks for a tombstone before each start and every two seconds, and ends by itself; `stop` completes it, and so does `ensure` before it starts anew |
//! | telling the shim, and removing the folder | a folder with a tombstone | `list` shows it, `stop` removes it |
//! | removing `launch.json`, and removing the rest | a folder from which nothing can start | the same |
//!
//! # If a shim is killed
//! Its direct child dies with it (parent death signal, Linux), what that had started does not.
//! The server, as its parent, notices and ends those by tag; failing that, the next shim does so
//! before it starts anything, and `stop` in any case. While the shim lives nothing escapes it, even
//! with a session of its own and an empty environment: orphans become the shim's children.
//!
//! # If the server never comes back
//! The shims look whether the process named in `server.json` lives. After [`Policy::orphaned_after`]
//! without it they end themselves, and keep their files: a later `ensure` starts them again.
//!
//! # What runs by a timetable
//! The shim is the timer, too: it waits for the time, runs the command once, and waits again. So there
//! is one run at a time, and none is lost while the server is away. What a shim that was not there has
//! missed is made up for by one run; what passes while a run lasts is skipped, and the log says so.
//! # Tasks
//! A command that is launched to [rest at its end](AtEnd::Rest) is started once. Its shim writes down
//! how it ended and goes; folder and output stay until `stop`. One that was ended by its shim, or
//! with it, has no end written down and is [`Status::Down`]: nobody knows how far it came.
//!
//! # Elsewhere than on Linux
//! Without `/proc` there is no listing by tag, no parent death signal and no subreaper: a process
//! that leaves its process group escapes, and a killed shim's command or a shim that hangs has to be
//! ended by hand.

mod end;
mod environment;
mod error;
mod folder;
mod launch;
mod list;
mod log;
mod name;
mod processes;
mod runs;
pub mod shim;
mod state;
mod supervisor;
#[cfg(test)]
mod tests;
mod turns;
mod usage;

pub use end::Stopped;
pub use environment::Role;
pub use error::ProcessError;
pub(in crate::local) use folder::{private_folder, read, write};
pub use launch::{AtEnd, Launch, Policy, Revision};
pub use list::{Found, Seen};
pub use log::{LogFiles, LogLine, LogSource};
pub use name::{ResourceName, ResourceNameError};
pub use shim::ShimCommand;
pub use state::{BackingOff, Ended, Running, Scheduled, Status};
pub use supervisor::{Ensured, How, Supervisor};
pub(in crate::local) use turns::Turns;
pub use usage::Usage;

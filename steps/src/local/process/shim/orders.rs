//! What tells a shim to end.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tempus_model::InstallationId;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};

use crate::local::process::folder::{self, Held, ResourceFolder};
use crate::local::process::launch::Order;
use crate::local::process::supervisor::{Server, server_file};

/// How often a shim looks whether it is still wanted.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Signals, a tombstone, the loss of its folder, or the long absence of a server.
pub(super) struct Orders {
    signals: [Signal; 3],
    looks: Interval,
    folder: ResourceFolder,
    lock: Held,
    server: PathBuf,
    installation: InstallationId,
    orphaned_after: Option<Duration>,
    /// When the server was last seen alive, on a clock that stands still while the machine sleeps.
    server_seen: Instant,
}

impl Orders {
    /// Listens from now on. Within a runtime.
    pub(super) fn listen(folder: ResourceFolder, lock: Held, order: &Order) -> io::Result<Self> {
        let orphaned_after = order.policy.orphaned_after;
        let kinds = [
            SignalKind::terminate(),
            SignalKind::interrupt(),
            SignalKind::hangup(),
        ];
        let [term, int, hup] = kinds.map(signal);
        let every = orphaned_after.map_or(LOOK_EVERY, |after| LOOK_EVERY.min(after / 4));
        let mut looks = interval(every.max(Duration::from_millis(10)));
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self {
            signals: [term?, int?, hup?],
            looks,
            server: folder.path().parent().map(server_file).unwrap_or_default(),
            folder,
            lock,
            installation: order.installation,
            orphaned_after,
            server_seen: Instant::now(),
        })
    }

    /// Returns when the shim is to end.
    pub(super) async fn told_to_end(&mut self) {
        loop {
            let [term, int, hup] = &mut self.signals;
            tokio::select! {
                _ = term.recv() => return,
                _ = int.recv() => return,
                _ = hup.recv() => return,
                _ = self.looks.tick() => {}
            }
            if !self.is_wanted() {
                return;
            }
        }
    }

    /// How long the command has to end: what the tombstone says or, without one, `otherwise`.
    pub(super) fn grace(&self, otherwise: Duration) -> Duration {
        match self.folder.tombstone() {
            Ok(Some(tombstone)) => tombstone.grace,
            _ => otherwise,
        }
    }

    /// An error is no information: it changes nothing.
    fn is_wanted(&mut self) -> bool {
        // Without its lock file at its place nobody can find the shim any more.
        let stopped = matches!(self.folder.tombstone(), Ok(Some(_))) || !self.lock.is_current();
        !stopped && !self.is_orphaned()
    }

    fn is_orphaned(&mut self) -> bool {
        let server = folder::read::<Server>(&self.server);
        let serves = |server: Server| server.serves(self.installation);
        if !matches!(server, Ok(server) if !server.is_some_and(serves)) {
            self.server_seen = Instant::now();
        }
        self.orphaned_after
            .is_some_and(|after| self.server_seen.elapsed() >= after)
    }
}

//! What goes wrong, at random.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rustix::fs::statvfs;
use rustix::process::Signal;
use tempus_engine::testing::clock;
use tempus_tests::server::{Seen, Server};
use tokio::sync::Mutex;

/// How often each fault struck.
pub type Tally = BTreeMap<&'static str, u64>;

/// Whom SIGKILL meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kills {
    /// The processes of previews.
    Previews = 1,
    /// The server as well.
    TheServerToo,
}

impl Kills {
    /// What the server is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Previews => "survivor",
            Self::TheServerToo => "victim",
        }
    }
}

/// Who does it.
pub struct Chaos {
    rng: StdRng,
    kills: Kills,
    ballast: bool,
    clock: PathBuf,
    /// What was done.
    pub tally: Tally,
}

impl Chaos {
    /// Nothing done yet.
    pub fn new(seed: u64, kills: Kills, ballast: bool, clock: PathBuf) -> Self {
        Self {
            rng: StdRng::seed_from_u64(seed),
            kills,
            ballast,
            clock,
            tally: Tally::new(),
        }
    }

    /// When the next fault strikes.
    pub fn pause(&mut self) -> Instant {
        Instant::now() + self.between(1000, 6000)
    }

    /// Does something, and undoes it if it can be undone.
    pub async fn strike(&mut self, server: &mut Server) {
        match self.rng.random_range(0..10) {
            0..3 => self.at_a_process(server).await,
            3 => self.freeze(server).await,
            4..6 => self.fill_up(server).await,
            6..8 => self.jump().await,
            _ if self.kills == Kills::TheServerToo => self.kill(server).await,
            _ => self.at_a_process(server).await,
        }
    }

    /// Kills or freezes a process of a preview.
    async fn at_a_process(&mut self, server: &Server) {
        let witness = server.witness();
        let processes = witness.processes();
        if processes.is_empty() {
            return;
        }
        let which = self.rng.random_range(0..processes.len());
        let Seen { pid, .. } = processes[which];
        if self.rng.random_bool(0.7) {
            if witness.kill(pid) {
                self.count("SIGKILL of a preview's process");
            }
        } else if witness.signal(pid, Signal::STOP) {
            self.count("SIGSTOP of a preview's process");
            let pause = self.between(200, 4000);
            tokio::time::sleep(pause).await;
            witness.signal(pid, Signal::CONT);
        }
    }

    /// Most times shorter than a lease, and now and then longer.
    async fn freeze(&mut self, server: &Server) {
        self.count("SIGSTOP of the server");
        server.freeze();
        let pause = if self.rng.random_bool(0.15) {
            Duration::from_secs(33)
        } else {
            self.between(200, 9000)
        };
        tokio::time::sleep(pause).await;
        server.thaw();
    }

    async fn fill_up(&mut self, server: &Server) {
        self.count("no room");
        let pause = self.between(300, 6000);
        if self.ballast {
            let _disk = DISK.lock().await;
            let ballast = Ballast::fill(server.root());
            tokio::time::sleep(pause).await;
            drop(ballast);
            return;
        }
        server.limit_files(Some(0));
        tokio::time::sleep(pause).await;
        server.limit_files(None);
    }

    async fn jump(&mut self) {
        let far = self.rng.random_range(1_000..60_000);
        let offset = if self.rng.random_bool(0.5) {
            self.count("clock ahead");
            far
        } else {
            self.count("clock back");
            -far
        };
        let file = self.clock.clone();
        clock::shift(&file, offset).expect("a small file");
        let pause = self.between(1000, 15_000);
        tokio::time::sleep(pause).await;
        clock::shift(&file, 0).expect("a small file");
    }

    async fn kill(&mut self, server: &mut Server) {
        // A server does not start without room, and the harness insists that it does.
        let _disk = DISK.lock().await;
        self.count("SIGKILL of the server");
        server.kill();
        let pause = self.between(0, 1000);
        tokio::time::sleep(pause).await;
        server.launch().await;
    }

    fn between(&mut self, least: u64, most: u64) -> Duration {
        Duration::from_millis(self.rng.random_range(least..most))
    }

    fn count(&mut self, what: &'static str) {
        *self.tally.entry(what).or_default() += 1;
    }
}

/// Held while there is no room on the disk, which both servers share.
static DISK: Mutex<()> = Mutex::const_new(());

/// How much may be free on a file system that is filled up.
const SMALL: u64 = 1 << 30;

/// A file that takes all the room there is, for as long as it is held.
struct Ballast(PathBuf);

impl Ballast {
    fn fill(folder: &Path) -> Self {
        let room = statvfs(folder).expect("a folder of ours");
        let room = room.f_bavail * room.f_frsize;
        assert!(
            room < SMALL,
            "{room} bytes are free: set TMPDIR to a small file system"
        );
        let path = folder.join("ballast");
        let mut file = File::create(&path).expect("a file in a folder of ours");
        let mut block = vec![0_u8; 1 << 20];
        while !block.is_empty() {
            if file.write_all(&block).is_err() {
                block.truncate(block.len() / 2);
            }
        }
        Self(path)
    }
}

impl Drop for Ballast {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

//! Ports for one server: its own two, and those that it gives to previews.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::RangeInclusive;

/// Below the ports that systems give to clients by themselves, and below the default ports of
/// previews, so that whoever listens here was started by a suite.
const FIRST: u16 = 10_000;
/// How many ports one server has.
const EACH: u16 = 100;
/// How many servers there may be on a machine at once.
const SERVERS: u16 = 100;

/// A hundred ports that no other server of any suite has.
pub struct Ports {
    first: u16,
    /// Other test processes see by it that these ports are taken.
    _lock: File,
}

impl Ports {
    /// Takes some that are free.
    pub fn take() -> Self {
        let folder = std::env::temp_dir().join("tempus-e2e-ports");
        std::fs::create_dir_all(&folder).expect("a folder for locks");
        let start = rand::random_range(0..SERVERS);
        for offset in 0..SERVERS {
            let first = FIRST + (start + offset) % SERVERS * EACH;
            let lock = File::create(folder.join(first.to_string())).expect("a lock file");
            if lock.try_lock().is_ok() && (first..first + EACH).all(is_free) {
                return Self { first, _lock: lock };
            }
        }
        panic!("no {EACH} ports in a row are free from {FIRST} on");
    }

    /// The API's.
    pub fn api(&self) -> u16 {
        self.first
    }

    /// The previews' proxy's.
    pub fn previews(&self) -> u16 {
        self.first + 1
    }

    /// Those of previews' processes.
    pub fn apps(&self) -> RangeInclusive<u16> {
        self.first + 2..=self.first + EACH - 1
    }

    /// The same, as a setting.
    pub fn apps_text(&self) -> String {
        let apps = self.apps();
        format!("{}-{}", apps.start(), apps.end())
    }
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

//! What a server started and what it left, seen without asking the server.

use std::fs::{self, File};
use std::ops::RangeInclusive;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// How long what was sent SIGKILL may take to be gone.
const KILLED: Duration = Duration::from_secs(10);

/// Sees everything of one server.
#[derive(Debug, Clone)]
pub struct Witness {
    /// A variable that the server was given and that passes on to all that it starts.
    marker: Vec<u8>,
    /// The tag that the server itself puts on all that it starts.
    tag: Option<Vec<u8>>,
    data: PathBuf,
    server: Option<u32>,
    ports: RangeInclusive<u16>,
}

/// A process of a server, the server excepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its number.
    pub pid: u32,
    /// `shim` or `app`, if it says so.
    pub role: String,
    /// Whose it is, if it says so.
    pub preview: String,
    /// What it is called.
    pub command: String,
}

/// What is there. Equal to its default if and only if nothing is.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// Processes, found by either mark in their environment.
    pub processes: Vec<Seen>,
    /// Folders of resources.
    pub folders: Vec<String>,
    /// Locks of resources that somebody holds.
    pub locks: Vec<String>,
    /// Ports of previews on which somebody listens.
    pub listening: Vec<u16>,
}

impl Witness {
    pub(super) fn new(
        marker: PathBuf,
        data: PathBuf,
        installation: Option<String>,
        server: Option<u32>,
        ports: RangeInclusive<u16>,
    ) -> Self {
        let tag = installation.map(|id| format!("TEMPUS_INSTALLATION={id}").into_bytes());
        let marker = [b"TMPDIR=", marker.into_os_string().as_bytes()].concat();
        Self {
            marker,
            tag,
            data,
            server,
            ports,
        }
    }

    /// Sees what was given this folder as `TMPDIR`.
    pub(crate) fn marked(marker: PathBuf) -> Self {
        let nothing = RangeInclusive::new(1, 0);
        Self::new(marker, PathBuf::new(), None, None, nothing)
    }

    /// Everything that is there now.
    pub fn leftovers(&self) -> Leftovers {
        let mut left = Leftovers {
            processes: self.processes(),
            listening: listening(&self.ports),
            ..Leftovers::default()
        };
        let resources = fs::read_dir(self.data.join("processes"));
        for entry in resources.into_iter().flatten().flatten() {
            if !entry.path().is_dir() {
                continue;
            }
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Ok(lock) = File::open(entry.path().join("lock"))
                && lock.try_lock_shared().is_err()
            {
                left.locks.push(name.clone());
            }
            left.folders.push(name);
        }
        left
    }

    /// The processes, the server and this process excepted.
    pub fn processes(&self) -> Vec<Seen> {
        let own = [Some(std::process::id()), self.server];
        let pids = fs::read_dir("/proc").expect("/proc").flatten();
        pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|pid| !own.contains(&Some(*pid)))
            .filter_map(|pid| self.look(pid))
            .collect()
    }

    /// The process, if it is one of the server's. A zombie has no environment, and is none.
    fn look(&self, pid: u32) -> Option<Seen> {
        let environ = fs::read(format!("/proc/{pid}/environ")).ok()?;
        let entries: Vec<_> = environ.split(|byte| *byte == 0).collect();
        let marks = [Some(&self.marker), self.tag.as_ref()];
        let is_ours = |entry: &&[u8]| marks.into_iter().flatten().any(|mark| entry == mark);
        entries.iter().find(|entry| is_ours(entry))?;
        let value = |name: &[u8]| {
            let found = entries.iter().find_map(|entry| entry.strip_prefix(name));
            String::from_utf8_lossy(found.unwrap_or_default()).into_owned()
        };
        let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        Some(Seen {
            pid,
            role: value(b"TEMPUS_ROLE="),
            preview: value(b"TEMPUS_PREVIEW="),
            command: String::from_utf8_lossy(&command).replace('\0', " "),
        })
    }

    /// Ends one of the server's processes with SIGKILL, and no other: the process that is
    /// signalled is the one that was looked at. False if it is not there any more.
    pub fn kill(&self, pid: u32) -> bool {
        self.signal(pid, Signal::KILL)
    }

    /// Signals one of the server's processes, and no other. False if it is not there any more.
    pub fn signal(&self, pid: u32, signal: Signal) -> bool {
        let process = pidfd_open(super::pid(pid), PidfdFlags::empty());
        let Ok(process) = process else { return false };
        self.look(pid).is_some() && pidfd_send_signal(process, signal).is_ok()
    }

    /// Ends everything that is left of a server that runs no more.
    pub(crate) fn end_all(&self) {
        let deadline = Instant::now() + KILLED;
        loop {
            let left = self.processes();
            if left.is_empty() {
                return;
            }
            for process in &left {
                self.kill(process.pid);
            }
            if Instant::now() > deadline {
                eprintln!("still there after SIGKILL: {left:?}");
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// The ports of a range on which somebody listens, at any address. See `proc_net_tcp`: the second
/// field is address and port in hexadecimal, the fourth the state, of which 0A is listening.
fn listening(range: &RangeInclusive<u16>) -> Vec<u16> {
    let mut found = Vec::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let table = fs::read_to_string(table).unwrap_or_default();
        for line in table.lines().skip(1) {
            let mut fields = line.split_ascii_whitespace().skip(1);
            let (local, state) = (fields.next(), fields.nth(1));
            let port = local.and_then(|local| local.rsplit_once(':'));
            let port = port.and_then(|(_, port)| u16::from_str_radix(port, 16).ok());
            found.extend(port.filter(|port| state == Some("0A") && range.contains(port)));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The installation of a data folder, as its database says.
pub(super) fn installation(data: &Path) -> Option<String> {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let db = rusqlite::Connection::open_with_flags(data.join("tempus.db"), flags).ok()?;
    let query = "SELECT value FROM meta WHERE name = 'installation'";
    db.query_row(query, [], |row| row.get(0)).ok()
}

//! Emulators of AWS, set up and started by the tests that need them.
//!
//! Installed once, in a virtual environment under `target/emulators/`; started on a free port of
//! the loopback interface, as often as there are test processes. An emulator ends with the process
//! that started it, however that ends: it is run by a shell that waits for its standard input to
//! close. Whatever goes wrong here panics: a test that needs an emulator does not pass without.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// How long an emulator may take until it answers.
const PATIENCE: Duration = Duration::from_mins(1);

/// Runs what it is given, until its standard input closes.
const WHILE_I_LIVE: &str = r#""$@" & child=$!; cat >/dev/null; kill -9 "$child""#;

/// Starts ministack with its ECS calls one at a time. It runs each in a thread of its own, and what
/// one iterates over another changes: an `UpdateService` on a busy machine then ends in a 500
/// ("dictionary changed size during iteration") half way, and its deployment stays `IN_PROGRESS`
/// for ever, which ECS's never does.
const MINISTACK: &str = "
import sys, threading
from ministack.app import main
from ministack.services import ecs
turn, dispatch = threading.Lock(), ecs._dispatch_action
def one_at_a_time(*arguments):
    with turn:
        return dispatch(*arguments)
ecs._dispatch_action = one_at_a_time
sys.exit(main())
";

/// A running emulator.
pub struct Emulator {
    endpoint: String,
    shell: Child,
}

/// Which emulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// ministack: the main one. Schedules fire, messages come back, transactions hold.
    Ministack,
    /// moto: a second one, for its refusals.
    Moto,
}

impl Kind {
    const fn package(self) -> &'static str {
        match self {
            Self::Ministack => "ministack==1.5.33",
            Self::Moto => "moto[server]==5.2.5",
        }
    }

    const fn folder(self) -> &'static str {
        match self {
            Self::Ministack => "ministack-1.5.33",
            Self::Moto => "moto-5.2.5",
        }
    }

    fn command(self, environment: &Path, port: u16) -> Command {
        let program = |name: &str| environment.join("bin").join(name);
        let mut command = Command::new("sh");
        command.args(["-c", WHILE_I_LIVE, "sh"]);
        match self {
            Self::Ministack => command
                .arg(program("python3"))
                .args(["-c", MINISTACK])
                .env("GATEWAY_PORT", port.to_string())
                .env("BIND_HOST", "127.0.0.1"),
            Self::Moto => command.arg(program("moto_server")).args([
                "-H",
                "127.0.0.1",
                "-p",
                &port.to_string(),
            ]),
        };
        command
    }
}

impl Emulator {
    /// Starts one of one's own, to be killed or reset at will.
    pub fn start(kind: Kind) -> Self {
        let environment = installed(kind.package(), kind.folder());
        let port = free_port();
        let log = environment.join(format!("port-{port}.log"));
        let (out, err) = (create(&log), create(&log));
        let shell = kind
            .command(&environment, port)
            .stdin(Stdio::piped())
            .stdout(out)
            .stderr(err)
            .spawn();
        let shell = shell.unwrap_or_else(|error| panic!("{kind:?} does not start: {error}"));
        let emulator = Self {
            endpoint: format!("http://127.0.0.1:{port}"),
            shell,
        };
        let asked = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(
                asked.elapsed() < PATIENCE,
                "{kind:?} does not answer; see {}",
                log.display()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        emulator
    }

    /// The ministack that all tests of this process share. What they make must be told apart by
    /// its names.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Emulator> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(Kind::Ministack))
    }

    /// Where it answers for every service.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // The shell sees the end of its input, kills the emulator, and ends.
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

/// The folder that has `aws`, AWS's own command line, in it.
pub fn aws_cli() -> PathBuf {
    installed("awscli==1.45.11", "awscli-1.45.11").join("bin")
}

/// A virtual environment with this package, made by whichever test process comes first.
fn installed(package: &str, name: &str) -> PathBuf {
    let folder = target().join("emulators");
    let environment = folder.join(name);
    let ready = environment.join("ready");
    fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let lock = create(&folder.join("lock"));
    lock.lock()
        .unwrap_or_else(|error| panic!("the emulators' lock: {error}"));
    if !ready.exists() {
        let _ = fs::remove_dir_all(&environment);
        run(Command::new("python3")
            .args(["-m", "venv"])
            .arg(&environment));
        let pip = environment.join("bin").join("pip");
        let quietly = ["install", "--quiet", "--disable-pip-version-check"];
        run(Command::new(pip).args(quietly).arg(package));
        create(&ready);
    }
    environment
}

/// The build's own folder, wherever it is: cargo puts this test at `<folder>/<profile>/deps/<test>`.
/// (Its `CACHEDIR.TAG` says nothing: cargo leaves it out of a folder that stood there before.)
fn target() -> PathBuf {
    let test = std::env::current_exe().unwrap_or_else(|error| panic!("this test: {error}"));
    let target = test.ancestors().nth(3);
    target.map_or_else(
        || panic!("{} is in no target folder", test.display()),
        Path::to_owned,
    )
}

fn run(command: &mut Command) {
    let done = command.output();
    let done = done.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?}: {said}");
}

fn create(file: &Path) -> File {
    let opened = File::options().create(true).append(true).open(file);
    opened.unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let address = bound.and_then(|listener| listener.local_addr());
    address.map_or_else(|error| panic!("no free port: {error}"), |a| a.port())
}

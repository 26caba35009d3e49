//! Emulators of AWS, set up and started by the tests that need them.
//!
//! Started on a free port of the loopback interface, as often as there are test processes. An emulator ends with the process
//! that started it, however that ends: it is run by a shell that waits for its standard input to
//! close. Whatever goes wrong here panics: a test that needs an emulator does not pass without.

use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::python::{create, free_port, installed};

/// How long an emulator may take until it answers.
const PATIENCE: Duration = Duration::from_mins(1);

/// Runs what it is given, until its standard input closes.
const WHILE_I_LIVE: &str = r#""$@" & child=$!; cat >/dev/null; kill -9 "$child""#;

/// Starts ministack with its ECS calls one at a time. It runs each in a thread of its own, and what
/// one iterates over another changes: an `UpdateService` on a busy machine then ends in a 500
/// ("dictionary changed size during iteration") half way, and its deployment stays `IN_PROGRESS`
/// for ever, which ECS's never does. And a call of a service that it does not have, first of
/// all, keeps it for seconds: it reads the names of all that AWS has. It is told those that are called.
const MINISTACK: &str = "
import sys, threading
from ministack.app import main
from ministack.core import router
from ministack.services import ecs
router._KNOWN_AWS_SERVICE_NAMES = frozenset(['application-autoscaling'])
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

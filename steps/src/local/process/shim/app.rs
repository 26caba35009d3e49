//! One run of the command.

use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{fmt, io};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus};
use tokio::signal::unix::Signal as SignalStream;
use tokio::time::{sleep, timeout};

use super::output::{Log, Output};
use super::{EXEC, ShimCommand};
use crate::local::process::launch::Order;
use crate::local::process::log::LogSource;
use crate::local::process::{environment, processes};

/// How long the kernel may take to end what was sent SIGKILL.
const KILL_TIMEOUT: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A command that was started, with all that it starts.
///
/// This process reaps by hand, because orphans of the command become its children too; so there
/// must be no other way in which it waits for a child.
#[derive(Debug)]
pub(super) struct App {
    /// The first process: leader of a session and of a process group of the same number.
    leader: Pid,
    exit: Option<Exit>,
    output: Output,
}

/// How a command ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exit(WaitStatus);

impl Exit {
    pub(super) fn is_success(self) -> bool {
        self.0.exit_status() == Some(0)
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.exit_status(), self.0.terminating_signal()) {
            (Some(status), _) => write!(f, "exit status {status}"),
            (None, Some(signal)) => write!(f, "killed by signal {signal}"),
            (None, None) => write!(f, "ended"),
        }
    }
}

/// Whether this process has children, zombies not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(super) enum Children {
    Some,
    None,
}

impl App {
    /// Starts the command. Must run on a thread that lives as long as the process: the command
    /// dies with the thread that started it.
    pub(super) fn start(own: &ShimCommand, order: &Order, log: &Log) -> io::Result<Self> {
        let mut child = Command::new(own.program())
            .args(own.arguments())
            .arg(EXEC)
            .arg(std::process::id().to_string())
            .arg(&order.launch.command)
            .current_dir(&order.launch.dir)
            .env_clear()
            .envs(environment::of_app(order))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let leader = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let mut app = Self {
            leader: leader.ok_or_else(|| io::Error::other("a child without a pid"))?,
            exit: None,
            output: Output::default(),
        };
        let pipes = [
            (child.stdout.take().map(OwnedFd::from), LogSource::Stdout),
            (child.stderr.take().map(OwnedFd::from), LogSource::Stderr),
        ];
        for (pipe, source) in pipes {
            if let Some(pipe) = pipe {
                app.output.read(pipe, source, log.clone())?;
            }
        }
        Ok(app)
    }

    pub(super) fn pid(&self) -> u32 {
        self.leader.as_raw_nonzero().get().unsigned_abs()
    }

    /// Waits until the first process ends. What it started may still run.
    pub(super) async fn ended(&mut self, children: &mut SignalStream) -> Exit {
        loop {
            let _ = self.reap();
            if let Some(exit) = self.exit {
                return exit;
            }
            children.recv().await;
        }
    }

    /// Asks the whole group to end, gives it `grace`, and ends what is left of it.
    pub(super) async fn end(mut self, grace: Duration, children: &mut SignalStream) -> Children {
        self.signal(Signal::TERM);
        let deadline = Instant::now() + grace;
        // The first process is often a shell that goes at once, while what it started needs time.
        while self.is_there() && Instant::now() < deadline {
            // A child's end wakes us; that of a grandchild whose parent reaps it does not.
            let _ = timeout(LOOK_EVERY, children.recv()).await;
        }
        self.finish().await
    }

    /// Ends whatever is left, inside its group or not, and reads its last lines. Gives up on what
    /// the kernel does not end in time, and says so.
    pub(super) async fn finish(mut self) -> Children {
        let deadline = Instant::now() + KILL_TIMEOUT;
        let left = loop {
            self.signal(Signal::KILL);
            // A child's pid cannot be another's before it was reaped. Orphans become children, so
            // this goes down generation by generation.
            for child in processes::own_children() {
                let _ = rustix::process::kill_process(child, Signal::KILL);
            }
            let left = self.reap();
            if (left == Children::None && !self.group_is_there()) || Instant::now() > deadline {
                break left;
            }
            sleep(LOOK_EVERY / 4).await;
        };
        self.output.finish().await;
        left
    }

    fn signal(&self, signal: Signal) {
        let group = rustix::process::kill_process_group(self.leader, signal);
        // There is no group until the child has made its session, in its first few instructions.
        if group == Err(Errno::SRCH) && self.exit.is_none() {
            let _ = rustix::process::kill_process(self.leader, signal);
        }
    }

    fn is_there(&mut self) -> bool {
        let _ = self.reap();
        self.exit.is_none() || self.group_is_there()
    }

    /// As long as it has members, its number is not given to another; and a number just freed is
    /// the last that the kernel gives again.
    fn group_is_there(&self) -> bool {
        rustix::process::test_kill_process_group(self.leader) != Err(Errno::SRCH)
    }

    /// Takes note of every child that has ended.
    fn reap(&mut self) -> Children {
        loop {
            match rustix::process::wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) if pid == self.leader => self.exit = Some(Exit(status)),
                Ok(Some(_)) | Err(Errno::INTR) => {}
                Ok(None) => return Children::Some,
                Err(_) => return Children::None,
            }
        }
    }
}

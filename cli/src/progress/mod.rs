//! Shows a job's steps as they happen: a live display on a terminal, plain lines elsewhere.

mod follow;
mod live;
mod plain;
mod words;

use std::io::{self, IsTerminal};

use indicatif::{MultiProgress, ProgressDrawTarget};
use tempus_api::shape::JobView;

pub use follow::{FollowError, follow};
pub use words::{failure, outcome, remark, state_cell, time};

use live::Live;
use plain::Plain;

/// Where progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output: progress is what the command is for.
    Stdout,
    /// Standard error: the result goes to standard output.
    Stderr,
}

impl Stream {
    /// Whether a person watches it.
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Stdout => io::stdout().is_terminal(),
            Self::Stderr => io::stderr().is_terminal(),
        }
    }

    fn target(self) -> ProgressDrawTarget {
        match self {
            Self::Stdout => ProgressDrawTarget::stdout(),
            Self::Stderr => ProgressDrawTarget::stderr(),
        }
    }
}

/// A display of jobs, one after the other.
pub struct Progress {
    kind: Kind,
}

enum Kind {
    Live(Live),
    Plain(Plain),
}

impl Progress {
    /// A display that suits who is watching.
    pub fn on(stream: Stream) -> Self {
        let kind = if stream.is_terminal() {
            Kind::Live(Live::new(MultiProgress::with_draw_target(stream.target())))
        } else {
            Kind::Plain(Plain::new(stream))
        };
        Self { kind }
    }

    /// The live display, for whoever must write to the same terminal without tearing it.
    pub fn bars(&self) -> Option<MultiProgress> {
        match &self.kind {
            Kind::Live(live) => Some(live.bars()),
            Kind::Plain(_) => None,
        }
    }

    /// Shows how a job stands. A job with a final status is shown for good.
    pub fn show(&mut self, job: &JobView) -> io::Result<()> {
        match &mut self.kind {
            Kind::Live(live) => live.show(job),
            Kind::Plain(plain) => plain.show(job),
        }
    }

    /// Writes a line that stays.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        match &mut self.kind {
            Kind::Live(live) => live.line(text),
            Kind::Plain(plain) => plain.line(text),
        }
    }

    /// Nothing is being waited for any more.
    pub fn idle(&mut self) -> io::Result<()> {
        match &mut self.kind {
            Kind::Live(live) => live.idle(),
            Kind::Plain(_) => Ok(()),
        }
    }

    /// Says what is being waited for, on a terminal in one line that changes; elsewhere once,
    /// when `key` changes.
    pub fn waiting(&mut self, key: &'static str, text: &str) -> io::Result<()> {
        match &mut self.kind {
            Kind::Live(live) => {
                live.waiting(text);
                Ok(())
            }
            Kind::Plain(plain) => plain.waiting(key, text),
        }
    }
}

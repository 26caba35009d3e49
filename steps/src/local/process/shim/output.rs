//! From the command's pipes to its log.

use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{io, mem};

use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::task::{AbortHandle, JoinSet};

use crate::local::process::log::{LogSource, LogWriter, Splitter};

/// How long to read on when everybody who could write should be dead. Somebody may hold the other
/// end all the same: a process that had got hold of it and is no descendant.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A log that both pipes of a command write to.
#[derive(Debug, Clone)]
pub(super) struct Log(Arc<Mutex<LogWriter>>);

impl Log {
    pub(super) fn new(writer: LogWriter) -> Self {
        Self(Arc::new(Mutex::new(writer)))
    }

    pub(super) fn write(&self, source: LogSource, lines: Vec<String>) {
        if !lines.is_empty() {
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .write(source, lines);
        }
    }
}

/// How often old lines are looked for, at most.
const EXPIRE_EVERY: Duration = Duration::from_mins(10);

/// Looks for old lines while it lives.
#[derive(Debug)]
pub(super) struct Expiry(AbortHandle);

impl Drop for Expiry {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Log {
    /// Drops what is older than that, also of a command that writes nothing any more. Within a runtime.
    pub(super) fn expire_every(self, keeps: Duration) -> Expiry {
        let every = (keeps / 8).min(EXPIRE_EVERY);
        let task = tokio::spawn(async move {
            loop {
                self.0
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .expire();
                tokio::time::sleep(every).await;
            }
        });
        Expiry(task.abort_handle())
    }
}

/// The tasks that read a command's pipes.
#[derive(Debug, Default)]
pub(super) struct Output {
    readers: JoinSet<()>,
}

impl Output {
    /// Reads a pipe to its end. Within a runtime.
    pub(super) fn read(&mut self, pipe: OwnedFd, source: LogSource, log: Log) -> io::Result<()> {
        let pipe = Receiver::from_owned_fd(pipe)?;
        self.readers.spawn(copy(pipe, source, log));
        Ok(())
    }

    /// Waits for the last lines of a command that is gone.
    pub(super) async fn finish(mut self) {
        let all = async { while self.readers.join_next().await.is_some() {} };
        // What is left after that is dropped with the readers.
        let _ = tokio::time::timeout(LAST_WORDS, all).await;
    }
}

async fn copy(mut pipe: Receiver, source: LogSource, log: Log) {
    let mut splitter = Splitter::default();
    let mut chunk = vec![0; 8 << 10];
    let mut lines = Vec::new();
    while let Ok(read @ 1..) = pipe.read(&mut chunk).await {
        splitter.feed(&chunk[..read], |line| lines.push(line));
        log.write(source, mem::take(&mut lines));
    }
    log.write(source, splitter.finish().into_iter().collect());
}

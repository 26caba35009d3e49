//! Reading a log's end.

use std::collections::VecDeque;
use std::fs::{File, Metadata};
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::{LogFiles, LogLine};

/// The end of a log, and where to go on from it.
pub(super) struct Tail {
    pub(super) lines: Vec<LogLine>,
    /// The current file, at the first byte that is not in `lines`. `None` if there is no log.
    pub(super) rest: Option<Reader>,
}

/// Hands out a file's complete lines, and goes on when more have been written.
pub(super) struct Reader {
    file: BufReader<File>,
    /// The beginning of a line whose end is not written yet.
    partial: Vec<u8>,
}

/// Reads both files from their beginning, a few megabytes at most, keeping `most` lines in memory.
///
/// The current file is opened first: should it be rotated in between, it is met again as the
/// previous one and skipped, instead of being missed.
pub(super) fn tail(files: &LogFiles, most: usize) -> io::Result<Tail> {
    let mut current = Reader::open(&files.current)?;
    let mut previous = Reader::open(&files.previous)?;
    if let (Some(now), Some(before)) = (&current, &previous)
        && now.identity()? == before.identity()?
    {
        previous = None;
    }
    let mut lines = VecDeque::new();
    for reader in [&mut previous, &mut current].into_iter().flatten() {
        while let Some(line) = reader.next_line()? {
            lines.push_back(line);
            if lines.len() > most {
                lines.pop_front();
            }
        }
    }
    Ok(Tail {
        lines: lines.into(),
        rest: current,
    })
}

impl Reader {
    /// `None` if there is no such file.
    pub(super) fn open(path: &Path) -> io::Result<Option<Self>> {
        match File::open(path) {
            Ok(file) => Ok(Some(Self {
                file: BufReader::new(file),
                partial: Vec::new(),
            })),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The next complete line. `None` if it is not there yet. Lines are of bounded length, for
    /// their writer cut them.
    pub(super) fn next_line(&mut self) -> io::Result<Option<LogLine>> {
        loop {
            self.file.read_until(b'\n', &mut self.partial)?;
            let Some(line) = self.partial.strip_suffix(b"\n") else {
                return Ok(None);
            };
            let line = LogLine::parse(&String::from_utf8_lossy(line));
            self.partial.clear();
            if line.is_some() {
                return Ok(line);
            }
        }
    }

    pub(super) fn identity(&self) -> io::Result<(u64, u64)> {
        self.file.get_ref().metadata().map(|meta| identity(&meta))
    }
}

pub(super) fn identity(meta: &Metadata) -> (u64, u64) {
    (meta.dev(), meta.ino())
}

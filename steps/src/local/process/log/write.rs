//! Writing a log, and rotating it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;

use super::{LogFiles, LogLine, LogSource};
use crate::local::process::state::now;

/// The only writer of a log: the holder of the resource's lock.
#[derive(Debug)]
pub(in crate::local::process) struct LogWriter {
    files: LogFiles,
    file: File,
    size: u64,
}

impl LogWriter {
    pub(in crate::local::process) fn open(files: LogFiles) -> io::Result<Self> {
        let mut file = append(&files)?;
        let size = end_last_line(&mut file)?;
        Ok(Self { files, file, size })
    }

    /// Writes lines with one time and one system call.
    ///
    /// They are lost if they cannot be written, say on a full disk: a preview that goes on without
    /// its log is better than one that stops.
    pub(in crate::local::process) fn write(
        &mut self,
        source: LogSource,
        lines: impl IntoIterator<Item = String>,
    ) {
        let at = now();
        let mut batch = String::new();
        for text in lines {
            LogLine { at, source, text }.write_to(&mut batch);
        }
        if self.size >= LogFiles::ROTATE_AT && self.rotate().is_err() {
            return;
        }
        if self.file.write_all(batch.as_bytes()).is_ok() {
            self.size += batch.len() as u64;
        }
    }

    fn rotate(&mut self) -> io::Result<()> {
        match fs::rename(&self.files.current, &self.files.previous) {
            // Moved by an attempt that then failed, or removed by somebody.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            moved => moved?,
        }
        self.file = append(&self.files)?;
        self.size = 0;
        Ok(())
    }
}

fn append(files: &LogFiles) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(&files.current)
}

/// A writer that was killed may have left half a line: ends it, so that it spoils no other.
/// Returns the file's size.
fn end_last_line(file: &mut File) -> io::Result<u64> {
    let size = file.seek(SeekFrom::End(0))?;
    if size == 0 {
        return Ok(0);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    if last == *b"\n" {
        return Ok(size);
    }
    file.write_all(b"\n")?;
    Ok(size + 1)
}

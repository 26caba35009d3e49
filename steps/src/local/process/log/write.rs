//! Writing a log, and rotating it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;

use super::read::Reader;
use super::{LogFiles, LogLine, LogSource};
use crate::local::process::state::now;

/// The only writer of a log: the holder of the resource's lock.
#[derive(Debug)]
pub(in crate::local::process) struct LogWriter {
    files: LogFiles,
    file: File,
    size: u64,
    /// How long a line is kept at least. Files are dropped whole, so it may be half as long again.
    keeps: Option<Duration>,
}

impl LogWriter {
    pub(in crate::local::process) fn open(
        files: LogFiles,
        keeps: Option<Duration>,
    ) -> io::Result<Self> {
        let mut file = append(&files)?;
        let size = end_last_line(&mut file)?;
        Ok(Self {
            files,
            file,
            size,
            keeps,
        })
    }

    /// Drops what is too old. The current file becomes the previous one when its first line has had
    /// half of its time, and that one goes when its last line has had all of it.
    ///
    /// What cannot be dropped now is tried again.
    pub(in crate::local::process) fn expire(&mut self) {
        let Some(keeps) = self.keeps else { return };
        let now = now();
        let last = fs::metadata(&self.files.previous).and_then(|meta| meta.modified());
        if last.is_ok_and(|last| last.elapsed().is_ok_and(|age| age >= keeps)) {
            // Whoever reads it reads it to its end.
            let _ = fs::remove_file(&self.files.previous);
        }
        let first = Reader::open(&self.files.current).and_then(|reader| match reader {
            Some(mut reader) => reader.next_line(),
            None => Ok(None),
        });
        let is_old = |line: LogLine| line.at.until(now) >= keeps / 2;
        // Not over lines that still have time.
        if first.is_ok_and(|first| first.is_some_and(is_old)) && !self.files.previous.exists() {
            let _ = self.rotate();
        }
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::path::Path;
    use std::time::SystemTime;

    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    /// Lets a file look as old as that: its first line, and when it was written last.
    fn age(path: &Path, first: Duration, last: Duration) {
        let at = now().millis() - i64::try_from(first.as_millis()).unwrap();
        fs::write(path, format!("{at} o old\n")).unwrap();
        let file = File::options().append(true).open(path).unwrap();
        file.set_modified(SystemTime::now() - last).unwrap();
    }

    #[test]
    fn old_lines_go_and_no_line_goes_before_its_time() {
        let folder = tempfile::tempdir().unwrap();
        let files = LogFiles::new(folder.path());
        let expire = |keeps| LogWriter::open(files.clone(), keeps).unwrap().expire();
        let size = |path: &Path| fs::metadata(path).map(|meta| meta.len()).ok();
        // Young: nothing happens.
        age(&files.current, DAY / 4, DAY / 4);
        expire(Some(DAY));
        assert_eq!(size(&files.previous), None);
        // Half of its time is over: it is put aside, and kept.
        age(&files.current, DAY / 2, DAY / 2);
        expire(Some(DAY));
        assert!(size(&files.previous) > Some(0));
        assert_eq!(size(&files.current), Some(0));
        // Another is not put in its place while it has time.
        age(&files.current, DAY / 2, DAY / 2);
        expire(Some(DAY));
        assert!(size(&files.current) > Some(0));
        // All of its time is over, and the next takes its place.
        age(&files.previous, DAY * 2, DAY);
        expire(Some(DAY));
        assert_eq!(size(&files.current), Some(0));
        age(&files.previous, DAY * 2, DAY);
        expire(Some(DAY));
        assert_eq!(size(&files.previous), None);
        // Nobody says how long: it is kept.
        age(&files.previous, DAY * 900, DAY * 900);
        expire(None);
        assert!(size(&files.previous) > Some(0));
    }
}

//! What the server says of itself: readable on a terminal, JSON elsewhere, to standard error.
//!
//! Beside a live display, lines would tear it: there they go to a file in the data folder, and
//! only warnings show up above the display.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use indicatif::MultiProgress;
use tracing_subscriber::filter::{EnvFilter, LevelFilter};
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::prelude::*;

use crate::config::{Log, LogFormat};
use crate::telemetry;

/// The file's name in the data folder.
pub const FILE: &str = "tempus.log";

/// Where lines go.
pub enum Target<'a> {
    /// Standard error.
    Stderr,
    /// The file in this folder, and warnings above the live display.
    Beside {
        /// The display.
        bars: MultiProgress,
        /// The data folder.
        folder: &'a Path,
    },
}

/// Begins to log. Once per process.
pub fn start(log: &Log, target: Target<'_>) -> io::Result<()> {
    // The filter was checked when the configuration was loaded.
    let filter = EnvFilter::builder().parse_lossy(log.level.as_str());
    let registry = tracing_subscriber::registry();
    match target {
        Target::Stderr => {
            let is_terminal = io::stderr().is_terminal();
            let has_colours =
                is_terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
            let layer = match (log.format, is_terminal) {
                (LogFormat::Text, _) | (LogFormat::Auto, true) => fmt::layer()
                    .with_writer(io::stderr)
                    .with_ansi(has_colours)
                    .boxed(),
                (LogFormat::Json, _) | (LogFormat::Auto, false) => fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_current_span(false)
                    .with_span_list(true)
                    .with_writer(io::stderr)
                    .boxed(),
            };
            let lines = layer.with_filter(filter);
            registry.with(telemetry::layer()).with(lines).try_init()
        }
        Target::Beside { bars, folder } => {
            let file = LogFile::open(folder.join(FILE))?;
            let all = fmt::layer()
                .with_ansi(false)
                .with_writer(file)
                .with_filter(filter);
            let warnings = fmt::layer()
                .with_ansi(false)
                .with_target(false)
                .without_time()
                .with_writer(Above(bars))
                .with_filter(LevelFilter::WARN);
            let spans = telemetry::layer();
            registry.with(spans).with(all).with(warnings).try_init()
        }
    }
    .map_err(io::Error::other)
}

/// A file that begins anew when it has grown enough, keeping the one before.
struct LogFile {
    path: PathBuf,
    open: Mutex<Open>,
}

struct Open {
    file: File,
    size: u64,
}

impl LogFile {
    const LARGEST: u64 = 10 * 1024 * 1024;

    fn open(path: PathBuf) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let open = Mutex::new(Open::at(&path)?);
        Ok(Self { path, open })
    }

    fn write(&self, line: &[u8]) -> io::Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.size > Self::LARGEST {
            std::fs::rename(&self.path, self.path.with_extension("1.log"))?;
            *open = Open::at(&self.path)?;
        }
        open.size += line.len() as u64;
        open.file.write_all(line)
    }
}

impl Open {
    fn at(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let size = file.metadata()?.len();
        Ok(Self { file, size })
    }
}

impl<'a> MakeWriter<'a> for LogFile {
    type Writer = LogFileWriter<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        LogFileWriter(self)
    }
}

struct LogFileWriter<'a>(&'a LogFile);

impl Write for LogFileWriter<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.write(line)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes above the live display, which steps aside meanwhile.
struct Above(MultiProgress);

impl<'a> MakeWriter<'a> for Above {
    type Writer = AboveWriter<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        AboveWriter(&self.0)
    }
}

struct AboveWriter<'a>(&'a MultiProgress);

impl Write for AboveWriter<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = crate::output::clean_lines(&String::from_utf8_lossy(line));
        self.0.suspend(|| writeln!(io::stderr(), "{text}"))?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_stays_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data").join(FILE);
        let log = LogFile::open(path.clone()).unwrap();
        let line = vec![b'x'; 1024 * 1024];
        for _ in 0..30 {
            log.write(&line).unwrap();
        }
        let size = |path: &Path| std::fs::metadata(path).unwrap().len();
        let most = LogFile::LARGEST + 2 * line.len() as u64;
        assert!(size(&path) <= most && size(&path.with_extension("1.log")) <= most);
        assert_eq!(
            std::fs::read_dir(path.parent().unwrap()).unwrap().count(),
            2
        );
    }
}

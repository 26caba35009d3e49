//! A command's output, kept in two files of bounded size.
//!
//! One line of a file is `<milliseconds since 1970> <source> <text>`, the source being one letter.
//! The text is what the command wrote, up to but without the newline, with invalid UTF-8 replaced;
//! other control characters are data, and whoever shows them to a terminal has to see to it.

mod follow;
mod line;
mod read;
mod split;
mod write;

use std::io;
use std::path::{Path, PathBuf};

use futures::Stream;

pub use line::{LogLine, LogSource};
pub(super) use split::Splitter;
pub(super) use write::LogWriter;

/// The log of one resource. Making this value touches nothing.
#[derive(Debug, Clone)]
pub struct LogFiles {
    current: PathBuf,
    previous: PathBuf,
}

impl LogFiles {
    /// When the current file has this many bytes it becomes the previous one, and the one before
    /// that is gone. So a log takes about twice as much at most.
    pub(super) const ROTATE_AT: u64 = 1 << 20;

    pub(super) fn new(folder: &Path) -> Self {
        Self {
            current: folder.join("output.log"),
            previous: folder.join("output.1.log"),
        }
    }

    /// The last lines, oldest first, at most `most`. None if there is no log.
    pub async fn tail(&self, most: usize) -> io::Result<Vec<LogLine>> {
        let files = self.clone();
        tokio::task::spawn_blocking(move || read::tail(&files, most).map(|tail| tail.lines)).await?
    }

    /// The last lines, at most `most`, and then every line as it is written.
    ///
    /// Survives rotation and restarts, also that of the server. Ends when the resource has been
    /// removed, or when a file cannot be read; to end it earlier, drop it. Reads only as fast as
    /// its lines are taken: who is slower than two whole rotations loses lines in between.
    pub fn follow(&self, most: usize) -> impl Stream<Item = LogLine> + Send + 'static + use<> {
        follow::follow(self.clone(), most)
    }
}

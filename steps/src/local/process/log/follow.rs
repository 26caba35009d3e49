//! A log's lines as they are written.

use std::collections::VecDeque;
use std::fs;
use std::io::{self, ErrorKind};
use std::time::Duration;

use futures::Stream;
use futures::stream::unfold;

use super::read::{self, Reader};
use super::{LogFiles, LogLine};

/// How long a line may wait to be seen.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How many lines are fetched, and held, at a time.
const BATCH: usize = 256;

struct Follower {
    files: LogFiles,
    from: From,
    ready: VecDeque<LogLine>,
}

enum From {
    /// Nothing was read yet: begin with so many lines.
    Tail(usize),
    /// Go on here. `None` while there is no file.
    Here(Option<Reader>),
}

/// What a look at the files showed.
enum Look {
    Lines(Vec<LogLine>),
    NothingNew,
    /// The resource has been removed, and every line was read.
    Removed,
}

pub(super) fn follow(files: LogFiles, most: usize) -> impl Stream<Item = LogLine> + Send {
    let follower = Follower {
        files,
        from: From::Tail(most),
        ready: VecDeque::new(),
    };
    unfold(follower, |mut follower| async move {
        loop {
            if let Some(line) = follower.ready.pop_front() {
                return Some((line, follower));
            }
            let looked = tokio::task::spawn_blocking(move || {
                let look = follower.look();
                (follower, look)
            });
            // Fails only if it panicked or the runtime is going down.
            let (back, look) = looked.await.ok()?;
            follower = back;
            match look.ok()? {
                Look::Lines(lines) => follower.ready.extend(lines),
                Look::NothingNew => tokio::time::sleep(LOOK_EVERY).await,
                Look::Removed => return None,
            }
        }
    })
}

impl Follower {
    fn look(&mut self) -> io::Result<Look> {
        let reader = match &mut self.from {
            From::Tail(most) => {
                let tail = read::tail(&self.files, *most)?;
                self.from = From::Here(tail.rest);
                return Ok(Look::Lines(tail.lines));
            }
            From::Here(reader) => reader,
        };
        // Where the path leads is asked before the last read: what is written to the old file
        // after a rotation was not seen would otherwise be lost.
        let now_there = match fs::metadata(&self.files.current) {
            Ok(meta) => Some(read::identity(&meta)),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let mut lines = Vec::new();
        if let Some(reader) = reader {
            while lines.len() < BATCH
                && let Some(line) = reader.next_line()?
            {
                lines.push(line);
            }
        }
        if !lines.is_empty() {
            return Ok(Look::Lines(lines));
        }
        let read = reader.as_ref().map(Reader::identity).transpose()?;
        if now_there.is_some() && now_there != read {
            *reader = Reader::open(&self.files.current)?;
            return Ok(Look::Lines(Vec::new()));
        }
        let folder_is_there = self
            .files
            .current
            .parent()
            .is_some_and(std::path::Path::is_dir);
        Ok(if now_there.is_none() && !folder_is_there {
            Look::Removed
        } else {
            Look::NothingNew
        })
    }
}

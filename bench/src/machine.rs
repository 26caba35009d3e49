//! The machine that a figure was taken on.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use serde::Serialize;

use crate::report::round;

/// For how long the disk is measured.
const MEASURED: Duration = Duration::from_secs(1);
/// How much is written before each sync: a page, as a small commit does.
const PAGE: usize = 4096;
/// How many pages the file has, round which the writes go.
const PAGES: u64 = 256;

/// What a figure depends on that is not ours.
#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    /// How many threads run at once.
    pub cores: usize,
    /// The kernel's release.
    pub kernel: String,
    /// How this program was built.
    pub profile: &'static str,
}

impl Machine {
    /// This one.
    pub fn this() -> Self {
        let system = rustix::system::uname();
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            kernel: system.release().to_string_lossy().into_owned(),
            profile: if cfg!(debug_assertions) {
                "debug"
            } else {
                "release"
            },
        }
    }
}

/// How many times a second the disk under a folder says that a page was written for good: each time a
/// page of a file that has its full length, and a sync of its data.
pub fn fsyncs_per_second(folder: &Path) -> anyhow::Result<f64> {
    let file = tempfile::tempfile_in(folder).context("a file to sync")?;
    let page = [0x5a; PAGE];
    for number in 0..PAGES {
        write(&file, &page, number)?;
    }
    file.sync_all()?;
    let (began, mut number) = (Instant::now(), 0);
    while began.elapsed() < MEASURED {
        write(&file, &page, number % PAGES)?;
        file.sync_data()?;
        number += 1;
    }
    Ok(round(count(number) / began.elapsed().as_secs_f64(), 0))
}

fn write(file: &File, page: &[u8], number: u64) -> anyhow::Result<()> {
    Ok(file.write_all_at(page, number * page.len() as u64)?)
}

/// A count as a number to divide.
#[expect(
    clippy::cast_precision_loss,
    reason = "nothing here is counted to more than 2^52"
)]
pub fn count(number: u64) -> f64 {
    number as f64
}

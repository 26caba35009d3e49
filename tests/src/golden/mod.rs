//! Golden rows: stores and clouds as released versions left them, in the middle of everything.
//!
//! A plan that has shipped does not change, so a saga that an older release began must be finished
//! by every later one. For each version of each plan `tests/golden/` keeps what the sqlite engine
//! had stored, and what existed in the (simulated) cloud, at every cursor: each stage carried out,
//! each stage compensated, waiting, parked, being verified. They are made by running the real
//! worker and ending it right after a write ([`take`]), and resumed by the real worker
//! ([`Golden::resume`]).
//!
//! What is there is never written again: `just golden` adds the goldens of a version that has
//! none, and refuses when they already exist.

mod dump;
mod keep;
mod resume;
mod take;

use std::path::{Path, PathBuf};

use tempus_model::Timestamp;

pub use dump::{Kept, dump, load};
pub use keep::keep;
pub use resume::{End, resume};
pub use take::take;

/// A world as it was left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Golden {
    /// The plan's version, and what its preview has besides that not every release knew; or `rest`
    /// where no saga runs: its folder.
    pub plan: String,
    /// Where in the plan: its file.
    pub cursor: String,
    /// What time it was.
    pub now: Timestamp,
    /// What became of it when it was taken.
    pub end: End,
    /// What existed.
    pub cloud: Vec<Kept>,
    /// What was stored.
    pub stored: String,
}

/// A folder for a store: in memory where the system has such a place, since each of its hundreds of
/// commits waits for the disk.
fn scratch() -> std::io::Result<tempfile::TempDir> {
    let memory = Path::new("/dev/shm");
    tempfile::tempdir_in(memory).or_else(|_| tempfile::tempdir())
}

/// Where the goldens are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

impl Golden {
    /// Its file.
    pub fn file(&self) -> PathBuf {
        folder()
            .join(&self.plan)
            .join(format!("{}.sql", self.cursor))
    }

    /// As it is kept: SQL, with what is not stored in comments.
    pub fn text(&self) -> String {
        let mut text = format!("-- now {}\n-- ends {}\n", self.now.millis(), self.end);
        for kept in &self.cloud {
            text.push_str("-- cloud ");
            text.push_str(&serde_json::to_string(kept).unwrap_or_default());
            text.push('\n');
        }
        text + &self.stored
    }

    /// Reads a file.
    pub fn read(file: &Path) -> Result<Self, String> {
        let named = |error: String| format!("{}: {error}", file.display());
        let text = std::fs::read_to_string(file).map_err(|error| named(error.to_string()))?;
        let name = |path: Option<&Path>| {
            let name = path
                .and_then(Path::file_stem)
                .and_then(|name| name.to_str());
            name.unwrap_or_default().to_owned()
        };
        let (mut now, mut end, mut cloud) = (None, None, Vec::new());
        for line in text.lines() {
            if let Some(at) = line.strip_prefix("-- now ") {
                now = at.parse().ok().map(Timestamp::from_millis);
            } else if let Some(text) = line.strip_prefix("-- ends ") {
                end = Some(text.parse().map_err(named)?);
            } else if let Some(json) = line.strip_prefix("-- cloud ") {
                let kept = serde_json::from_str(json);
                cloud.push(kept.map_err(|error| named(error.to_string()))?);
            }
        }
        Ok(Self {
            plan: name(file.parent()),
            cursor: name(Some(file)),
            now: now.ok_or_else(|| named("it does not say when it was taken".to_owned()))?,
            end: end.ok_or_else(|| named("it does not say how it ends".to_owned()))?,
            cloud,
            stored: text,
        })
    }

    /// Every golden, in order.
    pub fn all() -> Result<Vec<Self>, String> {
        let mut files = Vec::new();
        for plan in listed(&folder())? {
            if plan.is_dir() {
                files.extend(listed(&plan)?);
            }
        }
        files.iter().map(|file| Self::read(file)).collect()
    }
}

fn listed(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let named = |error: std::io::Error| format!("{}: {error}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(named)?;
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(named)?;
    paths.sort();
    Ok(paths)
}

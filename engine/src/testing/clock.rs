//! A machine's clock that jumps, for processes that are built for tests: what no ordinary user can do
//! to a real one.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use tempus_model::Timestamp;

/// The variable that names the file. Not one of the program's own settings, which it would refuse.
pub const VARIABLE: &str = "TEST_CLOCK_FILE";

static FILE: LazyLock<Option<PathBuf>> =
    LazyLock::new(|| std::env::var_os(VARIABLE).map(PathBuf::from));

/// What a clock shows that is off by what the file says at this moment.
pub(crate) fn shifted(now: Timestamp) -> Timestamp {
    let Some(file) = &*FILE else { return now };
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let offset: i64 = text.trim().parse().unwrap_or(0);
    Timestamp::from_millis(now.millis().saturating_add(offset))
}

/// Puts the clock of the processes that were given this file so many milliseconds ahead or, if it is
/// negative, back.
pub fn shift(file: &Path, offset: i64) -> std::io::Result<()> {
    // In one step: who reads half a number would jump elsewhere.
    let draft = file.with_extension("draft");
    std::fs::write(&draft, offset.to_string())?;
    std::fs::rename(&draft, file)
}

//! Keeps goldens: only of plan versions that have none.

use std::collections::BTreeSet;
use std::fs;

use super::{Golden, folder};

/// Writes the goldens of plan versions that have none yet, and says which are missing of versions
/// that have: what has shipped is never written again.
pub fn keep(taken: &[Golden]) -> Result<Vec<String>, String> {
    let plans: BTreeSet<_> = taken.iter().map(|golden| golden.plan.as_str()).collect();
    let shipped: BTreeSet<_> = plans
        .into_iter()
        .filter(|plan| folder().join(plan).exists())
        .collect();
    let (old, new): (Vec<_>, Vec<_>) = taken
        .iter()
        .partition(|golden| shipped.contains(golden.plan.as_str()));
    for golden in new {
        let file = golden.file();
        let made = file.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| fs::write(&file, golden.text()))
            .map_err(|error| format!("{}: {error}", file.display()))?;
    }
    let name = |golden: &&Golden| format!("{}/{}", golden.plan, golden.cursor);
    let missing = old.iter().filter(|golden| !golden.file().exists());
    Ok(missing.map(name).collect())
}

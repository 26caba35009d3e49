//! Adds the goldens of plan versions that have none. What has shipped is never written again.

use std::collections::BTreeSet;
use std::fs;

use tempus_tests::golden::{folder, take};

fn main() -> Result<(), String> {
    let taken = take()?;
    let plans: BTreeSet<_> = taken.iter().map(|golden| golden.plan.as_str()).collect();
    let shipped: BTreeSet<_> = plans
        .into_iter()
        .filter(|plan| folder().join(plan).exists())
        .collect();
    let (old, new): (Vec<_>, Vec<_>) = taken
        .iter()
        .partition(|golden| shipped.contains(golden.plan.as_str()));
    for golden in &new {
        let file = golden.file();
        let made = file.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| fs::write(&file, golden.text()))
            .map_err(|error| format!("{}: {error}", file.display()))?;
        println!("{}/{}: {}", golden.plan, golden.cursor, golden.end);
    }
    if new.is_empty() {
        return Err(format!(
            "{} have shipped, and their {} goldens stay as they are: give what changes a new version",
            shipped.into_iter().collect::<Vec<_>>().join(", "),
            old.len()
        ));
    }
    Ok(())
}

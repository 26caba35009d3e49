//! The table that a crash matrix prints: calls by faults, each cell how many of them held.

use std::collections::BTreeMap;
use std::fmt;

/// How many cells held, by call and fault.
#[derive(Debug)]
pub struct Table<F> {
    faults: Vec<F>,
    counts: BTreeMap<String, BTreeMap<F, u32>>,
    /// Cells that did not hold, with the reason.
    pub broken: Vec<String>,
    /// How many cells were run.
    pub cells: usize,
}

impl<F: Ord + Copy> Table<F> {
    /// An empty table with these columns.
    pub fn new(faults: &[F]) -> Self {
        Self {
            faults: faults.to_vec(),
            counts: BTreeMap::new(),
            broken: Vec::new(),
            cells: 0,
        }
    }

    /// One more cell that held.
    pub fn held(&mut self, call: &str, fault: F) {
        let counts = self.counts.entry(call.to_owned()).or_default();
        *counts.entry(fault).or_default() += 1;
    }
}

impl<F: Ord + Copy + fmt::Display> fmt::Display for Table<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widest = self.counts.keys().map(String::len).max().unwrap_or(0);
        let widest = widest.max(26);
        write!(f, "{:widest$}", "call")?;
        for fault in &self.faults {
            write!(f, "{:>14}", fault.to_string())?;
        }
        writeln!(f)?;
        for (call, counts) in &self.counts {
            write!(f, "{call:widest$}")?;
            for fault in &self.faults {
                match counts.get(fault) {
                    Some(count) => write!(f, "{count:>14}")?,
                    None => write!(f, "{:>14}", "-")?,
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

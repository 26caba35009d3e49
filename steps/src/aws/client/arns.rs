//! ARNs and ids of what one step made and another needs, by name.
//!
//! A memo, not a truth: what it does not know is looked up by name, and what it knows is only
//! used while the row is trusted. It saves the clean path a describe per step.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::Trust;

/// How many are remembered before all are forgotten: each is looked up again when needed.
const MOST: usize = 10_000;

/// What is known.
#[derive(Debug, Default)]
pub(in crate::aws) struct Arns(Mutex<BTreeMap<String, String>>);

impl Arns {
    /// The ARN of this name, if it is known and may be trusted.
    pub(in crate::aws) fn get(&self, name: &str, trust: Trust) -> Option<String> {
        match trust {
            Trust::Trusted => self.lock().get(name).cloned(),
            Trust::Suspect => None,
        }
    }

    /// Remembers.
    pub(in crate::aws) fn set(&self, name: &str, arn: &str) {
        let mut known = self.lock();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(name.to_owned(), arn.to_owned());
    }

    /// Forgets what is gone, or was never so.
    pub(in crate::aws) fn forget(&self, name: &str) {
        self.lock().remove(name);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

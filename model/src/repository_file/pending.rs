//! Keys that are read, and that nothing acts on yet.
//!
//! Whoever makes a preview from a file says so: a key that is taken in silence and does nothing is
//! a promise that is not kept. A key leaves this list with the code that acts on it.

use std::fmt;

use super::RepositoryFile;

/// A key of the file that nothing acts on yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// The key.
    pub key: &'static str,
    /// What is so instead.
    pub instead: &'static str,
}

impl fmt::Display for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: nothing acts on it yet: {}", self.key, self.instead)
    }
}

impl RepositoryFile {
    /// The keys that were given and that nothing acts on yet.
    pub fn pending(&self) -> Vec<Pending> {
        // What is given and is so anyway needs no word.
        let given = [(
            self.sleep.is_some(),
            "sleep",
            "a preview stays awake until its time is over",
        )];
        let given = given.into_iter().filter(|(is_given, ..)| *is_given);
        given
            .map(|(_, key, instead)| Pending { key, instead })
            .collect()
    }
}

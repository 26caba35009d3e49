//! Keys that are read, and that nothing acts on yet.
//!
//! Whoever makes a preview from a file says so: a key that is taken in silence and does nothing is
//! a promise that is not kept. A key leaves this list with the code that acts on it.

use std::fmt;

use super::{FileService, RepositoryFile};
use crate::Template;

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
        let any = |given: fn(&FileService) -> bool| self.runs.services().any(given);
        // What is given and is so anyway needs no word.
        let given = [
            (
                any(|service| service.replicas.is_some_and(|count| count != 1)),
                "replicas",
                "one of each service runs",
            ),
            (
                any(|service| service.autoscale.is_some()),
                "autoscale",
                "one of each service runs",
            ),
            (
                any(|service| service.dockerfile.is_some()),
                "dockerfile",
                "an image is built before, and given as image or --image",
            ),
            (
                any(|service| service.build_context.is_some()),
                "build_context",
                "an image is built before, and given as image or --image",
            ),
            (
                self.build.is_some(),
                "build",
                "the folder must be ready to run",
            ),
            (
                self.log_retention_days.is_some(),
                "log_retention_days",
                "log lines are kept as long as the platform keeps all of them",
            ),
            (
                self.sleep.is_some(),
                "sleep",
                "a preview stays awake until its time is over",
            ),
            (
                self.template() != Template::ApiService,
                "template",
                "no platform has this one yet, and a server refuses it",
            ),
            (
                self.schedule.is_some(),
                "schedule",
                "it belongs to a template that no platform has yet",
            ),
            (
                self.seed.is_some(),
                "seed",
                "it belongs to a template that no platform has yet",
            ),
        ];
        let given = given.into_iter().filter(|(is_given, ..)| *is_given);
        given
            .map(|(_, key, instead)| Pending { key, instead })
            .collect()
    }
}

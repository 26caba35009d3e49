//! The runs of a command that has a timetable.

use serde::{Deserialize, Serialize};
use tempus_model::{Timestamp, Timetable};

use super::Revision;
use crate::Run;

/// How many runs are remembered.
const KEPT: usize = 20;

/// The content of `runs.json`, written by the lock's holder only.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Runs {
    /// What was due last, and when.
    pub(super) last: Option<(Revision, Timestamp)>,
    /// The newest, oldest first.
    pub(super) list: Vec<Run>,
}

impl Runs {
    /// When this revision runs first.
    pub(super) fn first(
        &self,
        revision: &Revision,
        timetable: &Timetable,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let of_this = self.last.as_ref().filter(|(of, _)| of == revision);
        timetable.first(of_this.map(|(_, due)| *due), now)
    }

    /// A run begins.
    pub(super) fn begin(&mut self, revision: &Revision, due: Timestamp, now: Timestamp) {
        self.last = Some((revision.clone(), due));
        self.list.push(Run {
            began: now,
            ended: None,
            exit: None,
        });
        let excess = self.list.len().saturating_sub(KEPT);
        self.list.drain(..excess);
    }

    /// The run that there is, if there is one, has ended.
    pub(super) fn end(&mut self, now: Timestamp, exit: &str) {
        if let Some(run) = self.list.last_mut().filter(|run| run.ended.is_none()) {
            run.ended = Some(now);
            run.exit = Some(exit.to_owned());
        }
    }
}

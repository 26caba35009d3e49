//! GitHub's limits, kept before they are reached: by each installation, since that is how GitHub
//! counts.
//!
//! What makes content (comments, statuses, deployments) may be asked for 80 times a minute and 500
//! times an hour. A budget below that is shared by all processes of this program; whoever finds it
//! spent is told how long to wait and comes back with whatever is true by then, so that a burst is
//! worked off as fewer, later edits. And whoever GitHub tells to wait makes all of that installation
//! wait.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::GitHubError;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// How much content may be made in an installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// In a minute.
    pub per_minute: usize,
    /// In an hour.
    pub per_hour: usize,
}

impl Pace {
    /// What GitHub allows, with room for what it counts otherwise, shared by so many processes.
    pub fn shared_by(processes: usize) -> Self {
        let processes = processes.max(1);
        Self {
            per_minute: (70 / processes).max(1),
            per_hour: (450 / processes).max(1),
        }
    }
}

/// What each installation has spent.
#[derive(Debug)]
pub(super) struct Limits {
    pace: Pace,
    installations: Mutex<HashMap<u64, Spent>>,
}

#[derive(Debug, Default)]
struct Spent {
    /// When content was made within the last hour.
    made: VecDeque<Instant>,
    /// Until when GitHub said to wait.
    paused: Option<Instant>,
}

impl Limits {
    pub fn new(pace: Pace) -> Self {
        Self {
            pace,
            installations: Mutex::default(),
        }
    }

    fn installations(&self) -> MutexGuard<'_, HashMap<u64, Spent>> {
        self.installations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether anything may be asked for now.
    pub fn open(&self, installation: u64) -> Result<(), GitHubError> {
        let now = Instant::now();
        let installations = self.installations();
        let paused = installations
            .get(&installation)
            .and_then(|spent| spent.paused);
        match paused {
            Some(until) if until > now => Err(GitHubError::Limited(until - now)),
            _ => Ok(()),
        }
    }

    /// Takes the right to make content, or says how long to wait for it.
    pub fn spend(&self, installation: u64) -> Result<(), GitHubError> {
        let now = Instant::now();
        let mut installations = self.installations();
        let made = &mut installations.entry(installation).or_default().made;
        while made.front().is_some_and(|first| now - *first >= HOUR) {
            made.pop_front();
        }
        for (most, span) in [(self.pace.per_minute, MINUTE), (self.pace.per_hour, HOUR)] {
            // The one that must have left the span before there is room again.
            let Some(place) = made.len().checked_sub(most) else {
                continue;
            };
            let wait = made
                .get(place)
                .map(|at| (*at + span).saturating_duration_since(now));
            if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
                return Err(GitHubError::Limited(wait));
            }
        }
        made.push_back(now);
        Ok(())
    }

    /// Lets the whole installation wait.
    pub fn pause(&self, installation: u64, how_long: Duration) {
        let until = Instant::now() + how_long.min(HOUR);
        let mut installations = self.installations();
        let paused = &mut installations.entry(installation).or_default().paused;
        *paused = Some(paused.map_or(until, |before| before.max(until)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_installation_makes_no_more_than_its_pace() {
        let limits = Limits::new(Pace {
            per_minute: 3,
            per_hour: 5,
        });
        for _ in 0..3 {
            limits.spend(1).unwrap();
        }
        assert_eq!(limits.spend(1), Err(GitHubError::Limited(MINUTE)));
        limits.spend(2).unwrap();
        tokio::time::advance(MINUTE).await;
        limits.spend(1).unwrap();
        limits.spend(1).unwrap();
        let rest = Duration::from_mins(59);
        assert_eq!(limits.spend(1), Err(GitHubError::Limited(rest)));
        tokio::time::advance(rest).await;
        limits.spend(1).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_is_told_to_wait_makes_all_wait() {
        let limits = Limits::new(Pace::shared_by(1));
        limits.open(1).unwrap();
        limits.pause(1, Duration::from_secs(30));
        limits.pause(1, Duration::from_secs(10));
        assert_eq!(
            limits.open(1),
            Err(GitHubError::Limited(Duration::from_secs(30)))
        );
        limits.open(2).unwrap();
        tokio::time::advance(Duration::from_secs(30)).await;
        limits.open(1).unwrap();
    }
}

//! Every job that was ever answered, and how it ended: once it is over it never changes.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

use super::{Api, eventually, text};

/// Jobs, and how they ended.
pub struct Outcomes {
    jobs: Mutex<BTreeMap<String, Option<Value>>>,
    patience: Duration,
}

impl Outcomes {
    /// None yet. A job may take this long while what carries it out is killed again and again.
    pub fn within(patience: Duration) -> Self {
        Self {
            jobs: Mutex::default(),
            patience,
        }
    }

    /// Takes note of a job that must come to an end.
    pub fn expect(&self, job: &str) {
        let mut jobs = self.jobs();
        jobs.entry(job.to_owned()).or_default();
    }

    /// Holds an answer about a job against all that was answered about it before. True if the job
    /// is over.
    fn saw(&self, job: &Value) -> bool {
        let is_over = ["succeeded", "failed", "superseded"].contains(&text(job, "status"));
        assert_eq!(is_over, job["finished_at"].is_string(), "{job:#}");
        let mut jobs = self.jobs();
        let known = jobs.entry(text(job, "job_id").to_owned()).or_default();
        match known {
            Some(before) => assert_eq!(before, job, "what is over has changed"),
            None if is_over => *known = Some(job.clone()),
            None => {}
        }
        is_over
    }

    /// Waits until a job is over, which it must be in one of these ways.
    pub async fn await_end(&self, api: &Api, job: &str, ways: &[&str]) -> Value {
        self.expect(job);
        let path = format!("/job/{job}");
        let ended = eventually(
            &format!("the end of job {job}"),
            self.patience,
            async || {
                let job = api.get(&path).insist().await.expect(200);
                if !self.saw(&job) {
                    tokio::time::sleep(Duration::from_millis(80)).await;
                    return None;
                }
                Some(job)
            },
        )
        .await;
        assert!(ways.contains(&text(&ended, "status")), "{ended:#}");
        ended
    }

    fn jobs(&self) -> MutexGuard<'_, BTreeMap<String, Option<Value>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every job is over, as it was seen to be before.
    pub async fn hold(&self, api: &Api) {
        let jobs: Vec<_> = self.jobs().keys().cloned().collect();
        for job in jobs {
            let view = api.get(&format!("/job/{job}")).send().await.expect(200);
            assert!(self.saw(&view), "not over: {view:#}");
        }
    }
}

impl fmt::Display for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut counts: BTreeMap<_, u32> = BTreeMap::new();
        for job in self.jobs().values().flatten() {
            *counts
                .entry((text(job, "kind").to_owned(), text(job, "status").to_owned()))
                .or_default() += 1;
        }
        write!(f, "jobs")?;
        for ((kind, status), count) in counts {
            write!(f, ", {count} {kind} {status}")?;
        }
        Ok(())
    }
}

//! The wait for a service to answer its health path.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::LocalOptions;
use super::platform::resource_name;
use super::ports::port_of;
use super::process::{Status, Supervisor};
use crate::{Ctx, Progress, Resource, Step, StepError, http};

/// How long one look takes at most.
const LOOK: Duration = Duration::from_secs(2);
/// How long until the next look.
const LOOK_AGAIN: Duration = Duration::from_millis(150);
/// How often a process may end before it counts as one that cannot run. Only what it did since
/// this step began: a service that died now and then in a long life, or before a replay, may try.
const ENDS_TOLERATED: usize = 3;
/// How many of its last lines go with the reason.
const LAST_LINES: usize = 20;

/// Waits.
pub(super) struct Healthy {
    supervisor: Arc<Supervisor>,
    options: Arc<LocalOptions>,
    client: reqwest::Client,
}

/// For whom.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct HealthyPlan {
    /// The process.
    pub(super) process: String,
    /// The item its port is reserved for.
    pub(super) port_item: String,
    /// The path that answers 2xx or 3xx.
    pub(super) path: String,
}

/// What keeps a service from being ready, and how the step ends if it lasts.
struct Problem {
    words: String,
    end: fn(String) -> StepError,
}

impl Problem {
    /// Ready it will not be, however long one waits.
    fn refusal(words: String) -> Self {
        let end = StepError::rejected;
        Self { words, end }
    }

    /// Ready it is not yet.
    fn delay(words: impl Into<String>) -> Self {
        let (words, end) = (words.into(), StepError::overdue);
        Self { words, end }
    }
}

impl Healthy {
    pub(super) fn new(supervisor: Arc<Supervisor>, options: Arc<LocalOptions>) -> Self {
        // Only fails without a resolver, which this client does not use.
        let client = http::plain()
            .timeout(LOOK)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("nothing is read that could be missing");
        Self {
            supervisor,
            options,
            client,
        }
    }

    /// What keeps the service from being ready, or nothing. Development servers may listen on
    /// either loopback address.
    async fn problem(&self, port: u16, path: &str) -> Option<Problem> {
        let mut problem = String::new();
        for host in ["127.0.0.1", "[::1]"] {
            let url = format!("http://{host}:{port}{path}");
            match self.client.get(url).send().await {
                Ok(answer) if answer.status().as_u16() < 400 => return None,
                Ok(answer) => {
                    let said = format!("GET {path} answers {}", answer.status());
                    return Some(Problem::refusal(said));
                }
                Err(error) if error.is_timeout() => problem = format!("GET {path} does not answer"),
                Err(_) if problem.is_empty() => {
                    problem = format!("nothing listens on the port that PORT names ({port})");
                }
                Err(_) => {}
            }
        }
        Some(Problem::delay(problem))
    }

    /// Says what the service said last, too.
    async fn with_last_lines(&self, process: &str, error: StepError) -> StepError {
        let mut detail = Vec::new();
        if let Ok(name) = resource_name(process) {
            let lines = self.supervisor.last_lines(&name, LAST_LINES).await;
            detail.extend(lines.into_iter().map(|line| line.text));
        }
        error.detailed(detail)
    }
}

#[async_trait]
impl Step for Healthy {
    type Planned = HealthyPlan;
    type Output = ();

    const KIND: &'static str = "healthy";

    fn deadline(&self) -> Duration {
        // The step itself rejects in time, with the last lines.
        self.options.ready_within + Duration::from_secs(30)
    }

    fn resource(&self, _planned: &HealthyPlan) -> Option<Resource> {
        None
    }

    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &HealthyPlan,
        _current: Option<&()>,
    ) -> Result<Progress<()>, StepError> {
        let port = port_of(ctx, &self.options, &planned.port_item).await?;
        let name = resource_name(&planned.process)?;
        let status = self.supervisor.status(&name)?;
        // Only its own process may answer for a service, not whatever else took the port.
        let problem = match &status {
            Status::Running(_) => match self.problem(port, &planned.path).await {
                None => return Ok(Progress::Done(())),
                Some(problem) => problem,
            },
            Status::BackingOff(ended) => {
                let ends = ended.ends.iter().filter(|at| **at >= ctx.since()).count();
                let last_exit = &ended.last_exit;
                if ends > ENDS_TOLERATED {
                    let reason =
                        format!("the command ended {ends} times in a row, last with {last_exit}");
                    let error = StepError::rejected(reason);
                    return Err(self.with_last_lines(&planned.process, error).await);
                }
                if ends == 0 {
                    // It failed for somebody who asked before. Who asks now, a replay after what was
                    // wrong was mended, does not wait for the pause that those failures earned.
                    self.supervisor.start_now(&name).await?;
                }
                Problem::refusal(format!("the command ended with {last_exit}"))
            }
            // Its shim was killed since the process was started.
            Status::Down => {
                self.supervisor.revive(&name).await?;
                Problem::delay("the process is starting again")
            }
            _ => Problem::delay("the process is starting"),
        };
        if ctx.since().after(self.options.ready_within) <= ctx.now() {
            let within = self.options.ready_within.as_secs();
            let reason = format!("not ready within {within} s: {}", problem.words);
            let error = (problem.end)(reason);
            return Err(self.with_last_lines(&planned.process, error).await);
        }
        Ok(Progress::wait(LOOK_AGAIN, problem.words))
    }

    async fn compensate(
        &self,
        _ctx: &dyn Ctx,
        _planned: &HealthyPlan,
        _output: Option<&()>,
    ) -> Result<Progress<()>, StepError> {
        Ok(Progress::Done(()))
    }
}

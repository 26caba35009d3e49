//! Plain lines, each written once, for files and CI logs.

use std::collections::HashMap;
use std::io::{self, Write};

use tempus_api::shape::JobView;
use tempus_engine::{Clock, SystemClock};
use tempus_model::{JobId, StepState};

use super::{Stream, words};

/// What has been said already.
pub(super) struct Plain {
    out: Box<dyn Write + Send>,
    job: Option<JobId>,
    steps: HashMap<String, StepState>,
    ended: Option<JobId>,
    waiting: &'static str,
}

impl Plain {
    pub(super) fn new(stream: Stream) -> Self {
        Self::to(match stream {
            Stream::Stdout => Box::new(anstream::AutoStream::auto(io::stdout())),
            Stream::Stderr => Box::new(anstream::AutoStream::auto(io::stderr())),
        })
    }

    fn to(out: Box<dyn Write + Send>) -> Self {
        Self {
            out,
            job: None,
            steps: HashMap::new(),
            ended: None,
            waiting: "",
        }
    }

    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{text}")?;
        self.out.flush()
    }

    pub(super) fn waiting(&mut self, key: &'static str, text: &str) -> io::Result<()> {
        if self.waiting == key {
            return Ok(());
        }
        self.waiting = key;
        self.line(text)
    }

    pub(super) fn show(&mut self, job: &JobView) -> io::Result<()> {
        if self.job != Some(job.job_id) {
            self.job = Some(job.job_id);
            self.steps.clear();
            self.waiting = "";
            self.line(&format!("{} {}", job.kind, job.job_id))?;
        }
        let now = SystemClock.now();
        for step in &job.steps {
            let before = self.steps.insert(step.step.clone(), step.state);
            if before == Some(step.state) {
                continue;
            }
            let mut line = format!("  {:<28} {}", step.step, words::state(step.state));
            if !matches!(step.state, StepState::Running | StepState::Removing) {
                line = format!("{line} after {}", words::time(step, now));
            }
            let remark = words::remark(step, now);
            if !remark.is_empty() {
                line = format!("{line} ({remark})");
            }
            self.line(&line)?;
        }
        let is_over = job.status.is_final() && self.ended != Some(job.job_id);
        if is_over {
            self.ended = Some(job.job_id);
            self.line(&words::outcome(job))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::json;

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn job(status: &str, steps: &serde_json::Value) -> JobView {
        serde_json::from_value(json!({
            "job_id": "550e8400-e29b-41d4-a716-446655440000",
            "preview_id": "650e8400-e29b-41d4-a716-446655440000",
            "kind": "create", "status": status, "generation": 1,
            "created_at": "2026-01-01T00:00:00.000Z",
            "finished_at": (status == "succeeded").then_some("2026-01-01T00:00:03.000Z"),
            "steps": steps,
        }))
        .unwrap()
    }

    #[test]
    fn each_change_is_said_once() {
        let page = Page::default();
        let mut plain = Plain::to(Box::new(page.clone()));
        let at = |s: u32| format!("2026-01-01T00:00:0{s}.000Z");
        let timer = |state: &str| {
            let mut step =
                json!({"step": "timer", "state": state, "attempts": 1, "started_at": at(0)});
            if state == "done" {
                step["finished_at"] = at(1).into();
            }
            step
        };
        let web = json!({
            "step": "process:web", "state": "done", "attempts": 2,
            "started_at": at(1), "finished_at": at(3), "error": "\u{1b}[31mbusy"
        });
        plain.show(&job("queued", &json!([]))).unwrap();
        plain
            .show(&job("running", &json!([timer("running")])))
            .unwrap();
        plain
            .show(&job("running", &json!([timer("running")])))
            .unwrap();
        plain
            .show(&job("running", &json!([timer("done")])))
            .unwrap();
        for _ in 0..2 {
            plain
                .show(&job("succeeded", &json!([timer("done"), web])))
                .unwrap();
        }
        let seen = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
        insta::assert_snapshot!(seen, @r"
        create 550e8400-e29b-41d4-a716-446655440000
          timer                        running
          timer                        done after 1.0s
          process:web                  done after 2.0s (attempt 2, busy)
        create succeeded in 3.0s
        ");
    }
}

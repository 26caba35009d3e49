//! Jobs and steps for the tests of the timeline.

use serde_json::{Value, json};
use tempus_model::Timestamp;

use crate::shape::JobView;

/// So many milliseconds after the job was accepted.
pub(super) fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_millis(1_767_225_600_000 + milliseconds)
}

/// A job of these steps.
pub(super) fn job(status: &str, steps: &[Value]) -> JobView {
    let mut job = json!({
        "job_id": "550e8400-e29b-41d4-a716-446655440000",
        "preview_id": "550e8400-e29b-41d4-a716-446655440001",
        "kind": "create", "status": status, "generation": 1,
        "created_at": at(0).to_string(), "started_at": at(100).to_string(), "steps": steps,
    });
    if status == "failed" {
        job["finished_at"] = at(4000).to_string().into();
    }
    serde_json::from_value(job).unwrap()
}

/// A step as it is sent, with these times.
pub(super) fn step(state: &str, times: &[(&str, i64)]) -> Value {
    let mut step = json!({"step": "process:web", "state": state, "attempts": 1});
    for (name, time) in times {
        step[*name] = at(*time).to_string().into();
    }
    step
}

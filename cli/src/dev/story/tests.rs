//! The story, told by a server that answers from a script.

use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::*;
use crate::client::Server;
use crate::progress::Stream;

const PREVIEW: &str = "1f2e3d4c-0000-4000-8000-000000000001";
const CREATE: &str = "550e8400-e29b-41d4-a716-446655440001";
const DESTROY: &str = "550e8400-e29b-41d4-a716-446655440002";
const EARLY: &str = "2026-01-01T00:00:00.000Z";

/// What the server answers. Each look at the preview takes the next of its phases.
#[derive(Clone)]
struct Script {
    create: Value,
    phases: Arc<Mutex<Vec<(&'static str, &'static str)>>>,
    receipt: (StatusCode, Value),
}

impl Script {
    /// Everything goes well.
    fn new() -> Self {
        let phases = [
            ("destroyed", DESTROY),
            ("destroying", DESTROY),
            ("ready", CREATE),
        ];
        Self {
            create: job(CREATE, "create", "succeeded"),
            phases: Arc::new(Mutex::new(phases.into())),
            receipt: (StatusCode::OK, receipt(&[])),
        }
    }

    async fn tell(self, must_end: bool) -> Result<(), Failure> {
        let routes = Router::new()
            .route("/previews", get(async || Json(json!({"previews": []}))))
            .route("/preview/create", post(async || Json(accepted())))
            .route(
                "/preview/{id}",
                get(async |State(s): State<Self>| s.preview()),
            )
            .route(
                "/preview/{id}/receipt",
                get(async |State(s): State<Self>| (s.receipt.0, Json(s.receipt.1))),
            )
            .route(
                "/job/{id}",
                get(async |State(s): State<Self>, Path(id): Path<String>| {
                    Json(if id == CREATE {
                        s.create
                    } else {
                        job(DESTROY, "destroy", "succeeded")
                    })
                }),
            )
            .with_state(self);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, routes).into_future());
        let client = Client::new(Server::at(url.parse().unwrap())).unwrap();
        let mut progress = Progress::on(Stream::Stdout);
        let story = Story::new(&client, &mut progress, Duration::ZERO, must_end);
        story.tell(&Asked::default()).await
    }

    fn preview(&self) -> Json<Value> {
        let mut phases = self.phases.lock().unwrap();
        let (phase, job) = if phases.len() > 1 {
            phases.pop().unwrap()
        } else {
            phases[0]
        };
        Json(json!({
            "preview_id": PREVIEW, "name": "hello", "url": "http://hello.localhost:8081/",
            "phase": phase, "parked": false, "generation": 1,
            "created_at": EARLY, "expires_at": "2099-01-01T00:00:00.000Z", "template": "app",
            "owner": {"id": "local", "login": "local"}, "services": [], "resources": {},
            "open_jobs": [], "last_job": {"job_id": job, "kind": "create"},
        }))
    }
}

fn job(id: &str, kind: &str, status: &str) -> Value {
    json!({
        "job_id": id, "preview_id": PREVIEW, "kind": kind, "status": status, "generation": 1,
        "created_at": EARLY, "finished_at": EARLY, "steps": [],
        "error": {"kind": "rejected", "reason": "it never answered"},
    })
}

fn accepted() -> Value {
    json!({
        "job_id": CREATE, "preview_id": PREVIEW,
        "preview_url": "http://hello.localhost:8081/", "expires_at": EARLY,
    })
}

fn receipt(found: &[&str]) -> Value {
    json!({
        "preview_id": PREVIEW, "installation": "0a1b2c3d", "generation": 2,
        "destroyed_at": EARLY, "verified_at": EARLY, "removed": [],
        "checks": [{"kind": "process", "by": "tag", "found": found}],
    })
}

fn exit(told: Result<(), Failure>) -> Exit {
    told.map_or_else(|failure| failure.exit, |()| Exit::Ok)
}

#[tokio::test]
async fn a_life_without_incident_is_a_success() {
    assert_eq!(exit(Script::new().tell(true).await), Exit::Ok);
}

#[tokio::test]
async fn a_failed_create_is_told_to_its_end_and_fails() {
    let mut script = Script::new();
    script.create = job(CREATE, "create", "failed");
    script.phases = Arc::new(Mutex::new(vec![("failed", CREATE)]));
    let failure = script.tell(true).await.unwrap_err();
    assert_eq!(failure.exit, Exit::Failed);
    assert!(
        failure.message.contains("it never answered"),
        "{}",
        failure.message
    );
}

#[tokio::test]
async fn a_parked_job_ends_the_story_where_nobody_is_there_to_replay_it() {
    let mut script = Script::new();
    script.create = job(CREATE, "create", "parked");
    assert_eq!(exit(script.tell(true).await), Exit::Parked);
}

#[tokio::test]
async fn without_a_clean_receipt_nothing_is_proved() {
    let mut script = Script::new();
    script.receipt.1 = receipt(&["pid 4711"]);
    assert_eq!(exit(script.tell(true).await), Exit::NotProved);

    let mut script = Script::new();
    let problem = json!({"type": "urn:tempus:problem:no-receipt", "title": "None", "status": 404});
    script.receipt = (StatusCode::NOT_FOUND, problem);
    assert_eq!(exit(script.tell(true).await), Exit::NotProved);
}

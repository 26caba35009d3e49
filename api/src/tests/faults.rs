//! What goes wrong inside.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use tempus_engine::{Delivery, Depth, Handle, Outgoing, Queue, QueueError};

use super::server::Server;

#[tokio::test]
async fn a_panic_is_a_problem_that_tells_nothing() {
    let server = Server::start().await;
    let answer = server
        .post("/preview/create", json!({"command": "panic"}))
        .await;
    assert_eq!(answer.status, 500);
    assert_eq!(answer.json()["type"], "urn:tempus:problem:internal");
    assert!(!String::from_utf8_lossy(&answer.body).contains("secret"));
    assert_eq!(
        answer.header("x-request-id").len(),
        16,
        "what to look for in the log"
    );
    assert_eq!(server.count().await, 0);
    assert_eq!(server.get("/ready").await.status, 200);
}

/// A queue that takes nothing.
struct Deaf;

#[async_trait]
impl Queue for Deaf {
    async fn send(&self, _: &[Outgoing]) -> Result<(), QueueError> {
        Err(QueueError("deaf".to_owned()))
    }

    async fn receive(&self, _: usize, _: Duration) -> Result<Vec<Delivery>, QueueError> {
        Ok(Vec::new())
    }

    async fn hide(&self, _: &[Handle], _: Duration) -> Result<(), QueueError> {
        Ok(())
    }

    async fn delete(&self, _: &[Handle]) -> Result<(), QueueError> {
        Ok(())
    }

    async fn depth(&self) -> Result<Depth, QueueError> {
        Err(QueueError("deaf".to_owned()))
    }

    fn longest_delay(&self) -> Duration {
        Duration::ZERO
    }
}

#[tokio::test]
async fn a_request_stands_though_its_hint_was_lost() {
    let server = Server::with_queue(|_| Arc::new(Deaf)).await;
    let (preview, _) = server.created(json!({})).await;
    assert_eq!(server.get(&format!("/preview/{preview}")).await.status, 200);
    assert_eq!(server.get("/metrics").await.status, 200);
}

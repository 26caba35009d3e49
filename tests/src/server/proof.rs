//! What must be true of a preview that is gone.

use std::time::Duration;

use serde_json::Value;

use super::{Api, eventually};

/// Phases that a preview does not come back from.
pub const GONE: [&str; 2] = ["destroyed", "failed"];

/// Waits for a preview's receipt, and shows that nothing of it answers any more.
pub async fn proved_gone(api: &Api, preview: &str, within: Duration) -> Value {
    let receipt = proved(api, preview, within).await;
    let by_path = api.visit_port(&format!("/preview-{}/", &preview[..8]));
    let status = by_path.insist().await.status;
    assert!([404, 410].contains(&status), "{preview} answers {status}");
    receipt
}

/// Waits for a preview's receipt, which must find nothing and be about a preview at rest.
pub async fn proved(api: &Api, preview: &str, within: Duration) -> Value {
    let path = format!("/preview/{preview}/receipt");
    let receipt = eventually(&format!("the receipt of {preview}"), within, async || {
        let answer = api.get(&path).insist().await;
        match answer.status {
            200 => Some(answer.json()),
            // Still wanted, or still to be proved.
            404 | 409 => None,
            _ => panic!("the receipt of {preview}: {}", answer.text()),
        }
    })
    .await;
    let checks = receipt["checks"].as_array().expect("a list of checks");
    assert!(!checks.is_empty(), "{receipt:#}");
    let is_clean = |check: &Value| check["found"].as_array().is_some_and(Vec::is_empty);
    assert!(checks.iter().all(is_clean), "{receipt:#}");
    let view = api.preview(preview).await;
    let phase = view["phase"].as_str().expect("a phase");
    assert!(GONE.contains(&phase), "{view:#}");
    assert!(view["verified_at"].is_string(), "{view:#}");
    assert_eq!(view["open_jobs"], serde_json::json!([]), "{view:#}");
    receipt
}

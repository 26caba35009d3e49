//! What is refused, is refused in words that help, and changes nothing: bad input, other sites'
//! pages, and more previews than there are slots.

mod bad_input;
mod other_sites;
mod quota;
mod standing;

use serde_json::Value;
use tempus_tests::server::{Answer, Api, Call, text};

/// Sends what must be refused with this status, and shows that nothing has changed by it.
async fn refused(api: &Api, call: Call, status: u16, what: &str) -> Answer {
    let everything = async || api.get("/previews?limit=200").send().await.expect(200);
    let before = everything().await;
    let answer = call.send().await;
    assert_eq!(answer.status, status, "{what}: {}", answer.text());
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json"),
        "{what}"
    );
    let problem = answer.json();
    assert_eq!(problem["status"], status, "{what}");
    assert!(!text(&problem, "detail").is_empty(), "{what}");
    assert_eq!(everything().await, before, "{what} has changed something");
    answer
}

/// A refusal that names a field and says this of it.
fn names(problem: &Value, field: &str, says: &str) {
    let errors = problem["errors"]
        .as_array()
        .unwrap_or_else(|| panic!("{problem:#}"));
    let error = errors.iter().find(|error| error["field"] == field);
    let error = error.unwrap_or_else(|| panic!("no {field} in {problem:#}"));
    assert!(
        text(error, "problem").contains(says),
        "{says:?} is not in {problem:#}"
    );
}

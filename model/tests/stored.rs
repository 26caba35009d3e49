//! Every form in which something is stored or sent stays readable, and keeps all that it says.
//!
//! A file in `golden/` is never changed: a form that gains something gets another file.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tempus_model::{
    AccessMode, Deed, Hint, Identity, Job, Limits, Receipt, Row, Seed, Spec, TokenRecord,
};

fn golden(name: &str) -> String {
    let file = format!("{}/tests/golden/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Reads what is kept under this name; all of it must come back.
fn keeps<T: Serialize + DeserializeOwned + Debug>(name: &str) -> T {
    let text = golden(name);
    let value: T = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let (kept, today): (Value, Value) = (
        serde_json::from_str(&text).unwrap(),
        serde_json::to_value(&value).unwrap(),
    );
    lost(name, &kept, &today);
    value
}

/// What is kept must be in today's form too; what is null or false today may be left out.
fn lost(at: &str, kept: &Value, today: &Value) {
    match (kept, today) {
        (Value::Object(kept), Value::Object(today)) => {
            for (field, value) in kept {
                let at = format!("{at}.{field}");
                match today.get(field) {
                    Some(today) => lost(&at, value, today),
                    None => assert!(
                        value.is_null() || *value == Value::Bool(false),
                        "{at} is lost"
                    ),
                }
            }
        }
        (Value::Array(kept), Value::Array(today)) => {
            assert_eq!(kept.len(), today.len(), "{at}");
            for (i, (kept, today)) in kept.iter().zip(today).enumerate() {
                lost(&format!("{at}[{i}]"), kept, today);
            }
        }
        _ => assert_eq!(kept, today, "{at}"),
    }
}

#[test]
fn rows() {
    for name in [
        "row-waiting",
        "row-parked",
        "row-gone",
        "row-failed",
        "row-asleep",
        "row-idle",
        "row-pinned",
    ] {
        let row: Row = keeps(name);
        assert_eq!(tempus_model::invariant::of_row(&row), Ok(()), "{name}");
    }
    let _: Row = keeps("row-full");
    let counted: Row = keeps("row-spans");
    assert_eq!(counted.spans.running().map(|of| of.tasks), Some(2));
}

#[test]
fn jobs_and_specs() {
    let _: Job = keeps("job");
    let _: Job = keeps("job-queued");
    let _: Job = keeps("job-by");
    let with_pauses: Job = keeps("job-pauses");
    assert_eq!(with_pauses.steps[0].pauses.len(), 1);
    let spec: Spec = keeps("spec");
    // Specs are named by their content: were the form to change, every preview would be updated.
    assert_eq!(spec.id().to_string(), "5f23939cbcc0fdc6");
    let scheduled: Spec = keeps("spec-scheduled");
    assert!(!scheduled.has_url() && scheduled.check(&Limits::default()).is_empty());
    let several: Spec = keeps("spec-several");
    assert_eq!(several.services[0].count(), 3);
    assert_eq!(several.services[1].count(), 4);
    let protected: Spec = keeps("spec-protected");
    assert_eq!(protected.access.mode(), AccessMode::Password);
    assert_eq!(protected.program(), spec.id(), "the same runs");
    let sleeping: Spec = keeps("spec-sleeping");
    assert_eq!(sleeping.program(), spec.id(), "the same runs");
    assert_ne!(sleeping.id(), spec.id());
    let with_database: Spec = keeps("spec-database");
    assert_eq!(with_database.seed, Seed::database("shop_template"));
}

#[test]
fn identities_and_receipts() {
    let _: Identity = keeps("identity");
    let bare: Identity = keeps("identity-bare");
    assert!(bare.url().is_some());
    let without: Identity = keeps("identity-without-url");
    assert_eq!(without.url(), None);
    let _: Receipt = keeps("receipt");
}

#[test]
fn deeds() {
    let kept: Vec<Deed> = keeps("deeds");
    assert_eq!(kept.len(), 6);
    let kept: Vec<Deed> = keeps("deeds-sleep");
    assert_eq!(kept.len(), 2);
}

#[test]
fn tokens() {
    let _: TokenRecord = keeps("token");
    let sessions: Vec<TokenRecord> = keeps("tokens-session");
    assert!(sessions.iter().all(|session| session.session_of.is_some()));
}

#[test]
fn hints() {
    let kept: Vec<Value> = serde_json::from_str(&golden("hints")).unwrap();
    for body in kept {
        let hint = Hint::decode(&body.to_string()).unwrap();
        let today: Value = serde_json::from_str(&hint.encode()).unwrap();
        lost("hint", &body, &today);
        // A newer version may say more: an older one must not put its hints aside as unreadable.
        let mut newer = body;
        newer["urgency"] = Value::from("high");
        assert_eq!(Hint::decode(&newer.to_string()).unwrap(), hint);
    }
}

//! The wires that every role calls AWS by: they note which calls it makes, and keep the one preview
//! that is made to fail from being destroyed.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tempus_engine::testing::wire::{Fate, Request, Wire};
use tempus_tests::server::{Api, eventually, text};

/// How long until a destroy that cannot succeed is set aside.
const PATIENCE: Duration = Duration::from_mins(1);

/// A wire for all processes of a role.
pub struct RoleWire {
    wire: Wire,
    notes: Arc<Notes>,
}

#[derive(Default)]
struct Notes {
    calls: Mutex<BTreeSet<String>>,
    /// The short id of the preview whose target group nobody may delete.
    stuck: Mutex<Option<String>>,
}

impl RoleWire {
    /// A wire to this endpoint, on which nothing is stuck yet.
    pub async fn to(endpoint: &str) -> Self {
        let notes = Arc::new(Notes::default());
        let judge = Arc::clone(&notes);
        let judge = move |request: &Request| judge.judge(request);
        Self {
            wire: Wire::to(endpoint, judge).await.unwrap(),
            notes,
        }
    }

    /// What the role's processes are to call.
    pub fn endpoint(&self) -> &str {
        self.wire.endpoint()
    }

    /// Every call that they have made.
    pub fn calls(&self) -> BTreeSet<String> {
        self.notes.calls.lock().unwrap().clone()
    }

    /// Makes a preview and has it destroyed, in vain; returns its id.
    pub async fn park(&self, api: &Api) -> String {
        let accepted = api.ready(&json!({"name": "stuck", "image": "nginx"})).await;
        let preview = text(&accepted, "preview_id").to_owned();
        *self.notes.stuck.lock().unwrap() = Some(preview[..8].to_owned());
        let job = api.destroy(&preview).await;
        eventually("the parked job", PATIENCE, async || {
            let job = api.get(&format!("/job/{job}")).send().await.expect(200);
            (job["status"] == "parked").then_some(())
        })
        .await;
        preview
    }

    /// From now on it may be destroyed.
    pub fn mend(&self) {
        *self.notes.stuck.lock().unwrap() = None;
    }
}

impl Notes {
    fn judge(&self, request: &Request) -> Fate {
        self.calls.lock().unwrap().insert(request.call.clone());
        let stuck = self.stuck.lock().unwrap();
        let is_stuck = |short: &String| {
            request.call == "elb.DeleteTargetGroup" && request.mentions(short.as_str())
        };
        if stuck.as_ref().is_some_and(is_stuck) {
            return denied();
        }
        Fate::Passes
    }
}

fn denied() -> Fate {
    let body = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>\
                <Message>not authorized to perform this</Message></Error></ErrorResponse>";
    Fate::IsAnswered {
        status: 403,
        body: body.to_owned(),
    }
}

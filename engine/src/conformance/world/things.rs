//! The things that the properties are told with: specs, people, requests, failures.

use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use tempus_model::transition::accept::NewJob;
use tempus_model::{
    Actor, Failure, FailureKind, Identity, JobId, Origin, Owner, Parked, PreviewId, Service, Spec,
    StepId, Template, Timestamp,
};
use uuid::Uuid;

use crate::{Budget, Idempotency, Listener, NewPreview, Quotas, Update};

/// How long a lease lasts.
pub(in crate::conformance) const LEASE: Duration = Duration::from_secs(30);
/// How long an expired one is respected.
pub(in crate::conformance) const MARGIN: Duration = Duration::from_secs(2);
/// How long a preview lives, in seconds after the beginning.
pub(in crate::conformance) const LIFE: i64 = 7200;

/// A time, in seconds after the beginning of the story.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000 + seconds * 1000)
}

/// A spec; different numbers are different specs.
pub(in crate::conformance) fn spec(number: u16) -> Spec {
    let web = Service {
        command: Some(format!("serve --version {number}")),
        path: Some("/".to_owned()),
        ..Service::new("web".parse().unwrap(), 8080)
    };
    Spec::new(Template::ApiService, vec![web])
}

/// A job about to be accepted.
pub(in crate::conformance) fn job(now: Timestamp) -> NewJob {
    NewJob {
        id: JobId::new(Uuid::new_v4()),
        by: Actor::Worker,
        now,
    }
}

/// Somebody by this name.
pub(in crate::conformance) fn owner(id: &str) -> Owner {
    Owner {
        id: id.to_owned(),
        login: id.to_owned(),
        avatar_url: None,
    }
}

/// A create by `ada`, from nowhere in particular, with room for everybody.
pub(crate) fn new_preview(name: &str, now: Timestamp) -> NewPreview {
    NewPreview {
        identity: Identity {
            id: PreviewId::new(Uuid::new_v4()),
            name: name.parse().unwrap(),
            owner: owner("ada"),
            origin: Origin::default(),
            template: "api-service".to_owned(),
            route: None,
            created_at: now,
            predecessor: None,
        },
        spec: spec(1),
        expires_at: at(LIFE),
        warn_before: None,
        job: job(now),
        listeners: vec![Listener {
            name: "main".to_owned(),
            slots: None,
            url: format!("http://{name}.localhost/"),
        }],
        quotas: Quotas {
            per_owner: 1000,
            total: 1000,
        },
        budget: Budget::Within,
        key: None,
    }
}

/// An update to a spec, without a new expiry.
pub(in crate::conformance) fn update(preview: PreviewId, number: u16, now: Timestamp) -> Update {
    Update {
        preview,
        spec: spec(number),
        expires_at: None,
        job: job(now),
        key: None,
    }
}

/// A key of `ada`'s.
pub(in crate::conformance) fn key(key: &str, body: &str) -> Idempotency {
    Idempotency {
        owner: "ada".to_owned(),
        key: key.to_owned(),
        body_hash: body.to_owned(),
    }
}

/// A refusal.
pub(in crate::conformance) fn refusal() -> Failure {
    Failure::rejected(&StepId::single("service"), "the image does not exist")
}

/// Why something is parked.
pub(in crate::conformance) fn stuck(since: Timestamp) -> Parked {
    Parked {
        failure: Failure {
            kind: FailureKind::Deadline,
            step: None,
            reason: "it will not go away".to_owned(),
            detail: Vec::new(),
        },
        since,
    }
}

/// Some JSON.
pub(in crate::conformance) fn raw(text: &str) -> Arc<RawValue> {
    Arc::from(RawValue::from_string(text.to_owned()).unwrap())
}

//! A platform that runs nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use futures::{StreamExt, stream};
use serde_json::Value;
use tempus_model::{
    FieldError, InstallationId, Ledger, PlanId, PlanKind, Snapshot, Spec, Stage, Timestamp,
    Wakefulness,
};
use tempus_steps::{
    Afresh, AnyStep, Audit, CloudEvent, Ctx, LogLine, LogQuery, LogStream, PlanRequest, Platform,
    Progress, StepError, Stray,
};

pub(super) struct TestPlatform;

#[async_trait]
impl Platform for TestPlatform {
    fn name(&self) -> &'static str {
        "test"
    }

    fn newest(&self, kind: PlanKind, _: Wakefulness) -> PlanId {
        PlanId { kind, version: 1 }
    }

    fn knows(&self, _: PlanId) -> bool {
        true
    }

    fn stages(&self, _: PlanId, _: &PlanRequest<'_>) -> Result<Vec<Stage>, StepError> {
        Ok(Vec::new())
    }

    fn step(&self, _: &str) -> Option<&dyn AnyStep> {
        None
    }

    async fn audit(&self, _: &dyn Ctx, _: &Ledger) -> Result<Audit, StepError> {
        Ok(Audit::default())
    }

    async fn remove(&self, _: &dyn Ctx, _: &Stray) -> Result<Progress<()>, StepError> {
        Ok(Progress::Done(()))
    }

    async fn inventory(&self, _: InstallationId) -> Result<Vec<Stray>, StepError> {
        Ok(Vec::new())
    }

    fn event(&self, _: &str) -> CloudEvent {
        CloudEvent::Unreadable
    }

    fn verify_delay(&self) -> Duration {
        Duration::from_secs(2)
    }

    fn starts_afresh(&self) -> Afresh {
        Afresh::No
    }

    /// Knows the commands `serve` and `other`, and that `panic` is a defect.
    fn admit(&self, spec: &Spec) -> Vec<FieldError> {
        let mut errors = Vec::new();
        for (index, service) in spec.services.iter().enumerate() {
            let command = service.command.as_deref();
            assert!(command != Some("panic"), "a defect with a secret in it");
            if !matches!(command, Some("serve" | "other")) {
                let field = format!("services[{index}].command");
                errors.push(FieldError::new(field, "is no program on this machine"));
            }
        }
        errors
    }

    fn resources(&self, ledger: &Ledger) -> BTreeMap<String, Value> {
        let entries = ledger.entries().iter();
        entries
            .map(|entry| (entry.step.to_string(), Value::from("made")))
            .collect()
    }

    /// Two lines, and nothing more, for ever, if they are followed.
    async fn logs(&self, _: &Snapshot, query: &LogQuery) -> Result<LogStream, StepError> {
        if query.service.as_deref() == Some("nobody") {
            return Err(StepError::rejected("there is no service nobody"));
        }
        let lines = ["one", "two"].map(|text| {
            Ok(LogLine {
                at: Timestamp::from_millis(0),
                service: "web".to_owned(),
                stream: "stdout".to_owned(),
                text: text.to_owned(),
            })
        });
        let lines = stream::iter(lines).skip(2_usize.saturating_sub(query.tail));
        Ok(if query.follow {
            lines.chain(stream::pending()).boxed()
        } else {
            lines.boxed()
        })
    }
}

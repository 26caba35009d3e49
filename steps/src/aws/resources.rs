//! What a preview owns, by the names that users look for.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use tempus_model::{Ledger, LedgerEntry};

use crate::postgres;

/// What of an output is shown.
#[derive(Deserialize)]
struct Arn {
    arn: String,
}

/// The first service's ARNs at the top, as a preview of one service has nothing else; all of them,
/// by service, below `services`.
pub(super) fn resources(ledger: &Ledger) -> BTreeMap<String, Value> {
    let (mut top, mut services) = (BTreeMap::new(), BTreeMap::<String, BTreeMap<_, _>>::new());
    for entry in ledger.entries() {
        if let Some(key) = planned_key(entry) {
            if let Ok(planned) = serde_json::from_str::<Value>(entry.planned.get()) {
                top.insert(key.to_owned(), planned["name"].clone());
            }
            continue;
        }
        let (Some(key), Some(arn)) = (key(entry), arn(entry)) else {
            continue;
        };
        top.entry(key.to_owned()).or_insert_with(|| json!(arn));
        if let Some(item) = entry.step.item() {
            let service = item.split('.').next().unwrap_or(item);
            let of = services.entry(service.to_owned()).or_default();
            of.insert(key, arn);
        }
    }
    if services.len() > 1 {
        top.insert("services".to_owned(), json!(services));
    }
    top
}

/// What is told by its planned name alone: it has no ARN, or none that anybody asks for.
fn planned_key(entry: &LedgerEntry) -> Option<&'static str> {
    Some(match entry.step.kind() {
        "timer" => "schedule",
        postgres::KIND => "database",
        "database-url" => "database_url_parameter",
        _ => return None,
    })
}

fn key(entry: &LedgerEntry) -> Option<&'static str> {
    Some(match entry.step.kind() {
        "service" => "service_arn",
        "target-group" => "target_group_arn",
        "rule" => "rule_arn",
        "task-definition" => "task_definition_arn",
        "task-schedule" => "task_schedule_arn",
        "security-group" => "security_group_id",
        _ => return None,
    })
}

fn arn(entry: &LedgerEntry) -> Option<String> {
    let output: Arn = serde_json::from_str(entry.output.as_ref()?.get()).ok()?;
    Some(output.arn)
}

//! Families of task definitions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_ecs::types::{TaskDefinitionFamilyStatus, TaskDefinitionStatus};
use futures::future::join_all;

use crate::StepError;
use crate::aws::client::{Action, Client};
use crate::aws::steps::Tools;

/// From how many previews on their families are listed together: a page holds a hundred.
const FAMILIES_LISTED: usize = 8;

/// Families, and which revisions they have.
pub(in crate::aws) type Families = BTreeMap<String, Vec<TaskDefinitionStatus>>;

/// The families whose name begins so.
pub(in crate::aws) async fn families(tools: &Tools, prefix: &str) -> Result<Families, StepError> {
    let client = Arc::clone(&tools.client);
    let answers = async move |asked: Vec<String>| families_of_each(&client, &asked).await;
    tools.families.ask(prefix.to_owned(), answers).await
}

/// The families of each prefix. Many are listed by what all of them begin with.
async fn families_of_each(
    client: &Client,
    prefixes: &[String],
) -> Vec<Result<Families, StepError>> {
    if prefixes.len() < FAMILIES_LISTED {
        return join_all(prefixes.iter().map(|prefix| families_of(client, prefix))).await;
    }
    let listed = families_of(client, &common_prefix(prefixes)).await;
    let of = |prefix: &String| {
        let mut families = listed.clone()?;
        families.retain(|family, _| family.starts_with(prefix));
        Ok(families)
    };
    prefixes.iter().map(of).collect()
}

/// What all of them begin with.
fn common_prefix(names: &[String]) -> String {
    let mut common = names.first().cloned().unwrap_or_default();
    while !names.iter().all(|name| name.starts_with(&common)) {
        common.pop();
    }
    common
}

async fn families_of(client: &Client, prefix: &str) -> Result<Families, StepError> {
    let mut families = Families::new();
    for status in [TaskDefinitionStatus::Active, TaskDefinitionStatus::Inactive] {
        for family in families_at(client, prefix, &status).await? {
            families.entry(family).or_default().push(status.clone());
        }
    }
    Ok(families)
}

async fn families_at(
    client: &Client,
    prefix: &str,
    status: &TaskDefinitionStatus,
) -> Result<BTreeSet<String>, StepError> {
    let (mut families, mut next) = (BTreeSet::new(), None);
    loop {
        let request = client.ecs.list_task_definition_families();
        let request = request
            .family_prefix(prefix)
            .status(TaskDefinitionFamilyStatus::from(status.as_str()))
            .max_results(100)
            .set_next_token(next);
        let sent = request.send();
        let page = client
            .call(Action::ListTaskDefinitionFamilies, sent)
            .await?;
        let listed = page.families.unwrap_or_default().into_iter();
        families.extend(listed.filter(|family| family.starts_with(prefix)));
        next = page.next_token;
        if next.is_none() {
            return Ok(families);
        }
    }
}

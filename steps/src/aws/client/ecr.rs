//! The two calls of ECR that deleting a preview's images needs, signed and sent here.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Action, Client, Failed};
use crate::StepError;

/// What the service calls itself in its protocol.
const TARGET: &str = "AmazonEC2ContainerRegistry_V20150921";
/// How many images a page lists at most.
const PAGE: u32 = 1000;
/// How many tags one call deletes at most.
const MOST: usize = 100;
/// Said of a tag that is not there.
const NOT_FOUND: &str = "ImageNotFound";

/// A tag that is still there, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::aws) struct NotDeleted {
    pub(in crate::aws) tag: String,
    /// As ECR words it.
    pub(in crate::aws) reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ImageId {
    image_tag: Option<String>,
}

impl Client {
    /// Every tag in a repository of this registry; of one that does not exist, none.
    pub(in crate::aws) async fn image_tags(
        &self,
        registry: &str,
        repository: &str,
    ) -> Result<BTreeSet<String>, Failed> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Page {
            image_ids: Vec<ImageId>,
            next_token: Option<String>,
        }
        let (mut tags, mut next) = (BTreeSet::new(), None);
        loop {
            let mut body = json!({
                "registryId": registry, "repositoryName": repository, "maxResults": PAGE,
                "filter": { "tagStatus": "TAGGED" },
            });
            if let Some(token) = next {
                body["nextToken"] = Value::String(token);
            }
            let answer = match self.ecr(Action::ListImages, &body).await {
                Err(failed) if is_without_repository(&failed) => return Ok(BTreeSet::new()),
                answer => answer?,
            };
            let page: Page = read(Action::ListImages, &answer)?;
            tags.extend(page.image_ids.into_iter().filter_map(|id| id.image_tag));
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(tags);
            }
        }
    }

    /// Deletes tags, and each image whose last tag goes: one that has another tag keeps it. What is not
    /// there is deleted; what could not be deleted is returned.
    pub(in crate::aws) async fn delete_tags(
        &self,
        registry: &str,
        repository: &str,
        tags: &[String],
    ) -> Result<Vec<NotDeleted>, Failed> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(default)]
            failures: Vec<Failure>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Failure {
            image_id: ImageId,
            #[serde(default, rename = "failureCode")]
            code: String,
            #[serde(default, rename = "failureReason")]
            reason: String,
        }
        let mut left = Vec::new();
        for some in tags.chunks(MOST) {
            let ids: Vec<_> = some.iter().map(|tag| json!({ "imageTag": tag })).collect();
            let body =
                json!({ "registryId": registry, "repositoryName": repository, "imageIds": ids });
            let answer = match self.ecr(Action::BatchDeleteImage, &body).await {
                Err(failed) if is_without_repository(&failed) => return Ok(Vec::new()),
                answer => answer?,
            };
            let answer: Answer = read(Action::BatchDeleteImage, &answer)?;
            let failures = answer.failures.into_iter();
            let failures = failures.filter(|failure| failure.code != NOT_FOUND);
            left.extend(failures.map(|failure| NotDeleted {
                tag: failure.image_id.image_tag.unwrap_or_default(),
                reason: format!("{}: {}", failure.code, failure.reason),
            }));
        }
        Ok(left)
    }

    async fn ecr(&self, action: Action, body: &Value) -> Result<String, Failed> {
        self.lines.enter(action).await?;
        self.ecr.json(action, TARGET, body).await
    }
}

fn is_without_repository(failed: &Failed) -> bool {
    failed.is("RepositoryNotFoundException")
}

/// What an unreadable answer told of was done or was not: the next attempt finds out.
fn read<'a, T: Deserialize<'a>>(action: Action, answer: &'a str) -> Result<T, Failed> {
    serde_json::from_str(answer).map_err(|_| {
        let reason = format!("{}: an answer that cannot be read", action.operation());
        StepError::transient(reason).into()
    })
}

#[cfg(test)]
impl Client {
    /// Any call, to set a test up and to look at what it left.
    pub(in crate::aws) async fn raw_ecr(&self, operation: &str, body: &Value) -> Value {
        let target = format!("{TARGET}.{operation}");
        let headers = [super::signed::JSON, ("x-amz-target", &*target)];
        let answer = self.ecr.raw(operation, &headers, &body.to_string()).await;
        serde_json::from_str(&answer).unwrap()
    }
}

//! ECR as its documentation has it. The emulator's lists one tag of an image, and deletes an image by
//! any of its tags.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Refused, page};

/// How many images one call may delete.
const MOST: usize = 100;

/// Repositories by name.
#[derive(Default)]
pub(super) struct Registry(BTreeMap<String, Repository>);

#[derive(Default)]
struct Repository {
    /// Digests by tag.
    tags: BTreeMap<String, String>,
    /// What each manifest list leads to: digests by digest.
    lists: BTreeMap<String, BTreeSet<String>>,
}

impl Registry {
    pub(super) fn push(&mut self, repository: &str, tag: &str, digest: &str) {
        let repository = self.0.entry(repository.to_owned()).or_default();
        repository.tags.insert(tag.to_owned(), digest.to_owned());
    }

    pub(super) fn lead(&mut self, repository: &str, list: &str, digest: &str) {
        let repository = self.0.entry(repository.to_owned()).or_default();
        let led = repository.lists.entry(list.to_owned()).or_default();
        led.insert(digest.to_owned());
    }

    pub(super) fn tags(&self, repository: &str) -> Vec<String> {
        self.0[repository].tags.keys().cloned().collect()
    }

    /// The answer, if it is one of this service's operations.
    pub(super) fn answer(
        &mut self,
        operation: &str,
        input: &Value,
    ) -> Result<Option<Value>, Refused> {
        if !["ListImages", "BatchDeleteImage"].contains(&operation) {
            return Ok(None);
        }
        let name = input["repositoryName"].as_str().unwrap();
        let Some(repository) = self.0.get_mut(name) else {
            let message = format!("The repository with name '{name}' does not exist");
            return Err(("RepositoryNotFoundException", message));
        };
        Ok(Some(match operation {
            "ListImages" => repository.list(input),
            _ => repository.delete(input)?,
        }))
    }
}

impl Repository {
    fn list(&self, input: &Value) -> Value {
        let ids = self.tags.iter();
        let ids: Vec<_> = ids
            .map(|(tag, digest)| json!({ "imageTag": tag, "imageDigest": digest }))
            .collect();
        let (ids, next) = page(&ids, input["nextToken"].as_str(), 0);
        json!({ "imageIds": ids, "nextToken": next })
    }

    fn delete(&mut self, input: &Value) -> Result<Value, Refused> {
        let ids = input["imageIds"].as_array().unwrap();
        if ids.is_empty() || ids.len() > MOST {
            let message = "imageIds must have 1 to 100 members".to_owned();
            return Err(("InvalidParameterException", message));
        }
        let held: BTreeSet<_> = self.lists.values().flatten().cloned().collect();
        let (mut deleted, mut failures) = (Vec::new(), Vec::new());
        for id in ids {
            let tag = id["imageTag"].as_str().unwrap();
            let failed = |code: &str, reason: &str| json!({ "imageId": id, "failureCode": code, "failureReason": reason });
            let Some(digest) = self.tags.get(tag).cloned() else {
                failures.push(failed("ImageNotFound", "Requested image not found"));
                continue;
            };
            let others = self.tags.values().filter(|of| **of == digest).count() > 1;
            if held.contains(&digest) && !others {
                let reason = "Requested image referenced by manifest list";
                failures.push(failed("ImageReferencedByManifestList", reason));
                continue;
            }
            self.tags.remove(tag);
            if !others {
                self.lists.remove(&digest);
            }
            deleted.push(json!({ "imageTag": tag, "imageDigest": digest }));
        }
        Ok(json!({ "imageIds": deleted, "failures": failures }))
    }
}

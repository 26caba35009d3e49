//! The images of the preview's commits in this account's registry: nothing is made, and at the preview's
//! end they are deleted, those of older commits too.
//!
//! Of the lowest rank that makes anything: whatever costs money is gone by then, or goes beside it, so
//! that a registry which does not let images be deleted keeps nothing else. What is refused is stuck,
//! as any compensation is, and its saga parks with the reason.
//!
//! What is to be deleted is the same for a preview's whole life, so no update touches it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tempus_model::DnsName;
use tempus_model::github::is_image_tag;

use super::{DEADLINE, Tools};
use crate::aws::options::{AwsOptions, Images};
use crate::{Ctx, Progress, Resource, Step, StepError};

/// Deletes them.
pub(in crate::aws) struct OwnImages(pub(in crate::aws) Arc<Tools>);

/// Whose.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::aws) struct OwnImagesPlan {
    /// The preview's name, with which their tags begin.
    pub(in crate::aws) name: DnsName,
}

#[async_trait]
impl Step for OwnImages {
    type Planned = OwnImagesPlan;
    type Output = ();

    const KIND: &'static str = "images";

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    fn resource(&self, _planned: &OwnImagesPlan) -> Option<Resource> {
        None
    }

    async fn execute(
        &self,
        _ctx: &dyn Ctx,
        _planned: &OwnImagesPlan,
        _current: Option<&()>,
    ) -> Result<Progress<()>, StepError> {
        Ok(Progress::Done(()))
    }

    async fn compensate(
        &self,
        ctx: &dyn Ctx,
        planned: &OwnImagesPlan,
        _output: Option<&()>,
    ) -> Result<Progress<()>, StepError> {
        let options = &self.0.options;
        // Where it is configured no more, the plan of the next update does not have this step: its
        // compensation then comes while the preview lives, and must leave what it runs.
        if options.images == Images::Kept {
            return Ok(Progress::Done(()));
        }
        let mut repositories = BTreeSet::new();
        for spec in ctx.specs().await? {
            let images = spec.services.iter().filter_map(|of| of.image.as_deref());
            let own = images.filter_map(|image| repository_of_own(options, &planned.name, image));
            repositories.extend(own.map(str::to_owned));
        }
        // A pull request that was opened again has the same name and may run the same images. They are
        // its preview's now, whose end they go with.
        if repositories.is_empty() || !ctx.holds_name().await? {
            return Ok(Progress::Done(()));
        }
        for repository in repositories {
            self.delete(&repository, &planned.name).await?;
        }
        Ok(Progress::Done(()))
    }
}

impl OwnImages {
    async fn delete(&self, repository: &str, name: &DnsName) -> Result<(), StepError> {
        let client = &self.0.client;
        let registry = account(&self.0.options);
        let tags = client.image_tags(registry, repository).await?.into_iter();
        let own: Vec<_> = tags.filter(|tag| is_image_tag(name, tag)).collect();
        let left = client.delete_tags(registry, repository, &own).await?;
        let Some(first) = left.first() else {
            return Ok(());
        };
        // An image that a manifest list leads to goes once that is gone, which may have been now.
        Err(StepError::transient(format!(
            "{} of {} images cannot be deleted from the repository {repository}, such as {} ({})",
            left.len(),
            own.len(),
            first.tag,
            first.reason
        )))
    }
}

/// The repository of an image that was built for this preview, by its tag, if that is in this
/// account's registry of this region. Nothing is listed for any other image: workers need not be
/// allowed to delete from where it is.
fn repository_of_own<'a>(options: &AwsOptions, name: &DnsName, image: &'a str) -> Option<&'a str> {
    let (host, path) = image.split_once('/')?;
    if !is_registry(host, account(options), &options.region) {
        return None;
    }
    // A digest, where there is one, says more exactly what the tag says.
    let tagged = path.split('@').next()?;
    let (repository, tag) = tagged.rsplit_once(':')?;
    is_image_tag(name, tag).then_some(repository)
}

/// The account that previews run in: the one of the role with which ECS starts them.
fn account(options: &AwsOptions) -> &str {
    let mut parts = options.execution_role_arn.split(':');
    parts.nth(4).unwrap_or_default()
}

/// Whether this is where ECR has the images of this account and region, by any of its names.
fn is_registry(host: &str, account: &str, region: &str) -> bool {
    let Some(rest) = host.strip_prefix(account) else {
        return false;
    };
    [".dkr.ecr.", ".dkr.ecr-fips.", ".dkr-ecr.", ".dkr-ecr-fips."]
        .iter()
        .filter_map(|service| rest.strip_prefix(service)?.strip_prefix(region))
        .any(|domain| [".amazonaws.com", ".amazonaws.com.cn", ".on.aws"].contains(&domain))
}

#[cfg(test)]
mod tests;

//! What the Resource Groups Tagging API finds by a tag, across services.
//!
//! It lags: what was made a moment ago may not be in it yet, and what was deleted is in it for a
//! while. So it says where to look and what a thing's tags are, and nothing else: whatever is
//! found here counts as existing only after its own service has described it.

use std::collections::BTreeMap;

use aws_sdk_resourcegroupstagging::types::TagFilter;
use tempus_model::{InstallationId, PreviewId};

use super::client::Action;
use super::names::{last_part, resource_of, target_group_of};
use super::steps::Tools;
use super::tags::{INSTALLATION, PREVIEW, Tags};
use crate::StepError;

/// How many resources a page holds at most.
const PAGE: i32 = 100;
/// The services whose resources are looked for.
const TYPES: [&str; 2] = ["ecs", "elasticloadbalancing"];

/// Tags, by ARN.
#[derive(Debug, Default)]
pub(super) struct Tagged(BTreeMap<String, Tags>);

impl Tagged {
    /// Of one preview. What says that it is another installation's is that one's, whatever preview
    /// it names.
    pub(super) async fn of_preview(
        tools: &Tools,
        installation: InstallationId,
        id: PreviewId,
    ) -> Result<Self, StepError> {
        let mut found = Self::find(tools, PREVIEW, &id.to_string()).await?;
        let own = installation.to_string();
        let is_ours = |tags: &Tags| tags.get(INSTALLATION).is_none_or(|of| of == own);
        found.0.retain(|_, tags| is_ours(tags));
        Ok(found)
    }

    /// Of everything of an installation.
    pub(super) async fn of_installation(
        tools: &Tools,
        id: InstallationId,
    ) -> Result<Self, StepError> {
        Self::find(tools, INSTALLATION, &id.to_string()).await
    }

    async fn find(tools: &Tools, key: &str, value: &str) -> Result<Self, StepError> {
        let filter = TagFilter::builder().key(key).values(value).build();
        let (mut found, mut next) = (BTreeMap::new(), None);
        loop {
            let request = tools.client.tagging.get_resources();
            let request = request
                .tag_filters(filter.clone())
                .set_resource_type_filters(Some(TYPES.map(str::to_owned).to_vec()))
                .resources_per_page(PAGE)
                .set_pagination_token(next);
            let page = match tools
                .client
                .call(Action::GetResources, request.send())
                .await
            {
                Ok(page) => page,
                // AWS has this API, an emulator need not: then names are all there is.
                Err(failed) if tools.options.endpoint.is_some() && failed.is_unsupported() => {
                    return Ok(Self::default());
                }
                Err(failed) => return Err(failed.into()),
            };
            for of in page.resource_tag_mapping_list() {
                let pairs = of.tags().iter();
                let pairs = pairs.map(|tag| (Some(tag.key()), Some(tag.value())));
                let arn = of.resource_arn().unwrap_or_default().to_owned();
                found.insert(arn, Tags::read(pairs));
            }
            // The last page says so with an empty token.
            next = page.pagination_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(Self(found));
            }
        }
    }

    /// A resource's tags, if it was found.
    pub(super) fn tags(&self, arn: &str) -> Option<&Tags> {
        self.0.get(arn)
    }

    /// The names of the services that may exist in this cluster.
    pub(super) fn services(&self, cluster: &str) -> impl Iterator<Item = String> {
        let prefix = format!("service/{}/", last_part(cluster));
        self.0.keys().filter_map(move |arn| {
            let name = resource_of(arn).strip_prefix(&prefix)?;
            Some(name.to_owned())
        })
    }

    /// The names of the target groups that may exist.
    pub(super) fn target_groups(&self) -> impl Iterator<Item = String> {
        let names = self.0.keys().filter_map(|arn| target_group_of(arn));
        names.map(str::to_owned)
    }
}

//! What ELB is asked for.

use std::sync::Arc;

use aws_sdk_elasticloadbalancingv2::types::{
    Matcher, ProtocolEnum, TargetGroup as ElbTargetGroup, TargetGroupAttribute, TargetTypeEnum,
};
use futures::future::join_all;

use super::{TargetGroup, TargetGroupPlan};
use crate::aws::client::{Action, Client};
use crate::aws::listing::{self, elb_tags};
use crate::aws::steps::{LOOK_AGAIN, Tools};
use crate::{Ctx, Progress, StepError, Trust};

/// How often a target is asked whether it is healthy, in seconds; AWS's shortest.
const INTERVAL: i32 = 5;
/// How long a target may take to answer, in seconds.
const TIMEOUT: i32 = 4;
/// How many good answers make a target healthy; a new one needs only the first.
const HEALTHY: i32 = 2;
/// How many bad ones make it unhealthy.
const UNHEALTHY: i32 = 3;
/// How long a target that goes may finish what it is doing, in seconds. AWS's own is 300, which is
/// what every destroy would take.
const DRAIN: &str = "5";
/// The most pages that a listing of all target groups has: an account may have 3,000, a page holds 400.
const PAGES: usize = 8;

impl TargetGroup {
    pub(super) async fn create(
        &self,
        ctx: &dyn Ctx,
        planned: &TargetGroupPlan,
    ) -> Result<String, StepError> {
        let tools = &self.0;
        let tags = tools.tags(ctx, &planned.name, Some(planned.service.as_str()));
        let request = tools.client.elb.create_target_group();
        let request = request
            .name(&planned.name)
            .protocol(ProtocolEnum::Http)
            .port(i32::from(planned.port))
            .vpc_id(&tools.options.vpc_id)
            // Fargate tasks have addresses of their own.
            .target_type(TargetTypeEnum::Ip)
            .health_check_path(&planned.health_path)
            .health_check_interval_seconds(INTERVAL)
            .health_check_timeout_seconds(TIMEOUT)
            .healthy_threshold_count(HEALTHY)
            .unhealthy_threshold_count(UNHEALTHY)
            .matcher(Matcher::builder().http_code("200-399").build())
            .set_tags(Some(elb_tags(&tags)));
        let made = tools.client.call(Action::CreateTargetGroup, request.send());
        match made.await {
            Ok(made) => made
                .target_groups()
                .first()
                .and_then(|group| group.target_group_arn.clone())
                .ok_or_else(|| StepError::lost("CreateTargetGroup answered without an ARN")),
            // It exists with other settings: an update changed them between two attempts.
            Err(failed) if failed.is("DuplicateTargetGroupName") => {
                self.adopt(planned).await?.ok_or_else(|| {
                    StepError::transient("the target group exists and is not listed yet")
                })
            }
            Err(failed) => Err(failed.into()),
        }
    }

    /// Takes the one that exists, and sets what it may have otherwise.
    pub(super) async fn adopt(
        &self,
        planned: &TargetGroupPlan,
    ) -> Result<Option<String>, StepError> {
        let Some(found) = self.0.find_target_group(&planned.name).await? else {
            return Ok(None);
        };
        let ours = self.0.options.vpc_id.as_str();
        if found.target_type() != Some(&TargetTypeEnum::Ip) || found.vpc_id() != Some(ours) {
            return Err(StepError::rejected(format!(
                "there is a target group {} that Tempus did not make: it is not of the VPC {ours} \
                 or not for addresses; remove it",
                planned.name
            )));
        }
        let arn = found.target_group_arn().unwrap_or_default().to_owned();
        if found.health_check_path() != Some(&planned.health_path) {
            self.ask(&arn, &planned.health_path).await?;
        }
        Ok(Some(arn))
    }

    pub(super) async fn ask(&self, arn: &str, path: &str) -> Result<(), StepError> {
        let request = self.0.client.elb.modify_target_group();
        let request = request.target_group_arn(arn).health_check_path(path);
        self.0
            .client
            .call(Action::ModifyTargetGroup, request.send())
            .await?;
        Ok(())
    }

    /// The deregistration delay is an attribute: it cannot be given to the create.
    pub(super) async fn drain_quickly(&self, arn: &str) -> Result<(), StepError> {
        let delay = TargetGroupAttribute::builder()
            .key("deregistration_delay.timeout_seconds")
            .value(DRAIN);
        let request = self.0.client.elb.modify_target_group_attributes();
        let request = request.target_group_arn(arn).attributes(delay.build());
        self.0
            .client
            .call(Action::ModifyTargetGroupAttributes, request.send())
            .await?;
        Ok(())
    }
}

impl Tools {
    /// The ARN of the target group of this name, if it exists.
    pub(in crate::aws) async fn target_group_arn(
        &self,
        name: &str,
        trust: Trust,
    ) -> Result<Option<String>, StepError> {
        if let Some(arn) = self.arns.get(name, trust) {
            return Ok(Some(arn));
        }
        let found = self.find_target_group(name).await?;
        Ok(found.and_then(|group| group.target_group_arn))
    }

    /// The target group of this name, if it exists.
    pub(in crate::aws) async fn find_target_group(
        &self,
        name: &str,
    ) -> Result<Option<ElbTargetGroup>, StepError> {
        let client = Arc::clone(&self.client);
        let answers = async move |asked: Vec<String>| find_all(&client, &asked).await;
        let found = self.target_groups.ask(name.to_owned(), answers).await?;
        if let Some(arn) = found.as_ref().and_then(ElbTargetGroup::target_group_arn) {
            self.arns.set(name, arn);
        }
        Ok(found)
    }
}

/// The target groups of these names. AWS refuses a whole call for one name that is not there, so it is
/// one call for each, or a listing of all where that takes no more.
async fn find_all(
    client: &Client,
    names: &[String],
) -> Vec<Result<Option<ElbTargetGroup>, StepError>> {
    let named = |group: &ElbTargetGroup, name: &str| group.target_group_name() == Some(name);
    if names.len() < PAGES {
        let looks = names.iter().map(|name| async move {
            let request = client.elb.describe_target_groups().names(name);
            let answer = client.call(Action::DescribeTargetGroups, request.send());
            match answer.await {
                Ok(answer) => {
                    let groups = answer.target_groups.unwrap_or_default();
                    Ok(groups.into_iter().find(|group| named(group, name)))
                }
                Err(failed) if failed.is("TargetGroupNotFound") => Ok(None),
                Err(failed) => Err(failed.into()),
            }
        });
        return join_all(looks).await;
    }
    let listed = listing::all_target_groups(client).await;
    let of = |name: &String| match &listed {
        Ok(groups) => Ok(groups.iter().find(|group| named(group, name)).cloned()),
        Err(error) => Err(error.clone()),
    };
    names.iter().map(of).collect()
}

/// Deletes it. AWS goes on calling it in use for a while after its rule is gone.
pub(in crate::aws) async fn delete_target_group(
    tools: &Tools,
    arn: &str,
) -> Result<Progress<()>, StepError> {
    let request = tools.client.elb.delete_target_group().target_group_arn(arn);
    match tools
        .client
        .call(Action::DeleteTargetGroup, request.send())
        .await
    {
        Ok(_) => Ok(Progress::Done(())),
        Err(failed) if failed.is("TargetGroupNotFound") => Ok(Progress::Done(())),
        Err(failed) if failed.is("ResourceInUse") => Ok(Progress::wait(
            LOOK_AGAIN,
            "AWS still counts the target group as in use",
        )),
        Err(failed) => Err(failed.into()),
    }
}

//! Security groups, as the platform asks for them.

use super::ec2::{self, Group};
use super::{Action, Client, Failed};
use crate::StepError;
use crate::aws::tags::Tags;

impl Client {
    /// Makes a group; its id.
    pub(in crate::aws) async fn create_security_group(
        &self,
        vpc: &str,
        name: &str,
        tags: &Tags,
    ) -> Result<String, Failed> {
        let mut parameters = vec![
            pair("GroupName", name),
            pair("GroupDescription", "Tempus: the services of one preview"),
            pair("VpcId", vpc),
            pair("TagSpecification.1.ResourceType", "security-group"),
        ];
        for (number, (key, value)) in (1..).zip(tags.iter()) {
            let place = format!("TagSpecification.1.Tag.{number}");
            parameters.push(pair(&format!("{place}.Key"), key));
            parameters.push(pair(&format!("{place}.Value"), value));
        }
        let answer = self.ec2(Action::CreateSecurityGroup, &parameters).await?;
        let lost = || StepError::lost("CreateSecurityGroup answered without an id").into();
        ec2::text(&answer, "groupId").ok_or_else(lost)
    }

    /// Lets the members of a group reach each other.
    pub(in crate::aws) async fn let_members_in(&self, group: &str) -> Result<(), Failed> {
        let parameters = [
            pair("GroupId", group),
            pair("IpPermissions.1.IpProtocol", "tcp"),
            pair("IpPermissions.1.FromPort", "0"),
            pair("IpPermissions.1.ToPort", "65535"),
            pair("IpPermissions.1.Groups.1.GroupId", group),
        ];
        match self
            .ec2(Action::AuthorizeSecurityGroupIngress, &parameters)
            .await
        {
            Err(failed) if failed.is("InvalidPermission.Duplicate") => Ok(()),
            answer => answer.map(drop),
        }
    }

    /// Deletes a group; one that is not there is deleted.
    pub(in crate::aws) async fn delete_security_group(&self, group: &str) -> Result<(), Failed> {
        let parameters = [pair("GroupId", group)];
        match self.ec2(Action::DeleteSecurityGroup, &parameters).await {
            Err(failed) if failed.is("InvalidGroup.NotFound") => Ok(()),
            answer => answer.map(drop),
        }
    }

    /// The groups of the VPC; only the one of this name, if there is one to look for. Names are not
    /// asked for by their beginning: every endpoint knows equality, not every one a wildcard.
    pub(in crate::aws) async fn security_groups(
        &self,
        vpc: &str,
        name: Option<&str>,
    ) -> Result<Vec<Group>, Failed> {
        let (mut all, mut next) = (Vec::new(), None);
        loop {
            let mut parameters = vec![
                pair("MaxResults", "1000"),
                pair("Filter.1.Name", "vpc-id"),
                pair("Filter.1.Value.1", vpc),
            ];
            if let Some(name) = name {
                parameters.push(pair("Filter.2.Name", "group-name"));
                parameters.push(pair("Filter.2.Value.1", name));
            }
            parameters.extend(next.map(|token: String| pair("NextToken", &token)));
            let answer = self
                .ec2(Action::DescribeSecurityGroups, &parameters)
                .await?;
            let (groups, more) = ec2::groups(&answer)?;
            all.extend(groups);
            next = more;
            if next.is_none() {
                return Ok(all);
            }
        }
    }

    async fn ec2(&self, action: Action, parameters: &[(String, String)]) -> Result<String, Failed> {
        self.lines.enter(action).await?;
        self.ec2.send(action, parameters).await
    }
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

#[cfg(test)]
impl Client {
    /// Any call, to set a test up.
    pub(in crate::aws) async fn raw_ec2(&self, operation: &str, given: &[(&str, &str)]) -> String {
        let given: Vec<_> = given.iter().map(|(key, value)| pair(key, value)).collect();
        self.ec2.raw(operation, &given).await
    }
}

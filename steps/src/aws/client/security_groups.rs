//! Security groups, as the platform asks for them.

use aws_smithy_xml::decode::{Document, ScopedDecoder, try_data};

use super::query;
use super::{Action, Client, Failed};
use crate::StepError;
use crate::aws::tags::Tags;

/// A security group that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::aws) struct Group {
    pub(in crate::aws) id: String,
    pub(in crate::aws) name: String,
}

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
        query::text(&answer, "groupId").ok_or_else(lost)
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
            let (groups, more) = groups(&answer)?;
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

/// The groups of a `DescribeSecurityGroups`, and where the next page begins.
fn groups(body: &str) -> Result<(Vec<Group>, Option<String>), Failed> {
    let unreadable = || {
        let reason = "DescribeSecurityGroups: an answer that cannot be read";
        Failed::from(StepError::transient(reason))
    };
    let mut document = Document::new(body);
    let mut root = document.root_element().map_err(|_| unreadable())?;
    // A decoder that meets the end of half an answer says that there is no more.
    let closing = format!("</{}>", root.start_el().local());
    if !closing.starts_with("</DescribeSecurityGroups") || !body.trim_end().ends_with(&closing) {
        return Err(unreadable());
    }
    let (mut groups, mut next) = (Vec::new(), None);
    while let Some(mut tag) = root.next_tag() {
        if tag.start_el().matches("securityGroupInfo") {
            while let Some(mut item) = tag.next_tag() {
                groups.push(group(&mut item).ok_or_else(unreadable)?);
            }
        } else if tag.start_el().matches("nextToken") {
            let token = try_data(&mut tag).map_err(|_| unreadable())?;
            next = Some(token.into_owned()).filter(|token| !token.is_empty());
        }
    }
    Ok((groups, next))
}

fn group(item: &mut ScopedDecoder<'_, '_>) -> Option<Group> {
    let (mut id, mut name) = (None, None);
    while let Some(mut tag) = item.next_tag() {
        if tag.start_el().matches("groupId") {
            id = Some(try_data(&mut tag).ok()?.into_owned());
        } else if tag.start_el().matches("groupName") {
            name = Some(try_data(&mut tag).ok()?.into_owned());
        }
    }
    Some(Group {
        id: id?,
        name: name?,
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_read_and_what_they_allow_is_not_taken_for_one() {
        let body = r#"<?xml version="1.0"?><DescribeSecurityGroupsResponse
            xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>x</requestId>
            <securityGroupInfo><item><ownerId>1</ownerId><groupId>sg-1</groupId>
            <groupName>a</groupName><ipPermissions><item><groups><item>
            <groupId>sg-9</groupId><groupName>z</groupName></item></groups></item></ipPermissions>
            </item></securityGroupInfo><nextToken>t</nextToken></DescribeSecurityGroupsResponse>"#;
        let (groups, next) = groups(body).unwrap();
        assert_eq!(
            groups,
            [Group {
                id: "sg-1".into(),
                name: "a".into()
            }]
        );
        assert_eq!(next.as_deref(), Some("t"));
        for half in ["<html></html>", &body[..body.len() - 20]] {
            assert!(super::groups(half).is_err(), "half an answer is none");
        }
    }
}

//! The four calls of EC2 that a preview of several services needs.
//!
//! The SDK's crate for EC2 has no features to choose operations by: it needs 8 GB of memory and
//! minutes to compile, for four calls of two parameters each.

use aws_smithy_xml::decode::{Document, ScopedDecoder, try_data};
use tracing::Instrument;

use super::action::Action;
use super::failed::Failed;
use super::signed::Signed;
use super::watch::Watch;
use crate::StepError;

/// The version of the API that the parameters are written for.
const VERSION: &str = "2016-11-15";
const FORM: (&str, &str) = (
    "content-type",
    "application/x-www-form-urlencoded; charset=utf-8",
);

/// EC2's query protocol.
#[derive(Debug)]
pub(super) struct Ec2(pub(super) Signed);

/// A security group that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::aws) struct Group {
    pub(in crate::aws) id: String,
    pub(in crate::aws) name: String,
}

impl Ec2 {
    /// Makes a call and returns its answer, which is XML.
    pub(super) async fn send(
        &self,
        action: Action,
        parameters: &[(String, String)],
    ) -> Result<String, Failed> {
        let watch = Watch::over(action);
        let sent = self.send_once(action, parameters, &watch);
        let outcome = sent.instrument(watch.span.clone()).await;
        watch.ended(&outcome);
        outcome
    }

    async fn send_once(
        &self,
        action: Action,
        parameters: &[(String, String)],
        watch: &Watch,
    ) -> Result<String, Failed> {
        let form = form(action.operation(), parameters);
        let answer = self.0.send(action, &[FORM], &form).await?;
        let body = answer.body;
        watch.answer(Some(answer.status), text(&body, "requestId").as_deref());
        if answer.status < 300 {
            return Ok(body);
        }
        let code = text(&body, "Code").unwrap_or_default();
        let message = text(&body, "Message").unwrap_or_default();
        Err(Failed::answered(action, Some(answer.status), code, message))
    }

    #[cfg(test)]
    pub(super) async fn raw(&self, operation: &str, parameters: &[(String, String)]) -> String {
        self.0
            .raw(operation, &[FORM], &form(operation, parameters))
            .await
    }
}

fn form(operation: &str, parameters: &[(String, String)]) -> String {
    let own = [("Action", operation), ("Version", VERSION)];
    let given = parameters.iter().map(|(key, value)| (&**key, &**value));
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(own.into_iter().chain(given))
        .finish()
}

/// The groups of a `DescribeSecurityGroups`, and where the next page begins.
pub(super) fn groups(body: &str) -> Result<(Vec<Group>, Option<String>), Failed> {
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

/// The first element of this name, wherever it is.
pub(super) fn text(body: &str, name: &str) -> Option<String> {
    let (_, rest) = body.split_once(&format!("<{name}>"))?;
    let (inner, _) = rest.split_once("</")?;
    Some(inner.trim().to_owned())
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

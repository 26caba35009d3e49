//! The four calls of EC2 that a preview of several services needs, signed and sent here.
//!
//! The SDK's crate for EC2 has no features to choose operations by: it needs 8 GB of memory and
//! minutes to compile, for four calls of two parameters each. What is delicate about them, the
//! signature, the credentials and the connection, is the SDK's own code.

use std::time::{Duration, SystemTime};

use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_xml::decode::{Document, ScopedDecoder, try_data};
use tracing::Instrument;

use super::action::{Action, Effect};
use super::failed::{Failed, is_refused_connection};
use super::watch::Watch;
use crate::StepError;

/// The version of the API that the parameters are written for.
const VERSION: &str = "2016-11-15";
const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// EC2's query protocol.
#[derive(Debug)]
pub(super) struct Ec2 {
    pub(super) connector: Connector,
    pub(super) credentials: SharedCredentialsProvider,
    pub(super) region: String,
    pub(super) endpoint: String,
    pub(super) timeout: Duration,
}

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
        let request = self.request(action.operation(), parameters).await?;
        let answer = tokio::time::timeout(self.timeout, async {
            let answer = self.connector.call(request).await;
            let answer = answer.map_err(|error| {
                let was_sent = !is_refused_connection(&error);
                lost(action, was_sent, &error)
            })?;
            let status = answer.status().as_u16();
            let body = ByteStream::new(answer.into_body()).collect().await;
            let body = body.map_err(|error| lost(action, true, &error))?;
            Ok((
                status,
                String::from_utf8_lossy(&body.into_bytes()).into_owned(),
            ))
        });
        let answer = answer.await;
        let (status, body) =
            answer.unwrap_or_else(|_| Err(lost(action, true, &"no answer within the time-out")))?;
        watch.answer(Some(status), text(&body, "requestId").as_deref());
        if status < 300 {
            return Ok(body);
        }
        let code = text(&body, "Code").unwrap_or_default();
        let message = text(&body, "Message").unwrap_or_default();
        Err(Failed::answered(action, Some(status), code, message))
    }

    #[cfg(test)]
    pub(super) async fn raw(&self, operation: &str, parameters: &[(String, String)]) -> String {
        let request = self.request(operation, parameters).await.unwrap();
        let answer = self.connector.call(request).await.unwrap();
        let body = ByteStream::new(answer.into_body()).collect().await.unwrap();
        String::from_utf8_lossy(&body.into_bytes()).into_owned()
    }

    async fn request(
        &self,
        operation: &str,
        parameters: &[(String, String)],
    ) -> Result<HttpRequest, Failed> {
        let identity = self
            .credentials
            .provide_credentials()
            .await
            .map_err(|error| {
                StepError::transient(format!("no credentials to call AWS with: {error}"))
            })?;
        let own = [("Action", operation), ("Version", VERSION)];
        let given = parameters.iter().map(|(key, value)| (&**key, &**value));
        let body: String = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(own.into_iter().chain(given))
            .finish();
        let unsigned = |error: &dyn std::fmt::Display| {
            let reason = format!("{operation} could not be signed: {error}");
            Failed::from(StepError::rejected(reason))
        };
        let identity = identity.into();
        let signing = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("ec2")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| unsigned(&error))?
            .into();
        let headers = [("content-type", FORM)];
        let signable = SignableRequest::new(
            "POST",
            &self.endpoint,
            headers.into_iter(),
            SignableBody::Bytes(body.as_bytes()),
        );
        let signable = signable.map_err(|error| unsigned(&error))?;
        let (signature, _) = sign(signable, &signing)
            .map_err(|error| unsigned(&error))?
            .into_parts();
        let mut request = HttpRequest::new(SdkBody::from(body.as_str()));
        let set = request.set_method("POST").map_err(|error| unsigned(&error));
        set?;
        request
            .set_uri(self.endpoint.as_str())
            .map_err(|error| unsigned(&error))?;
        request.headers_mut().insert("content-type", FORM);
        for header in signature.into_parts().0 {
            request
                .headers_mut()
                .insert(header.name(), header.value().to_owned());
        }
        Ok(request)
    }
}

fn lost(action: Action, was_sent: bool, error: &dyn std::fmt::Display) -> Failed {
    let reason = format!("{}: {error}", action.operation());
    match action.effect() {
        Effect::Change if was_sent => StepError::lost(reason).into(),
        _ => StepError::transient(reason).into(),
    }
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

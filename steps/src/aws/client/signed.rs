//! Calls of services that have no crate of the SDK's here, signed and sent by hand. What is delicate about
//! them, the signature, the credentials and the connection, is the SDK's own code.

use std::time::{Duration, SystemTime};

use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::Value;
use tracing::Instrument;

use super::action::{Action, Effect};
use super::failed::{Failed, is_refused_connection};
use super::watch::Watch;
use crate::StepError;

/// What says that a body is of AWS's JSON protocol.
pub(super) const JSON: (&str, &str) = ("content-type", "application/x-amz-json-1.1");

/// Signs and sends.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) connector: Connector,
    pub(super) credentials: SharedCredentialsProvider,
    pub(super) region: String,
    /// The service, as signatures have it.
    pub(super) service: &'static str,
    pub(super) endpoint: String,
    pub(super) timeout: Duration,
}

/// What came back.
pub(super) struct Answered {
    pub(super) status: u16,
    /// The id that AWS gave the request, where a header has it.
    pub(super) request_id: Option<String>,
    pub(super) body: String,
}

impl Signed {
    /// Sends a request and waits for its answer, whatever that is.
    pub(super) async fn send(
        &self,
        action: Action,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Result<Answered, Failed> {
        let request = self.request(action.operation(), headers, body).await?;
        let answer = tokio::time::timeout(self.timeout, async {
            let answer = self.connector.call(request).await;
            let answer = answer.map_err(|error| {
                let was_sent = !is_refused_connection(&error);
                lost(action, was_sent, &error)
            })?;
            let status = answer.status().as_u16();
            let request_id = answer.headers().get("x-amzn-requestid").map(str::to_owned);
            let body = ByteStream::new(answer.into_body()).collect().await;
            let body = body.map_err(|error| lost(action, true, &error))?;
            Ok(Answered {
                status,
                request_id,
                body: String::from_utf8_lossy(&body.into_bytes()).into_owned(),
            })
        });
        let answer = answer.await;
        answer.unwrap_or_else(|_| Err(lost(action, true, &"no answer within the time-out")))
    }

    /// Sends a call of AWS's JSON protocol to what the service calls itself there; the body of the answer.
    pub(super) async fn json(
        &self,
        action: Action,
        target: &str,
        input: &Value,
    ) -> Result<String, Failed> {
        let watch = Watch::over(action);
        let sent = self.json_once(action, target, input, &watch);
        let outcome = sent.instrument(watch.span.clone()).await;
        watch.ended(&outcome);
        outcome
    }

    async fn json_once(
        &self,
        action: Action,
        target: &str,
        input: &Value,
        watch: &Watch,
    ) -> Result<String, Failed> {
        let target = format!("{target}.{}", action.operation());
        let headers = [JSON, ("x-amz-target", &*target)];
        let answer = self.send(action, &headers, &input.to_string()).await?;
        watch.answer(Some(answer.status), answer.request_id.as_deref());
        if answer.status < 300 {
            return Ok(answer.body);
        }
        let said: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let text = |name: &str| said[name].as_str().unwrap_or_default();
        let code = text("__type").rsplit('#').next().unwrap_or_default();
        let message = [text("message"), text("Message")].concat();
        Err(Failed::answered(
            action,
            Some(answer.status),
            code.to_owned(),
            message,
        ))
    }

    /// The body of an answer to any call, to set a test up.
    #[cfg(test)]
    pub(super) async fn raw(
        &self,
        operation: &str,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> String {
        let request = self.request(operation, headers, body).await.unwrap();
        let answer = self.connector.call(request).await.unwrap();
        let body = ByteStream::new(answer.into_body()).collect().await.unwrap();
        String::from_utf8_lossy(&body.into_bytes()).into_owned()
    }

    async fn request(
        &self,
        operation: &str,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Result<HttpRequest, Failed> {
        let identity = self
            .credentials
            .provide_credentials()
            .await
            .map_err(|error| {
                StepError::transient(format!("no credentials to call AWS with: {error}"))
            })?;
        let unsigned = |error: &dyn std::fmt::Display| {
            let reason = format!("{operation} could not be signed: {error}");
            Failed::from(StepError::rejected(reason))
        };
        let identity = identity.into();
        let signing = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| unsigned(&error))?
            .into();
        let signable = SignableRequest::new(
            "POST",
            &self.endpoint,
            headers.iter().copied(),
            SignableBody::Bytes(body.as_bytes()),
        );
        let signable = signable.map_err(|error| unsigned(&error))?;
        let (signature, _) = sign(signable, &signing)
            .map_err(|error| unsigned(&error))?
            .into_parts();
        let mut request = HttpRequest::new(SdkBody::from(body));
        let set = request.set_method("POST").map_err(|error| unsigned(&error));
        set?;
        request
            .set_uri(self.endpoint.as_str())
            .map_err(|error| unsigned(&error))?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, (*value).to_owned());
        }
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

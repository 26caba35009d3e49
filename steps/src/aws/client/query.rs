//! Services that are asked by AWS's query protocol: the four calls of EC2 that a preview of several
//! services needs, and the one of CloudWatch that tells whether anybody uses one.
//!
//! The SDK's crate for EC2 has no features to choose operations by: it needs 8 GB of memory and
//! minutes to compile, for four calls of two parameters each.

use tracing::Instrument;

use super::action::Action;
use super::failed::Failed;
use super::signed::Signed;
use super::watch::Watch;

const FORM: (&str, &str) = (
    "content-type",
    "application/x-www-form-urlencoded; charset=utf-8",
);

/// One service.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) signed: Signed,
    /// The version of the API that the parameters are written for.
    pub(super) version: &'static str,
}

impl Query {
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
        let form = self.form(action.operation(), parameters);
        let answer = self.signed.send(action, &[FORM], &form).await?;
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
        let form = self.form(operation, parameters);
        self.signed.raw(operation, &[FORM], &form).await
    }

    fn form(&self, operation: &str, parameters: &[(String, String)]) -> String {
        let own = [("Action", operation), ("Version", self.version)];
        let given = parameters.iter().map(|(key, value)| (&**key, &**value));
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(own.into_iter().chain(given))
            .finish()
    }
}

/// The first element of this name, wherever it is.
pub(super) fn text(body: &str, name: &str) -> Option<String> {
    let (_, rest) = body.split_once(&format!("<{name}>"))?;
    let (inner, _) = rest.split_once("</")?;
    Some(inner.trim().to_owned())
}

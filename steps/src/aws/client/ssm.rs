//! The three calls of Systems Manager that a preview with a database needs: its parameter store keeps the
//! URL that ECS gives to the containers. No call reads a value.

use serde::Deserialize;
use serde_json::{Value, json};

#[cfg(test)]
use super::signed::JSON;
use super::{Action, Client, Failed};
use crate::StepError;
use crate::aws::tags::Tags;

/// What the service calls itself in its protocol.
const TARGET: &str = "AmazonSSM";
/// How many parameters a page holds at most.
const PAGE: u32 = 50;

/// Whether a parameter was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::aws) enum Put {
    /// It was.
    Made,
    /// There is one of this name, which stays as it is.
    Exists,
}

/// Which parameters.
#[derive(Debug, Clone, Copy)]
pub(in crate::aws) enum Which<'a> {
    /// The one of this name.
    Named(&'a str),
    /// Those whose names begin so.
    Beginning(&'a str),
}

impl Client {
    /// Makes a secret parameter. Its key is the account's own for parameters.
    pub(in crate::aws) async fn make_parameter(
        &self,
        name: &str,
        value: &str,
        tags: &Tags,
    ) -> Result<Put, Failed> {
        let tags = tags.iter();
        let tags: Vec<_> = tags
            .map(|(key, value)| json!({"Key": key, "Value": value}))
            .collect();
        let body = json!({"Name": name, "Value": value, "Type": "SecureString", "Tags": tags});
        match self.ssm(Action::PutParameter, &body).await {
            Ok(_) => Ok(Put::Made),
            Err(failed) if failed.is("ParameterAlreadyExists") => Ok(Put::Exists),
            Err(failed) => Err(failed),
        }
    }

    /// Gives a secret parameter another value. Its tags stay.
    pub(in crate::aws) async fn change_parameter(
        &self,
        name: &str,
        value: &str,
    ) -> Result<(), Failed> {
        let body = json!({"Name": name, "Value": value, "Type": "SecureString", "Overwrite": true});
        self.ssm(Action::PutParameter, &body).await.map(drop)
    }

    /// Deletes a parameter; one that is not there is deleted.
    pub(in crate::aws) async fn delete_parameter(&self, name: &str) -> Result<(), Failed> {
        match self
            .ssm(Action::DeleteParameter, &json!({"Name": name}))
            .await
        {
            Err(failed) if failed.is("ParameterNotFound") => Ok(()),
            answer => answer.map(drop),
        }
    }

    /// The names of parameters that exist.
    pub(in crate::aws) async fn parameters(&self, which: Which<'_>) -> Result<Vec<String>, Failed> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Page {
            parameters: Vec<Parameter>,
            next_token: Option<String>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Parameter {
            name: String,
        }
        let (option, value) = match which {
            Which::Named(name) => ("Equals", name),
            Which::Beginning(prefix) => ("BeginsWith", prefix),
        };
        let (mut names, mut next) = (Vec::new(), None);
        loop {
            let filter = json!({"Key": "Name", "Option": option, "Values": [value]});
            let mut body = json!({"ParameterFilters": [filter], "MaxResults": PAGE});
            if let Some(token) = next {
                body["NextToken"] = Value::String(token);
            }
            let answer = self.ssm(Action::DescribeParameters, &body).await?;
            let page: Page = serde_json::from_str(&answer).map_err(|_| {
                let reason = "DescribeParameters: an answer that cannot be read";
                Failed::from(StepError::transient(reason))
            })?;
            names.extend(page.parameters.into_iter().map(|of| of.name));
            // The last page may say so with an empty token.
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(names);
            }
        }
    }

    async fn ssm(&self, action: Action, body: &Value) -> Result<String, Failed> {
        self.lines.enter(action).await?;
        self.ssm.json(action, TARGET, body).await
    }
}

#[cfg(test)]
impl Client {
    /// Any call, to look at what a test made.
    pub(in crate::aws) async fn raw_ssm(&self, operation: &str, body: &Value) -> Value {
        let target = format!("{TARGET}.{operation}");
        let headers = [JSON, ("x-amz-target", &*target)];
        let answer = self.ssm.raw(operation, &headers, &body.to_string()).await;
        serde_json::from_str(&answer).unwrap()
    }
}

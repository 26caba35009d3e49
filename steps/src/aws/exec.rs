//! Opens a shell in a running task (ECS Exec), with the credentials of the person who asks: no
//! role of Tempus may do so.

use aws_sdk_ecs::Client as Ecs;
use aws_sdk_ecs::primitives::DateTime;
use aws_sdk_ecs::types::Task;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde_json::json;

use super::client::Client;
use super::names::{last_part, resource_of};
use super::options::AwsOptions;

/// What a person's own credentials must be allowed.
pub const EXEC_ACTIONS: [&str; 3] = ["ecs:ListTasks", "ecs:DescribeTasks", "ecs:ExecuteCommand"];
/// How many tasks one call describes.
const TASKS: i32 = 100;

/// An opened session, for `session-manager-plugin` to take over.
pub struct ExecSession {
    /// The region.
    pub region: String,
    /// What Systems Manager calls the container.
    pub target: String,
    /// Where Systems Manager answers.
    pub endpoint: String,
    /// The session with its token, as JSON. Whoever has it has the shell.
    pub secret: String,
}

/// Why there is no session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExecError {
    /// The preview's own word for its service cannot be used.
    #[error("{0:?} is no ARN of an ECS service in a cluster")]
    NoService(String),
    /// Nobody, or nobody that AWS knows: log in.
    #[error(
        "AWS does not accept your credentials: log in, or set AWS_PROFILE or AWS_ACCESS_KEY_ID \
         and AWS_SECRET_ACCESS_KEY ({0})"
    )]
    NoCredentials(String),
    /// Somebody who may not: ask for the permission.
    #[error(
        "your AWS credentials may not do this: they must be allowed {allowed} ({0})",
        allowed = EXEC_ACTIONS.join(", ")
    )]
    NotAllowed(String),
    /// Nothing runs: wait for the preview to be ready, or look why it is not.
    #[error("no task of the service {0} is running: see `tempus show` and `tempus logs`")]
    NoTask(String),
    /// The installation does not allow shells.
    #[error(
        "ECS Exec is not enabled for this preview: set ecs.exec = \"yes\" for the workers of this \
         installation, and make or update the preview after that"
    )]
    NotEnabled,
    /// The task's agent is not connected.
    #[error(
        "the task's agent for ECS Exec is not connected: it needs a few seconds after the start, \
         a task role that allows ssmmessages, and a way to reach it ({0})"
    )]
    NotConnected(String),
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

/// Opens a session in the newest running task of a service, with the caller's own credentials.
pub async fn open_exec(
    service_arn: &str,
    container: &str,
    command: &str,
) -> Result<ExecSession, ExecError> {
    let (region, cluster, service) =
        parts(service_arn).ok_or_else(|| ExecError::NoService(service_arn.to_owned()))?;
    let client = Client::connect(&AwsOptions::new(region, cluster)).await;
    let client = client.map_err(|error| ExecError::NoCredentials(error.to_string()))?;
    let ecs = &client.ecs;
    let task = newest(ecs, cluster, service).await?;
    if !task.enable_execute_command() {
        return Err(ExecError::NotEnabled);
    }
    let arn = task.task_arn().unwrap_or_default();
    let runtime = task
        .containers()
        .iter()
        .find(|of| of.name() == Some(container))
        .and_then(|of| of.runtime_id())
        .ok_or_else(|| ExecError::NoTask(service.to_owned()))?;
    let request = ecs.execute_command().cluster(cluster).task(arn);
    let request = request
        .container(container)
        .command(command)
        .interactive(true);
    let opened = request
        .send()
        .await
        .map_err(|error| failed(service, &error))?;
    let session = opened
        .session()
        .ok_or_else(|| ExecError::Failed("ECS opened no session".to_owned()))?;
    let secret = json!({
        "SessionId": session.session_id(),
        "StreamUrl": session.stream_url(),
        "TokenValue": session.token_value(),
    });
    let suffix = match service_arn.split(':').nth(1) {
        Some("aws-cn") => "amazonaws.com.cn",
        _ => "amazonaws.com",
    };
    Ok(ExecSession {
        target: format!("ecs:{cluster}_{}_{runtime}", last_part(arn)),
        endpoint: format!("https://ssm.{region}.{suffix}"),
        region: region.to_owned(),
        secret: secret.to_string(),
    })
}

async fn newest(ecs: &Ecs, cluster: &str, service: &str) -> Result<Task, ExecError> {
    let request = ecs.list_tasks().cluster(cluster).service_name(service);
    // More than one only while an update replaces it.
    let listed = request.max_results(TASKS).send().await;
    let arns = listed.map_err(|error| failed(service, &error))?.task_arns;
    let none = || ExecError::NoTask(service.to_owned());
    let arns = arns.filter(|arns| !arns.is_empty()).ok_or_else(none)?;
    let request = ecs.describe_tasks().cluster(cluster);
    let described = request.set_tasks(Some(arns)).send().await;
    let tasks = described.map_err(|error| failed(service, &error))?.tasks;
    let running = tasks
        .unwrap_or_default()
        .into_iter()
        .filter(|task| task.last_status() == Some("RUNNING"));
    let newest = running.max_by_key(|task| task.started_at().map(millis));
    newest.ok_or_else(none)
}

fn millis(at: &DateTime) -> i64 {
    at.to_millis().unwrap_or_default()
}

/// Region, cluster and name.
fn parts(service_arn: &str) -> Option<(&str, &str, &str)> {
    let region = service_arn.split(':').nth(3)?;
    let rest = resource_of(service_arn).strip_prefix("service/")?;
    let (cluster, service) = rest.split_once('/')?;
    Some((region, cluster, service))
}

fn failed<E>(service: &str, error: &SdkError<E, HttpResponse>) -> ExecError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let SdkError::ServiceError(refused) = error else {
        let told = DisplayErrorContext(error).to_string();
        // For want of credentials nothing was sent.
        return match error {
            SdkError::DispatchFailure(cause) if cause.is_other() => ExecError::NoCredentials(told),
            _ => ExecError::Failed(format!("AWS cannot be reached: {told}")),
        };
    };
    let message = refused.err().message().unwrap_or_default().to_owned();
    match refused.err().code().unwrap_or_default() {
        "AccessDenied" | "AccessDeniedException" => ExecError::NotAllowed(message),
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidSignatureException" => ExecError::NoCredentials(message),
        "ServiceNotFoundException" | "ClusterNotFoundException" | "ServiceNotActiveException" => {
            ExecError::NoTask(service.to_owned())
        }
        "TargetNotConnectedException" => ExecError::NotConnected(message),
        _ if message.contains("execute command was not enabled") => ExecError::NotEnabled,
        code => ExecError::Failed(format!("AWS refused: {code}: {message}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_s_arn_says_where_it_is() {
        let arn = "arn:aws:ecs:eu-west-1:1:service/previews/tempus-1-web";
        assert_eq!(parts(arn), Some(("eu-west-1", "previews", "tempus-1-web")));
        for other in [
            "",
            "arn:aws:ecs:eu-west-1:1:service/web",
            "arn:aws:ecs:r:1:task/c/t",
        ] {
            assert_eq!(parts(other), None, "{other}");
        }
    }
}

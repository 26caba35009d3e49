//! `tempus exec`

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use clap::Args;
use tempus_api::shape::{PreviewView, ServiceView};
use tempus_steps::aws::{ExecError, ExecSession, open_exec};

use super::{Remote, Session};
use crate::failure::Failure;
use crate::output::Exit;

/// The program that carries a session of AWS Systems Manager to a terminal.
const PLUGIN: &str = "session-manager-plugin";
/// The variable that the plugin takes a session from, if it is named in the session's place: a
/// command line can be read by everybody on the machine.
const SECRET: &str = "AWS_SSM_START_SESSION_RESPONSE";
/// What is run if nothing is said: every image with a shell has this one.
const SHELL: &str = "/bin/sh";

/// Open a shell in a running preview on AWS, with your own AWS credentials
#[derive(Debug, Clone, Args)]
pub struct Exec {
    /// The preview: its id, its short id, or its name
    #[arg(value_name = "PREVIEW")]
    preview: String,
    /// In this service; needed only if there are several and none answers at /
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// What to run instead of /bin/sh
    #[arg(value_name = "COMMAND", last = true)]
    command: Vec<String>,
    /// Which server
    #[command(flatten)]
    pub remote: Remote,
}

impl Exec {
    /// Asks where the service runs, opens the session, and becomes the plugin: terminal, signals
    /// and exit status are its own from then on.
    pub async fn run(&self, session: &mut Session) -> Result<(), Failure> {
        let id = session.client.resolve(&self.preview).await?;
        let preview = session.client.preview(id).await?.value;
        let service = self.service_of(&preview)?;
        let arn = arn_of(&preview, &service.name)?;
        let command = match self.command.as_slice() {
            [] => SHELL.to_owned(),
            words => quoted(words),
        };
        let opened = open_exec(arn, &service.name, &command).await?;
        let error = plugin(&opened).exec();
        Err(match error.kind() {
            io::ErrorKind::NotFound => Failure::new(
                Exit::Internal,
                format!(
                    "{PLUGIN} is not installed, or not in PATH: it carries the session to this \
                     terminal, and AWS has it for every system (Session Manager plugin, 1.2.497 \
                     or newer)"
                ),
            ),
            _ => Failure::new(Exit::Internal, format!("{PLUGIN}: {error}")),
        })
    }

    /// The one that was named, the only one, or the one at `/`.
    fn service_of<'p>(&self, preview: &'p PreviewView) -> Result<&'p ServiceView, Failure> {
        let all = &preview.services;
        let names = || {
            let names = all.iter().map(|service| service.name.as_str());
            names.collect::<Vec<_>>().join(", ")
        };
        let found = match (&self.service, all.as_slice()) {
            (Some(wanted), _) => all.iter().find(|service| service.name == *wanted),
            (None, [only]) => Some(only),
            (None, _) => all
                .iter()
                .find(|service| service.path.as_deref() == Some("/")),
        };
        found.ok_or_else(|| {
            let asked = match &self.service {
                Some(wanted) => format!("the preview runs no service {wanted:?}"),
                None => "which service".to_owned(),
            };
            Failure::usage(format!("{asked}: name one with --service ({})", names()))
        })
    }
}

/// The ARN of a service, from what the preview owns.
fn arn_of<'p>(preview: &'p PreviewView, service: &str) -> Result<&'p str, Failure> {
    let owned = &preview.resources;
    let of_several = owned
        .get("services")
        .map(|services| &services[service]["service_arn"]);
    let arn = of_several.or_else(|| owned.get("service_arn"));
    if let Some(arn) = arn.and_then(|arn| arn.as_str()) {
        return Ok(arn);
    }
    let why = if owned.contains_key("processes") {
        "it runs on the local platform, as processes of the server's own machine: open a shell \
         there"
            .to_owned()
    } else {
        format!("it is {}, and has no such service on AWS", preview.phase)
    };
    let name = &preview.name;
    Err(Failure::new(
        Exit::Refused,
        format!("no shell can be opened in {name}: {why}"),
    ))
}

fn plugin(session: &ExecSession) -> Command {
    let mut plugin = Command::new(PLUGIN);
    // The name of the variable, the region, the operation, the profile, what was asked for, and
    // where: the order that AWS's own command line gives them in.
    plugin.args([SECRET, &session.region, "StartSession"]);
    plugin.arg(std::env::var_os("AWS_PROFILE").unwrap_or_default());
    plugin.arg(serde_json::json!({ "Target": session.target }).to_string());
    plugin.arg(&session.endpoint);
    plugin.env(SECRET, &session.secret);
    plugin
}

/// Words as one line that is taken apart into the same words again.
fn quoted(words: &[String]) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    let quoted = words.iter().map(|word| {
        if !word.is_empty() && word.chars().all(is_plain) {
            return word.clone();
        }
        format!("'{}'", word.replace('\'', r"'\''"))
    });
    quoted.collect::<Vec<_>>().join(" ")
}

impl From<ExecError> for Failure {
    fn from(error: ExecError) -> Self {
        let exit = match &error {
            ExecError::NotEnabled | ExecError::NotAllowed(_) | ExecError::NoCredentials(_) => {
                Exit::Refused
            }
            ExecError::NoTask(_) => Exit::NotFound,
            ExecError::NotConnected(_) => Exit::Unreachable,
            ExecError::NoService(_) | ExecError::Failed(_) => Exit::Internal,
        };
        Self::new(exit, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words() {
        let words = ["sh", "-c", "echo \"$HOME\" it's", ""].map(str::to_owned);
        assert_eq!(quoted(&words), r#"sh -c 'echo "$HOME" it'\''s' ''"#);
    }
}

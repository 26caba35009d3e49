//! What to run, as flags and as a folder.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use tempus_api::shape::AutoscaleRequest;
use tempus_model::{Schedule, Template, Ttl};

use super::access::AccessWord;
use crate::failure::Failure;
use crate::repository_file::{Asked, Repository};

/// Environment variables, or references to secrets.
type Variables = Option<BTreeMap<String, String>>;

/// What a preview shall run.
#[derive(Debug, Clone, Default, Args)]
pub struct What {
    /// A folder whose .tempus.yml (or .idp/config.yml) says what to run; flags are stronger
    #[arg(value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// The command to run, read by /bin/sh
    #[arg(long, value_name = "COMMAND")]
    pub command: Option<String>,
    /// The container image to run, where the platform runs containers; of a preview with several
    /// services, for each that names none
    #[arg(long, value_name = "IMAGE", conflicts_with = "command")]
    pub image: Option<String>,
    /// The port that a container listens on; a process is told its own in PORT
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    /// The path that answers 2xx or 3xx when the service is ready
    #[arg(long, value_name = "PATH")]
    pub health_path: Option<String>,
    /// An environment variable; of a preview with several services, for each of them
    #[arg(long = "env", value_name = "KEY=VALUE", value_parser = variable)]
    pub env: Vec<(String, String)>,
    /// An environment variable that the platform looks up by this reference, such as the ARN of
    /// a secret; of a preview with several services, for each of them
    #[arg(long = "secret", value_name = "KEY=REFERENCE", value_parser = variable)]
    pub secrets: Vec<(String, String)>,
    /// CPU units, 1024 to a core
    #[arg(long, value_name = "UNITS")]
    pub cpu: Option<u32>,
    /// Memory in MiB
    #[arg(long, value_name = "MIB")]
    pub memory: Option<u32>,
    /// How many of it run
    #[arg(long, value_name = "COUNT", conflicts_with = "autoscale")]
    pub replicas: Option<u32>,
    /// How many of it run at most, by load; and the use of CPU that is aimed at, in percent
    #[arg(long, value_name = "MAX[:PERCENT]", value_parser = by_load)]
    pub autoscale: Option<AutoscaleRequest>,
    /// What kind of a preview it is, such as api-service
    #[arg(long, value_name = "NAME")]
    pub template: Option<Template>,
    /// When the task of a scheduled-worker is run, such as "rate(15 minutes)" or "0 3 * * 1-5" (UTC)
    #[arg(long, value_name = "WHEN")]
    pub schedule: Option<Schedule>,
    /// How many days its log lines are kept
    #[arg(long, value_name = "DAYS")]
    pub log_retention_days: Option<u16>,
    /// Who may see it; what is there already unless given
    #[arg(long, value_name = "WHO")]
    pub access: Option<AccessWord>,
    /// After how long without a request it is put to sleep, such as 30m, or never
    #[arg(long, value_name = "TIME", value_parser = sleep)]
    pub sleep: Option<String>,
    /// The commit that it is made from
    #[arg(long, value_name = "SHA")]
    pub commit: Option<String>,
}

impl What {
    /// Reads the folder, if one is named, and puts the flags on top of it.
    pub fn asks(&self) -> Result<Asked, Failure> {
        let mut asked = match &self.dir {
            Some(dir) => Repository::of_folder(dir)?.asks()?,
            None => Asked::default(),
        };
        let access = self.access.or(asked.access);
        let request = &mut asked.request;
        request.access = access.map(AccessWord::request).transpose()?;
        let env: BTreeMap<_, _> = self.env.iter().cloned().collect();
        let secrets: BTreeMap<_, _> = self.secrets.iter().cloned().collect();
        if let Some(services) = &mut request.services {
            if let Some(flag) = self.single_flag() {
                return Err(Failure::usage(format!(
                    "{flag} describes one service, but the folder lists several; say it in its \
                     .tempus.yml"
                )));
            }
            for service in services {
                service.image = service.image.take().or_else(|| self.image.clone());
                merge(&mut service.env, &mut service.secrets, &env);
                merge(&mut service.secrets, &mut service.env, &secrets);
            }
        } else {
            merge(&mut request.env, &mut request.secrets, &env);
            merge(&mut request.secrets, &mut request.env, &secrets);
        }
        // An image brings its own command, unless the file says what to run in one.
        if self.image.is_some() && request.image.is_none() {
            request.command = None;
        }
        replace(&mut request.command, self.command.as_ref());
        if request.services.is_none() {
            replace(&mut request.image, self.image.as_ref());
        }
        replace(&mut request.health_path, self.health_path.as_ref());
        replace(&mut request.port, self.port.as_ref());
        replace(&mut request.cpu, self.cpu.as_ref());
        replace(&mut request.memory, self.memory.as_ref());
        // One word for how many of it run replaces the other.
        if self.replicas.is_some() || self.autoscale.is_some() {
            request.replicas = self.replicas;
            request.autoscale = self.autoscale;
        }
        replace(&mut request.commit_sha, self.commit.as_ref());
        replace(&mut request.sleep, self.sleep.as_ref());
        let template = self.template.map(|template| template.to_string());
        replace(&mut request.template, template.as_ref());
        replace(
            &mut request.log_retention_days,
            self.log_retention_days.as_ref(),
        );
        let schedule = self.schedule.as_ref().map(ToString::to_string);
        replace(&mut request.schedule, schedule.as_ref());
        Ok(asked)
    }

    fn single_flag(&self) -> Option<&'static str> {
        [
            ("--command", self.command.is_some()),
            ("--port", self.port.is_some()),
            ("--health-path", self.health_path.is_some()),
            ("--cpu", self.cpu.is_some()),
            ("--memory", self.memory.is_some()),
            ("--replicas", self.replicas.is_some()),
            ("--autoscale", self.autoscale.is_some()),
        ]
        .into_iter()
        .find_map(|(flag, is_given)| is_given.then_some(flag))
    }
}

fn replace<T: Clone>(field: &mut Option<T>, with: Option<&T>) {
    if let Some(value) = with {
        *field = Some(value.clone());
    }
}

/// Adds variables. One that the file has among the others is of the flag's kind from now on.
fn merge(kind: &mut Variables, other: &mut Variables, more: &BTreeMap<String, String>) {
    if more.is_empty() {
        return;
    }
    if let Some(other) = other {
        other.retain(|name, _| !more.contains_key(name));
    }
    let more = more.iter();
    let more = more.map(|(name, value)| (name.clone(), value.clone()));
    kind.get_or_insert_default().extend(more);
}

/// As the server reads it: checked here, where the flag can be named.
fn sleep(text: &str) -> Result<String, String> {
    if text != "never" {
        text.parse::<Ttl>()
            .map_err(|error| format!("{error}, or \"never\""))?;
    }
    Ok(text.to_owned())
}

fn by_load(text: &str) -> Result<AutoscaleRequest, String> {
    let (max, cpu) = match text.split_once(':') {
        Some((max, cpu)) => (max, Some(cpu)),
        None => (text, None),
    };
    let read = |number: &str| number.parse().ok();
    match (read(max), cpu.map(read)) {
        (Some(max), None) => Ok(AutoscaleRequest { max, cpu: None }),
        (Some(max), Some(Some(cpu))) => Ok(AutoscaleRequest {
            max,
            cpu: Some(cpu),
        }),
        _ => Err("must be a number, or a number and a percentage such as 4:60".to_owned()),
    }
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("must be KEY=VALUE".to_owned()),
    }
}

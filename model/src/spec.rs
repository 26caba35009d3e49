//! What a preview should run: an immutable specification, and the limits it is held against.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::retention::{is_retention, retention_accepted};
use crate::{
    Access, Autoscale, DnsName, Schedule, ScheduleError, Seed, SpecId, Template, Timestamp, Ttl,
};

/// What a preview runs. Immutable once stored; its id is the hash of its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The template that the spec was made from, such as `api-service`.
    pub template: String,
    /// The commit that it was made from, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit_sha: Option<String>,
    /// The files that its services run on, where the platform runs processes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkout: Option<Checkout>,
    /// Who may see it.
    #[serde(default, skip_serializing_if = "Access::is_open")]
    pub access: Access,
    /// After how long without a request it is put to sleep; `None` is never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sleep: Option<Ttl>,
    /// What its database begins with, where its template has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<Seed>,
    /// When its task is run; set if and only if the template is the scheduled worker's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// How many days its log lines are kept, where it says so itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_retention_days: Option<u16>,
    /// One to [`Limits::services`] services; the first answers at `/`, if the preview has a URL.
    pub services: Vec<Service>,
}

/// A repository's files at one commit.
///
/// Never asked for over HTTP: whoever may create previews could read any repository that the App is
/// installed on. It comes from a pull request or a branch, of which GitHub has been asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkout {
    /// The repository's stable id.
    pub repository_id: u64,
    /// Its full name, such as `octo/shop`.
    pub repository: String,
    /// The installation of the App through which it is read.
    pub installation_id: u64,
    /// The commit, in full.
    pub sha: String,
    /// What makes the files ready to run, read by `/bin/sh -c` in their root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<String>,
}

/// One process or container of a preview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Its name within the preview.
    pub name: DnsName,
    /// What to run, read by `/bin/sh -c` where the platform runs processes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The container image, where the platform runs containers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The working folder, absolute, where the platform runs processes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dir: Option<String>,
    /// The port that a container listens on. A process is told its port in `PORT` instead.
    pub port: u16,
    /// Environment variables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// Environment variables whose values the platform looks up by these references when the
    /// service starts. Never the values themselves.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, String>,
    /// The path that answers 2xx or 3xx when the service is ready.
    pub health_path: String,
    /// The public path prefix, `/` for the first service; `None` keeps the service private.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// CPU units, 1024 to a core.
    pub cpu: u32,
    /// Memory in MiB.
    pub memory: u32,
    /// How many of it run, if not one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replicas: Option<u32>,
    /// How many of it run, by load, where the platform can tell; instead of `replicas`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autoscale: Option<Autoscale>,
}

/// A refused part of a request: which field, and what would be accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field's path in the request, such as `services[1].port`.
    pub field: String,
    /// What was wrong and what would be right.
    pub problem: String,
}

impl FieldError {
    /// An error about this field.
    pub fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            problem: problem.into(),
        }
    }
}

/// What one request may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Services in one preview.
    pub services: usize,
    /// CPU units of all services together, of each as often as it may run; 1024 to a core.
    pub cpu: u32,
    /// Memory of all services together, of each as often as it may run, in MiB.
    pub memory: u32,
}

/// The shortest time without a request after which a preview may be put to sleep.
const SHORTEST_SLEEP: Duration = Duration::from_secs(1);

impl Default for Limits {
    fn default() -> Self {
        Self {
            services: 10,
            cpu: 4096,
            memory: 8192,
        }
    }
}

impl Spec {
    /// A spec of these services, and of nothing that need not be said.
    pub fn new(template: Template, services: Vec<Service>) -> Self {
        Self {
            template: template.to_string(),
            commit_sha: None,
            checkout: None,
            access: Access::Open,
            sleep: None,
            seed: None,
            schedule: None,
            log_retention_days: None,
            services,
        }
    }

    /// Whether it is of this template.
    pub fn is_of(&self, template: Template) -> bool {
        self.template == template.as_str()
    }

    /// The id: a hash of the spec's JSON (field order is fixed by the type, maps are sorted).
    pub fn id(&self) -> SpecId {
        let canonical = serde_json::to_vec(self).unwrap_or_default();
        SpecId::of(&canonical)
    }

    /// The id of what it runs, whoever may see it and whenever it sleeps: two specs that differ in
    /// these alone run the same.
    pub fn program(&self) -> SpecId {
        if self.access.is_open() && self.sleep.is_none() {
            return self.id();
        }
        let mut bare = self.clone();
        bare.access = Access::Open;
        bare.sleep = None;
        bare.id()
    }

    /// Whether a preview of it answers at a URL. One of a template that is not known here may.
    pub fn has_url(&self) -> bool {
        self.template.parse().map_or(true, Template::has_url)
    }

    /// The service of this name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|s| s.name.as_str() == name)
    }

    /// Everything about the spec that no platform would accept.
    pub fn check(&self, limits: &Limits) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if self.seed.is_some() && !self.is_of(Template::ApiDatabase) {
            errors.push(FieldError::new(
                "seed",
                format!(
                    "is for the template \"{}\" alone; ask for that, or leave it out",
                    Template::ApiDatabase
                ),
            ));
        }
        if self.services.is_empty() || self.services.len() > limits.services {
            errors.push(FieldError::new(
                "services",
                format!("must list 1 to {} services", limits.services),
            ));
        }
        let sleep = self.sleep.map(Ttl::duration);
        if sleep.is_some_and(|sleep| sleep < SHORTEST_SLEEP) {
            errors.push(FieldError::new("sleep", "must be at least 1s"));
        }
        if sleep.is_some() && !self.has_url() {
            let problem =
                "is for previews with a URL: nobody asks for this one, so nothing would wake it";
            errors.push(FieldError::new("sleep", problem));
        }
        self.check_schedule(&mut errors);
        if self
            .log_retention_days
            .is_some_and(|days| !is_retention(days))
        {
            errors.push(FieldError::new("log_retention_days", retention_accepted()));
        }
        let (mut names, mut ports, mut paths) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for (index, service) in self.services.iter().enumerate() {
            let field = |name: &str| format!("services[{index}].{name}");
            if !names.insert(&service.name) {
                errors.push(FieldError::new(
                    field("name"),
                    format!(
                        "\"{}\" is used twice; each service needs its own",
                        service.name
                    ),
                ));
            }
            if service.port == 0 {
                errors.push(FieldError::new(field("port"), "must be 1 to 65535"));
            } else if !ports.insert(service.port) {
                errors.push(FieldError::new(
                    field("port"),
                    format!("{} is used twice; each service needs its own", service.port),
                ));
            }
            if let Some(path) = &service.path
                && !paths.insert(path.trim_end_matches('/').to_owned())
            {
                errors.push(FieldError::new(
                    field("path"),
                    format!("\"{path}\" is used twice; each service needs its own"),
                ));
            }
            service.check(&field, &mut errors);
        }
        for (field, asked, most, unit) in [
            ("cpu", self.total(|s| s.cpu), limits.cpu, "CPU units"),
            ("memory", self.total(|s| s.memory), limits.memory, "MiB"),
        ] {
            if asked > u64::from(most) {
                errors.push(FieldError::new(
                    field,
                    format!(
                        "{asked} {unit} over all of its services, but at most {most} are allowed"
                    ),
                ));
            }
        }
        errors
    }

    /// A schedule and the template that runs by one come together. It runs one service, and answers
    /// nowhere.
    fn check_schedule(&self, errors: &mut Vec<FieldError>) {
        let worker = Template::ScheduledWorker;
        let mut refuse = |field: &str, problem: String| {
            errors.push(FieldError::new(field, problem));
        };
        match (&self.schedule, self.has_url()) {
            (None, true) => return,
            (Some(_), true) => {
                return refuse(
                    "schedule",
                    format!("is for the template \"{worker}\" alone"),
                );
            }
            (None, false) => refuse(
                "schedule",
                format!("is missing: the template \"{worker}\" runs by one; it {ScheduleError}"),
            ),
            (Some(schedule), false) => {
                let timetable = schedule.timetable().ok();
                if timetable.is_none_or(|table| table.next(Timestamp::default()).is_none()) {
                    refuse("schedule", "names a day that never comes".to_owned());
                }
            }
        }
        if self.services.len() > 1 {
            let problem = format!("must be one: \"{worker}\" runs one task");
            refuse("services", problem);
        }
        for (index, service) in self.services.iter().enumerate() {
            let answers = [
                ("path", service.path.is_some()),
                ("health_path", service.health_path != "/"),
            ];
            if service.count() > 1 {
                let problem = format!("cannot be given: \"{worker}\" runs one task at a time");
                let field = service.autoscale.map_or("replicas", |_| "autoscale");
                refuse(&format!("services[{index}].{field}"), problem);
            }
            for (field, _) in answers.into_iter().filter(|(_, given)| *given) {
                let problem = format!("cannot be given: \"{worker}\" answers at no URL");
                refuse(&format!("services[{index}].{field}"), problem);
            }
        }
    }

    fn total(&self, of: impl Fn(&Service) -> u32) -> u64 {
        let services = self.services.iter();
        services
            .map(|s| u64::from(of(s)) * u64::from(s.count()))
            .sum()
    }
}

impl Service {
    /// A private service of the smallest size that Fargate has, and of nothing that need not be said.
    pub fn new(name: DnsName, port: u16) -> Self {
        Self {
            name,
            command: None,
            image: None,
            dir: None,
            port,
            env: BTreeMap::new(),
            secrets: BTreeMap::new(),
            health_path: "/".to_owned(),
            path: None,
            cpu: 256,
            memory: 512,
            replicas: None,
            autoscale: None,
        }
    }

    fn check(&self, field: &dyn Fn(&str) -> String, errors: &mut Vec<FieldError>) {
        for (name, path) in [
            ("health_path", Some(&self.health_path)),
            ("path", self.path.as_ref()),
        ] {
            let Some(path) = path else { continue };
            let plain = path
                .chars()
                .all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '*' | '<' | '>'));
            if !path.starts_with('/') || path.len() > 128 || !plain {
                errors.push(FieldError::new(
                    field(name),
                    "must begin with '/' and be at most 128 printable characters without spaces",
                ));
            }
        }
        for (kind, variables) in [("env", &self.env), ("secrets", &self.secrets)] {
            let wrong = variables.keys().filter(|name| !is_variable(name));
            errors.extend(wrong.map(|name| {
                FieldError::new(
                    field(kind),
                    format!("{name:?} is no variable name; use letters, digits and '_'"),
                )
            }));
        }
        let both = self
            .secrets
            .keys()
            .filter(|name| self.env.contains_key(*name));
        errors.extend(both.map(|name| {
            let problem = format!("{name} is in env too; give it once");
            FieldError::new(field("secrets"), problem)
        }));
        if self.env.values().any(|value| value.contains('\0')) {
            errors.push(FieldError::new(field("env"), "values must not contain NUL"));
        }
        if self
            .command
            .as_ref()
            .is_some_and(|c| c.trim().is_empty() || c.contains('\0'))
        {
            errors.push(FieldError::new(
                field("command"),
                "must be a command line, not empty",
            ));
        }
        if self.cpu == 0 {
            errors.push(FieldError::new(
                field("cpu"),
                "must be at least 1 CPU unit (1024 a core)",
            ));
        }
        if self.memory == 0 {
            errors.push(FieldError::new(field("memory"), "must be at least 1 MiB"));
        }
        self.check_count(field, errors);
    }
}

/// Whether a shell could set a variable of this name.
pub(crate) fn is_variable(name: &str) -> bool {
    let begins = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    let goes_on = |byte: u8| begins(byte) || byte.is_ascii_digit();
    name.bytes().next().is_some_and(begins) && name.bytes().all(goes_on)
}

#[cfg(test)]
mod tests;

//! What a preview should run: an immutable specification, and the limits it is held against.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{Access, DnsName, SpecId, Template};

/// What a preview runs. Immutable once stored; its id is the hash of its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The template that the spec was made from, such as `api-service`.
    pub template: String,
    /// The commit that it was made from, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit_sha: Option<String>,
    /// Who may see it.
    #[serde(default, skip_serializing_if = "Access::is_open")]
    pub access: Access,
    /// One to [`Limits::services`] services; the first answers at `/`.
    pub services: Vec<Service>,
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
    /// CPU units of all services together, 1024 to a core.
    pub cpu: u32,
    /// Memory of all services together, in MiB.
    pub memory: u32,
}

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
            access: Access::Open,
            services,
        }
    }

    /// The id: a hash of the spec's JSON (field order is fixed by the type, maps are sorted).
    pub fn id(&self) -> SpecId {
        let canonical = serde_json::to_vec(self).unwrap_or_default();
        SpecId::of(&canonical)
    }

    /// The id of what it runs, whoever may see it: two specs that differ in their access alone run
    /// the same.
    pub fn program(&self) -> SpecId {
        if self.access.is_open() {
            return self.id();
        }
        let mut open = self.clone();
        open.access = Access::Open;
        open.id()
    }

    /// The service of this name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|s| s.name.as_str() == name)
    }

    /// Everything about the spec that no platform would accept.
    pub fn check(&self, limits: &Limits) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if self.services.is_empty() || self.services.len() > limits.services {
            errors.push(FieldError::new(
                "services",
                format!("must list 1 to {} services", limits.services),
            ));
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
                    format!("{asked} {unit} over all services, but at most {most} are allowed"),
                ));
            }
        }
        errors
    }

    fn total(&self, of: impl Fn(&Service) -> u32) -> u64 {
        self.services.iter().map(|s| u64::from(of(s))).sum()
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
    }
}

/// Whether a shell could set a variable of this name.
pub(crate) fn is_variable(name: &str) -> bool {
    let begins = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    let goes_on = |byte: u8| begins(byte) || byte.is_ascii_digit();
    name.bytes().next().is_some_and(begins) && name.bytes().all(goes_on)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(name: &str, port: u16, path: Option<&str>) -> Service {
        Service {
            command: Some("true".into()),
            path: path.map(Into::into),
            ..Service::new(name.parse().unwrap(), port)
        }
    }

    fn fields(spec: &Spec) -> Vec<String> {
        let errors = spec.check(&Limits::default());
        errors.into_iter().map(|e| e.field).collect()
    }

    #[test]
    fn each_refusal_names_its_field() {
        let of = |services| Spec::new(Template::ApiService, services);
        let good = of(vec![
            service("web", 80, Some("/")),
            service("api", 81, Some("/api")),
        ]);
        assert!(fields(&good).is_empty());
        assert_eq!(fields(&of(vec![])), ["services"]);
        assert_eq!(
            fields(&of(vec![service("a", 80, None), service("a", 81, None)])),
            ["services[1].name"]
        );
        assert_eq!(
            fields(&of(vec![service("a", 80, None), service("b", 80, None)])),
            ["services[1].port"]
        );
        assert_eq!(
            fields(&of(vec![
                service("a", 80, Some("/x")),
                service("b", 81, Some("/x/"))
            ])),
            ["services[1].path"]
        );
        assert_eq!(
            fields(&of(vec![service("a", 0, Some("x"))])),
            ["services[0].port", "services[0].path"]
        );
        let mut big = service("a", 80, None);
        big.memory = u32::MAX;
        big.env.insert("1=".into(), String::new());
        big.env.insert("TOKEN".into(), String::new());
        big.secrets.insert("TOKEN".into(), "arn:x".into());
        assert_eq!(
            fields(&of(vec![big])),
            ["services[0].env", "services[0].secrets", "memory"]
        );
    }

    #[test]
    fn equal_specs_have_equal_ids() {
        let a = Spec::new(Template::ApiService, vec![service("a", 1, None)]);
        let mut b = a.clone();
        assert_eq!(a.id(), b.id());
        b.access = Access::Link;
        assert_ne!(a.id(), b.id());
        assert_eq!(a.program(), b.program());
        b.commit_sha = Some("abc".into());
        assert_ne!(a.program(), b.program());
        let stored = serde_json::to_string(&a).unwrap();
        assert!(
            !stored.contains("access"),
            "what was stored before is read: {stored}"
        );
    }
}

//! One service, as the file says it.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::keys::{At, Form, Key, Keys, Reader};
use super::maps::{References, Variables};
use super::node::{Node, Value, line_of_key};
use super::sketch::Sketch;
use super::values::{CommandLine, FilePath, ImageName, UrlPath, Whole};
use crate::{Autoscale, DnsName};

/// What a file says of one service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileService {
    /// What to run, read by `/bin/sh -c`.
    pub command: Option<String>,
    /// The container image to run.
    pub image: Option<String>,
    /// Where the image is built from, in the repository.
    pub dockerfile: Option<String>,
    /// The folder that is sent to that build.
    pub build_context: Option<String>,
    /// The port that a container listens on.
    pub port: Option<u16>,
    /// The public path prefix; never of a single service.
    pub path: Option<String>,
    /// The path that says when it is ready.
    pub health_path: Option<String>,
    /// Environment variables.
    pub environment: BTreeMap<String, String>,
    /// Environment variables that are looked up, by reference.
    pub secrets: BTreeMap<String, String>,
    /// CPU units, 1024 to a core.
    pub cpu: Option<u32>,
    /// Memory in MiB.
    pub memory: Option<u32>,
    /// How many of it run.
    pub replicas: Option<u32>,
    /// How many of it run, by load.
    pub autoscale: Option<Autoscale>,
}

const NAME: Key = Key::new("name", "Its name within the preview: a-z, 0-9 and '-'.");
const PATH: Key = Key::new(
    "path",
    "The public path prefix. The first service answers at / unless it says otherwise; any other without a path is private.",
);
const COMMAND: Key = Key::new(
    "command",
    "What to run, read by /bin/sh -c. It listens on $PORT.",
);
const IMAGE: Key = Key::new(
    "image",
    "The container image to run, where previews are containers.",
);
const DOCKERFILE: Key = Key::new(
    "dockerfile",
    "What the image is built from. Dockerfile unless given.",
);
const BUILD_CONTEXT: Key = Key::new(
    "build_context",
    "The folder that is sent to the image's build. The repository's root unless given.",
);
const PORT: Key = Key {
    name: "port",
    also: Some("container_port"),
    about: "The port that the container listens on. 80 unless given; of several services, 8000 and its place in the list. A process is told its port in PORT instead.",
};
const HEALTH_PATH: Key = Key::new(
    "health_path",
    "The path that answers 2xx or 3xx when the service is ready. / unless given.",
);
const ENVIRONMENT: Key = Key::new("environment", "Environment variables.");
const SECRETS: Key = Key::new(
    "secrets",
    "Environment variables that are looked up when the service starts, by reference: on AWS an ARN, on one machine a name in the server's secret file. Never the secret itself.",
);
const CPU: Key = Key::new("cpu", "CPU units, 1024 to a core. 256 unless given.");
const MEMORY: Key = Key::new("memory", "Memory in MiB. 512 unless given.");
const REPLICAS: Key = Key::new("replicas", "How many of it run. 1 unless given.");
const AUTOSCALE: Key = Key::new(
    "autoscale",
    "How many of it run, by load. Instead of replicas.",
);

/// The keys that describe one service.
pub(super) const SINGLE: [&Key; 12] = [
    &COMMAND,
    &IMAGE,
    &DOCKERFILE,
    &BUILD_CONTEXT,
    &PORT,
    &HEALTH_PATH,
    &ENVIRONMENT,
    &SECRETS,
    &CPU,
    &MEMORY,
    &REPLICAS,
    &AUTOSCALE,
];

/// The keys of a service.
pub(super) fn single(keys: &mut impl Keys) -> FileService {
    let service = FileService {
        command: keys.take(&COMMAND).map(|CommandLine(command)| command),
        image: keys.take(&IMAGE).map(|ImageName(image)| image),
        dockerfile: keys.take(&DOCKERFILE).map(|FilePath(path)| path),
        build_context: keys.take(&BUILD_CONTEXT).map(|FilePath(path)| path),
        port: keys.take(&PORT).and_then(port),
        path: None,
        health_path: keys.take(&HEALTH_PATH).map(|UrlPath(path)| path),
        environment: keys
            .take(&ENVIRONMENT)
            .map_or_else(BTreeMap::new, |Variables(variables)| variables),
        secrets: keys
            .take(&SECRETS)
            .map_or_else(BTreeMap::new, |References(references)| references),
        cpu: keys.take(&CPU).map(units),
        memory: keys.take(&MEMORY).map(units),
        replicas: keys.take(&REPLICAS).map(|Whole::<1, 100>(count)| count),
        autoscale: keys.take(&AUTOSCALE),
    };
    keys.either(&REPLICAS, &AUTOSCALE);
    keys.either(&IMAGE, &DOCKERFILE);
    keys.apart(&ENVIRONMENT, &SECRETS);
    service
}

fn port(Whole(port): Whole<1, 65535>) -> Option<u16> {
    u16::try_from(port).ok()
}

fn units(Whole(units): Whole<1, { u32::MAX }>) -> u32 {
    units
}

/// The keys of one of several services.
fn one_of_several(keys: &mut impl Keys) -> FileService {
    let path = keys.take(&PATH).map(|UrlPath(path)| path);
    let service = single(keys);
    keys.any_of(&[&COMMAND, &IMAGE, &DOCKERFILE]);
    FileService { path, ..service }
}

impl Form for Autoscale {
    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        Reader::read(node, at.again(), autoscale).flatten()
    }

    fn schema() -> Json {
        let mut keys = Sketch::default();
        autoscale(&mut keys);
        keys.schema()
    }
}

fn autoscale(keys: &mut impl Keys) -> Option<Autoscale> {
    const MAX: Key = Key::new("max", "Never more than this.");
    const CPU: Key = Key::new(
        "cpu",
        "The average use of CPU that is aimed at, in percent. 70 unless given.",
    );
    keys.must(&MAX);
    let max = keys.take(&MAX).map(|Whole::<1, 100>(most)| most);
    let cpu = keys.take(&CPU).map(|Whole::<10, 95>(percent)| percent);
    Some(Autoscale {
        max: max?,
        cpu: cpu.unwrap_or(Autoscale::CPU),
    })
}

/// Several services, in the order of the file: as a map by name, or as a list with names.
pub(super) struct Services(pub Vec<(DnsName, FileService)>);

/// What a service's name is made of.
const NAMES: &str = "^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$";

impl Form for Services {
    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        let mut services: Vec<(DnsName, FileService)> = Vec::new();
        match &node.value {
            Value::Map(entries) if !entries.is_empty() => {
                for (name, node) in entries {
                    let line = line_of_key(at.text, name, node.line);
                    let mut at = at.inner(name);
                    let name = dns_name(name, line, &mut at);
                    let service = Reader::read(node, at, one_of_several);
                    services.extend(name.zip(service));
                }
            }
            Value::List(items) if !items.is_empty() => {
                for (index, node) in items.iter().enumerate() {
                    let service = Reader::read(node, at.inner(&format!("[{index}]")), |keys| {
                        keys.must(&NAME);
                        let name = keys.take(&NAME).map(|Name(name)| name);
                        (name, one_of_several(keys))
                    });
                    let Some((Some(name), service)) = service else {
                        continue;
                    };
                    if services.iter().any(|(other, _)| *other == name) {
                        let problem = "another service has this name; each needs its own";
                        at.inner(&format!("[{index}].name"))
                            .refuse(node.line, problem);
                    }
                    services.push((name, service));
                }
            }
            _ => {
                at.refuse(
                    node.line,
                    "must be services as a map by name, or as a list of services with a name; at \
                     least one",
                );
                return None;
            }
        }
        Some(Self(services))
    }

    fn schema() -> Json {
        let mut by_name = Sketch::default();
        one_of_several(&mut by_name);
        let mut listed = Sketch::default();
        listed.must(&NAME);
        let _: Option<Name> = listed.take(&NAME);
        one_of_several(&mut listed);
        json!({
            "type": ["object", "array"],
            "minProperties": 1,
            "minItems": 1,
            "propertyNames": {"pattern": NAMES},
            "additionalProperties": by_name.schema(),
            "items": listed.schema(),
        })
    }
}

/// A service's name.
struct Name(DnsName);

impl Form for Name {
    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        let text = match &node.value {
            Value::Text(text) => text.as_str(),
            _ => "",
        };
        dns_name(text, node.line, at).map(Self)
    }

    fn schema() -> Json {
        json!({"type": "string", "pattern": NAMES})
    }
}

fn dns_name(text: &str, line: u64, at: &mut At<'_>) -> Option<DnsName> {
    match text.parse::<DnsName>() {
        Ok(name) => Some(name),
        Err(error) => {
            at.refuse(line, format!("its name {error}"));
            None
        }
    }
}

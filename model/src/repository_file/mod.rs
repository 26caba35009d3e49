//! The repository file: what a repository says of its previews.
//!
//! ```yaml
//! command: python3 app.py      # one service, named "web" …
//! health_path: /healthz
//! ttl: 7d
//! ```
//! ```yaml
//! services:                    # … or several, as a map by name or as a list with names
//!   web:
//!     command: python3 web.py  # the first answers at /
//!   api:
//!     command: python3 api.py  # private, unless it has a path
//! ```
//!
//! The keys are named once (`keys.rs`): that list reads the file, names what is accepted, and makes
//! the schema for editors. All mistakes are found in one go, each with its line and its key, and
//! none repeats what stands there. `docs/repository-file.md` has every key.
//!
//! It says what a repository *wants*. What a server gives is the server's: its limits, its range
//! of lifetimes, the templates of its platform.

mod error;
mod keys;
mod maps;
mod node;
mod seed;
mod service;
mod sketch;
mod values;

use serde_json::{Value as Json, json};

pub use error::{Mistake, Mistakes};
use keys::{At, Key, Keys, Reader};
pub use service::FileService;
use service::Services;
use sketch::Sketch;
use values::{CommandLine, Labels, Retention};

use crate::{AccessMode, DnsName, Schedule, Seed, Template, Ttl};

/// Where the file is looked for within a repository: the first that is there is read.
pub const PLACES: [&str; 2] = [".tempus.yml", ".idp/config.yml"];

/// The life of a preview whose repository does not say.
pub const DEFAULT_TTL: &str = "7d";

/// The port of a container whose repository does not say.
pub const DEFAULT_PORT: u16 = 80;

/// The longest file that is read, in bytes.
pub const LONGEST: usize = 64 * 1024;

/// What a repository says of its previews. One without a file says nothing: [`Self::default`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RepositoryFile {
    /// What kind of a preview it is.
    pub template: Option<Template>,
    /// How long a preview lives.
    pub ttl: Option<Ttl>,
    /// Who may see it.
    pub access: Option<AccessMode>,
    /// What it runs.
    pub runs: Runs,
    /// What makes a checkout ready to run, read by `/bin/sh -c`.
    pub build: Option<String>,
    /// How many days its log lines are kept.
    pub log_retention_days: Option<u16>,
    /// When a scheduled worker's task is run.
    pub schedule: Option<Schedule>,
    /// What its database begins with.
    pub seed: Option<Seed>,
    /// After how long without a request it is put to sleep.
    pub sleep: Option<Ttl>,
    /// The labels of which a pull request must have one to get a preview; none is any pull request.
    pub labels: Vec<String>,
    /// Whether a draft of a pull request gets a preview.
    pub drafts: Option<bool>,
}

/// What a repository wants to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Runs {
    /// One service; the server names it.
    Single(Box<FileService>),
    /// Several, at least one: the first answers at `/`.
    Several(Vec<(DnsName, FileService)>),
}

impl Default for Runs {
    fn default() -> Self {
        Self::Single(Box::default())
    }
}

impl Runs {
    /// All of it.
    pub fn services(&self) -> impl Iterator<Item = &FileService> {
        let (single, several) = match self {
            Self::Single(single) => (Some(single.as_ref()), None),
            Self::Several(several) => (None, Some(several)),
        };
        let several = several.into_iter().flatten();
        single
            .into_iter()
            .chain(several.map(|(_, service)| service))
    }
}

const TEMPLATE: Key = Key::new(
    "template",
    "What kind of a preview it is. api-service unless given.",
);
const TTL: Key = Key::new(
    "ttl",
    "How long a preview lives, such as 90m, 2h or 7d. 7d unless given.",
);
const ACCESS: Key = Key::new(
    "access",
    "Who may see it. A password itself does not belong in this file.",
);
const BUILD: Key = Key::new(
    "build",
    "What makes a checkout ready to run, read by /bin/sh -c, where previews are processes.",
);
const RETENTION: Key = Key::new("log_retention_days", "How many days log lines are kept.");
const SCHEDULE: Key = Key::new(
    "schedule",
    "When a scheduled worker's task is run: a rate such as rate(15 minutes), or cron's five fields in UTC.",
);
const SEED: Key = Key::new(
    "seed",
    "What a preview's database begins with: the path of a dump, or a template database.",
);
const SLEEP: Key = Key::new(
    "sleep",
    "After how long without a request it is put to sleep, such as 30m. Never unless given.",
);
const LABELS: Key = Key::new(
    "labels",
    "The labels of which a pull request must have one to get a preview. Any pull request gets one unless given.",
);
const DRAFTS: Key = Key::new(
    "drafts",
    "Whether drafts of pull requests get a preview. false unless given.",
);
const SERVICES: Key = Key::new(
    "services",
    "Several services, as a map by name or as a list with names. The first answers at /.",
);

fn file(keys: &mut impl Keys) -> RepositoryFile {
    let template = keys.take(&TEMPLATE);
    let ttl = keys.take(&TTL);
    let access = keys.take(&ACCESS);
    let single = service::single(keys);
    let build = keys.take(&BUILD).map(|CommandLine(build)| build);
    let services = keys.take(&SERVICES).map(|Services(services)| services);
    let read = RepositoryFile {
        template,
        ttl,
        access,
        runs: services.map_or_else(|| Runs::Single(Box::new(single)), Runs::Several),
        build,
        log_retention_days: keys.take(&RETENTION).map(|Retention(days)| days),
        schedule: keys.take(&SCHEDULE),
        seed: keys.take(&SEED),
        sleep: keys.take(&SLEEP),
        labels: keys
            .take(&LABELS)
            .map_or_else(Vec::new, |Labels(labels)| labels),
        drafts: keys.take(&DRAFTS),
    };
    keys.instead(&service::SINGLE, &SERVICES);
    keys.only_with(&SCHEDULE, Template::ScheduledWorker);
    keys.demanded_by(Template::ScheduledWorker, &SCHEDULE);
    keys.only_with(&SEED, Template::ApiDatabase);
    read
}

impl RepositoryFile {
    /// Reads a file's text; `name` is what mistakes call the file.
    pub fn read(name: &str, text: &str) -> Result<Self, Mistakes> {
        let refused = |list| Mistakes {
            file: name.to_owned(),
            list,
        };
        if text.len() > LONGEST {
            return Err(refused(vec![Mistake {
                line: 1,
                key: String::new(),
                problem: format!("the file is longer than {LONGEST} bytes"),
            }]));
        }
        let root = node::read(text).map_err(|mistake| refused(vec![mistake]))?;
        let mut list = Vec::new();
        let at = At {
            text,
            key: String::new(),
            mistakes: &mut list,
        };
        let read = Reader::read(&root, at, file);
        list.sort_by_key(|mistake| mistake.line);
        match read {
            Some(read) if list.is_empty() => Ok(read),
            _ => Err(refused(list)),
        }
    }

    /// The kind of preview that it asks for.
    pub fn template(&self) -> Template {
        self.template.unwrap_or_default()
    }

    /// The JSON Schema of the file, which gives editors completion. It accepts what [`Self::read`]
    /// accepts, except for what no schema can tell: a name that is used twice, or a lifetime beyond
    /// all bounds.
    pub fn schema() -> Json {
        let mut keys = Sketch::default();
        file(&mut keys);
        let mut schema = keys.schema();
        schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
        schema["title"] = json!("Tempus repository file");
        schema["description"] =
            json!(".tempus.yml or .idp/config.yml: what a repository says of its previews.");
        // A file without anything in it is nothing, and says nothing.
        schema["type"] = json!(["object", "null"]);
        schema
    }
}

#[cfg(test)]
mod tests;

//! `.tempus.yml`: what a folder says about how it is previewed.
//!
//! ```yaml
//! command: python3 app.py      # one service, named "web" …
//! health_path: /healthz
//! ```
//! ```yaml
//! services:                    # … or several, as a map by name or as a list with names
//!   web:
//!     command: python3 web.py  # the first answers at /
//!   api:
//!     command: python3 api.py  # private, unless it has a path
//! access: link                 # open, link, or password; the password itself is never here
//! ```
//!
//! A mistake is reported with the file, the line, the key, and what would be accepted there.

mod error;
mod form;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde_saphyr::{DuplicateKeyPolicy, options};
use tempus_api::shape::{CreateRequest, ServiceRequest};

pub use error::PreviewFileError;
use form::{Form, ServiceForm, Services};

use crate::commands::access::AccessWord;

/// The file's name.
pub const FILE: &str = ".tempus.yml";

/// What a folder says of its preview.
#[derive(Debug, Clone, PartialEq)]
pub struct App {
    /// What it wants to run.
    pub runs: Runs,
    /// Who may see it, if it says so.
    pub access: Option<AccessWord>,
}

/// What a folder wants to run.
#[derive(Debug, Clone, PartialEq)]
pub enum Runs {
    /// One service; the server names it.
    Single(Box<ServiceRequest>),
    /// Several, the first of which answers at `/`.
    Several(Vec<ServiceRequest>),
}

impl App {
    /// Reads the file of this folder, which becomes the working folder of what it runs.
    pub fn of_folder(folder: &Path) -> Result<Self, PreviewFileError> {
        let folder = std::path::absolute(folder).map_err(|e| PreviewFileError::io(folder, &e))?;
        // Named through a link, it is the folder that counts: the link may point elsewhere later.
        let folder = folder
            .canonicalize()
            .map_err(|e| PreviewFileError::io(&folder, &e))?;
        let file = folder.join(FILE);
        let text = std::fs::read_to_string(&file).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => PreviewFileError::Missing {
                folder: folder.clone(),
            },
            _ => PreviewFileError::io(&file, &error),
        })?;
        Self::read(&file, &folder, &text)
    }

    /// Reads a file's text.
    pub fn read(file: &Path, folder: &Path, text: &str) -> Result<Self, PreviewFileError> {
        let options = options! {
            with_snippet: false,
            strict_booleans: true,
            duplicate_keys: DuplicateKeyPolicy::Error,
        };
        let form: Form = serde_saphyr::from_str_with_options(text, options)
            .map_err(|error| error::of_yaml(file, text, &error))?;
        let dir = folder.to_str().ok_or_else(|| PreviewFileError::Folder {
            folder: folder.to_owned(),
        })?;
        let access = form.access.map(|access| access.0);
        let runs =
            Runs::of_form(form, dir).map_err(|(line, reason)| PreviewFileError::Content {
                file: file.to_owned(),
                line,
                reason,
            })?;
        Ok(Self { runs, access })
    }

    /// Puts this into a request, except for the access that it wants, which may need a password.
    #[must_use = "who may see it is part of what the folder says"]
    pub fn fill(self, request: &mut CreateRequest) -> Option<AccessWord> {
        match self.runs {
            Runs::Several(services) => request.services = Some(services),
            Runs::Single(service) => {
                request.command = service.command;
                request.dir = service.dir;
                request.port = service.port;
                request.env = service.env;
                request.health_path = service.health_path;
            }
        }
        self.access
    }
}

impl Runs {
    fn of_form(form: Form, dir: &str) -> Result<Self, (u64, String)> {
        let Some(services) = form.services else {
            let single = form.single;
            if single.command.is_none() {
                return Err((
                    1,
                    format!("must have a command or services; {}", form::KEYS),
                ));
            }
            return Ok(Self::Single(Box::new(request(String::new(), single, dir))));
        };
        if let Some(key) = form.single.first_key() {
            let reason = format!("{key} belongs to one service: move it into one of the services");
            return Err((services.referenced.line(), reason));
        }
        let line = services.referenced.line();
        let Services(list) = services.value;
        if list.is_empty() {
            return Err((line, "services must list at least one service".to_owned()));
        }
        list.into_iter()
            .map(|(name, service)| match &service.value.command {
                Some(_) => Ok(request(name, service.value, dir)),
                None => Err((
                    service.referenced.line(),
                    format!("services.{name}.command is missing: what should it run?"),
                )),
            })
            .collect::<Result<_, _>>()
            .map(Self::Several)
    }
}

fn request(name: String, service: ServiceForm, dir: &str) -> ServiceRequest {
    let env: BTreeMap<_, _> = service
        .environment
        .into_iter()
        .map(|(k, v)| (k, v.0))
        .collect();
    ServiceRequest {
        name,
        command: service.command,
        dir: Some(dir.to_owned()),
        port: service.port.map(|port| port.0),
        env: (!env.is_empty()).then_some(env),
        health_path: service.health_path,
        path: service.path,
        ..ServiceRequest::default()
    }
}

#[cfg(test)]
mod tests;

//! The repository's file as a request: the one place where tending pull requests meets the file's
//! keys.

use std::path::Path;

use tempus_api::shape::{AccessRequest, CreateRequest};
use tempus_model::github::Rules;
use tempus_worker::github::{FileText, NoFile};

use crate::commands::access::AccessWord;
use crate::preview_file::App;

/// The life of a preview whose file does not say.
const TTL: &str = "7d";

/// What a repository's file asks for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// When a pull request has a preview.
    pub rules: Rules,
    /// The preview; without a name, a source or a commit.
    pub request: CreateRequest,
}

/// Reads it. A repository without one asks for nothing in particular.
pub(super) fn read(file: Option<&FileText>) -> Result<Asked, NoFile> {
    let mut asked = Asked::default();
    asked.request.ttl = Some(TTL.to_owned());
    let Some(FileText { path, text }) = file else {
        return Ok(asked);
    };
    let app = App::read(Path::new(path), Path::new("/"), text);
    let app = app.map_err(|error| NoFile(error.to_string()))?;
    let access = app.fill(&mut asked.request);
    // There is no folder here: what the file is read from is a commit.
    asked.request.dir = None;
    for service in asked.request.services.iter_mut().flatten() {
        service.dir = None;
    }
    asked.request.access = match access {
        None => None,
        Some(AccessWord::Open) => Some(AccessRequest::Open),
        Some(AccessWord::Link) => Some(AccessRequest::Link),
        Some(AccessWord::Password) => {
            return Err(NoFile(format!(
                "{path}: access must be open or link: nobody is there to give a password"
            )));
        }
    };
    Ok(asked)
}

//! `tempus name`

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use serde::Serialize;
use tempus_model::DnsName;
use tempus_model::github::{NameForm, Named, image_tag, preview_name};
use tempus_model::repository_file::FileService;

use crate::failure::Failure;
use crate::output::{Format, Screen, clean_lines};
use crate::repository_file::Repository;

/// What is built unless the file says otherwise.
const DOCKERFILE: &str = "Dockerfile";
/// The folder that is sent to the build unless the file says otherwise.
const CONTEXT: &str = ".";

/// Print a preview's name, its image's tag, and what to build; asks no server
///
/// By the rules that the server goes by, so that a workflow has none of its own. With a folder it also
/// says what the image is built from, by the folder's .tempus.yml (or .idp/config.yml).
#[derive(Debug, Clone, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["pr", "branch"]))]
pub struct Name {
    /// The repository's folder, whose file says what to build
    #[arg(value_name = "DIR", requires = "commit")]
    dir: Option<PathBuf>,
    /// The repository's full name, such as octo/shop
    #[arg(long, value_name = "NAME", value_parser = full_name)]
    repository: String,
    /// The pull request
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pr: Option<u64>,
    /// The branch, where there is no pull request
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// The commit, whose image's tag is printed too
    #[arg(long, value_name = "SHA", value_parser = sha)]
    commit: Option<String>,
    /// The name that no other source has, for where the plain one is taken
    #[arg(long)]
    hashed: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// What is printed.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Answer {
    /// The preview's name.
    name: DnsName,
    /// The tag of its image.
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<String>,
    /// What the image is built from; absent if every service names its image.
    #[serde(skip_serializing_if = "Option::is_none")]
    build: Option<Build>,
}

/// What an image is built from, both paths from the repository's root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Build {
    dockerfile: String,
    context: String,
}

impl Name {
    /// Prints it.
    pub fn run(&self) -> Result<(), Failure> {
        let answer = self.answer()?;
        if self.json {
            return Ok(Screen::of_process(Format::Json).json(&answer)?);
        }
        let mut screen = Screen::of_process(Format::Human);
        screen.line(&answer.name)?;
        if let Some(tag) = &answer.tag {
            screen.line(tag)?;
        }
        if let Some(Build {
            dockerfile,
            context,
        }) = &answer.build
        {
            screen.line(clean_lines(&format!("{dockerfile}\n{context}")))?;
        }
        Ok(())
    }

    fn answer(&self) -> Result<Answer, Failure> {
        let repository = self.repository.as_str();
        let named = match (self.pr, self.branch.as_deref()) {
            (Some(number), _) => Named::Pull { number, repository },
            (None, name) => Named::Branch {
                name: name.unwrap_or_default(),
                repository,
            },
        };
        let form = if self.hashed {
            NameForm::Hashed
        } else {
            NameForm::Plain
        };
        let name = preview_name(named, form);
        let tag = self.commit.as_deref().map(|sha| image_tag(&name, sha));
        let build = match &self.dir {
            Some(dir) => build(dir)?,
            None => None,
        };
        Ok(Answer { name, tag, build })
    }
}

/// What the folder's image is built from. A preview has one tag, and so one image.
fn build(dir: &Path) -> Result<Option<Build>, Failure> {
    let repository = Repository::of_folder(dir)?;
    let of = |service: &FileService| {
        let or =
            |path: &Option<String>, usual: &str| path.clone().unwrap_or_else(|| usual.to_owned());
        Build {
            dockerfile: or(&service.dockerfile, DOCKERFILE),
            context: or(&service.build_context, CONTEXT),
        }
    };
    let services = repository.said().runs.services();
    let mut builds = services.filter(|service| service.image.is_none()).map(of);
    let Some(first) = builds.next() else {
        return Ok(None);
    };
    if builds.any(|other| other != first) {
        return Err(Failure::usage(
            "dockerfile: services that name no image share the preview's one, so they must be built \
             from the same dockerfile and build_context; give the others an image",
        ));
    }
    for (key, path, is_there) in [
        (
            "dockerfile",
            &first.dockerfile,
            dir.join(&first.dockerfile).is_file(),
        ),
        (
            "build_context",
            &first.context,
            dir.join(&first.context).is_dir(),
        ),
    ] {
        if !is_there {
            let what = if key == "dockerfile" {
                "file"
            } else {
                "folder"
            };
            let problem = format!("{key}: {path:?} is no {what} in {}", dir.display());
            return Err(Failure::usage(problem));
        }
    }
    Ok(Some(first))
}

fn full_name(text: &str) -> Result<String, String> {
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    match text.split_once('/') {
        Some((owner, name)) if is_part(owner) && is_part(name) => Ok(text.to_owned()),
        _ => Err("must be of the form owner/name".to_owned()),
    }
}

fn sha(text: &str) -> Result<String, String> {
    let is_sha = (7..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    if is_sha {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("must be 7 to 40 hex digits".to_owned())
    }
}

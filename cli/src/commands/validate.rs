//! `tempus validate`

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use tempus_model::repository_file::{PLACES, RepositoryFile};

use crate::failure::Failure;
use crate::output::{Exit, Format, Screen, clean_lines};
use crate::repository_file::RepositoryFileError;

/// Check a repository file; asks no server
///
/// Each mistake is a line with the file, the line, the key and what would be accepted (exit status
/// 2). What the server alone can tell, such as its limits, it says when a preview is made.
#[derive(Debug, Clone, Args)]
pub struct Validate {
    /// The file, or its repository's folder
    #[arg(value_name = "FILE", default_value = ".")]
    file: PathBuf,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Validate {
    /// Reads it, and prints what is wrong.
    pub fn run(&self) -> Result<(), Failure> {
        let file = file(&self.file)?;
        let text = std::fs::read_to_string(&file);
        let text = text.map_err(|error| RepositoryFileError::io(&file, &error))?;
        let name = file.display().to_string();
        let read = RepositoryFile::read(&name, &text);
        if self.json {
            print_json(&name, &read)?;
        } else {
            let mut screen = Screen::of_process(Format::Human);
            match &read {
                Ok(_) => screen.line(clean_lines(&format!("{name}: accepted")))?,
                Err(mistakes) => screen.line(clean_lines(&mistakes.to_string()))?,
            }
        }
        match read {
            Ok(_) => Ok(()),
            Err(_) => Err(Failure::silent(Exit::Usage)),
        }
    }
}

fn print_json(
    name: &str,
    read: &Result<RepositoryFile, tempus_model::repository_file::Mistakes>,
) -> Result<(), Failure> {
    let mistakes = read.as_ref().err().into_iter().flat_map(|m| &m.list);
    let mistakes = mistakes.map(
        |mistake| json!({"line": mistake.line, "key": mistake.key, "problem": mistake.problem}),
    );
    let answer = json!({
        "file": name,
        "accepted": read.is_ok(),
        "mistakes": mistakes.collect::<Vec<_>>(),
    });
    Ok(Screen::of_process(Format::Json).json(&answer)?)
}

/// The file that is meant: in a folder, the first of the places that has one.
fn file(named: &Path) -> Result<PathBuf, Failure> {
    if !named.is_dir() {
        return Ok(named.to_owned());
    }
    let mut places = PLACES.into_iter().map(|place| match named.to_str() {
        Some(".") => PathBuf::from(place),
        _ => named.join(place),
    });
    places.find(|path| path.is_file()).ok_or_else(|| {
        let [first, second] = PLACES;
        Failure::usage(format!(
            "{}: neither {first} nor {second} there; `tempus init` writes one",
            named.display()
        ))
    })
}

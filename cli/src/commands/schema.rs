//! `tempus schema`

use tempus_model::repository_file::RepositoryFile;

use crate::failure::Failure;
use crate::output::{Format, Screen};

/// Prints the JSON Schema of the repository file.
pub fn run() -> Result<(), Failure> {
    Ok(Screen::of_process(Format::Json).json(&RepositoryFile::schema())?)
}

//! `tempus init`

use std::fs::File;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use tempus_model::repository_file::PLACES;

use crate::failure::Failure;
use crate::guess::Guess;
use crate::output::{Format, Screen, clean_lines};
use crate::repository_file::RepositoryFileError;

/// Write a .tempus.yml for the repository at hand
///
/// Looks at Procfile, Dockerfile, package.json, pyproject.toml, requirements.txt, Cargo.toml and
/// go.mod. On a terminal it asks about what it found; elsewhere it asks nothing.
#[derive(Debug, Clone, Args)]
pub struct Init {
    /// The repository's folder
    #[arg(value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// What to run, instead of what is found
    #[arg(long, value_name = "COMMAND")]
    command: Option<String>,
    /// The port that the container listens on, instead of what is found
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// The path that answers 2xx or 3xx when the service is ready
    #[arg(long, value_name = "PATH")]
    health_path: Option<String>,
    /// Ask nothing, also on a terminal
    #[arg(long, short = 'y')]
    yes: bool,
    /// Replace the file that is there
    #[arg(long)]
    force: bool,
}

impl Init {
    /// Looks, asks, writes.
    pub fn run(&self) -> Result<(), Failure> {
        let [first, second] = PLACES;
        let path = self.dir.join(first);
        if !self.force {
            for place in [first, second] {
                let there = self.dir.join(place);
                if there.symlink_metadata().is_ok() {
                    let what = if place == first {
                        "is there already; --force replaces it"
                    } else {
                        "is there, and would not be read any more; --force writes the other file"
                    };
                    return Err(Failure::usage(format!("{}: {what}", there.display())));
                }
            }
        }
        let mut guess = Guess::of_folder(&self.dir);
        guess.command = self.command.clone().or(guess.command);
        guess.port = self.port.or(guess.port);
        guess.health_path.clone_from(&self.health_path);
        if !self.yes && io::stdin().is_terminal() && io::stderr().is_terminal() {
            self.ask(&mut guess)?;
        }
        let text = guess.text().map_err(RepositoryFileError::Content)?;
        self.write(&path, &text)
            .map_err(|error| RepositoryFileError::io(&path, &error))?;
        let mut screen = Screen::of_process(Format::Human);
        screen.note(clean_lines(&format!("wrote {}:", path.display())))?;
        Ok(screen.write(text)?)
    }

    /// Nobody's file is replaced unasked, also not one that has just been made.
    fn write(&self, path: &Path, text: &str) -> io::Result<()> {
        let mut options = File::options();
        options.write(true);
        if self.force {
            options.create(true).truncate(true);
        } else {
            options.create_new(true);
        }
        options.open(path)?.write_all(text.as_bytes())
    }

    /// Asks for what no flag says, with what was found as the answer of an empty line.
    fn ask(&self, guess: &mut Guess) -> Result<(), Failure> {
        if self.command.is_none() {
            guess.command = ask("What runs it, listening on $PORT?", guess.command.take())?;
        }
        if self.health_path.is_none() {
            let usual = Some("/".to_owned());
            guess.health_path = ask("Which path says that it is ready?", usual)?;
        }
        Ok(())
    }
}

fn ask(question: &str, usual: Option<String>) -> Result<Option<String>, Failure> {
    let mut screen = Screen::of_process(Format::Human);
    let shown = usual.as_deref().unwrap_or("nothing");
    screen.note(clean_lines(&format!("{question} [{shown}]")))?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let line = line.trim();
    Ok(if line.is_empty() {
        usual
    } else {
        Some(line.to_owned())
    })
}

//! What a repository's own files tell of how it is run: the beginning of a repository file.
//!
//! A guess is shown and kept in the file, where people see and change it; nothing else rests on it.

mod found;

use std::fmt::Write;
use std::path::Path;

use found::Found;
use tempus_model::repository_file::{DEFAULT_TTL, Mistakes, PLACES, RepositoryFile};

/// How a repository is probably run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guess {
    /// What it was guessed from, such as `package.json`.
    pub from: Vec<&'static str>,
    /// What makes a checkout ready to run.
    pub build: Option<String>,
    /// What to run; it should listen on `$PORT`.
    pub command: Option<String>,
    /// The port that its container listens on.
    pub port: Option<u16>,
    /// The path that says when it is ready.
    pub health_path: Option<String>,
}

impl Guess {
    /// Looks at a folder. Whoever names a command first has it: what is written for the purpose comes
    /// before what a language suggests.
    pub fn of_folder(folder: &Path) -> Self {
        let mut guess = Self::default();
        for look in found::LOOKS {
            let Some(Found {
                file,
                build,
                command,
                port,
            }) = look(folder)
            else {
                continue;
            };
            guess.from.push(file);
            if guess.command.is_none() && command.is_some() {
                guess.command = command;
                guess.build = build;
            }
            guess.port = guess.port.or(port);
        }
        guess
    }

    /// The file's text. It is read once, so that what is written can be read.
    pub fn text(&self) -> Result<String, Mistakes> {
        let mut text = String::from(
            "# What Tempus runs for a preview of this repository. `tempus validate` checks this file, and\n\
             # `tempus schema` prints its JSON Schema, by which editors complete it.\n",
        );
        if self.from.is_empty() {
            text.push_str(
                "# Nothing here says what to run, such as: command: exec python3 app.py\n",
            );
        } else {
            let _ = writeln!(text, "# Guessed from {}.", self.from.join(", "));
        }
        let port = self.port.map(|port| port.to_string());
        let texts = [
            (
                "build",
                self.build.as_deref().map(scalar),
                "# makes a checkout ready to run",
            ),
            (
                "command",
                self.command.as_deref().map(scalar),
                "# listens on $PORT",
            ),
            (
                "port",
                port,
                "# of the container, where previews are containers",
            ),
            (
                "health_path",
                self.health_path.as_deref().map(scalar),
                "# answers 2xx or 3xx when it is ready",
            ),
            (
                "ttl",
                Some(DEFAULT_TTL.to_owned()),
                "# how long a preview lives",
            ),
        ];
        for (key, value, about) in texts {
            if let Some(value) = value {
                let _ = writeln!(text, "{key}: {value} {about}");
            }
        }
        RepositoryFile::read(PLACES[0], &text)?;
        Ok(text)
    }
}

/// A text as YAML takes it for the same text.
fn scalar(text: &str) -> String {
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        || text.starts_with("./")
        || text.starts_with(". ");
    let plain = |c: char| c.is_ascii_alphanumeric() || " ./_-+=$&|;()".contains(c);
    let is_word = matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "null"
    );
    if begins && text.chars().all(plain) && text.trim() == text && !is_word {
        text.to_owned()
    } else {
        // A text of JSON is one of YAML.
        serde_json::Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests;

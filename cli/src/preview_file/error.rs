//! What can be wrong with the file.

use std::io;
use std::path::{Path, PathBuf};

use serde_saphyr::{Error, MessageFormatter, UserMessageFormatter};

use super::FILE;

/// Why a folder cannot be previewed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PreviewFileError {
    /// The folder has no such file: write one.
    #[error(
        "{}: no {FILE} there; one line is enough, such as \"command: python3 app.py\"",
        folder.display()
    )]
    Missing {
        /// The folder.
        folder: PathBuf,
    },
    /// The file or its folder cannot be read.
    #[error("{}: {reason}", path.display())]
    Unreadable {
        /// What.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The folder's name is not Unicode, so it cannot be sent: rename it.
    #[error("{}: the folder's name is not Unicode", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
    },
    /// What the file says is not accepted.
    #[error("{}:{line}: {reason}", file.display())]
    Content {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong, and what would be right.
        reason: String,
    },
}

impl PreviewFileError {
    pub(super) fn io(path: &Path, error: &io::Error) -> Self {
        Self::Unreadable {
            path: path.to_owned(),
            reason: error.to_string(),
        }
    }
}

/// An error of the YAML reader in the words of this file.
pub(super) fn of_yaml(file: &Path, text: &str, error: &Error) -> PreviewFileError {
    let error = error.without_snippet();
    let line = error.location().map_or(1, |location| location.line());
    let key = key_at(text, line);
    let reason = match error {
        Error::SerdeUnknownField {
            field, expected, ..
        } => format!(
            "{field}: no such key; accepted here: {}",
            expected.join(", ")
        ),
        Error::SerdeMissingField { field, .. } => format!("{field} is missing"),
        Error::DuplicateMappingKey { key, .. } => match key {
            Some(key) => format!("{key} stands there twice; keep one"),
            None => "a key stands there twice; keep one".to_owned(),
        },
        Error::SerdeInvalidValue {
            unexpected,
            expected,
            ..
        }
        | Error::SerdeInvalidType {
            unexpected,
            expected,
            ..
        } => format!("{key}{unexpected} is not accepted; must be {expected}"),
        other => format!("{key}{}", UserMessageFormatter.format_message(other)),
    };
    PreviewFileError::Content {
        file: file.to_owned(),
        line,
        reason,
    }
}

/// The key that a line begins with, to put before a message that does not name it.
fn key_at(text: &str, line: u64) -> String {
    let at = usize::try_from(line).unwrap_or(0).saturating_sub(1);
    let line = text.lines().nth(at).unwrap_or_default();
    let line = line.trim_start_matches([' ', '-']);
    match line.split_once(':') {
        Some((key, _)) if !key.is_empty() => format!("{key}: "),
        _ => String::new(),
    }
}

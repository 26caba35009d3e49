//! The secrets that previews of this machine may refer to: a file that only the server's user reads.
//!
//! ```text
//! # one a line
//! STRIPE_KEY=sk_test_…
//! ```
//!
//! A specification holds names; a value goes from this file into the environment of the process, by
//! way of the file that tells its shim what to start. It is read when a service starts, so a changed
//! secret needs no restart of the server.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use tempus_model::{SECRET_REFERENCE, is_secret_name};

/// A file of secrets.
#[derive(Debug, Clone)]
pub struct SecretFile {
    path: PathBuf,
}

/// Why a secret is not found. No message repeats a secret, or what may be one.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileError {
    /// The file cannot be read.
    #[error("the file of secrets {} cannot be read: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// Others than its user may read it: change that.
    #[error("the file of secrets {} can be read by others: chmod 600 it", path.display())]
    Shared {
        /// The file.
        path: PathBuf,
    },
    /// A line is none of the file's.
    #[error(
        "the file of secrets {}, line {line}: must be NAME=value, the name in capital letters, \
         digits and '_'",
        path.display()
    )]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A variable refers to what can be no name.
    #[error("{variable} {}", SECRET_REFERENCE)]
    Reference {
        /// The variable.
        variable: String,
    },
    /// A variable refers to a name that is not there.
    #[error("{variable} refers to a name that is not in the server's file of secrets")]
    Missing {
        /// The variable.
        variable: String,
    },
}

impl SecretFile {
    /// The file at this path, which must be one.
    pub fn open(path: &Path) -> Result<Self, SecretFileError> {
        let file = Self {
            path: path.to_owned(),
        };
        file.read()?;
        Ok(file)
    }

    /// The values of variables that refer to names in the file.
    pub(super) fn look_up(
        &self,
        references: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, SecretFileError> {
        let secrets = self.read()?;
        let mut values = BTreeMap::new();
        for (variable, name) in references {
            let variable = variable.clone();
            if !is_secret_name(name) {
                return Err(SecretFileError::Reference { variable });
            }
            let Some(value) = secrets.get(name) else {
                return Err(SecretFileError::Missing { variable });
            };
            values.insert(variable, value.clone());
        }
        Ok(values)
    }

    fn read(&self) -> Result<BTreeMap<String, String>, SecretFileError> {
        let unreadable = |error| SecretFileError::Unreadable {
            path: self.path.clone(),
            error,
        };
        let mut file = fs::File::open(&self.path).map_err(unreadable)?;
        if file.metadata().map_err(unreadable)?.mode() & 0o077 != 0 {
            return Err(SecretFileError::Shared {
                path: self.path.clone(),
            });
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(unreadable)?;
        let mut secrets = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            match line.split_once('=') {
                Some((name, value)) if is_secret_name(name) && !value.contains('\0') => {
                    secrets.insert(name.to_owned(), value.to_owned());
                }
                _ => {
                    return Err(SecretFileError::Line {
                        path: self.path.clone(),
                        line: index + 1,
                    });
                }
            }
        }
        Ok(secrets)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn file(folder: &Path, text: &str, mode: u32) -> PathBuf {
        let path = folder.join("secrets");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn references(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let pairs = pairs.iter();
        pairs
            .map(|(variable, name)| ((*variable).to_owned(), (*name).to_owned()))
            .collect()
    }

    #[test]
    fn a_name_is_looked_up_and_read_anew_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path(), "# comment\n\nTOKEN=a=b c\nEMPTY=\n", 0o600);
        let secrets = SecretFile::open(&path).unwrap();
        let asked = references(&[("A", "TOKEN"), ("B", "TOKEN"), ("C", "EMPTY")]);
        let found = secrets.look_up(&asked).unwrap();
        assert_eq!(
            found,
            references(&[("A", "a=b c"), ("B", "a=b c"), ("C", "")])
        );
        file(folder.path(), "TOKEN=new\n", 0o600);
        let found = secrets.look_up(&references(&[("A", "TOKEN")])).unwrap();
        assert_eq!(found, references(&[("A", "new")]));
    }

    #[test]
    fn what_is_wrong_is_said_without_a_secret() {
        let folder = tempfile::tempdir().unwrap();
        let good = file(folder.path(), "TOKEN=x\n", 0o600);
        let secrets = SecretFile::open(&good).unwrap();
        for (name, says) in [
            ("hunter2", "A must be a reference"),
            ("HUNTER2", "A refers to a name that is not in"),
            (
                "arn:aws:secretsmanager:r:1:secret:hunter2",
                "A must be a reference",
            ),
        ] {
            let error = secrets.look_up(&references(&[("A", name)])).unwrap_err();
            let error = error.to_string();
            assert!(error.starts_with(says), "{error}");
            assert!(!error.to_lowercase().contains("hunter"), "{error}");
        }
        for (text, mode, says) in [
            ("TOKEN=hunter2\n", 0o640, "chmod 600"),
            ("TOKEN=x\nhunter2\n", 0o600, "line 2"),
            ("hunter=2\n", 0o600, "line 1"),
        ] {
            let path = file(folder.path(), text, mode);
            let error = SecretFile::open(&path).unwrap_err().to_string();
            assert!(error.contains(says) && !error.contains("hunter"), "{error}");
        }
        let error = SecretFile::open(&folder.path().join("none")).unwrap_err();
        assert!(error.to_string().contains("cannot be read"), "{error}");
    }
}

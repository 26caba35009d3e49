//! The named contexts, in `contexts.toml` of the user's folder.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use reqwest::Url;
use serde::{Deserialize, Serialize};

/// Why there is no context to use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContextError {
    /// Not an address of a server.
    #[error("{what} is {given:?}: must be an address such as \"http://127.0.0.1:8080\"")]
    Url {
        /// What gave it.
        what: String,
        /// What was given.
        given: String,
    },
    /// No context of this name: add it, or use another.
    #[error("there is no context {name:?}; {known}")]
    Unknown {
        /// The name.
        name: String,
        /// The names that there are, in a sentence.
        known: String,
    },
    /// Not a name.
    #[error("a context's name must be 1 to 40 letters, digits, '-', '_' or '.', not {0:?}")]
    Name(String),
    /// The file cannot be read or written.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// Neither `XDG_CONFIG_HOME` nor a home folder is known.
    #[error("there is no folder for contexts: set XDG_CONFIG_HOME or HOME")]
    NoFolder,
}

/// The contexts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contexts {
    /// The one in use; names one of `contexts`, unless the file was edited by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    current: Option<String>,
    #[serde(default)]
    contexts: BTreeMap<String, Context>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Context {
    url: String,
}

impl Contexts {
    /// Where they are kept.
    pub fn path() -> Result<PathBuf, ContextError> {
        let folder = super::folder().ok_or(ContextError::NoFolder)?;
        Ok(folder.join("contexts.toml"))
    }

    /// Reads them; a file that does not exist has none.
    pub fn load(path: &Path) -> Result<Self, ContextError> {
        let refused = |reason: String| ContextError::File {
            path: path.to_owned(),
            reason,
        };
        match std::fs::read_to_string(path) {
            Ok(text) => toml::from_str(&text).map_err(|error| refused(error.to_string())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(refused(error.to_string())),
        }
    }

    /// Writes them: the whole new file, or, if that fails, none of it.
    pub fn save(&self, path: &Path) -> Result<(), ContextError> {
        let write = || -> io::Result<()> {
            let folder = path.parent().unwrap_or(Path::new("."));
            std::fs::create_dir_all(folder)?;
            let text = toml::to_string_pretty(self).map_err(io::Error::other)?;
            let new = folder.join(format!(".contexts.{}.toml", std::process::id()));
            std::fs::write(&new, text)?;
            std::fs::rename(new, path)
        };
        write().map_err(|error| ContextError::File {
            path: path.to_owned(),
            reason: error.to_string(),
        })
    }

    /// The name of the one in use.
    pub const fn current(&self) -> Option<&String> {
        self.current.as_ref()
    }

    /// Names and addresses, in order.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.contexts
            .iter()
            .map(|(name, context)| (name.as_str(), context.url.as_str()))
    }

    /// The address of this one.
    pub fn get(&self, name: &str) -> Result<Url, ContextError> {
        let context = self.contexts.get(name).ok_or_else(|| self.unknown(name))?;
        super::parse(&format!("the address of context {name:?}"), &context.url)
    }

    /// Adds one, or gives it another address.
    pub fn add(&mut self, name: &str, url: &Url) -> Result<(), ContextError> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || name.len() > 40 || !name.chars().all(is_plain) {
            return Err(ContextError::Name(name.to_owned()));
        }
        let url = url.to_string();
        self.contexts.insert(name.to_owned(), Context { url });
        Ok(())
    }

    /// Makes one the one in use.
    pub fn choose(&mut self, name: &str) -> Result<(), ContextError> {
        if !self.contexts.contains_key(name) {
            return Err(self.unknown(name));
        }
        self.current = Some(name.to_owned());
        Ok(())
    }

    /// Removes one. If it was in use, none is afterwards.
    pub fn remove(&mut self, name: &str) -> Result<(), ContextError> {
        if self.contexts.remove(name).is_none() {
            return Err(self.unknown(name));
        }
        self.current.take_if(|current| current == name);
        Ok(())
    }

    fn unknown(&self, name: &str) -> ContextError {
        let names: Vec<_> = self.contexts.keys().map(String::as_str).collect();
        ContextError::Unknown {
            name: name.to_owned(),
            known: if names.is_empty() {
                "add one with `tempus context add NAME URL`".to_owned()
            } else {
                format!("there are: {}", names.join(", "))
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/contexts.toml");
        let mut contexts = Contexts::load(&path).unwrap();
        assert!(contexts.choose("a").is_err(), "there is none yet");
        let url = super::super::parse("test", "http://127.0.0.1:9000").unwrap();
        contexts.add("a", &url).unwrap();
        assert!(contexts.add("a b", &url).is_err());
        contexts.choose("a").unwrap();
        contexts.save(&path).unwrap();

        let mut contexts = Contexts::load(&path).unwrap();
        assert_eq!(contexts.get("a").unwrap(), url);
        assert_eq!(contexts.current().map(String::as_str), Some("a"));
        contexts.remove("a").unwrap();
        assert_eq!(contexts.current(), None);
        let error = contexts.get("a").unwrap_err().to_string();
        assert!(error.contains("context add"), "{error}");
    }
}

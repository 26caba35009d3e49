//! The named contexts, in `contexts.toml` of the user's folder.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use reqwest::Url;
use serde::{Deserialize, Serialize};

use crate::client::{Token, TokenError};

/// Why there is no context to use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContextError {
    /// Not an address of a server.
    #[error("{what} is {given:?}: must be an address such as \"https://tempus.example.com\"")]
    Url {
        /// What gave it.
        what: String,
        /// What was given.
        given: String,
    },
    /// A token would travel in the clear to this address: use HTTPS.
    #[error(
        "{what} is {url}: must be https://, as it is not on this machine and a token must not \
         travel in the clear"
    )]
    InTheClear {
        /// What gave it.
        what: String,
        /// The address.
        url: String,
    },
    /// Not a token. What was given is not repeated.
    #[error("{what} {error}")]
    Token {
        /// What gave it.
        what: String,
        /// What a token is.
        error: TokenError,
    },
    /// Others can read a file that a token is in: take that away.
    #[error("{}: {what} is in it and others can read it (mode {mode:03o}); chmod 600 it", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// What is in it.
        what: &'static str,
        /// Its permissions.
        mode: u32,
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

/// A server that has a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Context {
    /// Its address.
    pub url: String,
    /// What to say who calls. Sent to this address alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Token>,
    /// The file of the authorities to trust instead of the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

impl Context {
    /// The server at this address, and nothing else about it.
    pub fn at(url: &Url) -> Self {
        Self {
            url: url.to_string(),
            token: None,
            ca_file: None,
        }
    }
}

impl Contexts {
    /// Where they are kept.
    pub fn path() -> Result<PathBuf, ContextError> {
        let folder = super::folder().ok_or(ContextError::NoFolder)?;
        Ok(folder.join("contexts.toml"))
    }

    /// Reads them; a file that does not exist has none. A file with a token that others can read
    /// is refused.
    pub fn load(path: &Path) -> Result<Self, ContextError> {
        let refused = |reason: String| ContextError::File {
            path: path.to_owned(),
            reason,
        };
        let (text, mode) = match read(path) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(refused(error.to_string())),
        };
        // Not what the parser says: it may quote the line, and a token with it.
        let contexts: Self = toml::from_str(&text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let line = text.get(..at).unwrap_or("").matches('\n').count() + 1;
            refused(format!(
                "line {line} cannot be read; correct it, or remove the file and add the contexts again"
            ))
        })?;
        let has_token = contexts.contexts.values().any(|c| c.token.is_some());
        if has_token && mode & 0o077 != 0 {
            return Err(ContextError::Exposed {
                path: path.to_owned(),
                what: "a token",
                mode,
            });
        }
        Ok(contexts)
    }

    /// Writes them, for their owner's eyes: the whole new file, or, if that fails, none of it.
    pub fn save(&self, path: &Path) -> Result<(), ContextError> {
        let write = || -> io::Result<()> {
            let folder = path.parent().unwrap_or(Path::new("."));
            std::fs::create_dir_all(folder)?;
            let text = toml::to_string_pretty(self).map_err(io::Error::other)?;
            let new = folder.join(format!(".contexts.{}.toml", std::process::id()));
            // What a process of this number may have left would keep its permissions.
            let _ = std::fs::remove_file(&new);
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&new)?;
            file.write_all(text.as_bytes())?;
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

    /// All of them by name, in order.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Context)> {
        let all = self.contexts.iter();
        all.map(|(name, context)| (name.as_str(), context))
    }

    /// The one of this name.
    pub fn get(&self, name: &str) -> Result<&Context, ContextError> {
        self.contexts.get(name).ok_or_else(|| self.unknown(name))
    }

    /// Adds one. One of the same name goes, and its token with it: it was for another address.
    pub fn add(&mut self, name: &str, context: Context) -> Result<(), ContextError> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || name.len() > 40 || !name.chars().all(is_plain) {
            return Err(ContextError::Name(name.to_owned()));
        }
        self.contexts.insert(name.to_owned(), context);
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

/// A file's text, and who may read it.
fn read(path: &Path) -> io::Result<(String, u32)> {
    let mut file = File::open(path)?;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok((text, mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(token: Option<&str>) -> Context {
        let url = super::super::parse("test", "https://tempus.example:9000").unwrap();
        Context {
            token: token.map(|token| Token::read(token).unwrap()),
            ..Context::at(&url)
        }
    }

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn contexts_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/contexts.toml");
        let mut contexts = Contexts::load(&path).unwrap();
        assert!(contexts.choose("a").is_err(), "there is none yet");
        contexts.add("a", context(Some("tps_secret"))).unwrap();
        assert!(contexts.add("a b", context(None)).is_err());
        contexts.choose("a").unwrap();
        contexts.save(&path).unwrap();
        assert_eq!(mode(&path), 0o600);

        let mut contexts = Contexts::load(&path).unwrap();
        assert_eq!(contexts.get("a").unwrap(), &context(Some("tps_secret")));
        assert_eq!(contexts.current().map(String::as_str), Some("a"));
        contexts.add("a", context(None)).unwrap();
        assert_eq!(contexts.get("a").unwrap().token, None);
        contexts.remove("a").unwrap();
        assert_eq!(contexts.current(), None);
        let error = contexts.get("a").unwrap_err().to_string();
        assert!(error.contains("context add"), "{error}");
    }

    #[test]
    fn a_token_that_others_can_read_is_refused_and_none_is_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("contexts.toml");
        let set = |mode| {
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(&path, permissions).unwrap();
        };
        let said = || Contexts::load(&path).unwrap_err().to_string();
        // Without a token it is nobody's secret.
        std::fs::write(&path, "[contexts.a]\nurl = \"https://x\"\n").unwrap();
        set(0o644);
        Contexts::load(&path).unwrap();
        std::fs::write(&path, "[contexts.a]\nurl = \"https://x\"\ntoken = \"tps_1\"\n").unwrap();
        assert!(said().contains("(mode 644); chmod 600"), "{}", said());
        // Saved again, it is its owner's alone.
        set(0o600);
        Contexts::load(&path).unwrap().save(&path).unwrap();
        assert_eq!(mode(&path), 0o600);
        for broken in [
            "token = \"tps_secret",
            "token = \"tps secret\"",
            "token = tps_secret",
            "tps_secret = 1",
            "token = [\"tps_secret\"]",
        ] {
            std::fs::write(&path, format!("[contexts.a]\nurl = \"https://x\"\n{broken}\n")).unwrap();
            assert!(said().contains("line "), "{}", said());
            assert!(!said().contains("secret"), "{}", said());
        }
    }
}

//! Puts the layers on top of each other.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::error::{ConfigError, ConfigErrors, Place};
use super::keys::{self, Key, keys};
use super::text::without_password;
use super::{Config, check, env, exposure, file};

/// The name of the file that is read when none is named.
pub const FILE: &str = "tempus.toml";

/// The keys that are paths.
const PATHS: [&str; 8] = [
    "data",
    "api.tls_certificate",
    "api.tls_key",
    "github.private_key_file",
    "github.webhook_secret_file",
    "notify.secret_file",
    "previews.gate_key_file",
    "previews.secret_file",
];

/// The key whose value may hold a secret that looks like none.
const RECEIVER: &str = "notify.url";

/// Which file to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileChoice {
    /// `tempus.toml` in the working folder, if there is one.
    Usual,
    /// This one; it must exist.
    This(PathBuf),
}

/// A key set by a flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The key's full name.
    pub key: String,
    /// The value.
    pub value: String,
    /// The flag as it is written.
    pub flag: String,
}

/// What there is to read, passed in so that loading depends on nothing else.
#[derive(Debug, Clone)]
pub struct Sources {
    /// The working folder.
    pub folder: PathBuf,
    /// The file.
    pub file: FileChoice,
    /// The environment.
    pub variables: Vec<(String, String)>,
    /// The flags, in order; of two for one key the later holds.
    pub flags: Vec<Assignment>,
}

impl Sources {
    /// This process's working folder and environment, with these flags.
    pub fn of_process(file: Option<PathBuf>, flags: Vec<Assignment>) -> io::Result<Self> {
        Ok(Self {
            folder: std::env::current_dir()?,
            file: file.map_or(FileChoice::Usual, FileChoice::This),
            // What is not Unicode cannot be one of ours.
            variables: std::env::vars_os()
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .collect(),
            flags,
        })
    }
}

/// A configuration, and where its values came from.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The values in force.
    pub config: Config,
    places: BTreeMap<&'static str, Place>,
}

impl Loaded {
    /// Where this key's value came from.
    pub fn place(&self, key: &str) -> &Place {
        self.places.get(key).unwrap_or(&Place::Default)
    }

    /// Whether somebody chose this key's value.
    pub fn is_chosen(&self, key: &str) -> bool {
        *self.place(key) != Place::Default
    }
}

/// Loads the configuration, or says everything that is wrong with it.
pub fn load(sources: &Sources) -> Result<Loaded, ConfigErrors> {
    let keys = keys();
    let mut layers = Layers {
        keys: &keys,
        loaded: Loaded {
            config: Config::default(),
            places: BTreeMap::new(),
        },
        errors: Vec::new(),
    };
    layers.file(sources);
    layers.errors.sort_by_key(ConfigError::line);
    let (found, errors) = env::read(&sources.variables, &keys);
    layers.errors.extend(errors);
    for (key, text, place) in found {
        let written = format!("{text:?}");
        layers.set(key, &text, &written, place);
    }
    for flag in &sources.flags {
        layers.flag(flag);
    }
    if layers.errors.is_empty() {
        layers.errors = check::check(&layers.loaded);
        layers.errors.extend(exposure::check(&layers.loaded));
    }
    if layers.errors.is_empty() {
        let Config {
            data,
            api,
            github,
            previews,
            ..
        } = &mut layers.loaded.config;
        let paths = [
            Some(data),
            api.tls_certificate.as_mut(),
            api.tls_key.as_mut(),
            github.private_key_file.as_mut(),
            github.webhook_secret_file.as_mut(),
            previews.gate_key_file.as_mut(),
            previews.secret_file.as_mut(),
        ];
        for path in paths.into_iter().flatten() {
            *path = sources.folder.join(&*path);
        }
        return Ok(layers.loaded);
    }
    Err(ConfigErrors(layers.errors))
}

struct Layers<'a> {
    keys: &'a [Key],
    loaded: Loaded,
    errors: Vec<ConfigError>,
}

impl Layers<'_> {
    fn file(&mut self, sources: &Sources) {
        let (path, shown) = match &sources.file {
            FileChoice::Usual => (sources.folder.join(FILE), PathBuf::from(FILE)),
            FileChoice::This(path) => (sources.folder.join(path), path.clone()),
        };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error)
                if error.kind() == io::ErrorKind::NotFound && sources.file == FileChoice::Usual =>
            {
                return;
            }
            Err(error) => {
                let reason = error.to_string();
                self.errors.push(ConfigError::File {
                    path: shown,
                    reason,
                });
                return;
            }
        };
        let (entries, errors) = file::read(&shown, &text, self.keys);
        self.errors.extend(errors);
        for mut entry in entries {
            // A path named in a file is meant from that file, wherever the command is started.
            if PATHS.contains(&entry.key.as_str()) && !entry.text.is_empty() {
                let from = path.parent().unwrap_or(Path::new(""));
                entry.text = from.join(&entry.text).display().to_string();
            }
            if let Some(key) = self.keys.iter().find(|key| key.name == entry.key) {
                self.set(key, &entry.text, &entry.written, entry.place);
            }
        }
    }

    fn flag(&mut self, flag: &Assignment) {
        let place = Place::Flag(flag.flag.clone());
        match self.keys.iter().find(|key| key.name == flag.key) {
            Some(key) => self.set(key, &flag.value, &format!("{:?}", flag.value), place),
            None => self.errors.push(ConfigError::Unknown {
                place,
                key: flag.key.clone(),
                accepted: keys::near(self.keys, &flag.key),
            }),
        }
    }

    fn set(&mut self, key: &Key, text: &str, written: &str, place: Place) {
        if key.set(&mut self.loaded.config, text).is_some() {
            self.loaded.places.insert(key.name, place);
            return;
        }
        // A token that was put where its hash belongs must not end up in a log, nor what may be secret in
        // a receiver's address.
        let given = if text.contains("tps_") {
            "a token"
        } else if key.name == RECEIVER {
            "another text"
        } else {
            written
        };
        self.errors.push(ConfigError::Value {
            place,
            key: key.name.to_owned(),
            given: without_password(given),
            expects: key.expects.to_owned(),
        });
    }
}

//! Seeds: what a preview's database begins with.

use serde::de::Error;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// The longest path of a dump, in characters.
const LONGEST_PATH: usize = 256;
/// The longest name that Postgres gives anything, in bytes.
const LONGEST_NAME: usize = 63;

/// What a preview's database begins with. Written as a text, or as `{"database": "…"}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seed {
    /// A dump in the repository: a path within it.
    Dump(String),
    /// A copy of this template database on the same server.
    Database(String),
}

impl Seed {
    /// What is accepted.
    pub const ACCEPTED: &str = "must be the path of a dump within the repository, such as \
        \"db/seed.sql\", without \"..\", or a template database, such as {\"database\": \
        \"shop_template\"}";

    /// What is accepted for a database.
    pub const NAME_ACCEPTED: &str = "must be a database's name: a-z, 0-9 and '_', at most 63";

    /// The dump at this path, if the path stays within the repository.
    pub fn dump(path: &str) -> Option<Self> {
        is_inner_path(path).then(|| Self::Dump(path.to_owned()))
    }

    /// The database of this name, if it can be one's.
    pub fn database(name: &str) -> Option<Self> {
        let begins = |b: u8| b.is_ascii_lowercase() || b == b'_';
        let sound = name.len() <= LONGEST_NAME
            && name.bytes().next().is_some_and(begins)
            && name.bytes().all(|b| begins(b) || b.is_ascii_digit());
        sound.then(|| Self::Database(name.to_owned()))
    }
}

/// Whether a text is a path within a repository: relative, plain, and without a way out.
pub(crate) fn is_inner_path(text: &str) -> bool {
    let inside = !text.starts_with('/') && !text.split('/').any(|part| part == "..");
    let plain = text.chars().all(|c| !c.is_ascii_control() && c != '\\');
    !text.is_empty() && text.chars().count() <= LONGEST_PATH && inside && plain
}

impl Serialize for Seed {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Dump(path) => to.serialize_str(path),
            Self::Database(name) => {
                let mut map = to.serialize_map(Some(1))?;
                map.serialize_entry("database", name)?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Seed {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let refused = || D::Error::custom(Self::ACCEPTED);
        let read = match Value::deserialize(from).map_err(|_| refused())? {
            Value::String(path) => Self::dump(&path),
            Value::Object(fields) if fields.len() == 1 => {
                let name = fields.get("database").and_then(Value::as_str);
                name.and_then(Self::database)
            }
            _ => None,
        };
        read.ok_or_else(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_read_as_it_is_written() {
        for text in [r#""db/seed.sql""#, r#"{"database":"shop_template"}"#] {
            let seed: Seed = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&seed).unwrap(), text);
        }
        for wrong in [
            r#""""#,
            r#""/etc/passwd""#,
            r#""../up.sql""#,
            r#""a/../../b""#,
            r#"{"database":"Shop"}"#,
            r#"{"database":"a\"b"}"#,
            r#"{"database":"a","dump":"b"}"#,
            r#"{"dump":"a"}"#,
            "{}",
            "null",
            "7",
        ] {
            let refused = serde_json::from_str::<Seed>(wrong).unwrap_err().to_string();
            assert!(refused.starts_with(Seed::ACCEPTED), "{wrong}: {refused}");
        }
    }
}

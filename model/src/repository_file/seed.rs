//! What a preview's database begins with.

use serde_json::{Value as Json, json};

use super::keys::{At, Form, Key, Keys, Reader};
use super::node::{Node, Value};
use super::sketch::Sketch;
use super::values::{FilePath, text};

/// What a preview's database begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seed {
    /// A dump in the repository.
    Dump(String),
    /// A copy of this database on the same server.
    Database(String),
}

/// What a database's name is made of.
const DATABASES: &str = "^[a-z_][a-z0-9_]{0,62}$";

const DATABASE: Key = Key::new("database", "A database on the same server, to copy.");

impl Form for Seed {
    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        match &node.value {
            Value::Text(text) => {
                let path = FilePath::of(text).map(|FilePath(path)| Self::Dump(path));
                at.take(node.line, path, FilePath::ACCEPTED)
            }
            Value::Map(_) => Reader::read(node, at.again(), database).flatten(),
            _ => {
                let problem = "must be the path of a dump, such as \"db/seed.sql\", or a template \
                    database, such as {database: shop_template}";
                at.refuse(node.line, problem);
                None
            }
        }
    }

    fn schema() -> Json {
        let mut keys = Sketch::default();
        database(&mut keys);
        json!({"oneOf": [FilePath::schema(), keys.schema()]})
    }
}

fn database(keys: &mut impl Keys) -> Option<Seed> {
    keys.must(&DATABASE);
    keys.take(&DATABASE)
        .map(|DatabaseName(name)| Seed::Database(name))
}

struct DatabaseName(String);

impl Form for DatabaseName {
    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        let begins = |b: u8| b.is_ascii_lowercase() || b == b'_';
        let sound = |text: &str| {
            let sound = text.len() <= 63
                && text.bytes().next().is_some_and(begins)
                && text.bytes().all(|b| begins(b) || b.is_ascii_digit());
            sound.then(|| Self(text.to_owned()))
        };
        text(
            node,
            at,
            sound,
            "must be a database's name: a-z, 0-9 and '_', at most 63",
        )
    }

    fn schema() -> Json {
        json!({"type": "string", "pattern": DATABASES})
    }
}

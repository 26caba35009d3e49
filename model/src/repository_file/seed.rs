//! What a preview's database begins with.

use serde_json::{Value as Json, json};

use super::keys::{At, Form, Key, Keys, Reader};
use super::node::{Node, Value};
use super::sketch::Sketch;
use super::values::{FilePath, text};
use crate::Seed;

/// What a database's name is made of.
const DATABASES: &str = "^[a-z_][a-z0-9_]{0,62}$";

const DATABASE: Key = Key::new("database", "A database on the same server, to copy.");

impl Form for Seed {
    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        match &node.value {
            Value::Text(text) => at.take(node.line, Self::dump(text), FilePath::ACCEPTED),
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
    keys.take(&DATABASE).map(|DatabaseName(seed)| seed)
}

struct DatabaseName(Seed);

impl Form for DatabaseName {
    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        let sound = |text: &str| Seed::database(text).map(Self);
        text(node, at, sound, Seed::NAME_ACCEPTED)
    }

    fn schema() -> Json {
        json!({"type": "string", "pattern": DATABASES})
    }
}

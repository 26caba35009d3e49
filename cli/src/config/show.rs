//! What `tempus config` prints.

use serde_json::{Value, json};

use super::keys::{Key, keys};
use super::{Loaded, Place};
use crate::output::{Cell, Table};

/// A table of every key, its value and where that came from.
pub fn table(loaded: &Loaded) -> Table {
    let mut table = Table::new(["KEY", "VALUE", "FROM", "WHAT IT IS"]);
    for key in keys() {
        let place = loaded.place(key.name);
        let cell = match place {
            Place::Default => Cell::dim("default"),
            chosen => Cell::plain(chosen.to_string()),
        };
        table.row([
            Cell::plain(key.name),
            Cell::plain(written(&value(&key, loaded))),
            cell,
            Cell::dim(key.about),
        ]);
    }
    table
}

/// The same for scripts: an object of `{value, from}` by key.
pub fn json(loaded: &Loaded) -> Value {
    keys()
        .iter()
        .map(|key| {
            let from = match loaded.place(key.name) {
                Place::Default => json!({"layer": "default"}),
                Place::File { path, line } => {
                    json!({"layer": "file", "path": path.display().to_string(), "line": line})
                }
                Place::Variable(name) => json!({"layer": "environment", "variable": name}),
                Place::Flag(flag) => json!({"layer": "flag", "flag": flag}),
            };
            let entry = json!({
                "value": value(key, loaded),
                "from": from,
                "variable": key.variable(),
                "accepts": key.expects,
            });
            (key.name.to_owned(), entry)
        })
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn value(key: &Key, loaded: &Loaded) -> Value {
    key.get(&loaded.config)
}

/// A value without the quotes that JSON would put around a text.
fn written(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), ToOwned::to_owned)
}

//! Maps of the file's own names: variables and references to secrets.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::keys::{At, Form};
use super::node::{Node, Value, line_of_key};
use crate::spec::is_variable;
use crate::{SECRET_REFERENCE, secret_pattern, secret_place};

/// What a variable's name is made of.
const NAME: &str = "^[A-Za-z_][A-Za-z0-9_]*$";

/// Environment variables. `1`, `true` and `0.50` are what people write without quotes and mean as
/// text, so they are taken as they are written.
pub(super) struct Variables(pub BTreeMap<String, String>);

impl Form for Variables {
    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        read(node, at, "LOG_LEVEL: debug", |node, at| {
            let value = match &node.value {
                Value::Text(text)
                | Value::Whole(_, text)
                | Value::Truth(_, text)
                | Value::Fraction(text) => Some(text.clone()).filter(|text| !text.contains('\0')),
                _ => None,
            };
            at.take(
                node.line,
                value,
                "must be text, a number, true or false; \"\" is empty text",
            )
        })
        .map(Self)
    }

    fn schema() -> Json {
        schema(&json!({"type": ["string", "number", "boolean"], "pattern": r"^[^\u0000]*$"}))
    }
}

/// Variables whose values are looked up by reference.
pub(super) struct References(pub BTreeMap<String, String>);

impl Form for References {
    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        read(node, at, "API_KEY: STRIPE_KEY", |node, at| {
            let reference = match &node.value {
                Value::Text(text) => secret_place(text).map(|_| text.clone()),
                _ => None,
            };
            at.take(node.line, reference, SECRET_REFERENCE)
        })
        .map(Self)
    }

    fn schema() -> Json {
        schema(&json!({"type": "string", "pattern": secret_pattern()}))
    }
}

fn read(
    node: &Node,
    at: &mut At<'_>,
    example: &str,
    value: impl Fn(&Node, &mut At<'_>) -> Option<String>,
) -> Option<BTreeMap<String, String>> {
    let problem = format!("must be a map of variables, such as \"{example}\"");
    let entries = at.take(node.line, node.value.entries(), &problem)?;
    let mut variables = BTreeMap::new();
    for (name, node) in entries {
        let line = line_of_key(at.text, name, node.line);
        let mut at = at.inner(name);
        if !is_variable(name) {
            at.refuse(line, "is no variable name; use letters, digits and '_'");
        } else if let Some(value) = value(node, &mut at) {
            variables.insert(name.clone(), value);
        }
    }
    Some(variables)
}

fn schema(values: &Json) -> Json {
    json!({
        "type": ["object", "null"],
        "propertyNames": {"pattern": NAME},
        "additionalProperties": values,
    })
}

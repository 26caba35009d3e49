//! Writes the JSON Schema of a map, by the list of keys that reads it.

use serde_json::{Map, Value as Json, json};

use super::keys::{Form, Key, Keys};
use crate::Template;

/// Writes the schema of a map.
#[derive(Default)]
pub(super) struct Sketch {
    properties: Map<String, Json>,
    required: Vec<&'static str>,
    dependent: Map<String, Json>,
    all_of: Vec<Json>,
}

impl Sketch {
    /// The schema of all that was gone through.
    pub fn schema(self) -> Json {
        let mut schema = json!({
            "type": "object",
            "additionalProperties": false,
            "properties": self.properties,
        });
        if !self.required.is_empty() {
            schema["required"] = json!(self.required);
        }
        if !self.dependent.is_empty() {
            schema["dependentSchemas"] = Json::Object(self.dependent);
        }
        if !self.all_of.is_empty() {
            schema["allOf"] = Json::Array(self.all_of);
        }
        schema
    }

    fn not_both(&mut self, one: &str, other: &str) {
        let rule = json!({"dependentSchemas": {other: {"properties": {one: false}}}});
        self.all_of.push(rule);
    }
}

impl Keys for Sketch {
    fn take<T: Form>(&mut self, key: &Key) -> Option<T> {
        for name in key.names() {
            let mut schema = T::schema();
            schema["description"] = json!(key.about);
            self.properties.insert(name.to_owned(), schema);
        }
        if let Some(also) = key.also {
            self.not_both(key.name, also);
        }
        None
    }

    fn either(&mut self, one: &Key, other: &Key) {
        self.not_both(one.name, other.name);
    }

    fn instead(&mut self, of: &[&Key], key: &Key) {
        let none = of.iter().flat_map(|single| single.names());
        let none: Map<_, _> = none.map(|name| (name.to_owned(), json!(false))).collect();
        self.dependent
            .insert(key.name.to_owned(), json!({"properties": none}));
    }

    fn must(&mut self, key: &Key) {
        self.required.push(key.name);
    }

    fn any_of(&mut self, keys: &[&Key]) {
        let any: Vec<_> = keys
            .iter()
            .map(|key| json!({"required": [key.name]}))
            .collect();
        self.all_of.push(json!({"anyOf": any}));
    }

    fn apart(&mut self, _one: &Key, _other: &Key) {}

    fn only_with(&mut self, key: &Key, template: Template) {
        let mut demand = json!({"properties": {"template": {"const": template.as_str()}}});
        if template != Template::default() {
            demand["required"] = json!(["template"]);
        }
        self.dependent.insert(key.name.to_owned(), demand);
    }

    fn demanded_by(&mut self, template: Template, key: &Key) {
        let is_given = json!({
            "properties": {"template": {"const": template.as_str()}},
            "required": ["template"],
        });
        self.all_of
            .push(json!({"if": is_given, "then": {"required": [key.name]}}));
    }
}

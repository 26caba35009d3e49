//! Holds answers against the OpenAPI document, so that a test of anything tests the document too;
//! and whom a server has to believe besides: authorities, and issuers of identity tokens; and a
//! configuration to begin from.

mod authority;
mod config;
mod issuer;

use std::collections::BTreeMap;

use axum::http::{HeaderMap, Method, header};
use serde_json::{Map, Value, json};

pub use authority::Authority;
pub use config::config;
pub use issuer::{Issuer, Key, Manner, encoded, message};

/// The document, ready to check answers.
pub struct Contract {
    document: Value,
}

/// What an answer was that the document does not describe.
#[derive(Debug, thiserror::Error)]
#[error("{method} {path} answered {status} against the document: {problem}")]
pub struct Breach {
    method: Method,
    path: String,
    status: u16,
    problem: String,
}

impl Default for Contract {
    fn default() -> Self {
        Self::new()
    }
}

impl Contract {
    /// The document of this version of the API. An answer may have no field that it does not
    /// name, though clients are free to ignore such fields.
    pub fn new() -> Self {
        let mut document = serde_json::to_value(crate::document()).unwrap_or_default();
        if let Some(schemas) = document.pointer_mut("/components/schemas") {
            close(schemas);
        }
        Self { document }
    }

    /// Every path of the document with its methods, in capitals.
    pub fn routes(&self) -> BTreeMap<String, Vec<String>> {
        let paths = self.document["paths"].as_object();
        let methods = |item: &Value| item.as_object().map(|item| item.keys().cloned().collect());
        paths
            .into_iter()
            .flatten()
            .map(|(path, item)| {
                let methods: Vec<String> = methods(item).unwrap_or_default();
                let capitals = methods.iter().map(|method| method.to_uppercase());
                (path.clone(), capitals.collect())
            })
            .collect()
    }

    /// Holds an answer against the document: the status, the content type, the headers that it
    /// promises and the body. `path` is as it was sent, with or without a query.
    ///
    /// An address or a method that the document does not have must be answered by a 404 or a 405
    /// problem document.
    pub fn check(
        &self,
        method: &Method,
        path: &str,
        status: u16,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<(), Breach> {
        self.held(method, path, status, headers, body)
            .map_err(|problem| Breach {
                method: method.clone(),
                path: path.to_owned(),
                status,
                problem,
            })
    }

    fn held(
        &self,
        method: &Method,
        path: &str,
        status: u16,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<(), String> {
        let content_type = headers.get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        let media = content_type.map(|value| value.split(';').next().unwrap_or_default().trim());
        let Some(operation) = self.operation(method, path) else {
            if ![400, 401, 403, 404, 405, 421, 429].contains(&status) {
                return Err("the document has no such call".to_owned());
            }
            let content = json!({"schema": {"$ref": "#/components/schemas/Problem"}});
            return self.body(Some(&content), media, body);
        };
        let Some(response) = operation["responses"].get(status.to_string()) else {
            return Err("the document has no such status".to_owned());
        };
        if status == 202 && !headers.contains_key(header::LOCATION) {
            return Err("there is no Location".to_owned());
        }
        let Some(content) = response.get("content").and_then(Value::as_object) else {
            return match body {
                [] => Ok(()),
                _ => Err("the document promises no body".to_owned()),
            };
        };
        let media_type = media.and_then(|media| content.get(media));
        if media_type.is_none() {
            return Err(format!("the content type is {media:?}"));
        }
        self.body(media_type, media, body)
    }

    fn body(
        &self,
        content: Option<&Value>,
        media: Option<&str>,
        body: &[u8],
    ) -> Result<(), String> {
        let schema = content.and_then(|content| content.get("schema"));
        let Some(schema) = schema.and_then(Value::as_object) else {
            return Ok(());
        };
        let documents: Vec<&[u8]> = match media {
            Some("application/x-ndjson") => {
                let lines = body.split(|byte| *byte == b'\n');
                lines.filter(|line| !line.is_empty()).collect()
            }
            Some(media) if media.ends_with("json") => vec![body],
            _ => return Ok(()),
        };
        let validator = self.validator(schema)?;
        for document in documents {
            let document: Value =
                serde_json::from_slice(document).map_err(|error| error.to_string())?;
            let errors = validator.iter_errors(&document);
            let errors: Vec<_> = errors
                .map(|error| format!("{} at {:?}", error, error.instance_path().to_string()))
                .collect();
            if !errors.is_empty() {
                return Err(errors.join("; "));
            }
        }
        Ok(())
    }

    /// A validator of one schema, which may refer to the document's components.
    fn validator(&self, schema: &Map<String, Value>) -> Result<jsonschema::Validator, String> {
        let mut root = schema.clone();
        root.insert("components".to_owned(), self.document["components"].clone());
        jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .should_validate_formats(true)
            .build(&Value::Object(root))
            .map_err(|error| error.to_string())
    }

    /// The call that a request made; a literal segment is preferred to a parameter.
    fn operation(&self, method: &Method, path: &str) -> Option<&Value> {
        let path = path.split('?').next().unwrap_or_default();
        let paths = self.document["paths"].as_object()?;
        let fitting = paths.iter().filter(|(template, _)| fits(template, path));
        let (_, item) = fitting.min_by_key(|(template, _)| template.matches('{').count())?;
        item.get(method.as_str().to_lowercase())
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path) = (template.split('/'), path.split('/'));
    template.clone().count() == path.clone().count()
        && template.zip(path).all(|(expected, segment)| {
            expected == segment || (expected.starts_with('{') && !segment.is_empty())
        })
}

/// Forbids fields that a schema does not name.
fn close(schemas: &mut Value) {
    for schema in schemas
        .as_object_mut()
        .into_iter()
        .flatten()
        .map(|(_, s)| s)
    {
        if schema.get("properties").is_some() && schema.get("additionalProperties").is_none() {
            schema["additionalProperties"] = false.into();
        }
    }
}

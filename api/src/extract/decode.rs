//! JSON bodies into requests, finding as many errors as there are.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};
use tempus_model::FieldError;

use super::Errors;
use crate::refusal::Refusal;
use crate::shape::{Object, ProblemKind};

/// How many errors are looked for before giving up.
const MOST: usize = 32;

/// A request, and what is wrong with the fields that it was read without.
pub(super) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<(T, Errors), Refusal> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Refusal::new(
            ProblemKind::MalformedJson,
            "the body is empty; send a JSON object, {} at least",
        ));
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let whole = serde_path_to_error::deserialize::<_, Object<T>>(&mut reader);
    let error = match whole {
        Ok(Object(request)) => {
            reader.end().map_err(|error| malformed(&error))?;
            return Ok((request, Errors::default()));
        }
        Err(error) => error,
    };
    if error.inner().classify() != Category::Data {
        return Err(malformed(error.inner()));
    }
    let value: Value = serde_json::from_slice(body).map_err(|error| malformed(&error))?;
    without_errors(value).map_err(|mut found| {
        // What cannot be seen in a `Value`, such as a field that was given twice.
        if found.is_empty() {
            found.extend([field_error(error.path(), &without_place(error.inner()))]);
        }
        found.into_refusal()
    })
}

/// Reads the request without the fields that are wrong: each error names a field, which is taken
/// away before the rest is read again. `Err` if nothing can be read, with what was found.
fn without_errors<T: DeserializeOwned>(mut value: Value) -> Result<(T, Errors), Errors> {
    let mut found = Errors::default();
    for _ in 0..MOST {
        let error = match serde_path_to_error::deserialize::<_, Object<T>>(value.clone()) {
            Ok(_) if found.is_empty() => break,
            Ok(Object(request)) => return Ok((request, found)),
            Err(error) => error,
        };
        found.extend([field_error(error.path(), &error.inner().to_string())]);
        if !take_away(&mut value, error.path()) {
            break;
        }
    }
    Err(found)
}

/// Removes what the path names; `false` if it cannot be removed without moving anything else.
fn take_away(value: &mut Value, path: &Path) -> bool {
    let mut segments = path.iter().peekable();
    let mut at = value;
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        let next = match (segment, at) {
            (Segment::Map { key }, Value::Object(fields)) if last => {
                return fields.remove(key).is_some();
            }
            (Segment::Map { key }, Value::Object(fields)) => fields.get_mut(key),
            (Segment::Seq { index }, Value::Array(items)) if !last => items.get_mut(*index),
            _ => None,
        };
        let Some(next) = next else { return false };
        at = next;
    }
    false
}

/// The error in the words of the request: its field, and what was wrong with it.
pub(super) fn field_error(path: &Path, message: &str) -> FieldError {
    // Serde finds these where the field's surroundings end, so that the path names those.
    for (prefix, problem) in [
        ("missing field `", "is missing"),
        ("duplicate field `", "is given more than once"),
    ] {
        let name = message.strip_prefix(prefix);
        if let Some(name) = name.and_then(|rest| rest.strip_suffix('`')) {
            return FieldError::new(within(path, name), problem);
        }
    }
    FieldError::new(within(path, ""), message)
}

fn within(path: &Path, name: &str) -> String {
    let at = path.to_string();
    let is_whole = path.iter().next().is_none();
    match (is_whole, name) {
        (true, "") => "body".to_owned(),
        (true, name) => name.to_owned(),
        (false, "") => at,
        // A duplicate is found at the field itself, a missing one around it.
        (false, name) if at == name || at.ends_with(&format!(".{name}")) => at,
        (false, name) => format!("{at}.{name}"),
    }
}

fn malformed(error: &serde_json::Error) -> Refusal {
    Refusal::new(
        ProblemKind::MalformedJson,
        format!("{error}; send one JSON object"),
    )
}

fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::CreateRequest;

    fn refused(body: &str) -> crate::shape::Problem {
        let refusal = match decode::<CreateRequest>(body.as_bytes()) {
            Ok((_, errors)) => errors.finish().unwrap_err(),
            Err(refusal) => refusal,
        };
        refusal.problem().clone()
    }

    fn fields(body: &str) -> Vec<String> {
        let problem = refused(body);
        assert_eq!(problem.kind, ProblemKind::Invalid, "{problem:?}");
        problem.errors.into_iter().map(|e| e.field).collect()
    }

    #[test]
    fn what_is_not_json_is_told_by_line_and_column() {
        for (body, place) in [
            ("{\n  \"ttl_hours\": }", "line 2 column 16"),
            ("{\"ttl_hours\": NaN}", "column 15"),
            ("{} {}", "column 4"),
            ("{\"a\": 1", "column 7"),
            ("{\"ttl_hours\": 1e999}", "column"),
            ("", "empty"),
            (" \n", "empty"),
        ] {
            let problem = refused(body);
            assert_eq!(problem.kind, ProblemKind::MalformedJson, "{body}");
            assert!(problem.detail.contains(place), "{}", problem.detail);
        }
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        assert_eq!(fields(r#"{"nmae": "x"}"#), ["nmae"]);
        assert_eq!(
            fields(r#"{"ttl_hours": "NaN", "port": 70000, "envv": {}, "env": {"A": 1}}"#),
            ["env.A", "envv", "port", "ttl_hours"]
        );
        assert_eq!(
            fields(r#"{"services": [{"name": "a", "prot": 1}, {"name": 7}]}"#),
            ["services[0].prot", "services[1].name"]
        );
        assert_eq!(fields(r#"{"services": [{}]}"#), ["services[0].name"]);
        assert_eq!(fields(r#"{"services": [7]}"#), ["services[0]"]);
        assert_eq!(fields("[]"), ["body"]);
        assert_eq!(fields(r#"{"services": [["web"]]}"#), ["services[0]"]);
        assert_eq!(fields("null"), ["body"]);
        assert_eq!(fields(r#"{"ttl": "1h", "ttl": "2h"}"#), ["ttl"]);
    }

    #[test]
    fn a_refusal_says_what_would_be_right() {
        let problem = refused(r#"{"port": -1, "nmae": ""}"#);
        let text: Vec<_> = problem.errors.iter().map(|e| e.problem.as_str()).collect();
        assert!(
            text[0].contains("expected one of") && text[0].contains("`name`"),
            "{text:?}"
        );
        assert!(text[1].contains("a port from 1 to 65535"), "{text:?}");
    }
}

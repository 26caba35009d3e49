//! `access`: who may see a preview, as requests say it.

use std::fmt;

use serde::de::Error;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// What is accepted. What was given is not repeated: it may be the password.
const EXPECTS: &str = r#"must be "open", "link" or {"password": "…"}"#;

/// Who may see a preview.
#[derive(Clone, PartialEq, Eq)]
pub enum AccessRequest {
    /// Whoever can reach it.
    Open,
    /// Whoever was given a signed link.
    Link,
    /// Whoever knows this password, or was given a signed link.
    Password(String),
}

/// Leaves the password out.
impl fmt::Debug for AccessRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "Open",
            Self::Link => "Link",
            Self::Password(_) => "Password(_)",
        })
    }
}

impl Serialize for AccessRequest {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Open => to.serialize_str("open"),
            Self::Link => to.serialize_str("link"),
            Self::Password(password) => {
                let mut map = to.serialize_map(Some(1))?;
                map.serialize_entry("password", password)?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for AccessRequest {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(from).map_err(|_| D::Error::custom(EXPECTS))?;
        match value {
            Value::String(word) if word == "open" => Ok(Self::Open),
            Value::String(word) if word == "link" => Ok(Self::Link),
            Value::Object(fields) if fields.len() == 1 => match fields.get("password") {
                Some(Value::String(password)) => Ok(Self::Password(password.clone())),
                _ => Err(D::Error::custom(EXPECTS)),
            },
            _ => Err(D::Error::custom(EXPECTS)),
        }
    }
}

impl PartialSchema for AccessRequest {
    fn schema() -> RefOr<Schema> {
        let word = ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(["open", "link"]));
        let (least, most) = tempus_steps::gate::PASSWORD_LENGTH.into_inner();
        let password = ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(least))
            .max_length(Some(most))
            .write_only(true);
        let protected = ObjectBuilder::new()
            .property("password", password)
            .required("password");
        OneOfBuilder::new().item(word).item(protected).into()
    }
}

impl ToSchema for AccessRequest {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_a_password_is_never_repeated() {
        for access in [
            AccessRequest::Open,
            AccessRequest::Link,
            AccessRequest::Password("hunter2222".into()),
        ] {
            let text = serde_json::to_string(&access).unwrap();
            assert_eq!(
                serde_json::from_str::<AccessRequest>(&text).unwrap(),
                access
            );
            assert!(!format!("{access:?}").contains("hunter"));
        }
        for wrong in [
            r#""hunter2222""#,
            "22222222",
            r#"["hunter2222"]"#,
            r#"{"password": 22222222}"#,
            r#"{"pasword": "hunter2222"}"#,
            r#"{"password": "hunter2222", "link": true}"#,
        ] {
            let error = serde_json::from_str::<AccessRequest>(wrong)
                .unwrap_err()
                .to_string();
            assert!(error.contains(EXPECTS), "{error}");
            assert!(!error.contains("2222"), "{error}");
        }
    }
}

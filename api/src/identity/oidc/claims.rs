//! What a token says.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tempus_model::{Owner, Timestamp};

/// The issuer whose repositories go by their bare number, as they do in GitHub's other messages.
const GITHUB: &str = "https://token.actions.githubusercontent.com";

/// The longest that is shown of a text of a token's, in characters.
const SHOWN: usize = 200;

/// A token's claims.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Claims(Map<String, Value>);

impl Claims {
    /// A claim as a text. A list or an object is none.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(is) => Some(is.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// Who signed it.
    pub fn issuer(&self) -> Option<&str> {
        self.0.get("iss")?.as_str()
    }

    /// Whether it is for this audience, among others.
    pub fn is_for(&self, audience: &str) -> bool {
        match self.0.get("aud") {
            Some(Value::String(only)) => only == audience,
            Some(Value::Array(all)) => all.iter().any(|one| one == audience),
            _ => false,
        }
    }

    /// What the issuer calls its bearer, as it may be shown.
    pub fn subject(&self) -> String {
        shown(&self.text("sub").unwrap_or_default())
    }

    /// Who made the workflow run.
    pub fn actor(&self) -> Option<String> {
        self.text("actor").map(|actor| shown(&actor))
    }

    /// When it ends.
    pub fn until(&self) -> Timestamp {
        let seconds = self.0.get("exp").and_then(|exp| {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a part of a second more or less"
            )]
            exp.as_i64().or_else(|| exp.as_f64().map(|exp| exp as i64))
        });
        Timestamp::from_millis(seconds.unwrap_or(0).saturating_mul(1000))
    }

    /// Whose previews its bearer manages: the repository's, so that every workflow of a repository
    /// manages the same ones. Another issuer's numbers are its own.
    pub fn owner(&self) -> Owner {
        let repository = self.text("repository_id").zip(self.text("repository"));
        let (id, login) = repository.unwrap_or_else(|| {
            let subject = self.text("sub").unwrap_or_default();
            (subject.clone(), subject)
        });
        let issuer = self.issuer().unwrap_or_default();
        let id = match issuer.split_once("://") {
            Some((_, place)) if issuer != GITHUB => format!("{place}/{id}"),
            _ => id,
        };
        Owner {
            id,
            login,
            avatar_url: None,
        }
    }
}

/// A text that goes into logs and answers: nothing that could be taken for another line.
fn shown(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { '?' } else { c });
    plain.take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn owner(issuer: &str, more: &Value) -> String {
        let mut claims = json!({"iss": issuer, "sub": "repo:acme/shop"});
        claims
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        serde_json::from_value::<Claims>(claims).unwrap().owner().id
    }

    #[test]
    fn the_owner_is_the_repository_whatever_it_is_called() {
        let repository = json!({"repository": "acme/shop", "repository_id": "12"});
        assert_eq!(owner(GITHUB, &repository), "12");
        assert_eq!(
            owner("https://ghes.example/t", &repository),
            "ghes.example/t/12"
        );
        assert_eq!(
            owner("https://ci.example", &json!({})),
            "ci.example/repo:acme/shop"
        );
    }

    #[test]
    fn what_is_shown_is_one_short_line() {
        let claims = json!({"sub": format!("a\nb{}", "c".repeat(1000))});
        let subject = serde_json::from_value::<Claims>(claims).unwrap().subject();
        assert!(subject.starts_with("a?bc") && subject.len() == SHOWN);
    }
}

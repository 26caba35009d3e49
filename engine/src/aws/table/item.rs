//! Items: their keys, and what is in them.

use std::collections::HashMap;
use std::fmt::Display;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tempus_model::github::SourceKey;
use tempus_model::{DnsName, JobId, PreviewId, ShortId, SpecId, Timestamp, TokenId};

use super::packed::{pack, unpack};
use crate::{DeadLetterId, Idempotency, StoreError};

/// The partition key's attribute.
pub(in crate::aws) const PK: &str = "pk";
/// The sort key's attribute.
pub(in crate::aws) const SK: &str = "sk";
/// The attribute that holds an item's JSON.
pub(in crate::aws) const BODY: &str = "body";

/// The longest that is stored, in bytes: DynamoDB takes items of 400 KB, and a body is not alone.
const LONGEST: usize = 390 << 10;

/// When DynamoDB may clear the item away: a day or two late, which nobody relies on.
pub(in crate::aws) const TTL: &str = "ttl";

/// JSON that is longer than this, in bytes, is stored packed.
const PLAIN: usize = 300;

/// Where an item is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::aws) struct Key {
    pub(in crate::aws) pk: String,
    pub(in crate::aws) sk: String,
}

/// The sort keys of a preview's two halves begin with this, so that one query reads both.
pub(in crate::aws) const HALVES: &str = "preview#";
/// The sort keys of a preview's specs begin with this.
pub(in crate::aws) const SPECS: &str = "spec#";
/// The sort keys of what was done to a preview without a job begin with this.
pub(in crate::aws) const DEEDS: &str = "deed#";
/// The partitions of sources begin with this.
const SOURCES: &str = "sources#";
/// The sort key of a row.
pub(in crate::aws) const ROW: &str = "preview#row";
/// The sort key of an identity.
pub(in crate::aws) const IDENTITY: &str = "preview#identity";

impl Key {
    fn of(pk: impl Display, sk: impl Into<String>) -> Self {
        Self {
            pk: pk.to_string(),
            sk: sk.into(),
        }
    }

    /// The partition of everything that is about one preview. Named by the short id, so that there
    /// is at most one row of each.
    pub(in crate::aws) fn preview(short: ShortId) -> String {
        format!("preview#{short}")
    }

    fn part(preview: PreviewId, sk: impl Into<String>) -> Self {
        Self::of(Self::preview(preview.short()), sk)
    }

    pub(in crate::aws) fn row(preview: PreviewId) -> Self {
        Self::part(preview, ROW)
    }

    pub(in crate::aws) fn identity(preview: PreviewId) -> Self {
        Self::part(preview, IDENTITY)
    }

    pub(in crate::aws) fn spec(preview: PreviewId, spec: SpecId) -> Self {
        Self::part(preview, format!("{SPECS}{spec}"))
    }

    /// What was done by the write that gave the row this version.
    pub(in crate::aws) fn deed(preview: PreviewId, version: u64) -> Self {
        Self::part(preview, format!("{DEEDS}{version:020}"))
    }

    pub(in crate::aws) fn job(job: JobId) -> Self {
        Self::of(format_args!("job#{job}"), "job")
    }

    pub(in crate::aws) fn name(name: &DnsName) -> Self {
        Self::of(format_args!("name#{name}"), "name")
    }

    /// The partition of a pool's taken slots.
    pub(in crate::aws) fn pool(pool: &str) -> String {
        format!("pool#{pool}")
    }

    pub(in crate::aws) fn slot(pool: &str, number: u32) -> Self {
        Self::of(Self::pool(pool), format!("{number:010}"))
    }

    pub(in crate::aws) fn idempotency(key: &Idempotency) -> Self {
        Self::of(format_args!("idempotency#{}", key.owner), &*key.key)
    }

    pub(in crate::aws) fn letter(id: &DeadLetterId) -> Self {
        Self::of(format_args!("letter#{}", id.0), "letter")
    }

    /// The partition of the tokens: few, and listed without an index.
    pub(in crate::aws) fn tokens() -> String {
        "tokens".to_owned()
    }

    pub(in crate::aws) fn token(id: TokenId) -> Self {
        Self::of(Self::tokens(), id.to_string())
    }

    /// The partition of a repository's sources.
    pub(in crate::aws) fn sources(scope: &str) -> String {
        format!("{SOURCES}{scope}")
    }

    pub(in crate::aws) fn source(source: &SourceKey) -> Self {
        Self::of(Self::sources(&source.scope()), source.item())
    }

    /// The source that is stored here.
    pub(in crate::aws) fn as_source(&self) -> Option<SourceKey> {
        SourceKey::parse(self.pk.strip_prefix(SOURCES)?, &self.sk)
    }

    pub(in crate::aws) fn installation() -> Self {
        Self::of("meta", "installation")
    }

    pub(in crate::aws) fn attributes(&self) -> HashMap<String, AttributeValue> {
        HashMap::from([
            (PK.to_owned(), text(&*self.pk)),
            (SK.to_owned(), text(&*self.sk)),
        ])
    }
}

/// A string as an attribute.
pub(in crate::aws) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number as an attribute.
pub(in crate::aws) fn number(value: impl Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A time as [`TTL`] has it: whole seconds, not before it.
pub(in crate::aws) fn ttl(time: Timestamp) -> AttributeValue {
    number(time.millis().saturating_add(999).div_euclid(1000))
}

/// A value as the attribute that holds its JSON: as it is where it is short, else packed.
pub(in crate::aws) fn json(
    value: &(impl Serialize + ?Sized),
) -> Result<AttributeValue, StoreError> {
    let json =
        serde_json::to_string(value).map_err(|error| StoreError::Unreadable(error.to_string()))?;
    if json.len() <= PLAIN {
        return Ok(text(json));
    }
    let packed = pack(&json).map_err(StoreError::Unreadable)?;
    if packed.len() > LONGEST {
        return Err(StoreError::Unavailable(format!(
            "{} bytes are too many for an item, which has {LONGEST} at most",
            packed.len()
        )));
    }
    Ok(AttributeValue::B(Blob::new(packed)))
}

/// An item as it was read.
#[derive(Debug, Clone)]
pub(in crate::aws) struct Item(pub(in crate::aws) HashMap<String, AttributeValue>);

impl Item {
    /// A string that every item of its kind has.
    pub(in crate::aws) fn text(&self, name: &str) -> Result<&str, StoreError> {
        let value = self.0.get(name).and_then(|value| value.as_s().ok());
        value
            .map(String::as_str)
            .ok_or_else(|| self.without(name, "string"))
    }

    /// A number, where the item has it.
    pub(in crate::aws) fn number<T: std::str::FromStr>(
        &self,
        name: &str,
    ) -> Result<Option<T>, StoreError> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        let number = value.as_n().ok().and_then(|digits| digits.parse().ok());
        number.map_or_else(|| Err(self.without(name, "number")), |n| Ok(Some(n)))
    }

    /// Where it is.
    pub(in crate::aws) fn key(&self) -> Result<Key, StoreError> {
        Ok(Key {
            pk: self.text(PK)?.to_owned(),
            sk: self.text(SK)?.to_owned(),
        })
    }

    /// Reads an id, or anything else that is written as a string.
    pub(in crate::aws) fn parse<T: std::str::FromStr>(&self, name: &str) -> Result<T, StoreError> {
        let parsed = self.text(name)?.parse();
        parsed.map_err(|_| self.without(name, "id"))
    }

    /// Reads the JSON in an attribute.
    pub(in crate::aws) fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, StoreError> {
        let unreadable = |why: String| StoreError::Unreadable(format!("{self}: {name}: {why}"));
        let read = match self.0.get(name) {
            Some(AttributeValue::B(packed)) => {
                serde_json::from_str(&unpack(packed.as_ref()).map_err(unreadable)?)
            }
            _ => serde_json::from_str(self.text(name)?),
        };
        read.map_err(|error| unreadable(error.to_string()))
    }

    /// Reads the body.
    pub(in crate::aws) fn body<T: DeserializeOwned>(&self) -> Result<T, StoreError> {
        self.json(BODY)
    }

    fn without(&self, name: &str, kind: &str) -> StoreError {
        StoreError::Unreadable(format!("{self} has no {kind} {name}"))
    }
}

impl Display for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let part = |name| match self.0.get(name) {
            Some(AttributeValue::S(part)) => part.as_str(),
            _ => "?",
        };
        write!(f, "item {}/{}", part(PK), part(SK))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_refused_and_says_so() {
        let random: Vec<u64> = (0..60_000).map(|_| rand::random()).collect();
        let refused = json(&random).unwrap_err().to_string();
        assert!(refused.contains("too many for an item"), "{refused}");
        let item = Item(HashMap::from([
            ("long".to_owned(), json(&random[..9000]).unwrap()),
            ("short".to_owned(), json(&random[..2]).unwrap()),
        ]));
        assert_eq!(item.json::<Vec<u64>>("long").unwrap(), random[..9000]);
        assert!(item.text("short").is_ok(), "short ones are plain");
    }
}

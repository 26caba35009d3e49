//! The file as a tree in which every value knows its line, before anything is known of its keys.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{
    DuplicateKeyPolicy, Error, Location, MessageFormatter, Spanned, UserMessageFormatter, options,
};

use super::{Mistake, RepositoryFile};

/// A value and where it stands.
#[derive(Debug)]
pub(super) struct Node {
    /// The line that it begins in, from 1.
    pub line: u64,
    /// What it is.
    pub value: Value,
}

/// What a value is, in YAML's own terms.
#[derive(Debug)]
pub(super) enum Value {
    /// Nothing, or `null`.
    Nothing,
    /// Text, in quotes or not.
    Text(String),
    /// A whole number, and how it is written.
    Whole(i128, String),
    /// `true` or `false`, and how it is written.
    Truth(bool, String),
    /// Any other number, as it is written.
    Fraction(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the file.
    Map(Vec<(String, Node)>),
}

impl Value {
    /// The entries of a map; nothing is an empty one.
    pub fn entries(&self) -> Option<&[(String, Node)]> {
        match self {
            Self::Map(entries) => Some(entries),
            Self::Nothing => Some(&[]),
            _ => None,
        }
    }
}

/// Reads the tree. A file without anything in it is nothing.
pub(super) fn read(text: &str) -> Result<Node, Mistake> {
    let says_something = |line: &str| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with('#') && line != "---"
    };
    if !text.lines().any(says_something) {
        return Ok(Node {
            line: 1,
            value: Value::Nothing,
        });
    }
    let options = options! {
        with_snippet: false,
        strict_booleans: true,
        duplicate_keys: DuplicateKeyPolicy::Error,
    };
    let root: Spanned<Plain> = serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| mistake(text, &error))?;
    Ok(node(root, text))
}

/// The line in which a key stands whose value begins in this line, or further up.
pub(super) fn line_of_key(text: &str, key: &str, value: u64) -> u64 {
    let last = usize::try_from(value).unwrap_or(usize::MAX);
    let lines: Vec<_> = text.lines().take(last).collect();
    if lines.last().is_some_and(|line| line.contains(key)) {
        return value;
    }
    let begins = |line: &&str| {
        let line = line.trim_start_matches([' ', '-', '"', '\'']);
        line.strip_prefix(key)
            .is_some_and(|rest| rest.trim_start_matches(['"', '\'', ' ']).starts_with(':'))
    };
    let found = lines.iter().rposition(begins);
    found.map_or(value, |index| index as u64 + 1)
}

/// What a YAML value is without its place.
enum Plain {
    Nothing,
    Text(String),
    Whole(i128),
    Truth(bool),
    Fraction(f64),
    List(Vec<Spanned<Plain>>),
    Map(Vec<(String, Spanned<Plain>)>),
}

fn node(from: Spanned<Plain>, text: &str) -> Node {
    // As it is written: `0.50` and `010` are not what their numbers print as.
    let at = from.defined;
    let as_written = |otherwise: String| written(text, at).unwrap_or(otherwise);
    let value = match from.value {
        Plain::Nothing => Value::Nothing,
        Plain::Text(text) => Value::Text(text),
        Plain::Whole(number) => Value::Whole(number, as_written(number.to_string())),
        Plain::Truth(truth) => Value::Truth(truth, as_written(truth.to_string())),
        Plain::Fraction(number) => Value::Fraction(as_written(number.to_string())),
        Plain::List(list) => Value::List(list.into_iter().map(|item| node(item, text)).collect()),
        Plain::Map(map) => {
            let entries = map.into_iter().map(|(key, value)| (key, node(value, text)));
            Value::Map(entries.collect())
        }
    };
    Node {
        line: from.referenced.line().max(1),
        value,
    }
}

fn written(text: &str, at: Location) -> Option<String> {
    let span = at.span();
    let from = usize::try_from(span.byte_offset()?).ok()?;
    let length = usize::try_from(span.byte_len()?).ok()?;
    let written = text.get(from..from.checked_add(length)?)?.trim();
    (!written.is_empty()).then(|| written.to_owned())
}

/// An error of the YAML reader in the words of this file.
fn mistake(text: &str, error: &Error) -> Mistake {
    let error = error.without_snippet();
    let line = error
        .location()
        .map_or(1, |location| location.line().max(1));
    let (key, problem) = match error {
        Error::DuplicateMappingKey { key: Some(key), .. } => {
            (key.clone(), "stands there twice; keep one".to_owned())
        }
        Error::DuplicateMappingKey { key: None, .. } => (
            String::new(),
            "a key stands there twice; keep one".to_owned(),
        ),
        other => {
            let problem = UserMessageFormatter.format_message(other);
            (key_at(text, line), format!("is not YAML: {problem}"))
        }
    };
    Mistake { line, key, problem }
}

/// The key that a line begins with, if it is one of ours: where the quotes are wrong, what stands
/// before a colon may be anything.
fn key_at(text: &str, line: u64) -> String {
    let at = usize::try_from(line).unwrap_or(0).saturating_sub(1);
    let line = text.lines().nth(at).unwrap_or_default();
    let line = line.trim_start_matches([' ', '-']);
    let key = line.split_once(':').map_or("", |(key, _)| key);
    let is_ours = RepositoryFile::schema()["properties"].get(key).is_some();
    if is_ours {
        key.to_owned()
    } else {
        String::new()
    }
}

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Plain;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Plain, E> {
        Ok(Plain::Nothing)
    }

    fn visit_none<E>(self) -> Result<Plain, E> {
        Ok(Plain::Nothing)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Plain, E> {
        Ok(Plain::Truth(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Plain, E> {
        Ok(Plain::Whole(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Plain, E> {
        Ok(Plain::Whole(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Plain, E> {
        Ok(Plain::Fraction(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Plain, E> {
        Ok(Plain::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Plain, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = from.next_element()? {
            list.push(item);
        }
        Ok(Plain::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Plain, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = from.next_entry()? {
            map.push(entry);
        }
        Ok(Plain::Map(map))
    }
}

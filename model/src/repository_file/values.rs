//! What single values may be: each is read, and described as JSON Schema, in one place.

use serde_json::{Value as Json, json};

use super::keys::{At, Form};
use super::node::{Node, Value};
use crate::retention::{RETENTION, is_retention, retention_accepted};
use crate::seed::is_inner_path;
use crate::{AccessMode, Schedule, Template, Ttl};

/// A text of one kind.
pub(super) fn text<T>(
    node: &Node,
    at: &mut At<'_>,
    of: impl FnOnce(&str) -> Option<T>,
    problem: &str,
) -> Option<T> {
    let read = match &node.value {
        Value::Text(text) => of(text),
        _ => None,
    };
    at.take(node.line, read, problem)
}

fn one_of<T: Copy>(node: &Node, at: &mut At<'_>, words: &[(&'static str, T)]) -> Option<T> {
    let names: Vec<_> = words
        .iter()
        .map(|(word, _)| format!("\"{word}\""))
        .collect();
    let problem = format!("must be one of {}", names.join(", "));
    let find = |text: &str| words.iter().find(|(word, _)| *word == text);
    text(
        node,
        at,
        |text| find(text).map(|(_, value)| *value),
        &problem,
    )
}

/// What `/bin/sh` reads.
pub(super) struct CommandLine(pub String);

impl Form for CommandLine {
    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        let sound = |text: &str| {
            let sound = !text.trim().is_empty() && !text.contains('\0');
            sound.then(|| Self(text.to_owned()))
        };
        text(
            node,
            at,
            sound,
            "must be a command line, such as \"npm start\"",
        )
    }

    fn schema() -> Json {
        json!({"type": "string", "pattern": r"^[^\u0000]*[^\s\u0000][^\u0000]*$"})
    }
}

/// A container image.
pub(super) struct ImageName(pub String);

impl Form for ImageName {
    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        let sound = |text: &str| {
            let sound =
                (1..=512).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
            sound.then(|| Self(text.to_owned()))
        };
        text(
            node,
            at,
            sound,
            "must be an image, such as \"registry.example/app:1.2\"",
        )
    }

    fn schema() -> Json {
        json!({"type": "string", "pattern": "^[!-~]{1,512}$"})
    }
}

/// A path of URLs.
pub(super) struct UrlPath(pub String);

impl Form for UrlPath {
    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '*' | '<' | '>');
        let sound = |text: &str| {
            let sound = text.starts_with('/') && text.len() <= 128 && text.chars().all(plain);
            sound.then(|| Self(text.to_owned()))
        };
        let problem = "must begin with '/' and be at most 128 printable characters without spaces";
        text(node, at, sound, problem)
    }

    fn schema() -> Json {
        json!({"type": "string", "pattern": r"^/[!#-)+-;=?-\[\]-~]{0,127}$"})
    }
}

/// A path within the repository.
pub(super) struct FilePath(pub String);

impl FilePath {
    /// What is accepted.
    pub const ACCEPTED: &str =
        "must be a path within the repository, such as \"services/web\", without \"..\"";

    /// The path that a text is.
    pub fn of(text: &str) -> Option<Self> {
        is_inner_path(text).then(|| Self(text.to_owned()))
    }
}

impl Form for FilePath {
    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        text(node, at, Self::of, Self::ACCEPTED)
    }

    fn schema() -> Json {
        let pattern = r"^(?!/)(?!(?:.*/)?\.\.(?:/|$))[^\u0000-\u001f\u007f\\]{1,256}$";
        json!({"type": "string", "pattern": pattern})
    }
}

/// A whole number within a range.
pub(super) struct Whole<const LEAST: u32, const MOST: u32>(pub u32);

impl<const LEAST: u32, const MOST: u32> Form for Whole<LEAST, MOST> {
    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        let read = match &node.value {
            Value::Whole(number, _) => u32::try_from(*number).ok(),
            _ => None,
        };
        let read = read.filter(|number| (LEAST..=MOST).contains(number));
        let problem = if MOST == u32::MAX {
            format!("must be a whole number, at least {LEAST}")
        } else {
            format!("must be a whole number from {LEAST} to {MOST}")
        };
        at.take(node.line, read.map(Self), &problem)
    }

    fn schema() -> Json {
        json!({"type": "integer", "minimum": LEAST, "maximum": MOST})
    }
}

/// How many days log lines are kept.
pub(super) struct Retention(pub u16);

impl Form for Retention {
    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        let read = match &node.value {
            Value::Whole(number, _) => u16::try_from(*number).ok(),
            _ => None,
        };
        let read = read.filter(|days| is_retention(*days));
        at.take(node.line, read.map(Self), &retention_accepted())
    }

    fn schema() -> Json {
        json!({"type": "integer", "enum": RETENTION})
    }
}

/// `true` or `false`.
impl Form for bool {
    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        let read = match node.value {
            Value::Truth(truth, _) => Some(truth),
            _ => None,
        };
        at.take(node.line, read, "must be true or false")
    }

    fn schema() -> Json {
        json!({"type": "boolean"})
    }
}

impl Form for Ttl {
    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        let problem =
            "must be a number and a unit (s, m, h or d), such as \"90m\", \"2h\" or \"7d\"";
        text(node, at, |text| text.parse().ok(), problem)
    }

    fn schema() -> Json {
        // That it is more than nothing, and not beyond a century, only a reader can tell.
        json!({"type": "string", "pattern": r"^(?=.*[1-9])(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)[smhd])+$"})
    }
}

impl Form for Template {
    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        one_of(
            node,
            at,
            &Self::ALL.map(|template| (template.as_str(), template)),
        )
    }

    fn schema() -> Json {
        json!({"type": "string", "enum": Self::ALL.map(Self::as_str)})
    }
}

impl Form for AccessMode {
    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        let words = Self::ALL.map(|mode| (mode.as_str(), mode));
        let before = at.mistakes.len();
        let read = one_of(node, at, &words);
        // It may be a password that somebody has written there.
        if let Some(mistake) = at.mistakes.get_mut(before) {
            mistake
                .problem
                .push_str("; a password itself does not belong in this file");
        }
        read
    }

    fn schema() -> Json {
        json!({"type": "string", "enum": Self::ALL.map(Self::as_str)})
    }
}

impl Form for Schedule {
    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        let problem = crate::ScheduleError.to_string();
        text(node, at, |text| text.parse().ok(), &problem)
    }

    fn schema() -> Json {
        json!({"type": "string", "pattern": Self::pattern()})
    }
}

/// The labels of pull requests.
pub(super) struct Labels(pub Vec<String>);

impl Form for Labels {
    fn read(node: &Node, at: &mut At<'_>) -> Option<Self> {
        let list = match &node.value {
            Value::List(list) => list.as_slice(),
            Value::Nothing => &[],
            _ => {
                at.refuse(node.line, "must be a list of labels, such as [preview]");
                return None;
            }
        };
        let label = |text: &str| {
            let sound = !text.trim().is_empty() && text.chars().count() <= 50;
            sound.then(|| text.to_owned())
        };
        let mut labels = Vec::new();
        for (index, item) in list.iter().enumerate() {
            let mut at = at.inner(&format!("[{index}]"));
            labels.extend(text(
                item,
                &mut at,
                label,
                "must be a label of 1 to 50 characters",
            ));
        }
        Some(Self(labels))
    }

    fn schema() -> Json {
        json!({
            "type": ["array", "null"],
            "items": {"type": "string", "pattern": r"\S", "maxLength": 50},
        })
    }
}

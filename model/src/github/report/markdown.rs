//! Markdown, and what of others' words must not become any.

use std::fmt::Write;

use crate::Timestamp;

/// The longest that is shown of an application's own words, in bytes.
const SHOWN: usize = 4000;

pub(super) fn paragraph(text: &mut String, line: &str) {
    let _ = write!(text, "\n{line}\n");
}

/// Somebody else's words, in which nothing is read as Markdown, a mention or a marker.
pub(super) fn quote(text: &mut String, lines: &[&str]) {
    let mut whole = lines.join("\n");
    whole.truncate(whole.floor_char_boundary(SHOWN));
    let longest = whole.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let _ = write!(text, "\n{fence}text\n{whole}\n{fence}\n");
}

/// A word as code.
pub(super) fn code(word: &str) -> String {
    let plain: String = word
        .chars()
        .filter(|c| !matches!(c, '`' | '|') && !c.is_control())
        .collect();
    format!("`{plain}`")
}

/// A time to the minute, as people read it.
pub(super) fn minute(time: Timestamp) -> String {
    let text = time.to_string();
    match text.split_once('T') {
        Some((day, rest)) if rest.len() > 5 => format!("{day} {} UTC", &rest[..5]),
        _ => text,
    }
}

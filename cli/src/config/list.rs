//! Lists in one text that every layer can carry, with commas between the entries.

use std::collections::BTreeSet;

use serde_json::Value;

/// The entries of a list, each read by `one`; `None` if one of them cannot be read.
pub(super) fn read<T>(text: &str, one: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    if text.trim().is_empty() {
        return Some(Vec::new());
    }
    text.split(',').map(|entry| one(entry.trim())).collect()
}

/// The same of entries each of which may be there once; `name` says which it is.
pub(super) fn read_once<T>(
    text: &str,
    one: impl Fn(&str) -> Option<T>,
    name: impl Fn(&T) -> String,
) -> Option<Vec<T>> {
    let entries = read(text, one)?;
    let names: BTreeSet<_> = entries.iter().map(name).collect();
    (names.len() == entries.len()).then_some(entries)
}

/// The list as it is read again.
pub(super) fn show<T>(entries: &[T], one: impl Fn(&T) -> String) -> Value {
    let entries: Vec<_> = entries.iter().map(one).collect();
    entries.join(", ").into()
}

//! The file layer: TOML, each value with its line.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Place};
use super::keys::{self, Key};

/// A value that a file gives to a key.
#[derive(Debug)]
pub(super) struct Entry {
    pub key: String,
    pub text: String,
    /// The value as it is written, for messages.
    pub written: String,
    pub place: Place,
}

/// Reads a file's text. What is wrong with one entry does not hide what is wrong with another.
pub(super) fn read(path: &Path, text: &str, keys: &[Key]) -> (Vec<Entry>, Vec<ConfigError>) {
    let mut reader = Reader {
        path,
        text,
        keys,
        entries: Vec::new(),
        errors: Vec::new(),
    };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let place = reader.place(error.span().map_or(0, |span| span.start));
        let reason = error.message().to_owned();
        reader.errors.push(ConfigError::Syntax { place, reason });
    }
    // A damaged file is read no further: what the parser skipped over would look like a mistake.
    if reader.errors.is_empty() {
        reader.table(None, table.get_ref());
    }
    (reader.entries, reader.errors)
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    keys: &'a [Key],
    entries: Vec<Entry>,
    errors: Vec<ConfigError>,
}

impl Reader<'_> {
    fn table(&mut self, section: Option<&str>, table: &DeTable<'_>) {
        for (name, value) in table {
            let place = self.place(name.span().start);
            let key = match section {
                Some(section) => format!("{section}.{}", name.get_ref()),
                None => name.get_ref().to_string(),
            };
            let is_section = section.is_none() && !keys::in_section(self.keys, &key).is_empty();
            match value.get_ref() {
                DeValue::Table(inner) if is_section => self.table(Some(&key), inner),
                _ if is_section => self.errors.push(ConfigError::Value {
                    place,
                    expects: format!("a section: [{key}] with its keys below it"),
                    given: self.written(value),
                    key,
                }),
                scalar => self.entry(section, key, place, scalar, self.written(value)),
            }
        }
    }

    fn entry(
        &mut self,
        section: Option<&str>,
        key: String,
        place: Place,
        value: &DeValue<'_>,
        written: String,
    ) {
        let Some(known) = self.keys.iter().find(|known| known.name == key) else {
            let accepted = match section {
                Some(section) => keys::in_section(self.keys, section),
                None => keys::top_level(self.keys),
            };
            self.errors.push(ConfigError::Unknown {
                place,
                key,
                accepted: accepted.join(", "),
            });
            return;
        };
        let text = match value {
            DeValue::String(text) => text.to_string(),
            // `1_000` and `0x10` are integers of TOML, not of every reader: plain digits for all.
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or_else(|_| number.to_string(), |number| number.to_string()),
            DeValue::Float(number) => number.as_str().replace('_', ""),
            _ => {
                self.errors.push(ConfigError::Value {
                    place,
                    key,
                    given: written,
                    expects: known.expects.to_owned(),
                });
                return;
            }
        };
        self.entries.push(Entry {
            key,
            text,
            written,
            place,
        });
    }

    fn written(&self, value: &Spanned<DeValue<'_>>) -> String {
        self.text.get(value.span()).unwrap_or_default().to_owned()
    }

    fn place(&self, at: usize) -> Place {
        let before = self.text.get(..at).unwrap_or(self.text);
        Place::File {
            path: self.path.to_owned(),
            line: before.matches('\n').count() + 1,
        }
    }
}

//! A map's keys, named once: the same list reads a file, says what is accepted and makes the
//! schema, so that none of the three can know a key that the others do not.

use serde_json::Value as Json;

use super::Mistake;
use super::node::{Node, Value, line_of_key};
use crate::Template;

/// A key.
#[derive(Debug)]
pub(super) struct Key {
    /// As it is written.
    pub name: &'static str,
    /// Another spelling of the same.
    pub also: Option<&'static str>,
    /// What it is for.
    pub about: &'static str,
}

impl Key {
    pub const fn new(name: &'static str, about: &'static str) -> Self {
        Self {
            name,
            also: None,
            about,
        }
    }

    /// Each of its spellings.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.also)
    }
}

/// What a key's value may be.
pub(super) trait Form: Sized {
    /// Reads it, noting what is wrong.
    fn read(node: &Node, at: &mut At<'_>) -> Option<Self>;

    /// The same as JSON Schema.
    fn schema() -> Json;
}

/// Where in the file a value is read, and what is wrong with the file so far.
pub(super) struct At<'a> {
    /// The file, to look lines up in.
    pub text: &'a str,
    /// The keys down to here, such as `services.web.port`.
    pub key: String,
    /// What is wrong so far.
    pub mistakes: &'a mut Vec<Mistake>,
}

impl At<'_> {
    /// One level further down.
    pub fn inner(&mut self, key: &str) -> At<'_> {
        let key = match (self.key.as_str(), key) {
            ("", key) => key.to_owned(),
            (outer, item) if item.starts_with('[') => format!("{outer}{item}"),
            (outer, key) => format!("{outer}.{key}"),
        };
        At {
            text: self.text,
            key,
            mistakes: &mut *self.mistakes,
        }
    }

    /// The same place again.
    pub fn again(&mut self) -> At<'_> {
        At {
            text: self.text,
            key: self.key.clone(),
            mistakes: &mut *self.mistakes,
        }
    }

    /// Notes that the value is not accepted.
    pub fn refuse(&mut self, line: u64, problem: impl Into<String>) {
        self.mistakes.push(Mistake {
            line,
            key: self.key.clone(),
            problem: problem.into(),
        });
    }

    /// The value, if it is one, and otherwise a note of what would be.
    pub fn take<T>(&mut self, line: u64, value: Option<T>, problem: &str) -> Option<T> {
        if value.is_none() {
            self.refuse(line, problem);
        }
        value
    }
}

/// What goes through a map's keys: a reader, or whoever writes the schema.
pub(super) trait Keys {
    /// A key that may be given.
    fn take<T: Form>(&mut self, key: &Key) -> Option<T>;

    /// Of two keys only one may be given.
    fn either(&mut self, one: &Key, other: &Key);

    /// If this key is given, none of the others may be: they belong to one service.
    fn instead(&mut self, of: &[&Key], key: &Key);

    /// A key that must be given.
    fn must(&mut self, key: &Key);

    /// Keys of which at least one must be given.
    fn any_of(&mut self, keys: &[&Key]);

    /// Two maps that may not have a name in common, which no schema can say.
    fn apart(&mut self, one: &Key, other: &Key);

    /// A key that only this template knows what to do with.
    fn only_with(&mut self, key: &Key, template: Template);

    /// A key that this template cannot do without.
    fn demanded_by(&mut self, template: Template, key: &Key);
}

/// Reads a map of the file.
pub(super) struct Reader<'n, 'a> {
    at: At<'a>,
    line: u64,
    entries: &'n [(String, Node)],
    known: Vec<&'static str>,
}

impl<'n, 'a> Reader<'n, 'a> {
    /// Goes through a map's keys. What is no map is noted, and so is what was not asked for: it is no key.
    pub fn read<T>(node: &'n Node, mut at: At<'a>, keys: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let problem = "must be a map of keys, such as \"command: npm start\"";
        let entries = at.take(node.line, node.value.entries(), problem)?;
        let mut reader = Self {
            at,
            line: node.line,
            entries,
            known: Vec::new(),
        };
        let read = keys(&mut reader);
        reader.finish();
        Some(read)
    }

    fn finish(mut self) {
        for (key, value) in self.entries {
            if !self.known.contains(&key.as_str()) {
                let line = line_of_key(self.at.text, key, value.line);
                let accepted = self.known.join(", ");
                let problem = format!("no such key; accepted here: {accepted}");
                self.at.inner(key).refuse(line, problem);
            }
        }
    }

    fn find(&self, key: &Key) -> Option<(&'static str, &'n Node)> {
        key.names().find_map(|name| Some((name, self.named(name)?)))
    }

    fn named(&self, name: &str) -> Option<&'n Node> {
        let mut entries = self.entries.iter();
        let (_, node) = entries.find(|(key, _)| key == name)?;
        Some(node)
    }

    fn refuse(&mut self, name: &str, node: &Node, problem: String) {
        let line = line_of_key(self.at.text, name, node.line);
        self.at.inner(name).refuse(line, problem);
    }

    fn is_of(&self, template: Template) -> bool {
        let given = self.named("template").map(|node| &node.value);
        match given {
            Some(Value::Text(text)) => text == template.as_str(),
            None | Some(Value::Nothing) => template == Template::default(),
            Some(_) => false,
        }
    }
}

impl Keys for Reader<'_, '_> {
    fn take<T: Form>(&mut self, key: &Key) -> Option<T> {
        self.known.extend(key.names());
        if let Some(also) = key.also
            && self.named(key.name).is_some()
            && let Some(node) = self.named(also)
        {
            let problem = format!("is another spelling of {}; keep one", key.name);
            self.refuse(also, node, problem);
        }
        let (name, node) = self.find(key)?;
        T::read(node, &mut self.at.inner(name))
    }

    fn either(&mut self, one: &Key, other: &Key) {
        if self.find(one).is_some()
            && let Some((name, node)) = self.find(other)
        {
            self.refuse(
                name,
                node,
                format!("cannot stand beside {}; keep one", one.name),
            );
        }
    }

    fn instead(&mut self, of: &[&Key], key: &Key) {
        if self.find(key).is_none() {
            return;
        }
        for single in of {
            if let Some((name, node)) = self.find(single) {
                let problem = "belongs to one service: move it into one of the services";
                self.refuse(name, node, problem.to_owned());
            }
        }
    }

    fn must(&mut self, key: &Key) {
        if self.find(key).is_none() {
            let problem = format!("is missing: {}", key.about);
            self.at.inner(key.name).refuse(self.line, problem);
        }
    }

    fn any_of(&mut self, keys: &[&Key]) {
        if keys.iter().all(|key| self.find(key).is_none()) {
            let names: Vec<_> = keys.iter().map(|key| key.name).collect();
            let problem = format!("must have one of {}: what should it run?", names.join(", "));
            self.at.refuse(self.line, problem);
        }
    }

    fn apart(&mut self, one: &Key, other: &Key) {
        let (Some((_, one_map)), Some((other_name, other_map))) =
            (self.find(one), self.find(other))
        else {
            return;
        };
        let (Value::Map(one_map), Value::Map(other_map)) = (&one_map.value, &other_map.value)
        else {
            return;
        };
        for (name, node) in other_map {
            if one_map.iter().any(|(other, _)| other == name) {
                let line = line_of_key(self.at.text, name, node.line);
                let problem = format!("is in {} too; keep one", one.name);
                self.at.inner(other_name).inner(name).refuse(line, problem);
            }
        }
    }

    fn only_with(&mut self, key: &Key, template: Template) {
        if let Some((name, node)) = self.find(key)
            && !self.is_of(template)
        {
            let problem =
                format!("is for \"template: {template}\" alone; say that, or leave it out");
            self.refuse(name, node, problem);
        }
    }

    fn demanded_by(&mut self, template: Template, key: &Key) {
        if self.is_of(template) && self.find(key).is_none() {
            let problem = format!("is missing: \"template: {template}\" cannot do without");
            self.at.inner(key.name).refuse(self.line, problem);
        }
    }
}

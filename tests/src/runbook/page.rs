//! A page, and the commands in it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Where the pages are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../runbooks")
}

/// The words that stand for an operator's own values, as the index declares them.
pub fn words() -> BTreeSet<String> {
    let index = read("README.md");
    let rows = index.lines().filter_map(|line| line.strip_prefix("| `"));
    let words = rows.filter_map(|row| row.split_once("` |"));
    let words = words.map(|(word, _)| word.to_owned());
    words.filter(|word| is_word(word)).collect()
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn read(name: &str) -> String {
    let file = folder().join(name);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// A page. A test runs every command of it that is marked for it, or fails.
#[derive(Debug)]
pub struct Page {
    /// Its file's name.
    pub name: String,
    /// All of it.
    pub text: String,
    /// Commands by the name that the page's test has for them.
    tested: BTreeMap<String, String>,
    /// Commands that no test runs, and why.
    untested: Vec<(String, String)>,
    ran: RefCell<BTreeSet<String>>,
}

impl Page {
    /// Reads the page of this file name.
    pub fn open(name: &str) -> Self {
        let mut page = Self {
            name: name.to_owned(),
            text: read(name),
            tested: BTreeMap::new(),
            untested: Vec::new(),
            ran: RefCell::default(),
        };
        page.find()
            .unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
        page
    }

    /// Finds the commands. Each has a mark, and each mark a command.
    fn find(&mut self) -> Result<(), String> {
        let text = self.text.clone();
        let mut lines = text.lines();
        let mut mark = None;
        while let Some(line) = lines.next() {
            let fence = line.trim_start();
            if let Some(comment) = comment(line) {
                if let Some(unused) = mark.replace(comment) {
                    return Err(format!("no command follows {unused:?}"));
                }
            } else if let Some(language) = fence.strip_prefix("```") {
                let indent = line.len() - fence.len();
                let inside = lines.by_ref().take_while(|line| line.trim() != "```");
                let inside = inside.map(|line| line.get(indent..).unwrap_or_default());
                let command = inside.collect::<Vec<_>>().join("\n");
                if language == "sh" {
                    let mark = mark.take().ok_or_else(|| format!("no mark: {command}"))?;
                    self.keep(mark, command)?;
                }
            } else if let Some(unused) = mark {
                return Err(format!("no command follows {unused:?}"));
            }
        }
        mark.map_or(Ok(()), |unused| {
            Err(format!("no command follows {unused:?}"))
        })
    }

    fn keep(&mut self, mark: &str, command: String) -> Result<(), String> {
        if let Some(name) = mark.strip_prefix("test: ") {
            let there = self.tested.insert(name.to_owned(), command);
            return there.map_or(Ok(()), |_| Err(format!("two commands are called {name:?}")));
        }
        match mark.strip_prefix("not tested: ") {
            Some(why) if why.len() > 10 => {
                self.untested.push((why.to_owned(), command));
                Ok(())
            }
            _ => Err(format!("not understood: {mark:?}")),
        }
    }

    /// The command of this name, which counts as run.
    pub fn command(&self, name: &str) -> &str {
        self.ran.borrow_mut().insert(name.to_owned());
        self.tested
            .get(name)
            .unwrap_or_else(|| panic!("{} has no command that is called {name:?}", self.name))
    }

    /// Every command, run by a test or not.
    pub fn commands(&self) -> impl Iterator<Item = &str> {
        let untested = self.untested.iter().map(|(_, command)| command.as_str());
        self.tested.values().map(String::as_str).chain(untested)
    }

    /// Whether any test runs commands of it.
    pub fn is_tested(&self) -> bool {
        !self.tested.is_empty()
    }

    /// Every command has been run that is marked for it.
    pub fn is_done(&self) {
        let ran = self.ran.borrow();
        let left: Vec<_> = self
            .tested
            .keys()
            .filter(|name| !ran.contains(*name))
            .collect();
        assert!(left.is_empty(), "{}: its test runs no {left:?}", self.name);
    }
}

fn comment(line: &str) -> Option<&str> {
    let inside = line.trim().strip_prefix("<!-- ")?;
    inside.strip_suffix(" -->")
}

/// Puts values in the place of words. A word that has none is an error.
pub(super) fn filled(
    command: &str,
    values: &BTreeMap<&'static str, String>,
) -> Result<String, String> {
    let known = words();
    let (mut filled, mut rest) = (String::new(), command);
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    while let Some(begin) = rest.find(is_part) {
        let (before, from) = rest.split_at(begin);
        let end = from
            .find(|character| !is_part(character))
            .unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        filled.push_str(before);
        // A shell variable is not a word of ours, whatever it is called.
        if known.contains(word) && !before.ends_with(['$', '{']) {
            let value = values.get(word);
            filled.push_str(value.ok_or_else(|| format!("no value for {word}: {command}"))?);
        } else {
            filled.push_str(word);
        }
        rest = after;
    }
    Ok(filled + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_replaced_and_nothing_else() {
        let values = BTreeMap::from([("PREVIEW", "shop".to_owned()), ("PID", "7".to_owned())]);
        let of = |command| filled(command, &values);
        assert_eq!(
            of("tempus show PREVIEW # PID").unwrap(),
            "tempus show shop # 7"
        );
        assert_eq!(of("kill -KILL PID").unwrap(), "kill -KILL 7");
        assert_eq!(
            of(r#"x "$PID" ${PID} MYPID PIDS"#).unwrap(),
            r#"x "$PID" ${PID} MYPID PIDS"#
        );
        assert!(of("tempus job JOB").is_err());
    }

    #[test]
    fn every_command_says_whether_a_test_runs_it() {
        let read = |text: &str| {
            let mut page = Page {
                name: String::new(),
                text: text.to_owned(),
                tested: BTreeMap::new(),
                untested: Vec::new(),
                ran: RefCell::default(),
            };
            page.find().map(|()| page)
        };
        let page = read(
            "# A\n<!-- test: one -->\n```sh\na\n b\n```\n1. x\n   <!-- not tested: for a reason -->\n   \
             ```sh\n   c\n     d\n   ```\n```text\nnot run\n```\n",
        );
        let page = page.unwrap();
        assert_eq!(page.tested["one"], "a\n b");
        assert_eq!(page.untested[0].1, "c\n  d");
        for wrong in [
            "```sh\na\n```",
            "<!-- test: one -->\ntext\n",
            "<!-- test: one -->",
            "<!-- what: one -->\n```sh\na\n```",
            "<!-- not tested: -->\n```sh\na\n```",
            "<!-- test: a -->\n```sh\na\n```\n<!-- test: a -->\n```sh\nb\n```",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}

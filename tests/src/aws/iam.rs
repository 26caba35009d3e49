//! What `docs/iam.md` says that each role may do.

use std::collections::{BTreeMap, BTreeSet};

/// The calls of each role, such as `api`, and the IAM actions that each takes.
pub type Allowed = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// The tables under the headings of `tempus api`, `tempus worker` and `tempus bootstrap`.
pub fn allowed() -> Allowed {
    let text = include_str!("../../../docs/iam.md");
    let mut allowed = Allowed::new();
    for section in text.split("\n## `tempus ").skip(1) {
        let (role, rest) = section.split_once('`').expect("a heading's end");
        let table = rest.split("\n## ").next().unwrap_or_default();
        let calls = table.lines().filter_map(row).collect();
        allowed.insert(role.to_owned(), calls);
    }
    allowed
}

/// The call and the actions of a row; `None` for every other line.
fn row(line: &str) -> Option<(String, BTreeSet<String>)> {
    let mut names = line.strip_prefix("| `")?.split('`').step_by(2);
    let call = names.next()?.to_owned();
    let actions = names.filter(|name| name.contains(':'));
    Some((call, actions.map(ToOwned::to_owned).collect()))
}

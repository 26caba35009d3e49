//! As much of XML as it takes to cut a list into its members.

/// What is before a list, its members, and what is after it.
pub(super) fn list<'x>(text: &'x str, name: &str) -> Option<(&'x str, Vec<&'x str>, &'x str)> {
    const OPEN: &str = "<member>";
    const CLOSE: &str = "</member>";
    let (before, rest) = text.split_once(&format!("<{name}>"))?;
    let (inner, after) = rest.rsplit_once(&format!("</{name}>"))?;
    let (mut members, mut depth, mut begin, mut at) = (Vec::new(), 0, 0, 0);
    while let Some(found) = inner[at..].find('<') {
        let tag = at + found;
        at = tag + 1;
        if inner[tag..].starts_with(OPEN) {
            if depth == 0 {
                begin = tag;
            }
            depth += 1;
        } else if inner[tag..].starts_with(CLOSE) {
            depth -= 1;
            if depth == 0 {
                members.push(&inner[begin..tag + CLOSE.len()]);
            }
        }
    }
    Some((before, members, after))
}

/// The first element of this name.
pub(super) fn text<'x>(within: &'x str, name: &str) -> Option<&'x str> {
    let (_, rest) = within.split_once(&format!("<{name}>"))?;
    let (inner, _) = rest.split_once(&format!("</{name}>"))?;
    Some(inner)
}

//! What `docker build` is given of the repository: `.dockerignore`, as far as this one goes.

use std::path::Path;

use crate::{root, text};

/// Whether a path, relative to the repository, is in it: what an exception names, or lies in.
pub fn has(path: &str) -> bool {
    let rules = text(".dockerignore");
    let mut lines = rules.lines().filter(|line| !line.starts_with('#'));
    assert_eq!(lines.next(), Some("*"), "first nothing, then exceptions");
    let mut exceptions = lines.map(|line| line.strip_prefix('!').expect("an exception"));
    exceptions.any(|exception| {
        let rest = path.strip_prefix(exception);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// Copies it, links followed as `docker build` keeps them: only what they lead to is there.
pub fn copy_to(folder: &Path) {
    for entry in walk(Path::new("")) {
        let target = folder.join(&entry);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        let source = root().join(&entry);
        if source.is_symlink() {
            let leads_to = std::fs::read_link(&source).unwrap();
            std::os::unix::fs::symlink(leads_to, target).unwrap();
        } else {
            std::fs::copy(source, target).unwrap();
        }
    }
}

/// Every file of it.
pub fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = folder.join(entry.file_name());
        let name = path.to_str().unwrap();
        if entry.file_type().unwrap().is_dir() {
            // A build's folder is large, and never in it.
            if name != "target" && name != ".git" {
                found.extend(walk(&path));
            }
        } else if has(name) {
            found.push(path);
        }
    }
    found
}

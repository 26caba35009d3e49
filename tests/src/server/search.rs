//! Looking for what must not be on disk.

use std::fs;
use std::path::Path;

/// Looks at every file below a folder. What is gone by then is passed over.
pub fn search(folder: &Path, look: &mut impl FnMut(&Path, &[u8])) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            search(&path, look);
        } else if let Ok(bytes) = fs::read(&path) {
            look(&path, &bytes);
        }
    }
}

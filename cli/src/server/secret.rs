//! Secrets of the server's own, and what is too long for a key: no keys of the configuration, which `tempus
//! config` prints.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use tempus_steps::gate::GateKeys;

/// The text of the environment's variable, or else of the file that a key names, and which of them it is from.
pub(super) fn secret(
    variable: &str,
    key: &str,
    file: Option<&Path>,
) -> anyhow::Result<Option<(String, String)>> {
    if let Some(text) = std::env::var_os(variable) {
        let text = text.into_string();
        let text = text.map_err(|_| anyhow::anyhow!("{variable} must be UTF-8"))?;
        return Ok(Some((text, variable.to_owned())));
    }
    let Some(path) = file else { return Ok(None) };
    let place = format!("{key}: {}", path.display());
    let text = std::fs::read_to_string(path).with_context(|| place.clone())?;
    Ok(Some((text, place)))
}

/// The text of a file with a key of this installation's own; a new key if there is none yet. It is there whole
/// or not at all.
pub(super) fn own(path: &Path) -> io::Result<String> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        read => return read,
    }
    let text = format!("{}\n", GateKeys::random());
    let half = path.with_extension("key.new");
    let mut options = File::options();
    let options = options.write(true).create(true).truncate(true);
    let mut file = options.mode(0o600).open(&half)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&half, path)?;
    Ok(text)
}

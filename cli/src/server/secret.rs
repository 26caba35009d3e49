//! Secrets of the server's own: no keys of the configuration, which `tempus config` prints.

use std::path::Path;

use anyhow::Context;

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

//! The keys that the gate signs with.

use std::path::Path;

use anyhow::Context;
use tempus_steps::gate::GateKeys;

use super::secret::{own, secret};
use crate::config::{AccessKind, Config, EngineKind};

/// The environment variable that holds the keys, as ECS puts it there from a secret.
const VARIABLE: &str = "TEMPUS_GATE_KEY";

/// The file in the data folder that holds the keys of an installation which is one process.
const FILE: &str = "gate.key";

/// The installation's keys: of the environment, of the file that is configured, or, where the data
/// folder is the whole installation, of a file in it that is made with the first start. Several
/// processes need the same keys, so the aws engine has none by itself.
pub(super) fn keys(config: &Config, data: &Path) -> anyhow::Result<Option<GateKeys>> {
    let file = config.previews.gate_key_file.as_deref();
    let keys = if let Some((text, place)) = secret(VARIABLE, "previews.gate_key_file", file)? {
        Some(GateKeys::parse(&text).context(place)?)
    } else if config.engine == EngineKind::Sqlite {
        let path = data.join(FILE);
        let place = || path.display().to_string();
        let text = own(&path).with_context(place)?;
        Some(GateKeys::parse(&text).with_context(place)?)
    } else {
        None
    };
    if keys.is_none() && config.previews.access == AccessKind::Link {
        anyhow::bail!(
            "previews.access = \"link\" needs a key to sign links with: set {VARIABLE} or \
             previews.gate_key_file, the same for every process"
        );
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_folder_gets_one_key_that_only_its_user_can_read() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::default();
        let first = keys(&config, folder.path()).unwrap();
        assert!(first.is_some());
        assert_eq!(keys(&config, folder.path()).unwrap(), first);
        let file = fs::metadata(folder.path().join(FILE)).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
        let mut left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "{:?}", left.pop());
    }

    #[test]
    fn several_processes_need_a_key_that_somebody_gave_them() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config {
            engine: EngineKind::Aws,
            ..Config::default()
        };
        assert_eq!(keys(&config, folder.path()).unwrap(), None);
        config.previews.access = AccessKind::Link;
        let error = keys(&config, folder.path()).unwrap_err().to_string();
        assert!(error.contains("previews.gate_key_file"), "{error}");

        let path = folder.path().join("key");
        config.previews.gate_key_file = Some(path.clone());
        let error = format!("{:#}", keys(&config, folder.path()).unwrap_err());
        assert!(error.contains("previews.gate_key_file: "), "{error}");
        fs::write(&path, "short").unwrap();
        let error = format!("{:#}", keys(&config, folder.path()).unwrap_err());
        assert!(error.contains("32") && !error.contains("short"), "{error}");
        fs::write(&path, "k".repeat(32)).unwrap();
        assert!(keys(&config, folder.path()).unwrap().is_some());
    }
}

//! The environment layer.

use super::error::{ConfigError, Place};
use super::keys::Key;

/// Variables with the prefix that are no keys: what chooses a server for the client commands and
/// says who calls, the file to read, what a build was made from, secrets, which no key may be, and
/// what the local platform gives to the processes that it starts (one of which may well be another
/// `tempus`).
const OTHERS: [&str; 22] = [
    "TEMPUS_URL",
    "TEMPUS_CONTEXT",
    "TEMPUS_TOKEN",
    "TEMPUS_CA_FILE",
    "TEMPUS_OIDC_AUDIENCE",
    "TEMPUS_COMMIT",
    "TEMPUS_COMMIT_DATE",
    "TEMPUS_CONFIG",
    "TEMPUS_EXE",
    "TEMPUS_INSTALLATION",
    "TEMPUS_PREVIEW",
    "TEMPUS_SERVICE",
    "TEMPUS_RESOURCE",
    "TEMPUS_REVISION",
    "TEMPUS_PREVIEW_URL",
    "TEMPUS_PREVIEW_PASSWORD",
    "TEMPUS_GATE_KEY",
    "TEMPUS_DATABASE_CA",
    "TEMPUS_DATABASE_KEY",
    "TEMPUS_DATABASE_PASSWORD",
    "TEMPUS_GITHUB_PRIVATE_KEY",
    "TEMPUS_GITHUB_WEBHOOK_SECRET",
];

/// Variables with a name of somebody else's that set a key too. Those with our prefix are stronger.
const STANDARD: [(&str, &str); 1] = [("OTEL_EXPORTER_OTLP_ENDPOINT", "telemetry.otlp_endpoint")];

/// The key and the text of each variable that sets one, the stronger ones last.
pub(super) fn read<'k>(
    variables: &[(String, String)],
    keys: &'k [Key],
) -> (Vec<(&'k Key, String, Place)>, Vec<ConfigError>) {
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for (name, key) in STANDARD {
        let set = variables.iter().find(|(variable, _)| variable == name);
        let key = keys.iter().find(|of| of.name == key);
        if let (Some((_, text)), Some(key)) = (set, key) {
            found.push((key, text.clone(), Place::Variable(name.to_owned())));
        }
    }
    for (name, text) in variables {
        if !name.starts_with("TEMPUS_") || OTHERS.contains(&name.as_str()) {
            continue;
        }
        let place = Place::Variable(name.clone());
        match keys.iter().find(|key| key.variable() == *name) {
            Some(key) => found.push((key, text.clone(), place)),
            None => errors.push(ConfigError::Unknown {
                place: Place::Variable("environment".to_owned()),
                key: name.clone(),
                accepted: accepted(name, keys),
            }),
        }
    }
    (found, errors)
}

/// The variables of the same section, or else one of each section: the whole list is a page long.
fn accepted(name: &str, keys: &[Key]) -> String {
    let section = |variable: &str| variable.split('_').nth(1).map(ToOwned::to_owned);
    let all: Vec<_> = keys.iter().map(Key::variable).collect();
    let near: Vec<_> = all
        .iter()
        .filter(|variable| section(variable) == section(name))
        .cloned()
        .collect();
    if near.is_empty() {
        return "TEMPUS_ and a key that `tempus config` lists, such as TEMPUS_API_LISTEN"
            .to_owned();
    }
    near.join(", ")
}

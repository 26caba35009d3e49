//! The rules that are shipped.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use promql_parser::parser::Expr;
use serde::Deserialize;

use super::promql;

/// The file, as it is shipped.
pub fn file() -> PathBuf {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    here.join("../docs/prometheus/alerts.yml")
}

/// All rules, in order.
#[derive(Debug)]
pub struct Rules {
    pub(super) recorded: Vec<(String, Expr)>,
    /// The alerts.
    pub alerts: Vec<Alert>,
}

/// One alert.
#[derive(Debug)]
pub struct Alert {
    /// Its name in Prometheus.
    pub name: String,
    /// Its name everywhere else.
    pub alarm: String,
    /// The runbook's page.
    pub runbook: String,
    pub(super) expr: Expr,
    pub(super) lasts: Duration,
}

/// What a field says that is not known here is an error, not a guess.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    #[serde(rename = "name")]
    _name: String,
    #[serde(rename = "interval")]
    _interval: Option<String>,
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    record: Option<String>,
    alert: Option<String>,
    expr: String,
    r#for: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

impl Rules {
    /// Reads the file.
    pub fn shipped() -> Self {
        let text = std::fs::read_to_string(file()).expect("the rules that are shipped");
        Self::read(&text).unwrap_or_else(|error| panic!("{}: {error}", file().display()))
    }

    fn read(text: &str) -> Result<Self, String> {
        let file: File = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
        let mut rules = Self {
            recorded: Vec::new(),
            alerts: Vec::new(),
        };
        for mut rule in file.groups.into_iter().flat_map(|group| group.rules) {
            let expr = promql::parse(&rule.expr)?;
            match (rule.record, rule.alert) {
                (Some(name), None) => rules.recorded.push((name, expr)),
                (None, Some(name)) => rules.alerts.push(Alert {
                    alarm: taken(&mut rule.labels, "alarm", &name)?,
                    runbook: taken(&mut rule.annotations, "runbook", &name)?,
                    lasts: rule
                        .r#for
                        .map_or(Ok(Duration::ZERO), |text| promql::duration(&text))?,
                    expr,
                    name,
                }),
                _ => return Err(format!("neither one nor the other: {expr}")),
            }
        }
        Ok(rules)
    }
}

fn taken(from: &mut BTreeMap<String, String>, key: &str, name: &str) -> Result<String, String> {
    let value = from.remove(key);
    value.ok_or_else(|| format!("{name} has no {key}"))
}

//! What watches over the program goes by what the program measures: every query of the dashboard and
//! of the rules is parsed, and asks only for metrics and labels that exist; every alarm has its page;
//! and the table in `docs/telemetry.md` is the program's own list.

#![expect(
    clippy::unwrap_used,
    reason = "what a test's helpers unwrap is what the test claims"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use promql_parser::label::Matchers;
use promql_parser::parser::{self, Expr, LabelModifier};
use serde_json::Value;
use tempus_cli::telemetry::list;
use tempus_model::{Metric, MetricKind};

/// Labels that Prometheus adds to everything that it asks for.
const ADDED: [&str; 2] = ["instance", "job"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(path: &str) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What may be asked for: the series of every metric, with their labels.
struct Known(BTreeMap<String, BTreeSet<String>>);

impl Known {
    fn new() -> Self {
        let mut series = BTreeMap::new();
        for metric in list::all() {
            let labels: BTreeSet<_> = metric.labels.iter().map(ToString::to_string).collect();
            if metric.kind == MetricKind::Histogram {
                let with_bound = labels.iter().cloned().chain(["le".to_owned()]).collect();
                series.insert(format!("{}_bucket", metric.name), with_bound);
                series.insert(format!("{}_count", metric.name), labels.clone());
                series.insert(format!("{}_sum", metric.name), labels);
            } else {
                series.insert(metric.name.to_owned(), labels);
            }
        }
        Self(series)
    }

    /// Everything that a query asks for exists.
    fn check(&self, query: &str) {
        let parsed = parser::parse(query).unwrap_or_else(|error| panic!("{error}: {query}"));
        let labels = self.walk(&parsed, query);
        assert!(labels.is_some(), "asks for nothing: {query}");
    }

    /// The labels that what is below may have, if anything is asked for there.
    fn walk(&self, expr: &Expr, query: &str) -> Option<BTreeSet<String>> {
        match expr {
            Expr::VectorSelector(of) => {
                Some(self.selector(of.name.as_deref(), &of.matchers, query))
            }
            Expr::MatrixSelector(of) => {
                Some(self.selector(of.vs.name.as_deref(), &of.vs.matchers, query))
            }
            Expr::Aggregate(of) => {
                let labels = self.walk(&of.expr, query)?;
                if let Some(LabelModifier::Include(by)) = &of.modifier {
                    for label in &by.labels {
                        let exists = labels.contains(label) || ADDED.contains(&label.as_str());
                        assert!(exists, "no label {label}: {query}");
                    }
                    return Some(by.labels.iter().cloned().collect());
                }
                Some(labels)
            }
            Expr::Binary(of) => {
                let both = [self.walk(&of.lhs, query), self.walk(&of.rhs, query)];
                let both: Vec<_> = both.into_iter().flatten().collect();
                (!both.is_empty()).then(|| both.into_iter().flatten().collect())
            }
            Expr::Call(of) => {
                let below = of.args.args.iter().filter_map(|arg| self.walk(arg, query));
                let below: Vec<_> = below.collect();
                (!below.is_empty()).then(|| below.into_iter().flatten().collect())
            }
            Expr::Paren(of) => self.walk(&of.expr, query),
            Expr::Unary(of) => self.walk(&of.expr, query),
            Expr::Subquery(of) => self.walk(&of.expr, query),
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => None,
        }
    }

    fn selector(&self, name: Option<&str>, by: &Matchers, query: &str) -> BTreeSet<String> {
        let name = name.unwrap_or_else(|| panic!("a series without a name: {query}"));
        let labels = self.0.get(name);
        let labels = labels.unwrap_or_else(|| panic!("nothing measures {name}: {query}"));
        for matcher in &by.matchers {
            assert!(
                labels.contains(&matcher.name),
                "{name} has no {}",
                matcher.name
            );
        }
        labels.clone()
    }
}

#[test]
fn the_dashboard_asks_for_what_is_measured() {
    let dashboard: Value = serde_json::from_str(&text("docs/grafana/tempus.json")).unwrap();
    let (known, mut asked) = (Known::new(), 0);
    for panel in dashboard["panels"].as_array().unwrap() {
        let targets = panel["targets"].as_array().into_iter().flatten();
        for target in targets {
            let query = target["expr"].as_str().unwrap();
            let query = query
                .replace("$__rate_interval", "5m")
                .replace("$__range", "28d");
            known.check(&query);
            asked += 1;
        }
        let is_row = panel["type"] == "row";
        let unit = &panel["fieldConfig"]["defaults"]["unit"];
        assert_eq!(unit.is_string(), !is_row, "{}", panel["title"]);
    }
    assert!(asked > 30, "{asked}");
}

fn rules() -> Vec<Value> {
    let rules: Value = serde_saphyr::from_str(&text("docs/prometheus/alerts.yml")).unwrap();
    let groups = rules["groups"].as_array().unwrap().clone();
    let rules = groups
        .iter()
        .flat_map(|group| group["rules"].as_array().unwrap());
    rules.cloned().collect()
}

#[test]
fn the_rules_ask_for_what_is_measured_and_each_alarm_has_its_page() {
    let (mut known, mut alarms) = (Known::new(), BTreeSet::new());
    for rule in rules() {
        let query = rule["expr"].as_str().unwrap();
        known.check(query);
        if let Some(record) = rule["record"].as_str() {
            known.0.insert(record.to_owned(), BTreeSet::new());
            continue;
        }
        let name = rule["alert"].as_str().unwrap();
        let page = rule["annotations"]["runbook"].as_str().unwrap();
        let slug = page
            .strip_prefix("runbooks/")
            .and_then(|page| page.strip_suffix(".md"));
        let slug = slug.unwrap_or_else(|| panic!("{name}: {page} is no page"));
        assert!(root().join(page).is_file(), "{name}: {page} is not there");
        for about in ["summary", "description"] {
            assert!(rule["annotations"][about].is_string(), "{name}: {about}");
        }
        let severity = rule["labels"]["severity"].as_str();
        assert!(
            matches!(severity, Some("page" | "ticket")),
            "{name}: {severity:?}"
        );
        let alarm = rule["labels"]["alarm"].as_str().unwrap().to_owned();
        alarms.insert((alarm, format!("{slug}.md")));
    }
    let told = text("docs/telemetry.md");
    let told = told
        .split("## Alarms")
        .nth(1)
        .unwrap()
        .split("\n## ")
        .next()
        .unwrap();
    let told: BTreeSet<_> = cells(told)
        .map(|row| (row[0].clone(), row[3].clone()))
        .collect();
    assert_eq!(told, alarms);
}

#[test]
fn the_objectives_are_asked_for_by_what_is_measured() {
    let known = Known::new();
    let page = text("docs/slo.md");
    let queries: Vec<_> = page.split("```promql").skip(1).collect();
    assert_eq!(queries.len(), 3);
    for query in queries {
        known.check(query.split("```").next().unwrap());
    }
    for rule in rules() {
        if let Some(record) = rule["record"].as_str() {
            let (all, window) = record.rsplit_once('_').unwrap();
            assert!(page.contains(&format!("`{all}_5m`")), "{record}");
            assert!(page.contains(&format!("_{window}`")), "{record}");
        }
    }
}

#[test]
fn the_table_of_metrics_is_the_programs_own_list() {
    let page = text("docs/telemetry.md");
    let tables = page
        .split("## Metrics")
        .nth(1)
        .unwrap()
        .split("## Alarms")
        .next()
        .unwrap();
    let mut told = BTreeMap::new();
    for row in cells(tables) {
        for name in row[0].split(", ") {
            told.insert(name.to_owned(), (row[1].clone(), row[3].clone()));
        }
    }
    let kind = |metric: &Metric| match metric.kind {
        MetricKind::Counter => "counter",
        MetricKind::Gauge => "gauge",
        MetricKind::Histogram => "histogram",
    };
    for metric in list::all() {
        let (told_kind, labels) = told
            .remove(metric.name)
            .unwrap_or_else(|| panic!("{}", metric.name));
        assert_eq!(told_kind, kind(&metric), "{}", metric.name);
        for label in metric.labels {
            let said = labels.split(|c: char| !c.is_alphanumeric() && c != '_');
            assert!(
                said.into_iter().any(|word| word == *label),
                "{} {label}",
                metric.name
            );
        }
    }
    assert!(told.is_empty(), "told of, and not measured: {told:?}");
}

/// The rows of tables whose first cell is code, their cells without back-ticks.
fn cells(page: &str) -> impl Iterator<Item = Vec<String>> {
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells = row.trim_matches('|').split(" | ");
        cells
            .map(|cell| cell.replace('`', "").trim().to_owned())
            .collect()
    })
}

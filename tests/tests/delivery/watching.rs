//! Terraform watches what the program tells: the alarms and series of `docs/telemetry.md`, by their
//! names, each alarm with a page that is there.

use std::collections::BTreeSet;

use crate::{keys, root, text};

const ALARMS: &str = "terraform/modules/observability/alarms.tf";
const SERIES: &str = "terraform/modules/observability/main.tf";

/// The rows of the table below a heading of `docs/telemetry.md`: what is in backticks in each cell.
fn table(heading: &str) -> Vec<Vec<Vec<String>>> {
    let page = text("docs/telemetry.md");
    let (_, rest) = page.split_once(heading).unwrap();
    let section = rest.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| row.split(" | ").map(quoted).collect())
        .collect()
}

fn quoted(cell: &str) -> Vec<String> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .map(ToOwned::to_owned)
        .collect()
}

/// The texts of a file that stand in quotes after this.
fn after(file: &str, before: &str) -> BTreeSet<String> {
    let text = text(file);
    let found = text.split(before).skip(1);
    found
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect()
}

#[test]
fn every_alarm_that_is_told_of_is_one_of_terraform_s() {
    let file = text(ALARMS);
    let rows = table("\n## Alarms");
    assert!(rows.len() > 10, "{rows:?}");
    for row in rows {
        let (name, page) = (&row[0][0], row[3][0].strip_suffix(".md").unwrap());
        let begins = format!("\"{name}\"");
        let own = file
            .split(&begins)
            .nth(1)
            .unwrap_or_else(|| panic!("no alarm {name}"));
        // An objective's page has its name.
        let named = format!("page = \"{page}\"");
        // Up to the next one, wherever in the file it stands.
        let ends = ["\n    \"", "\n      \""]
            .iter()
            .filter_map(|next| own.find(next));
        let own = &own[..ends.min().unwrap_or(own.len())];
        assert!(own.contains(&named) || page == name, "{name}: {page}");
    }
}

#[test]
fn every_alarm_leads_to_a_page() {
    let mut pages = after(ALARMS, "page = \"");
    pages.extend(["slow-ready", "late-expiry"].map(str::to_owned));
    assert!(pages.len() > 12, "{pages:?}");
    for page in pages {
        let page = format!("runbooks/{page}.md");
        assert!(root().join(&page).is_file(), "{page} is not there");
    }
}

#[test]
fn every_series_that_is_paid_for_is_one_that_is_written() {
    let told = table("\n## CloudWatch without a collector");
    let told: BTreeSet<_> = told.iter().flat_map(|row| row[0].clone()).collect();
    let file = text(SERIES);
    let (_, rest) = file.split_once("series = [").unwrap();
    let listed = rest.split(']').next().unwrap();
    let listed: BTreeSet<_> = listed
        .split('"')
        .skip(1)
        .step_by(2)
        .map(ToOwned::to_owned)
        .collect();
    assert_eq!(listed, told);
}

#[test]
fn the_program_knows_how_it_is_asked_to_tell() {
    let set = after("terraform/modules/control-plane/main.tf", "\"telemetry.");
    let known = keys();
    assert_eq!(set.len(), 2, "{set:?}");
    for key in set {
        assert!(known.contains(&format!("telemetry.{key}")), "{key}");
    }
}

//! The workflows: nothing that somebody else has written gets into a shell line, each has no more than it
//! needs, and `docs/github-actions.md` says of the reusable ones what is there.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{root, text};

const PAGE: &str = "docs/github-actions.md";

/// Every workflow, by its file's name.
fn workflows() -> Vec<(String, Value)> {
    let files = std::fs::read_dir(root().join(".github/workflows")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let read = |name: String| {
        let content = text(&format!(".github/workflows/{name}"));
        let workflow = serde_saphyr::from_str(&content);
        (name, workflow.unwrap_or_else(|error| panic!("{error}")))
    };
    names.map(read).collect()
}

/// Those that other repositories call.
fn reusable() -> Vec<(String, Value)> {
    let mut workflows = workflows();
    workflows.retain(|(_, workflow)| workflow["on"].get("workflow_call").is_some());
    assert_eq!(workflows.len(), 3);
    workflows
}

fn keys(of: &Value) -> BTreeSet<String> {
    let entries = of.as_object().into_iter().flatten();
    entries.map(|(key, _)| key.clone()).collect()
}

/// The names in the first column of the tables below a heading.
fn told(heading: &str) -> BTreeSet<String> {
    let page = text(PAGE);
    let (_, rest) = page.split_once(heading).unwrap();
    let section = rest.split("\n### ").next().unwrap();
    let rows = section.lines().filter_map(|row| row.strip_prefix("| `"));
    rows.map(|row| row.split('`').next().unwrap().to_owned())
        .collect()
}

#[test]
fn no_expression_gets_into_a_shell_line() {
    for (name, workflow) in workflows() {
        for job in workflow["jobs"].as_object().unwrap().values() {
            for step in job["steps"].as_array().into_iter().flatten() {
                let run = step["run"].as_str().unwrap_or_default();
                assert!(!run.contains("${{"), "{name}: {run}");
            }
        }
    }
}

#[test]
fn a_job_has_the_permissions_that_it_names_and_no_others() {
    for (name, workflow) in reusable() {
        assert_eq!(workflow["permissions"], serde_json::json!({}), "{name}");
        for job in workflow["jobs"].as_object().unwrap().values() {
            let given = keys(&job["permissions"]);
            let needed = ["contents", "id-token"].map(ToOwned::to_owned);
            assert!(given.is_subset(&needed.into()), "{name}: {given:?}");
            assert_ne!(job["permissions"]["contents"], "write", "{name}");
            assert!(job["timeout-minutes"].is_number(), "{name}");
            for step in job["steps"].as_array().unwrap() {
                let is_checkout = step["uses"]
                    .as_str()
                    .is_some_and(|uses| uses.starts_with("actions/checkout@"));
                let kept = &step["with"]["persist-credentials"];
                assert!(!is_checkout || *kept == Value::Bool(false), "{name}");
            }
        }
    }
}

#[test]
fn every_input_secret_and_output_is_described_here_and_on_the_page() {
    for (name, workflow) in reusable() {
        let (call, dispatch) = (
            &workflow["on"]["workflow_call"],
            &workflow["on"]["workflow_dispatch"],
        );
        assert_eq!(call["inputs"], dispatch["inputs"], "{name}");
        let mut there = BTreeSet::new();
        for kind in ["inputs", "secrets", "outputs"] {
            for (key, about) in call[kind].as_object().into_iter().flatten() {
                let described = about["description"]
                    .as_str()
                    .is_some_and(|about| about.ends_with('.') && about.len() > 10);
                assert!(described, "{name}: {key}");
                there.insert(key.clone());
            }
        }
        assert_eq!(told(&format!("### `{name}`")), there, "{name}");
    }
}

#[test]
fn the_example_calls_what_is_there_with_what_it_takes() {
    let page = text(PAGE);
    let (_, example) = page.split_once("```yaml\n").unwrap();
    let example: Value = serde_saphyr::from_str(example.split("```").next().unwrap()).unwrap();
    let reusable = reusable();
    let mut called = BTreeSet::new();
    for job in example["jobs"].as_object().unwrap().values() {
        let uses = job["uses"].as_str().unwrap();
        let (_, file) = uses.split_once(".github/workflows/").unwrap();
        let file = file.split('@').next().unwrap();
        let (_, workflow) = reusable.iter().find(|(name, _)| name == file).unwrap();
        let inputs = &workflow["on"]["workflow_call"]["inputs"];
        let given = keys(&job["with"]);
        assert!(given.is_subset(&keys(inputs)), "{file}: {given:?}");
        for (input, about) in inputs.as_object().unwrap() {
            let required = about["required"] == Value::Bool(true);
            assert!(!required || given.contains(input), "{file}: {input}");
        }
        for theirs in workflow["jobs"].as_object().unwrap().values() {
            assert_eq!(job["permissions"], theirs["permissions"], "{file}");
        }
        called.insert(file.to_owned());
    }
    assert_eq!(called.len(), reusable.len());
}

//! `docs/deploy.md`: each output, variable, recipe and command that it names is there, and what a
//! reader needs of them is named.

use std::collections::BTreeSet;

use crate::{tempus, terraform, text};

const PAGE: &str = "docs/deploy.md";
const ENVIRONMENTS: [&str; 2] = ["dev", "prod"];

/// The names of blocks of a kind in an environment's file, such as its outputs.
fn blocks(environment: &str, kind: &str) -> Vec<(String, String)> {
    let text = text(&format!("terraform/environments/{environment}/{kind}s.tf"));
    let begins = format!("{kind} \"");
    let blocks = text.split(&begins).skip(1);
    let blocks = blocks.map(|block| block.split_once('"').unwrap());
    blocks
        .map(|(name, body)| (name.to_owned(), body.to_owned()))
        .collect()
}

/// The lines of the page's commands, those that go on on the next line put together.
fn commands() -> Vec<String> {
    let page = text(PAGE);
    let blocks = page.split("```sh\n").skip(1);
    let blocks = blocks.map(|block| block.split("```").next().unwrap());
    let whole = blocks.map(|block| block.replace("\\\n", ""));
    whole
        .flat_map(|block| block.lines().map(ToOwned::to_owned).collect::<Vec<_>>())
        .filter(|line| !line.is_empty())
        .collect()
}

/// The names in backticks of a table's first column, below this heading.
fn first_column(heading: &str) -> BTreeSet<String> {
    let page = text(PAGE);
    let (_, rest) = page.split_once(heading).unwrap();
    let rows = rest
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with("| "));
    rows.flat_map(|row| {
        let cell = row.split('|').nth(1).unwrap();
        let names = cell.split('`').skip(1).step_by(2);
        names.map(ToOwned::to_owned).collect::<Vec<_>>()
    })
    .collect()
}

#[test]
fn every_output_is_told_and_every_one_that_is_named_is_there() {
    let told = first_column("| output | is |");
    for environment in ENVIRONMENTS {
        let there = blocks(environment, "output")
            .into_iter()
            .map(|(name, _)| name);
        assert_eq!(there.collect::<BTreeSet<_>>(), told, "{environment}");
    }
    for line in commands() {
        let mut words = line.split([' ', ')']);
        if words.any(|word| word == "output") && !line.contains("modules/bootstrap") {
            let name = words.find(|word| !word.starts_with('-')).unwrap();
            assert!(told.contains(name), "{line}");
        }
    }
}

#[test]
fn every_variable_that_must_be_set_is_told() {
    let told = first_column("| variable | |");
    for environment in ENVIRONMENTS {
        let there = blocks(environment, "variable");
        let names: BTreeSet<_> = there.iter().map(|(name, _)| name.clone()).collect();
        let unknown: Vec<_> = told.difference(&names).collect();
        assert_eq!(unknown, Vec::<&String>::new(), "{environment}");
        for (name, body) in &there {
            let must = !body.contains("default ");
            assert!(!must || told.contains(name), "{environment}: {name}");
        }
    }
}

#[test]
fn every_key_that_terraform_sets_is_told() {
    let told = first_column("| key | from |");
    let untold: Vec<_> = terraform::set()
        .into_iter()
        .filter(|key| {
            // What follows from where it runs needs no source.
            let plain = [
                "engine",
                "platform",
                "log.format",
                "aws.credentials",
                "ecs.processes",
            ];
            let chosen = [
                "ecs.public_ip",
                "ecs.capacity",
                "ecs.exec",
                "ecs.cost_center",
            ];
            !told.contains(key) && !plain.contains(&key.as_str()) && !chosen.contains(&key.as_str())
        })
        .collect();
    assert_eq!(untold, Vec::<String>::new());
}

#[test]
fn every_recipe_is_there() {
    let recipes = text("justfile");
    let mut seen = 0;
    for line in commands() {
        let Some(rest) = line.strip_prefix("just ") else {
            continue;
        };
        let recipe = rest.split(' ').next().unwrap();
        assert!(
            recipes.contains(&format!("\n{recipe} environment=")),
            "{line}"
        );
        seen += 1;
    }
    assert!(seen >= 5, "{seen}");
}

/// As far as a command line can be checked without carrying it out.
#[test]
fn every_command_of_the_program_is_understood() {
    let mut seen = 0;
    for line in commands() {
        let Some(rest) = line.strip_prefix("tempus ") else {
            continue;
        };
        let args = words(rest);
        let args: Vec<_> = args.iter().map(String::as_str).chain(["--help"]).collect();
        let output = tempus(&args, &[]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}: {said}");
        seen += 1;
    }
    assert!(seen >= 10, "{seen}");
}

/// A command's words: what is quoted is one, what another command prints is an address, and where
/// output goes is none.
fn words(line: &str) -> Vec<String> {
    let (line, _) = line.split_once(" > ").unwrap_or((line, ""));
    let mut words = Vec::new();
    for (place, part) in line.split('"').enumerate() {
        match place % 2 {
            0 => words.extend(part.split_whitespace().map(ToOwned::to_owned)),
            _ if part.starts_with("$(") => words.push("https://api.example.com".to_owned()),
            _ => words.push(part.to_owned()),
        }
    }
    words
}

#[test]
fn the_readme_leads_to_it() {
    assert!(text("README.md").contains("(docs/deploy.md)"));
}

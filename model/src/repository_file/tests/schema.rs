use std::collections::BTreeSet;
use std::sync::LazyLock;

use jsonschema::{Draft, Validator};
use proptest::prelude::*;
use proptest::sample::subsequence;

use super::*;

static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    let options = jsonschema::options().with_draft(Draft::Draft202012);
    options.build(&RepositoryFile::schema()).unwrap()
});

/// Lines that may stand beside each other or may not.
const LINES: &[&str] = &[
    "template: api-service",
    "template: api-database",
    "template: scheduled-worker",
    "template: lambda",
    "ttl: 7d",
    "ttl: 7",
    "access: link",
    "command: run",
    "command: [run]",
    "image: a",
    "dockerfile: Dockerfile",
    "dockerfile: /Dockerfile",
    "build_context: .",
    "build: make",
    "port: 80",
    "port: 0",
    "container_port: 3000",
    "health_path: /up",
    "health_path: up",
    "environment: {A: 1, B: true}",
    "environment: {A-B: 1}",
    "secrets: {C: KEY}",
    "secrets: {C: key}",
    "secrets:",
    "cpu: 256",
    "memory: 512",
    "replicas: 2",
    "autoscale: {max: 3}",
    "autoscale: {min: 1}",
    "log_retention_days: 7",
    "schedule: rate(1 hour)",
    "schedule: \"0 3 * * 1-5\"",
    "schedule: hourly",
    "seed: a.sql",
    "seed: {database: a}",
    "seed: {dump: a}",
    "sleep: 30m",
    "labels: [a]",
    "labels: a",
    "drafts: true",
    "services: {web: {command: a}}",
    "services: [{name: web, image: a, port: 80}, {name: api, dockerfile: D}]",
    "services: {web: {command: a, dockerfile: D, image: a}}",
    "services: {web: {command: a, sleep: 1h}}",
    "path: /",
];

proptest! {
    #[test]
    fn the_schema_agrees_on_any_mixture(lines in subsequence(LINES, 1..=5)) {
        let mut keys = BTreeSet::new();
        let once = lines.iter().filter(|line| keys.insert(line.split(':').next()));
        let text = once.flat_map(|line| [line, "\n"]).collect::<String>();
        let verdict = read(&text);
        prop_assert_eq!(verdict.is_ok(), SCHEMA.is_valid(&json(&text)), "{}{:?}", text, verdict);
    }

    #[test]
    fn no_text_is_beyond_it(text in "[ -~\n]{0,200}") {
        if let Err(mistakes) = RepositoryFile::read("x", &text) {
            prop_assert!(!mistakes.list.is_empty());
            prop_assert!(mistakes.list.iter().all(|mistake| mistake.line > 0), "{}", mistakes);
        }
    }
}

/// What an editor would hold against the schema.
fn json(text: &str) -> Json {
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options).unwrap_or(Json::Null)
}

#[test]
fn the_schema_accepts_what_is_read_and_nothing_else() {
    for text in ACCEPTED {
        let verdict = SCHEMA
            .validate(&json(text))
            .map_err(|error| error.to_string());
        assert_eq!(verdict, Ok(()), "{text}");
    }
    for text in REFUSED {
        assert!(!SCHEMA.is_valid(&json(text)), "{text}");
    }
}

#[test]
fn every_key_is_described() {
    let schema = RepositoryFile::schema();
    let properties = schema["properties"].as_object().unwrap();
    assert_eq!(properties.len(), 24);
    for (key, property) in properties {
        let about = property["description"].as_str().unwrap_or_default();
        assert!(about.ends_with('.'), "{key}: {about}");
    }
}

#[test]
fn the_published_schema_is_this_one() {
    let published = include_str!("../../../../docs/repository-file.schema.json");
    let published: Json = serde_json::from_str(published).unwrap();
    assert!(
        published == RepositoryFile::schema(),
        "write it anew: cargo run -- schema > docs/repository-file.schema.json"
    );
}

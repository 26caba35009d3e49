//! The repository file from the command line: written, checked, described.

#![expect(clippy::unwrap_used, reason = "a test's support is a test")]

#[allow(dead_code, reason = "every suite uses a part of it")]
mod support;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use support::{Ran, Server, tempus, tempus_in};
use tempus_model::repository_file::RepositoryFile;

fn run(folder: &Path, args: &[&str]) -> Ran {
    tempus_in(folder, args, &[], "")
}

#[test]
fn init_writes_what_validate_accepts_and_replaces_nothing_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let package = r#"{"scripts": {"start": "node server.js"}}"#;
    fs::write(folder.path().join("package.json"), package).unwrap();
    fs::write(folder.path().join("Dockerfile"), "FROM node\nEXPOSE 3000\n").unwrap();
    let ran = run(folder.path(), &["init", "--health-path", "/up"]);
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    let file = folder.path().join(".tempus.yml");
    let written = fs::read_to_string(&file).unwrap();
    assert_eq!(ran.stdout, written);
    let read = RepositoryFile::read("x", &written).unwrap();
    let service = read.runs.services().next().unwrap();
    assert_eq!(service.command.as_deref(), Some("exec npm start"));
    assert_eq!(
        (service.port, service.health_path.as_deref()),
        (Some(3000), Some("/up"))
    );
    let ran = run(folder.path(), &["validate"]);
    assert_eq!(
        (ran.exit, ran.stdout.as_str()),
        (0, ".tempus.yml: accepted\n")
    );

    fs::write(&file, "command: mine\n").unwrap();
    let ran = run(folder.path(), &["init"]);
    assert_eq!(ran.exit, 2);
    assert!(ran.stderr.contains("--force replaces it"), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(&file).unwrap(), "command: mine\n");
    assert_eq!(run(folder.path(), &["init", "--force"]).exit, 0);
    assert!(fs::read_to_string(&file).unwrap().contains("npm start"));
}

#[test]
fn init_does_not_put_a_file_before_another_one() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".idp")).unwrap();
    fs::write(folder.path().join(".idp/config.yml"), "ttl: 7d\n").unwrap();
    let ran = run(folder.path(), &["init"]);
    assert_eq!(ran.exit, 2);
    assert!(
        ran.stderr.contains("would not be read any more"),
        "{}",
        ran.stderr
    );
    assert!(!folder.path().join(".tempus.yml").exists());
    // What is asked for and wrong is not written either.
    let ran = run(folder.path(), &["init", "--force", "--health-path", "up"]);
    assert_eq!(ran.exit, 2);
    assert!(
        ran.stderr.contains("health_path: must begin with '/'"),
        "{}",
        ran.stderr
    );
    assert!(!folder.path().join(".tempus.yml").exists());
}

#[test]
fn validate_says_each_mistake_on_a_line_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let text = "command: x\nport: 0\nsecrets: {KEY: hunter2}\n";
    fs::write(folder.path().join("a.yml"), text).unwrap();
    let ran = run(folder.path(), &["validate", "a.yml"]);
    assert_eq!((ran.exit, ran.stderr.as_str()), (2, ""));
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert_eq!(
        lines[0],
        "a.yml:2: port: must be a whole number from 1 to 65535"
    );
    assert!(
        lines[1].starts_with("a.yml:3: secrets.KEY: must be a reference"),
        "{lines:#?}"
    );
    assert!(!ran.stdout.contains("hunter"), "{}", ran.stdout);

    let ran = run(folder.path(), &["validate", "a.yml", "--json"]);
    assert_eq!(ran.exit, 2);
    let said: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(said["accepted"], false);
    assert_eq!(said["mistakes"][0]["line"], 2);
    assert_eq!(said["mistakes"][1]["key"], "secrets.KEY");

    fs::write(folder.path().join("b.yml"), "command: x\nsleep: 30m\n").unwrap();
    let ran = run(folder.path(), &["validate", "b.yml"]);
    assert_eq!((ran.exit, ran.stdout.as_str()), (0, "b.yml: accepted\n"));
    assert_eq!(ran.stderr, "");
    let ran = run(folder.path(), &["validate"]);
    assert_eq!(ran.exit, 2);
    assert!(ran.stderr.contains("tempus init"), "{}", ran.stderr);
}

#[test]
fn schema_prints_the_schema() {
    let ran = tempus(&["schema"]);
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    let printed: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(printed, RepositoryFile::schema());
}

#[test]
fn flags_are_stronger_than_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let app = folder.path().join("shop");
    fs::create_dir_all(app.join(".idp")).unwrap();
    let text = "container_port: 3000\nttl: 2d\ncpu: 512\nmemory: 1024\nsecrets: {KEY: SHOP_KEY}\n\
        sleep: 30m\n";
    fs::write(app.join(".idp/config.yml"), text).unwrap();
    let accepted = json!({
        "job_id": "550e8400-e29b-41d4-a716-446655440000",
        "preview_id": "550e8400-e29b-41d4-a716-446655440001",
        "preview_url": "http://shop.localhost:8081/",
        "expires_at": "2099-01-01T00:00:00.000Z",
    });
    let server = Server::start([("POST /preview/create".to_owned(), 202, accepted)]);
    let create = |more: &[&str]| {
        let args = ["create", "shop", "--url", &server.url];
        let ran = run(folder.path(), &[&args[..], more].concat());
        assert_eq!(ran.exit, 0, "{}", ran.stderr);
        ran.stderr
    };
    create(&[
        "--image",
        "shop:1",
        "--memory",
        "2048",
        "--template",
        "api-service",
    ]);
    let said = create(&["--ttl", "1h"]);
    assert!(said.contains("default application runs"), "{said}");
    assert_eq!(
        server.bodies(),
        [
            json!({
                "name": "shop", "ttl": "2d", "image": "shop:1", "port": 3000, "cpu": 512,
                "memory": 2048, "secrets": {"KEY": "SHOP_KEY"}, "template": "api-service", "sleep": "30m",
            }),
            json!({
                "name": "shop", "ttl": "1h", "cpu": 512, "memory": 1024,
                "secrets": {"KEY": "SHOP_KEY"}, "sleep": "30m",
            }),
        ]
    );
}

#[test]
fn the_page_has_every_key_and_its_examples_are_accepted() {
    let page = include_str!("../../docs/repository-file.md");
    let schema = RepositoryFile::schema();
    let several = &schema["properties"]["services"]["items"]["properties"];
    let keys = [&schema["properties"], several].into_iter();
    for key in keys.flat_map(|keys| keys.as_object().unwrap().keys()) {
        let is_there = page.lines().any(|line| {
            line.starts_with("| `")
                && line
                    .split('|')
                    .nth(1)
                    .unwrap()
                    .contains(&format!("`{key}`"))
        });
        assert!(is_there, "docs/repository-file.md does not have {key}");
    }
    let examples: Vec<_> = page
        .split("```yaml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert_eq!(examples.len(), 4);
    for example in examples {
        let read = RepositoryFile::read("docs/repository-file.md", example);
        assert!(read.is_ok(), "{example}\n{}", read.unwrap_err());
    }
    let hello = include_str!("../../examples/hello/.tempus.yml");
    let hello = RepositoryFile::read("examples/hello/.tempus.yml", hello);
    assert!(hello.is_ok(), "{}", hello.unwrap_err());
}

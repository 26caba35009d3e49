//! What a preview and its image are called, and what the image is built from.

#![expect(clippy::unwrap_used, reason = "a test's support is a test")]

#[allow(dead_code, reason = "every suite uses a part of it")]
mod support;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use support::{Ran, Server, tempus, tempus_in};

const SHA: &str = "0123abcdef0123abcdef0123abcdef0123abcdef";

fn name(folder: &Path, more: &[&str]) -> Ran {
    let args = [&["name", "--repository", "octo/shop"], more].concat();
    tempus_in(folder, &args, &[], "")
}

fn build(text: &str) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("web")).unwrap();
    for file in ["Dockerfile", "web/Other"] {
        fs::write(folder.path().join(file), "FROM scratch\n").unwrap();
    }
    fs::write(folder.path().join(".tempus.yml"), text).unwrap();
    name(
        folder.path(),
        &[".", "--pr", "7", "--commit", SHA, "--json"],
    )
}

#[test]
fn names_are_those_that_the_server_gives() {
    let here = tempfile::tempdir().unwrap();
    for (args, said) in [
        (&["--pr", "7"][..], "pr-7-shop\n"),
        (
            &["--branch", "feature/payment-api"],
            "preview-payment-api\n",
        ),
        (
            &["--pr", "7", "--commit", SHA],
            "pr-7-shop\npr-7-shop-0123abc\n",
        ),
    ] {
        let ran = name(here.path(), args);
        assert_eq!((ran.exit, ran.stdout.as_str()), (0, said), "{}", ran.stderr);
    }
    let hashed = name(here.path(), &["--pr", "7", "--hashed"]).stdout;
    assert!(
        hashed.starts_with("pr-7-shop-") && hashed.len() > 11,
        "{hashed}"
    );
}

#[test]
fn what_cannot_be_named_is_said() {
    for (args, says) in [
        (&["--repository", "octo/shop"][..], "--pr"),
        (&["--repository", "shop", "--pr", "1"], "owner/name"),
        (&["--repository", "octo/shop", "--pr", "0"], "--pr"),
        (
            &["--repository", "octo/shop", "--pr", "1", "--branch", "a"],
            "--branch",
        ),
        (
            &["--repository", "octo/shop", "--pr", "1", "--commit", "main"],
            "7 to 40 hex digits",
        ),
        (&["--repository", "octo/shop", "--pr", "1", "."], "--commit"),
    ] {
        let ran = tempus(&[&["name"], args].concat());
        assert_eq!(ran.exit, 2, "{args:?}");
        assert!(ran.stderr.contains(says), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn what_is_built_is_what_the_file_says() {
    for (text, expected) in [
        (
            "port: 80\n",
            json!({"dockerfile": "Dockerfile", "context": "."}),
        ),
        (
            "dockerfile: web/Other\nbuild_context: web\n",
            json!({"dockerfile": "web/Other", "context": "web"}),
        ),
        ("image: nginx\n", Value::Null),
        (
            "services: {web: {command: a}, api: {dockerfile: Dockerfile}, cache: {image: b}}\n",
            json!({"dockerfile": "Dockerfile", "context": "."}),
        ),
    ] {
        let ran = build(text);
        assert_eq!(ran.exit, 0, "{text}: {}", ran.stderr);
        let said: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(said["build"], expected, "{text}");
        assert_eq!(said["tag"], "pr-7-shop-0123abc");
    }
    for (text, says) in [
        (
            "dockerfile: nowhere\n",
            "dockerfile: \"nowhere\" is no file in",
        ),
        (
            "build_context: Dockerfile\n",
            "build_context: \"Dockerfile\" is no folder in",
        ),
        (
            "services: {web: {dockerfile: web/Other}, api: {command: a}}\n",
            "the same dockerfile and build_context",
        ),
        ("dockerfile: 7\n", "dockerfile"),
    ] {
        let ran = build(text);
        assert_eq!(ran.exit, 2, "{text}: {}", ran.stdout);
        assert!(ran.stderr.contains(says), "{text}: {}", ran.stderr);
    }
}

#[test]
fn an_image_is_that_of_every_service_that_names_none() {
    let folder = tempfile::tempdir().unwrap();
    let text = "services:\n  web: {command: run web}\n  cache: {image: redis}\n";
    fs::write(folder.path().join(".tempus.yml"), text).unwrap();
    let server = Server::start([]);
    let args = ["create", ".", "--image", "shop:1"];
    tempus_in(folder.path(), &args, &[("TEMPUS_URL", &server.url)], "");
    let asked = server.bodies();
    let services = asked[0]["services"].as_array().unwrap();
    let images: Vec<_> = services.iter().map(|service| &service["image"]).collect();
    assert_eq!(images, ["shop:1", "redis"]);
    assert_eq!(services[0]["command"], "run web");
    assert_eq!(asked[0].get("image"), None);
}

//! The image's recipe: `Dockerfile` and `.dockerignore`.

use std::path::Path;
use std::process::Command;

use crate::{context, root, tempus, text, value};

/// The last stage, which is what is shipped.
fn shipped() -> String {
    let recipe = text("Dockerfile");
    let last = recipe.rfind("\nFROM ").unwrap();
    recipe[last..].to_owned()
}

#[test]
fn it_is_built_by_the_rust_that_the_workspace_asks_for() {
    let manifest = text("Cargo.toml");
    let rust = value(&manifest, "rust-version = ")
        .trim_matches('"')
        .to_owned();
    let recipe = text("Dockerfile");
    assert!(
        value(&recipe, "FROM rust:").starts_with(&format!("{rust}.")),
        "{recipe}"
    );
    for workflow in ["ci", "release"] {
        let workflow = text(&format!(".github/workflows/{workflow}.yml"));
        let wanted = format!("rustup toolchain install {rust} ");
        assert!(workflow.contains(&wanted), "{workflow}");
    }
    let readme = text("README.md");
    assert!(readme.contains(&format!("({rust} or newer)")));
}

#[test]
fn it_is_one_file_and_nobody_s() {
    let shipped = shipped();
    assert!(shipped.starts_with("\nFROM scratch\n"), "{shipped}");
    let user = value(&shipped, "USER ");
    let is_number = |id: &str| id.parse::<u32>().is_ok_and(|id| id > 0);
    assert!(user.split(':').all(is_number), "{user}");
    assert_eq!(value(&shipped, "ENTRYPOINT "), r#"["/tempus"]"#);
    let arguments = value(&shipped, "COPY --from=build /src/");
    assert_eq!(arguments, "target/release/tempus /tempus");
}

#[test]
fn its_health_check_is_a_command_of_the_program() {
    let shipped = shipped();
    let (_, check) = shipped.split_once(" CMD ").unwrap();
    let check: Vec<String> = serde_json::from_str(check.lines().next().unwrap()).unwrap();
    let (program, args) = check.split_first().unwrap();
    assert_eq!(program, "/tempus");
    let args: Vec<_> = args.iter().map(String::as_str).chain(["--help"]).collect();
    assert!(tempus(&args, &[]).status.success(), "{args:?}");
}

#[test]
fn what_is_copied_is_there() {
    for line in text("Dockerfile").lines() {
        let Some(arguments) = line.strip_prefix("COPY ") else {
            continue;
        };
        if arguments.starts_with("--from=") {
            continue;
        }
        let mut paths: Vec<_> = arguments.split_whitespace().collect();
        paths.pop().expect("where to");
        for path in paths {
            assert!(root().join(path).exists(), "{path} is not there");
            assert!(path == "." || context::has(path), "{path} is left out");
        }
    }
}

/// The build has nothing but the context: a member, a link's end or a file that is included and
/// not there would fail it, minutes in.
#[test]
fn what_is_built_from_is_in_the_context() {
    let folder = tempfile::tempdir().unwrap();
    context::copy_to(folder.path());
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .arg("--no-deps")
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    for path in context::walk(Path::new("")) {
        let leads_to = folder.path().join(&path);
        assert!(leads_to.exists(), "{} leads nowhere", path.display());
    }
}

/// What lies about beside the code may be a secret.
#[test]
fn what_is_no_code_is_left_out() {
    for path in [
        ".git/HEAD",
        ".tempus/tempus.db",
        "admin.token",
        "gate.key",
        "target/release/tempus",
        "tempus.toml",
        "terraform/environments/dev/terraform.tfvars",
        "terraform/environments/dev/backend.conf",
    ] {
        assert!(!context::has(path), "{path} is in the context");
    }
}

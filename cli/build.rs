//! The version with the commit it was built from: `TEMPUS_COMMIT` (and `TEMPUS_COMMIT_DATE`) where
//! a build has no repository beside it, as in a container; else what Git says; else nothing.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for variable in ["TEMPUS_COMMIT", "TEMPUS_COMMIT_DATE"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    let version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let commit = given().or_else(of_git);
    let hash = commit
        .as_deref()
        .and_then(|commit| commit.split(' ').next());
    // `cargo run` hands these on to the program, which takes what begins with TEMPUS_ for its configuration.
    println!(
        "cargo::rustc-env=BUILD_COMMIT={}",
        hash.unwrap_or("unknown")
    );
    let version = match &commit {
        Some(commit) => format!("{version} ({commit})"),
        None => version,
    };
    println!("cargo::rustc-env=BUILD_VERSION={version}");
}

/// What the environment says. It becomes a part of headers and of `--version`, so anything that
/// is no commit is left out.
fn given() -> Option<String> {
    let commit = std::env::var("TEMPUS_COMMIT").ok()?;
    let is_commit = commit.len() >= 7 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_commit {
        return None;
    }
    let date = std::env::var("TEMPUS_COMMIT_DATE").unwrap_or_default();
    let is_date = date.len() == 10 && date.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let short = &commit[..7];
    Some(if is_date {
        format!("{short} {date}")
    } else {
        short.to_owned()
    })
}

fn of_git() -> Option<String> {
    // Git's own record of where HEAD has been changes whenever HEAD moves, and not otherwise. HEAD
    // itself does not when a branch that is checked out moves.
    for file in ["HEAD", "logs/HEAD"] {
        // A file that does not exist would count as changed each time.
        if let Some(path) = git(&["rev-parse", "--git-path", file])
            && std::path::Path::new(&path).exists()
        {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    git(&[
        "show",
        "--no-patch",
        "--abbrev=7",
        "--format=%h %cs",
        "HEAD",
    ])
}

/// What Git prints, if it is there and this is a repository.
fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.to_owned())
}

//! What one file of a repository tells.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// The largest file that is looked into, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// The file.
    pub file: &'static str,
    /// What makes a checkout ready to run.
    pub build: Option<String>,
    /// What to run.
    pub command: Option<String>,
    /// The port that its container listens on.
    pub port: Option<u16>,
}

/// Everything that is looked at, what is the most telling first.
pub(super) const LOOKS: [fn(&Path) -> Option<Found>; 7] = [
    procfile,
    dockerfile,
    package_json,
    pyproject,
    requirements,
    cargo_toml,
    go_mod,
];

fn text(folder: &Path, file: &str) -> Option<String> {
    let path = folder.join(file);
    let is_small = fs::metadata(&path).is_ok_and(|meta| meta.is_file() && meta.len() <= LARGEST);
    is_small.then(|| fs::read_to_string(path).ok()).flatten()
}

/// `web: bundle exec puma -p $PORT`
fn procfile(folder: &Path) -> Option<Found> {
    let text = text(folder, "Procfile")?;
    let mut lines = text.lines();
    let web = lines.find_map(|line| line.strip_prefix("web:"))?.trim();
    Some(Found {
        file: "Procfile",
        command: (!web.is_empty()).then(|| web.to_owned()),
        ..Found::default()
    })
}

/// `EXPOSE 3000/tcp`; the last one is the stage's that is run.
fn dockerfile(folder: &Path) -> Option<Found> {
    let text = text(folder, "Dockerfile")?;
    let mut exposed = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let is_it = words.next()?.eq_ignore_ascii_case("expose");
        let port = words.next().filter(|_| is_it)?;
        let port = port.split('/').next()?;
        port.parse().ok().filter(|port: &u16| *port > 0)
    });
    Some(Found {
        file: "Dockerfile",
        port: exposed.next_back(),
        ..Found::default()
    })
}

fn package_json(folder: &Path) -> Option<Found> {
    let package: Value = serde_json::from_str(&text(folder, "package.json")?).ok()?;
    let has = |script: &str| package["scripts"][script].is_string();
    let (install, run, start) = [
        ("pnpm-lock.yaml", "pnpm install --frozen-lockfile", "pnpm"),
        ("yarn.lock", "yarn install --frozen-lockfile", "yarn"),
        ("package-lock.json", "npm ci", "npm"),
    ]
    .into_iter()
    .find(|(lock, ..)| folder.join(lock).is_file())
    .map_or(("npm install", "npm run", "npm"), |(_, install, tool)| {
        (install, if tool == "npm" { "npm run" } else { tool }, tool)
    });
    let command = if has("start") {
        Some(format!("exec {start} start"))
    } else {
        package["main"]
            .as_str()
            .map(|main| format!("exec node {main}"))
    };
    Some(Found {
        file: "package.json",
        build: Some(if has("build") {
            format!("{install} && {run} build")
        } else {
            install.to_owned()
        }),
        command,
        port: None,
    })
}

fn pyproject(folder: &Path) -> Option<Found> {
    python(folder, "pyproject.toml", "pip install .")
}

fn requirements(folder: &Path) -> Option<Found> {
    python(
        folder,
        "requirements.txt",
        "pip install -r requirements.txt",
    )
}

fn python(folder: &Path, file: &'static str, install: &str) -> Option<Found> {
    let needs = text(folder, file)?.to_ascii_lowercase();
    let main = ["app.py", "main.py", "server.py"]
        .into_iter()
        .find(|main| folder.join(main).is_file());
    let module = main.and_then(|main| main.strip_suffix(".py"));
    let venv = ". .venv/bin/activate";
    let command = if folder.join("manage.py").is_file() {
        Some("exec python3 manage.py runserver 127.0.0.1:$PORT".to_owned())
    } else if needs.contains("uvicorn") || needs.contains("fastapi") {
        module.map(|module| format!("exec uvicorn {module}:app --port $PORT"))
    } else if needs.contains("flask") {
        module.map(|module| format!("exec flask --app {module} run --port $PORT"))
    } else {
        main.map(|main| format!("exec python3 {main}"))
    };
    Some(Found {
        file,
        build: Some(format!("python3 -m venv .venv && {venv} && {install}")),
        command: command.map(|command| format!("{venv} && {command}")),
        port: None,
    })
}

fn cargo_toml(folder: &Path) -> Option<Found> {
    let manifest: toml::Table = text(folder, "Cargo.toml")?.parse().ok()?;
    let package = manifest
        .get("package")
        .and_then(|package| package.get("name"));
    let command = package
        .and_then(toml::Value::as_str)
        .map(|name| format!("exec ./target/release/{name}"));
    Some(Found {
        file: "Cargo.toml",
        build: Some("cargo build --release".to_owned()),
        command,
        port: None,
    })
}

fn go_mod(folder: &Path) -> Option<Found> {
    text(folder, "go.mod")?;
    let has_main = folder.join("main.go").is_file();
    Some(Found {
        file: "go.mod",
        build: Some("go build -o preview-app .".to_owned()),
        command: has_main.then(|| "exec ./preview-app".to_owned()),
        port: None,
    })
}

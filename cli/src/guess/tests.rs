use std::fs;

use super::*;

fn guess(files: &[(&str, &str)]) -> Guess {
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in files {
        fs::write(folder.path().join(file), text).unwrap();
    }
    Guess::of_folder(folder.path())
}

#[test]
fn each_kind_of_repository_is_known_by_its_files() {
    let cases: [(&[(&str, &str)], &str); 12] = [
        (
            &[("Procfile", "release: x\nweb: bin/serve --port $PORT\n")],
            "bin/serve --port $PORT",
        ),
        (
            &[
                (
                    "package.json",
                    r#"{"scripts": {"start": "node x", "build": "tsc"}}"#,
                ),
                ("package-lock.json", "{}"),
            ],
            "npm ci && npm run build / exec npm start",
        ),
        (
            &[
                (
                    "package.json",
                    r#"{"scripts": {"start": "x", "build": "y"}}"#,
                ),
                ("pnpm-lock.yaml", ""),
            ],
            "pnpm install --frozen-lockfile && pnpm build / exec pnpm start",
        ),
        (
            &[("package.json", r#"{"main": "server.js"}"#)],
            "npm install / exec node server.js",
        ),
        (
            &[("requirements.txt", "Flask==3\n"), ("app.py", "")],
            "python3 -m venv .venv && . .venv/bin/activate && pip install -r requirements.txt / \
             . .venv/bin/activate && exec flask --app app run --port $PORT",
        ),
        (
            &[
                (
                    "pyproject.toml",
                    "[project]\ndependencies = [\"fastapi\"]\n",
                ),
                ("main.py", ""),
            ],
            "python3 -m venv .venv && . .venv/bin/activate && pip install . / \
             . .venv/bin/activate && exec uvicorn main:app --port $PORT",
        ),
        (
            &[("requirements.txt", "django\n"), ("manage.py", "")],
            "python3 -m venv .venv && . .venv/bin/activate && pip install -r requirements.txt / \
             . .venv/bin/activate && exec python3 manage.py runserver 127.0.0.1:$PORT",
        ),
        (
            &[("Cargo.toml", "[package]\nname = \"shop\"\n")],
            "cargo build --release / exec ./target/release/shop",
        ),
        (
            &[("go.mod", "module x\n"), ("main.go", "")],
            "go build -o preview-app . / exec ./preview-app",
        ),
        (&[("go.mod", "module x\n")], ""),
        (&[("package.json", "not json")], ""),
        (&[], ""),
    ];
    for (files, expected) in cases {
        let guess = guess(files);
        let parts: Vec<_> = guess.build.into_iter().chain(guess.command).collect();
        assert_eq!(parts.join(" / "), expected, "{files:?}");
    }
}

#[test]
fn a_dockerfile_tells_the_port_and_what_is_more_telling_the_command() {
    let guess = guess(&[
        (
            "Dockerfile",
            "FROM a AS build\nEXPOSE 1\nFROM b\nexpose 3000/tcp\n",
        ),
        ("Procfile", "web: serve\n"),
        ("package.json", r#"{"scripts": {"start": "x"}}"#),
    ]);
    assert_eq!(guess.from, ["Procfile", "Dockerfile", "package.json"]);
    assert_eq!(
        (guess.port, guess.command.as_deref(), guess.build),
        (Some(3000), Some("serve"), None)
    );
}

#[test]
fn whatever_was_guessed_is_read_back_as_it_was_meant() {
    for command in [
        "exec npm start",
        "true",
        ".5",
        "./run --port $PORT",
        "./run: it # now",
        "a 'b' \"c\"\n",
        "{x}",
        "- x",
        "exec uvicorn main:app",
        "é",
    ] {
        let guess = Guess {
            command: Some(command.to_owned()),
            port: Some(3000),
            health_path: Some("/up".to_owned()),
            ..Guess::default()
        };
        let text = guess.text().unwrap();
        let read = RepositoryFile::read("x", &text).unwrap();
        let service = read.runs.services().next().unwrap().clone();
        assert_eq!(service.command.as_deref(), Some(command), "{text}");
        assert_eq!(
            (service.port, service.health_path.as_deref()),
            (Some(3000), Some("/up"))
        );
    }
}

#[test]
fn a_file_of_no_guess_says_so_and_is_one() {
    let text = Guess::default().text().unwrap();
    assert!(text.contains("Nothing here says what to run"), "{text}");
    assert!(
        text.ends_with("ttl: 7d # how long a preview lives\n"),
        "{text}"
    );
}

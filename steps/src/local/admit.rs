//! What this platform refuses before anything is accepted.

use std::path::{Path, PathBuf};

use tempus_model::{FieldError, Service, Spec};

use super::{LocalOptions, SecretFile};

/// Words that `/bin/sh` understands by itself.
const SHELL_WORDS: &[&str] = &[
    "!", ".", ":", "[", "break", "case", "cd", "command", "continue", "echo", "eval", "exec",
    "exit", "export", "false", "for", "getopts", "if", "printf", "pwd", "read", "return", "set",
    "shift", "test", "times", "trap", "true", "type", "ulimit", "umask", "unset", "until", "wait",
    "while", "{",
];

pub(super) fn admit(options: &LocalOptions, spec: &Spec) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let checked_out = spec.checkout.is_some();
    for (index, service) in spec.services.iter().enumerate() {
        let field = |name: &str| format!("services[{index}].{name}");
        if service.image.is_some() {
            errors.push(FieldError::new(
                field("image"),
                "this platform runs processes, not containers: give \"command\" instead",
            ));
            continue;
        }
        if let Some(problem) = secrets(options.secrets.as_ref(), service) {
            errors.push(FieldError::new(field("secrets"), problem));
            continue;
        }
        if let Some(dir) = &service.dir
            && !Path::new(dir).is_dir()
        {
            errors.push(FieldError::new(
                field("dir"),
                format!("{dir:?} is no folder on the machine that the server runs on"),
            ));
            continue;
        }
        match &service.command {
            None => errors.push(FieldError::new(
                field("command"),
                "is needed: the command line that starts the service, which listens on $PORT",
            )),
            Some(command) => {
                // What a build makes of the commit is not there yet.
                let missing = missing_program(command, service)
                    .filter(|program| !checked_out || !program.contains('/'));
                if let Some(missing) = missing {
                    errors.push(FieldError::new(
                        field("command"),
                        format!(
                            "there is no program {missing:?}: give one that is on the server's \
                             PATH, or a path from the service's folder"
                        ),
                    ));
                }
            }
        }
    }
    errors
}

/// Why a service's secrets could not be looked up. What a reference says is not repeated: it may be
/// the secret itself.
fn secrets(file: Option<&SecretFile>, service: &Service) -> Option<String> {
    if service.secrets.is_empty() {
        return None;
    }
    let Some(file) = file else {
        return Some(
            "this server has no file of secrets: its operator names one in previews.secret_file"
                .to_owned(),
        );
    };
    if service.secrets.contains_key("PORT") {
        return Some("PORT is given to every service; it cannot be a secret".to_owned());
    }
    file.look_up(&service.secrets)
        .err()
        .map(|error| error.to_string())
}

/// The program that a command line begins with, if it can be told and does not exist.
fn missing_program<'a>(command: &'a str, service: &Service) -> Option<&'a str> {
    let word = command
        .split_whitespace()
        .find(|word| !is_assignment(word) && *word != "exec")?;
    let plain = word
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"._-/+".contains(&b));
    if !plain || SHELL_WORDS.contains(&word) {
        return None;
    }
    let dir = service.dir.as_deref().unwrap_or("/");
    let exists = if word.contains('/') {
        is_program(&Path::new(dir).join(word))
    } else {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| is_program(&folder.join(word)))
    };
    (!exists).then_some(word)
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    })
}

fn is_program(path: &PathBuf) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(command: &str) -> Option<String> {
        let service = Service {
            command: Some(command.to_owned()),
            ..Service::new("web".parse().unwrap(), 1)
        };
        missing_program(command, &service).map(str::to_owned)
    }

    #[test]
    fn only_programs_that_surely_do_not_exist_are_refused() {
        for fine in [
            "sh -c 'x'",
            "A=1 exec sh",
            "/bin/sh",
            "cd x && y",
            "$RUN it",
            "(sh)",
            "while :; do :; done",
        ] {
            assert_eq!(missing(fine), None, "{fine}");
        }
        assert_eq!(
            missing("no-such-program --x").as_deref(),
            Some("no-such-program")
        );
        assert_eq!(missing("A=1 exec ./nope").as_deref(), Some("./nope"));
    }
}

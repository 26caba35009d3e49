//! A server that gives fixed answers, and the binary under test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// Answers by method and path. What it does not know is a 404 without a body.
pub struct Server {
    pub url: String,
    bodies: Arc<Mutex<Vec<Value>>>,
}

type Answers = Vec<(String, u16, Value)>;

impl Server {
    pub fn start(answers: impl IntoIterator<Item = (String, u16, Value)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answers: Arc<Answers> = Arc::new(answers.into_iter().collect());
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&bodies);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (answers, seen) = (Arc::clone(&answers), Arc::clone(&seen));
                std::thread::spawn(move || answer(&stream.unwrap(), &answers, &seen));
            }
        });
        Self { url, bodies }
    }

    /// The bodies of all requests that had one.
    pub fn bodies(&self) -> Vec<Value> {
        self.bodies.lock().unwrap().clone()
    }
}

fn answer(mut stream: &TcpStream, answers: &Answers, seen: &Mutex<Vec<Value>>) {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        if line.trim().is_empty() {
            break;
        }
        head.push(line);
    }
    let length = head.iter().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().unwrap())
    });
    if let Some(length) = length {
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        seen.lock()
            .unwrap()
            .push(serde_json::from_slice(&body).unwrap());
    }
    let asked = head[0].rsplit_once(' ').unwrap().0;
    let asked = asked.split('?').next().unwrap();
    let found = answers.iter().find(|(known, ..)| known == asked);
    let (status, body) = match found {
        Some((_, status, Value::String(text))) => (*status, text.clone()),
        Some((_, status, body)) => (*status, body.to_string()),
        None => (404, String::new()),
    };
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/problem+json\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes());
}

/// How a run of the binary ended.
pub struct Ran {
    pub exit: i32,
    pub stdout: String,
    pub stderr: String,
}

pub fn tempus(args: &[&str]) -> Ran {
    tempus_with(args, &[])
}

/// Runs it in an empty folder with nothing of this process's environment.
pub fn tempus_with(args: &[&str], variables: &[(&str, &str)]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_tempus"))
        .args(args)
        .env_clear()
        .env("XDG_CONFIG_HOME", folder.path())
        .envs(variables.iter().copied())
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Ran {
        exit: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

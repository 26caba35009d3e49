//! A server that gives fixed answers, and the binary under test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// Answers by method and path; what is given several answers gives them in turn, and the last one
/// for ever. What it does not know is a 404 without a body.
pub struct Server {
    pub url: String,
    seen: Arc<Mutex<Seen>>,
}

type Answers = Vec<(String, u16, Value)>;

/// What was asked.
#[derive(Default)]
struct Seen {
    heads: Vec<String>,
    bodies: Vec<Value>,
}

impl Server {
    pub fn start(answers: impl IntoIterator<Item = (String, u16, Value)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answers: Answers = answers.into_iter().collect();
        let answers = Arc::new(Mutex::new(answers));
        let seen = Arc::new(Mutex::new(Seen::default()));
        let all = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (answers, seen) = (Arc::clone(&answers), Arc::clone(&all));
                std::thread::spawn(move || answer(&stream.unwrap(), &answers, &seen));
            }
        });
        Self { url, seen }
    }

    /// The heads of all requests, each its lines.
    pub fn heads(&self) -> Vec<String> {
        self.seen.lock().unwrap().heads.clone()
    }

    /// The bodies of all requests that had one.
    pub fn bodies(&self) -> Vec<Value> {
        self.seen.lock().unwrap().bodies.clone()
    }
}

fn answer(mut stream: &TcpStream, answers: &Mutex<Answers>, seen: &Mutex<Seen>) {
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
        let body = serde_json::from_slice(&body).unwrap();
        seen.lock().unwrap().bodies.push(body);
    }
    seen.lock().unwrap().heads.push(head.concat());
    let asked = head[0].rsplit_once(' ').unwrap().0;
    let asked = asked.split('?').next().unwrap();
    let (status, retry_after, body) = match next(&mut answers.lock().unwrap(), asked) {
        Some((status, Value::String(text))) => (status, None, text),
        Some((status, body)) => (status, body["retry_after"].as_u64(), body.to_string()),
        None => (404, None, String::new()),
    };
    let retry_after = retry_after.map_or(String::new(), |wait| format!("retry-after: {wait}\r\n"));
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/problem+json\r\nconnection: close\r\n\
         {retry_after}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes());
}

/// The next answer to this question.
fn next(answers: &mut Answers, asked: &str) -> Option<(u16, Value)> {
    let mut fitting = answers.iter().enumerate().filter(|(_, a)| a.0 == asked);
    let (first, another) = (fitting.next()?.0, fitting.next().is_some());
    let (_, status, body) = if another {
        answers.remove(first)
    } else {
        answers[first].clone()
    };
    Some((status, body))
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
    tempus_in(folder.path(), args, variables, "")
}

/// Runs it in this folder, with this on its standard input.
pub fn tempus_in(folder: &Path, args: &[&str], variables: &[(&str, &str)], stdin: &str) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tempus"))
        .args(args)
        .env_clear()
        .env("XDG_CONFIG_HOME", folder)
        .envs(variables.iter().copied())
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It need not read it.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    Ran {
        exit: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

//! The roles as processes of their own, on the aws engine and the aws platform, against an
//! emulator over HTTP: bootstrap, API, worker; a preview from create to receipt.

#![expect(clippy::unwrap_used, reason = "a test's support is a test")]

mod account;
mod process;

use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tempus_engine::testing::emulator::{Emulator, Kind};

use account::Account;
use process::{Process, bootstrapped};

/// How long a job may take, on a machine that does something else as well.
const PATIENCE: Duration = Duration::from_mins(2);

#[tokio::test]
async fn api_and_worker_carry_a_preview_from_create_to_receipt() {
    let emulator = Emulator::start(Kind::Ministack);
    let account = Account::new(emulator.endpoint()).await;
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), &account.aws());
    let printed = bootstrapped(folder.path());
    let again = bootstrapped(folder.path());
    assert_eq!(again, printed, "run twice, it changes nothing");
    let chosen = "engine = \"aws\"\nplatform = \"aws\"\n";
    let settings = format!("{chosen}{printed}{}", account.settings());
    configure(folder.path(), &settings);

    let mut api = Process::start(folder.path(), "api");
    let mut worker = Process::start(folder.path(), "worker");
    let http = Http::of(&mut api).await;
    from_create_to_receipt(&http, &account).await;
    events_are_told_apart(&http, &account, queue_of(&printed)).await;
    stops_cleanly(&mut api).await;
    stops_cleanly(&mut worker).await;
}

#[tokio::test]
async fn one_process_with_a_file_makes_previews_on_aws_too() {
    let emulator = Emulator::start(Kind::Ministack);
    let account = Account::new(emulator.endpoint()).await;
    let folder = tempfile::tempdir().unwrap();
    let settings = format!("{}{}", account.aws(), account.settings());
    configure(folder.path(), &format!("platform = \"aws\"\n{settings}"));

    let mut server = Process::start(folder.path(), "serve");
    from_create_to_receipt(&Http::of(&mut server).await, &account).await;
    stops_cleanly(&mut server).await;
}

async fn from_create_to_receipt(http: &Http, account: &Account) {
    let request = json!({"name": "hello", "image": "nginx", "port": 80, "ttl_hours": 1});
    let created = http
        .send(Method::POST, "/preview/create", Some(request))
        .await;
    let id = created["preview_id"].as_str().unwrap();
    let url = format!("http://{}/preview-{}/", account.dns, &id[..8]);
    assert_eq!(created["preview_url"], url);
    assert_eq!(http.end_of(&created).await["status"], "succeeded");
    let path = format!("/preview/{id}");
    let preview = http.send(Method::GET, &path, None).await;
    assert_eq!(preview["phase"], "ready");
    assert_eq!(account.services().await, 1);

    let destroyed = http.send(Method::DELETE, &path, None).await;
    assert_eq!(http.end_of(&destroyed).await["status"], "succeeded");
    let receipt = http.receipt(id).await;
    for check in receipt["checks"].as_array().unwrap() {
        assert_eq!(check["found"], json!([]), "{receipt}");
    }
    assert_eq!(account.services().await, 0);
}

fn queue_of(printed: &str) -> &str {
    let line = printed
        .lines()
        .find_map(|line| line.strip_prefix("queue_url = "));
    line.unwrap().trim_matches('"')
}

/// What ECS tells about strangers is dropped, as is what it tells about a preview that has nothing
/// to do; what is no event at all is kept for a person.
async fn events_are_told_apart(http: &Http, account: &Account, queue: &str) {
    let of = |resource: &str, group: &str| {
        let resource = format!("arn:aws:ecs:us-east-1:000000000000:{resource}");
        let detail = json!({"group": group, "lastStatus": "RUNNING", "version": 3});
        json!({"version": "0", "detail-type": "ECS Task State Change", "source": "aws.ecs",
            "resources": [resource], "detail": detail})
        .to_string()
    };
    let previews = http.send(Method::GET, "/previews", None).await;
    let id = previews["previews"][0]["preview_id"].as_str().unwrap();
    let digits = id.replace('-', "");
    let ours = format!(
        "service:tempus-00000000-{}-{}-web",
        &digits[..8],
        &digits[8..]
    );
    for body in [
        of("task/previews/1", &ours),
        of("task/previews/2", "service:somebody-else"),
        of("service/previews/somebody-else", ""),
        r#"{"source": "aws.ecs", "detail": "cut"#.to_owned(),
    ] {
        account.send(queue, &body).await;
    }
    let asked = Instant::now();
    while account.messages(queue).await > 0 {
        assert!(asked.elapsed() < PATIENCE, "messages stay on the queue");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let letters = http.send(Method::GET, "/dead-letters", None).await;
    let letters = letters["dead_letters"].as_array().unwrap();
    assert_eq!(letters.len(), 1, "{letters:#?}");
    assert!(letters[0].to_string().contains("cut"), "{letters:#?}");
}

async fn stops_cleanly(process: &mut Process) {
    let status = process.terminate(PATIENCE).await;
    assert_eq!(status, Some(0), "{}", process.log());
}

fn configure(folder: &Path, text: &str) {
    std::fs::write(folder.join("tempus.toml"), text).unwrap();
}

/// The API, as a client sees it.
struct Http {
    url: String,
    client: reqwest::Client,
}

impl Http {
    async fn of(process: &mut Process) -> Self {
        Self {
            url: process.url(PATIENCE).await,
            client: reqwest::Client::new(),
        }
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let request = self.client.request(method, format!("{}{path}", self.url));
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {body}");
        body
    }

    /// The job as it ended.
    async fn end_of(&self, accepted: &Value) -> Value {
        let path = format!("/job/{}", accepted["job_id"].as_str().unwrap());
        let asked = Instant::now();
        loop {
            let job = self.send(Method::GET, &path, None).await;
            if !["queued", "running"].contains(&job["status"].as_str().unwrap()) {
                return job;
            }
            assert!(asked.elapsed() < PATIENCE, "{job}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// The receipt, once the check behind it has been made.
    async fn receipt(&self, id: &str) -> Value {
        let asked = Instant::now();
        loop {
            let path = format!("{}/preview/{id}/receipt", self.url);
            let answer = self.client.get(path).send().await.unwrap();
            let found = answer.status() == reqwest::StatusCode::OK;
            let body: Value = answer.json().await.unwrap();
            if found
                && body["checks"]
                    .as_array()
                    .is_some_and(|checks| !checks.is_empty())
            {
                return body;
            }
            assert!(asked.elapsed() < PATIENCE, "{body}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

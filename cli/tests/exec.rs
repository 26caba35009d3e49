//! `tempus exec`: real calls to an emulator, and a program that stands in for AWS's plugin.

#![expect(clippy::unwrap_used, reason = "a test's support is a test")]

#[allow(dead_code, reason = "every suite uses a part of it")]
mod support;

use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use support::{Ran, Server, tempus_with};
use tempus_engine::testing::emulator::Emulator;
use tempus_engine::testing::wire::{Fate, Request, Wire};

const PREVIEW: &str = "1f2e3d4c-0000-4000-8000-000000000001";
const SECRET: &str = "AWS_SSM_START_SESSION_RESPONSE";
/// Notes what it was given, and ends in its own way.
const PLUGIN: &str = r#"#!/bin/sh
for argument in "$@"; do printf '%s\n' "$argument"; done > "$NOTES/arguments"
printf '%s' "$AWS_SSM_START_SESSION_RESPONSE" > "$NOTES/secret"
/usr/bin/env > "$NOTES/environment"
exit 7
"#;

type Calls = Arc<Mutex<Vec<(String, Value)>>>;

/// A service of a cluster of its own, the plugin, and a server that knows the preview.
struct Stage {
    folder: tempfile::TempDir,
    wire: Wire,
    calls: Calls,
    cluster: String,
    service: String,
}

impl Stage {
    async fn new(cluster: &str, tasks: u32, exec: bool) -> Self {
        Self::judged(cluster, tasks, exec, |_| Fate::Passes).await
    }

    async fn judged(
        cluster: &str,
        tasks: u32,
        exec: bool,
        judge: impl Fn(&str) -> Fate + Send + Sync + 'static,
    ) -> Self {
        let endpoint = Emulator::shared().endpoint();
        let calls = Calls::default();
        let seen = Arc::clone(&calls);
        let wire = Wire::to(endpoint, move |request: &Request| {
            let call = request.call.rsplit('.').next().unwrap().to_owned();
            let fate = judge(&call);
            let body = serde_json::from_slice(&request.body).unwrap_or_default();
            seen.lock().unwrap().push((call, body));
            fate
        });
        let folder = tempfile::tempdir().unwrap();
        let plugin = folder.path().join("bin/session-manager-plugin");
        std::fs::create_dir(plugin.parent().unwrap()).unwrap();
        std::fs::write(&plugin, PLUGIN).unwrap();
        std::fs::set_permissions(&plugin, PermissionsExt::from_mode(0o755)).unwrap();
        ecs(endpoint, "CreateCluster", json!({ "clusterName": cluster })).await;
        let container = json!({ "name": "web", "image": "web" });
        let definition = json!({ "family": cluster, "containerDefinitions": [container] });
        ecs(endpoint, "RegisterTaskDefinition", definition).await;
        let service = json!({
            "cluster": cluster, "serviceName": "tempus-web", "taskDefinition": cluster,
            "desiredCount": tasks, "enableExecuteCommand": exec,
        });
        let made = ecs(endpoint, "CreateService", service).await;
        Self {
            folder,
            wire: wire.await.unwrap(),
            calls,
            cluster: cluster.to_owned(),
            service: made["service"]["serviceArn"].as_str().unwrap().to_owned(),
        }
    }

    fn run(&self, args: &[&str]) -> Ran {
        let notes = self.folder.path().to_str().unwrap().to_owned();
        self.run_in(&format!("{notes}/bin"), &notes, args)
    }

    fn run_in(&self, path: &str, notes: &str, args: &[&str]) -> Ran {
        let server = preview(&json!({ "service_arn": self.service }));
        let mut all = vec!["exec", PREVIEW, "--url", &server.url];
        all.extend(args);
        let variables = [
            ("PATH", path),
            ("NOTES", notes),
            ("AWS_ENDPOINT_URL", self.wire.endpoint()),
            ("AWS_ACCESS_KEY_ID", "a-person"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ];
        tempus_with(&all, &variables)
    }

    fn noted(&self, what: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(what)).unwrap()
    }
}

fn preview(resources: &Value) -> Server {
    let body = json!({
        "preview_id": PREVIEW, "name": "hello", "url": "http://hello/", "phase": "ready",
        "parked": false, "generation": 1, "created_at": "2026-01-01T00:00:00.000Z",
        "expires_at": "2099-01-01T02:00:00.000Z", "template": "app",
        "owner": { "id": "local", "login": "local" },
        "services": [{ "name": "web", "port": 80, "env": [], "health_path": "/", "cpu": 256,
            "memory": 512 }],
        "resources": resources, "open_jobs": [],
        "last_job": { "job_id": PREVIEW, "kind": "create" },
    });
    Server::start([(format!("GET /preview/{PREVIEW}"), 200, body)])
}

async fn ecs(endpoint: &str, call: &str, body: Value) -> Value {
    let scope = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ecs/aws4_request, \
                 SignedHeaders=host, Signature=0";
    let client = tempus_steps::http::plain().build().unwrap();
    let request = client.post(endpoint).body(body.to_string());
    let target = format!("AmazonEC2ContainerServiceV20141113.{call}");
    let request = request
        .header("content-type", "application/x-amz-json-1.1")
        .header("authorization", scope)
        .header("x-amz-target", target);
    let answer = request.send().await.unwrap();
    assert!(answer.status().is_success(), "{call}: {answer:?}");
    answer.json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_is_the_plugin_s_and_its_token_is_nobody_else_s() {
    let stage = Stage::new("exec-open", 1, true).await;
    let ran = stage.run(&["--", "sh", "-c", "echo $HOME"]);
    assert_eq!(ran.exit, 7, "the plugin's own: {}", ran.stderr);

    let secret = stage.noted("secret");
    let session: Value = serde_json::from_str(&secret).unwrap();
    let token = session["TokenValue"].as_str().unwrap();
    assert!(session["StreamUrl"].as_str().unwrap().starts_with("wss://"));
    assert!(!session["SessionId"].as_str().unwrap().is_empty());

    let listed = json!({ "cluster": stage.cluster });
    let endpoint = Emulator::shared().endpoint();
    let tasks = ecs(endpoint, "ListTasks", listed).await["taskArns"].clone();
    let asked = json!({ "cluster": stage.cluster, "tasks": tasks });
    let task = ecs(endpoint, "DescribeTasks", asked).await["tasks"][0].clone();
    let id = task["taskArn"]
        .as_str()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap();
    let runtime = task["containers"][0]["runtimeId"].as_str().unwrap();
    let target = format!(r#"{{"Target":"ecs:{}_{id}_{runtime}"}}"#, stage.cluster);
    let arguments = stage.noted("arguments");
    let arguments: Vec<_> = arguments.lines().collect();
    let ssm = "https://ssm.us-east-1.amazonaws.com";
    let expected = [SECRET, "us-east-1", "StartSession", "", &target, ssm];
    assert_eq!(arguments, expected);

    let environment = stage.noted("environment");
    let with_token = environment.lines().filter(|line| line.contains(token));
    let with_token: Vec<_> = with_token.collect();
    assert_eq!(with_token, [format!("{SECRET}={secret}")]);
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains(token));

    let calls = stage.calls.lock().unwrap();
    let names: Vec<_> = calls.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["ListTasks", "DescribeTasks", "ExecuteCommand"]);
    assert_eq!(calls[2].1["command"], "sh -c 'echo $HOME'");
    assert_eq!(calls[2].1["container"], "web");
    assert_eq!(calls[2].1["interactive"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_the_way_is_told_with_what_to_do() {
    let refuses = |ran: Ran, exit: i32, words: &str| {
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
        assert_eq!(ran.exit, exit, "{}", ran.stderr);
    };
    let closed = Stage::new("exec-closed", 1, false).await;
    refuses(closed.run(&[]), 3, "ecs.exec");
    assert!(!closed.folder.path().join("arguments").exists());

    let empty = Stage::new("exec-empty", 0, true).await;
    refuses(
        empty.run(&[]),
        6,
        "no task of the service tempus-web is running",
    );
    refuses(empty.run(&["--service", "db"]), 2, "--service (web)");

    let open = Stage::new("exec-missing", 1, true).await;
    let nowhere = open.folder.path().join("nothing-here");
    let notes = open.folder.path().to_str().unwrap();
    let ran = open.run_in(nowhere.to_str().unwrap(), notes, &[]);
    refuses(ran, 1, "session-manager-plugin is not installed");

    let judge = |call: &str| match call {
        "ExecuteCommand" => Fate::error(400, "AccessDeniedException"),
        _ => Fate::Passes,
    };
    let forbidden = Stage::judged("exec-forbidden", 1, true, judge).await;
    refuses(forbidden.run(&[]), 3, "ecs:ExecuteCommand");
}

#[test]
fn a_preview_on_this_machine_has_no_such_shell() {
    let server = preview(&json!({ "processes": [{ "service": "web" }] }));
    let ran = tempus_with(&["exec", PREVIEW, "--url", &server.url], &[]);
    assert_eq!(ran.exit, 3);
    assert!(ran.stderr.contains("local platform"), "{}", ran.stderr);
}

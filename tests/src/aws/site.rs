//! An installation in an account: a folder with its configuration, from which roles are started.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Account, Listing, Role};
use crate::server::command;

/// What makes a test quick where people would rather be patient.
const QUICK: &[(&str, &str)] = &[
    ("worker.reminder", "1s"),
    ("worker.poll", "2s"),
    ("ecs.verify_delay", "2s"),
    ("ttl.minimum", "1s"),
    ("api.listen", "127.0.0.1:0"),
    ("log.format", "json"),
];

/// An installation. Its folder goes with it; its table and queues stay in the emulator.
pub struct Site {
    /// The account that it is in.
    pub account: Account,
    /// Its id, which is in every name and tag.
    pub installation: String,
    folder: TempDir,
    settings: Vec<(String, String)>,
}

impl Site {
    /// An installation on the aws engine, with a table and queues of the account's name.
    pub async fn bootstrap(account: Account, settings: &[(&str, &str)]) -> Self {
        let mut site = Self::unfounded(account, settings);
        let (first, again) = (site.printed().await, site.printed().await);
        assert_eq!(again, first, "run twice, a bootstrap changes nothing");
        let installation = first["installation"].as_str().expect("its id");
        installation.clone_into(&mut site.installation);
        for (key, value) in first["aws"].as_object().expect("the keys of [aws]") {
            let value = value.as_str().expect("a text");
            site.set(&format!("aws.{key}"), value);
        }
        site.set("engine", "aws");
        site
    }

    /// An installation on the sqlite engine, which is made with its first start.
    pub fn unfounded(account: Account, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::Builder::new().prefix("tempus-aws-").tempdir();
        let folder = folder.expect("a temporary folder");
        let file = format!("platform = \"aws\"\n{}", account.ecs_section());
        std::fs::write(folder.path().join("tempus.toml"), file).expect("a file in a new folder");
        let mut site = Self {
            installation: String::new(),
            folder,
            settings: Vec::new(),
            account,
        };
        let endpoint = site.account.calls.endpoint().to_owned();
        site.set("aws.region", "us-east-1");
        site.set("aws.credentials", "emulator");
        site.set("aws.endpoint", &endpoint);
        for (key, value) in QUICK.iter().chain(settings) {
            site.set(key, value);
        }
        site
    }

    /// Changes a setting of what is started from now on.
    pub fn set(&mut self, key: &str, value: &str) {
        self.settings.retain(|(known, _)| known != key);
        self.settings.push((key.to_owned(), value.to_owned()));
    }

    /// A setting that the test or the bootstrap has made.
    pub fn setting(&self, key: &str) -> &str {
        let set = self.settings.iter().find(|(known, _)| known == key);
        &set.unwrap_or_else(|| panic!("{key} is not set")).1
    }

    /// Every setting that the test or the bootstrap has made.
    pub fn settings(&self) -> impl Iterator<Item = (&str, &str)> {
        let settings = self.settings.iter();
        settings.map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Starts `api`, `worker` or `serve`, with a log of this name, by this endpoint: the
    /// emulator's own, or a wire's.
    pub fn start(&self, role: &str, name: &str, endpoint: &str) -> Role {
        let mut command = self.command(role);
        command.args(["--set", &format!("aws.endpoint={endpoint}")]);
        Role::start(command, name, self.folder.path())
    }

    /// Starts a role that calls the emulator directly.
    pub fn start_plainly(&self, role: &str) -> Role {
        self.start(role, role, self.account.calls.endpoint())
    }

    /// Puts a message on a queue, as EventBridge and strangers do.
    pub async fn send(&self, queue: &str, body: &str) {
        let message = json!({"QueueUrl": queue, "MessageBody": body});
        self.account.calls().sqs("SendMessage", &message).await;
    }

    /// The folder of its configuration and its logs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What exists of it.
    pub async fn listing(&self) -> Listing {
        Listing::of(&self.account, &self.installation).await
    }

    /// The rules of the listener, as the load balancer describes them.
    pub async fn rules(&self) -> String {
        let fields = [("ListenerArn", &*self.account.listener)];
        self.account.calls().elb("DescribeRules", &fields).await
    }

    /// What `tempus bootstrap` prints.
    async fn printed(&self) -> Value {
        let mut command = self.command("bootstrap");
        command.args(["--json", "--prefix", &self.account.name]);
        let output = tokio::process::Command::from(command).output().await;
        let output = output.expect("the program under test starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        serde_json::from_slice(&output.stdout).expect("JSON, as was asked for")
    }

    fn command(&self, role: &str) -> std::process::Command {
        let mut command = command(self.folder.path());
        command.arg(role);
        for (key, value) in &self.settings {
            command.arg("--set").arg(format!("{key}={value}"));
        }
        command
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if std::thread::panicking() && std::env::var_os("TEMPUS_TEST_KEEP").is_some() {
            self.folder.disable_cleanup(true);
            eprintln!("kept: {}", self.folder.path().display());
        }
    }
}

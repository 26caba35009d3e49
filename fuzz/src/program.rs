//! What is given to the program: the bodies of requests, to the real API over real HTTP, and the
//! text of its configuration.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tempus_api::{
    Api, Config, Costs, DefaultAccess, DefaultApp, Hosts, ListenerTemplate, Metrics, Parts, Size,
    Socket, TtlRange, Warnings,
};
use tempus_cli::config::{FileChoice, Sources, keys, load};
use tempus_engine::sqlite::{Options, SqliteEngine};
use tempus_engine::{Quotas, SystemClock};
use tempus_model::Limits;
use tempus_steps::sim::{Cloud, Habits, NoFaults, SimPlatform};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// Any body is accepted, or refused with a reason: never a 5xx. The first byte chooses the call.
pub fn bodies(input: &[u8]) {
    static SERVER: LazyLock<Server> = LazyLock::new(Server::start);
    let (which, body) = input.split_first().unwrap_or((&0, &[]));
    SERVER.runtime.block_on(SERVER.holds(*which, body));
}

/// Any text is loaded, or each thing that is wrong with it is named with its place.
pub fn configuration(input: &str) {
    static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());
    let file = FOLDER.path().join("tempus.toml");
    std::fs::write(&file, input).unwrap();
    let sources = Sources {
        folder: FOLDER.path().to_owned(),
        file: FileChoice::This(PathBuf::from("tempus.toml")),
        variables: Vec::new(),
        flags: Vec::new(),
    };
    match load(&sources) {
        Ok(loaded) => {
            for key in keys::keys() {
                drop(key.get(&loaded.config));
            }
        }
        Err(errors) => {
            let told = errors.to_string();
            let lacking = keys::keys().iter().any(|key| told.contains(key.name));
            assert!(lacking || told.contains("tempus.toml"), "{told}");
        }
    }
}

/// The API, with a store in memory and a preview to change.
struct Server {
    runtime: Runtime,
    client: reqwest::Client,
    /// The calls that take a body.
    calls: Vec<String>,
}

impl Server {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        let client = tempus_steps::http::plain().no_proxy().build().unwrap();
        let calls = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            let api = Api::new(parts(port)).unwrap();
            tokio::spawn(tempus_api::serve(
                Socket::plain(listener),
                api,
                std::future::pending(),
            ));
            let base = format!("http://127.0.0.1:{port}");
            let create = format!("{base}/preview/create");
            let request = client.post(&create).header(JSON.0, JSON.1).body("{}");
            let created: Value = request.send().await.unwrap().json().await.unwrap();
            let preview = created["preview_id"].as_str().unwrap();
            vec![
                create,
                format!("{base}/preview/{preview}/update"),
                format!("{base}/preview/{preview}/extend"),
                format!("{base}/dead-letters/replay"),
            ]
        });
        Self {
            runtime,
            client,
            calls,
        }
    }

    async fn holds(&self, which: u8, body: &[u8]) {
        let call = &self.calls[usize::from(which) % self.calls.len()];
        let request = self.client.post(call).header(JSON.0, JSON.1);
        let answer = request.body(body.to_vec()).send().await.unwrap();
        let status = answer.status();
        assert!(!status.is_server_error(), "{call}: {status}");
        let answer: Value = answer.json().await.unwrap();
        if status.is_client_error() {
            let says = |field: &str| answer[field].as_str().is_some_and(|t| !t.is_empty());
            assert!(says("title") && says("detail"), "{call}: {answer}");
        }
    }
}

const JSON: (&str, &str) = ("content-type", "application/json");

fn parts(port: u16) -> Parts {
    let engine = SqliteEngine::in_memory(Options::default()).unwrap();
    let cloud = Cloud::new(Habits::default(), Arc::new(NoFaults));
    let ttl = |text: &str| text.parse().unwrap();
    Parts {
        store: engine.store(),
        queue: engine.queue(),
        platform: Arc::new(SimPlatform::new(&cloud, Duration::from_secs(2))),
        clock: Arc::new(SystemClock),
        gate: None,
        metrics: Metrics::install().unwrap(),
        config: Config {
            limits: Limits::default(),
            ttl: TtlRange::new(ttl("1s"), ttl("2h"), ttl("7d")).unwrap(),
            warnings: Warnings::default(),
            quotas: Quotas {
                per_owner: 100,
                total: 1000,
            },
            listeners: vec![ListenerTemplate {
                name: "local".to_owned(),
                slots: None,
                url: "http://{name}.localhost:8081/".to_owned(),
            }],
            fronts: Vec::new(),
            access: DefaultAccess::Open,
            default_app: DefaultApp {
                command: Some("serve".to_owned()),
                ..DefaultApp::default()
            },
            size: Size::default(),
            costs: Costs::default(),
            hosts: Hosts {
                ports: vec![port],
                names: Vec::new(),
            },
            trusted_proxies: Vec::new(),
            body_limit: Config::BODY_LIMIT,
        },
        identity: None,
        webhook: None,
    }
}

//! A server on a socket of its own, and a client that holds every answer against the document.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, Method};
use serde_json::{Value, json};
use tempus_engine::sqlite::{Options, SqliteEngine};
use tempus_engine::{Queue, SystemClock};
use tempus_model::github::Branches;
use tempus_steps::gate::{Gate, GateKeys};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::hand::Hand;
use super::platform::TestPlatform;
use crate::testing::{Contract, config};
use crate::{Api, Config, Costs, Front, Identity, Metrics, Parts, Socket, Webhook};

/// What GitHub signs with.
pub(super) const WEBHOOK_SECRET: &str = "a secret between GitHub and us";

pub(super) struct Server {
    pub port: u16,
    pub client: reqwest::Client,
    pub hand: Hand,
    contract: Contract,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<std::io::Result<()>>,
}

/// An answer that the document describes.
#[derive(Debug)]
pub(super) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// The fields at fault of a problem document.
    pub fn fields(&self) -> Vec<String> {
        let problem = self.json();
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        let fields = errors
            .iter()
            .map(|e| e["field"].as_str().unwrap().to_owned());
        fields.collect()
    }
}

/// Previews behind a load balancer of each kind.
fn fronts() -> Vec<Front> {
    let domain = "a1.example.com".to_owned();
    let host = "a2.elb.example".to_owned();
    vec![Front::Hosts { domain }, Front::Paths { host }]
}

impl Server {
    pub async fn start() -> Self {
        Self::with_queue(|queue| queue).await
    }

    pub async fn with_queue(wrap: impl FnOnce(Arc<dyn Queue>) -> Arc<dyn Queue>) -> Self {
        Self::with(wrap, None, Socket::plain, |_| {}).await
    }

    /// One whose callers must say who they are.
    pub async fn with_identity(identity: Identity) -> Self {
        Self::with(|queue| queue, Some(identity), Socket::plain, |_| {}).await
    }

    /// One whose previews cost something.
    pub async fn with_costs(identity: Option<Identity>, costs: Costs) -> Self {
        let change = |config: &mut Config| config.costs = costs;
        Self::with(|queue| queue, identity, Socket::plain, change).await
    }

    /// On a socket of this kind, with these changes to its configuration.
    pub async fn on(
        socket: impl FnOnce(TcpListener) -> Socket,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        Self::with(|queue| queue, None, socket, change).await
    }

    async fn with(
        wrap: impl FnOnce(Arc<dyn Queue>) -> Arc<dyn Queue>,
        identity: Option<Identity>,
        socket: impl FnOnce(TcpListener) -> Socket,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let engine = SqliteEngine::in_memory(Options::default()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut config = Config {
            fronts: fronts(),
            ..config(port)
        };
        change(&mut config);
        let gate = Arc::new(Gate::new(GateKeys::parse(&"k".repeat(32)).unwrap()));
        let api = Api::new(Parts {
            store: engine.store(),
            queue: wrap(engine.queue()),
            platform: Arc::new(TestPlatform),
            clock: Arc::new(SystemClock),
            gate: Some(gate),
            metrics: Metrics::install().unwrap(),
            config,
            identity,
            webhook: Some(Webhook::parse(WEBHOOK_SECRET, Branches::Followed).unwrap()),
        })
        .unwrap();
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(crate::serve(socket(listener), api, async {
            let _ = stopped.await;
        }));
        Self {
            port,
            client: tempus_steps::http::plain().no_proxy().build().unwrap(),
            hand: Hand::new(engine),
            contract: Contract::new(),
            stop: Some(stop),
            serving,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Sends a request as it stands, and holds the answer against the document.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let request = request.build().unwrap();
        let method = request.method().clone();
        let path = request.url().path().to_owned();
        let response = self.client.execute(request).await.unwrap();
        let answer = Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.bytes().await.unwrap().to_vec(),
        };
        let Answer {
            status,
            headers,
            body,
        } = &answer;
        let held = self.contract.check(&method, &path, *status, headers, body);
        held.unwrap_or_else(|breach| panic!("{breach}: {}", String::from_utf8_lossy(body)));
        answer
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, self.url(path))
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body))
            .await
    }

    /// Creates a preview and gives its id and its job's.
    pub async fn created(&self, body: Value) -> (String, String) {
        let answer = self.post("/preview/create", body).await;
        assert_eq!(answer.status, 202, "{}", answer.json());
        let id = |field: &str| answer.json()[field].as_str().unwrap().to_owned();
        (id("preview_id"), id("job_id"))
    }

    /// A preview that is gone.
    pub async fn gone(&self) -> String {
        let (preview, _) = self.created(json!({})).await;
        assert_eq!(
            self.delete(&format!("/preview/{preview}")).await.status,
            202
        );
        self.hand.remove(&preview).await;
        preview
    }

    /// How many previews there are: what a refusal must not change.
    pub async fn count(&self) -> usize {
        let page = self.get("/previews?limit=200").await.json();
        page["previews"].as_array().unwrap().len()
    }

    /// Stops, and says how long that took.
    pub async fn stop(mut self) -> Duration {
        let started = std::time::Instant::now();
        self.stop.take().unwrap().send(()).unwrap();
        self.serving.await.unwrap().unwrap();
        started.elapsed()
    }
}

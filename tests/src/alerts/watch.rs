//! Watches servers as Prometheus does, in time that passes faster.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use super::exposition;
use super::history::{History, Labels};
use super::promql::{self, Value};
use super::rules::Rules;
use crate::server::eventually;

/// How often everything is scraped and evaluated.
const EVERY: Duration = Duration::from_millis(200);
/// How long a page may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often the rules must have been looked at before it is believed that all is quiet.
const LOOKS: u32 = 4;

/// Scrapes and evaluates until it is dropped.
pub struct Watch {
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

struct State {
    rules: Rules,
    history: History,
    targets: BTreeMap<String, String>,
    began: Instant,
    /// Virtual seconds for each second.
    speed: f64,
    looks: u32,
    /// Since when each alert has been true of which labels, in virtual time.
    active: BTreeMap<(String, Labels), f64>,
    now: f64,
}

impl Watch {
    /// Watches by the shipped rules. A minute passes in `minute`.
    pub fn start(minute: Duration) -> Self {
        let state = Arc::new(Mutex::new(State {
            rules: Rules::shipped(),
            history: History::default(),
            targets: BTreeMap::new(),
            began: Instant::now(),
            speed: 60.0 / minute.as_secs_f64(),
            looks: 0,
            active: BTreeMap::new(),
            now: 0.0,
        }));
        let client = tempus_steps::http::plain().no_proxy().timeout(PATIENCE);
        let client = client.build().expect("a client without TLS");
        let task = tokio::spawn(look_on(Arc::clone(&state), client));
        Self { state, task }
    }

    /// From now on it scrapes this process too: the page at `{url}/metrics`.
    pub fn target(&self, instance: &str, url: &str) {
        let targets = &mut self.state().targets;
        targets.insert(instance.to_owned(), format!("{url}/metrics"));
    }

    /// The alarm has been looked at, and has nothing to say.
    pub async fn is_quiet(&self, alarm: &str) {
        let until = self.state().looks + LOOKS;
        eventually("a look at the rules", Duration::from_secs(30), async || {
            (self.state().looks >= until).then_some(())
        })
        .await;
        let state = self.state();
        assert!(state.knows(alarm), "no rule has the label alarm={alarm}");
        let active = state.active_for(alarm);
        assert!(active.is_none(), "{alarm} is not quiet: {active:?}");
    }

    /// Waits until the alarm fires: its expression is true and has been for as long as its rule says.
    pub async fn fires(&self, alarm: &str, within: Duration) {
        eventually(&format!("{alarm} fires"), within, async || {
            let state = self.state();
            let (since, lasts) = state.active_for(alarm)?;
            (state.now - since >= lasts).then_some(())
        })
        .await;
    }

    /// Waits until the alarm has nothing to say any more.
    pub async fn clears(&self, alarm: &str, within: Duration) {
        eventually(&format!("{alarm} clears"), within, async || {
            self.state().active_for(alarm).is_none().then_some(())
        })
        .await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        assert!(!self.task.is_finished(), "the watch has ended: see above");
        lock(&self.state)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn look_on(state: Arc<Mutex<State>>, client: reqwest::Client) {
    loop {
        let targets = lock(&state).targets.clone();
        let mut pages = BTreeMap::new();
        for (instance, url) in targets {
            pages.insert(instance, page(&client, &url).await);
        }
        lock(&state).look(&pages);
        tokio::time::sleep(EVERY).await;
    }
}

/// What the target says; `None` if it says nothing.
async fn page(client: &reqwest::Client, url: &str) -> Option<String> {
    let answer = client.get(url).send().await.ok()?;
    let answer = answer.error_for_status().ok()?;
    answer.text().await.ok()
}

impl State {
    fn look(&mut self, pages: &BTreeMap<String, Option<String>>) {
        self.now = self.began.elapsed().as_secs_f64() * self.speed;
        for (instance, page) in pages {
            self.scraped(instance, page.as_deref());
        }
        for (name, expr) in &self.rules.recorded {
            let result = promql::evaluate(expr, &self.history, self.now);
            let vector = match result.unwrap_or_else(|error| panic!("{name}: {error}")) {
                Value::Vector(vector) => vector,
                Value::Scalar(value) => vec![(Labels::new(), value)],
            };
            let named = vector.into_iter().map(|(mut labels, value)| {
                labels.insert("__name__".to_owned(), name.clone());
                (labels, value)
            });
            let owner = |labels: &Labels| labels.get("__name__") == Some(name);
            self.history.take(self.now, owner, named);
        }
        let mut active = BTreeMap::new();
        for alert in &self.rules.alerts {
            let result = promql::evaluate(&alert.expr, &self.history, self.now);
            let Value::Vector(vector) = result.unwrap_or_else(|error| panic!("{error}")) else {
                panic!("{} is no vector", alert.name);
            };
            for (labels, _) in vector {
                let key = (alert.name.clone(), labels);
                let since = self.active.get(&key).copied().unwrap_or(self.now);
                active.insert(key, since);
            }
        }
        self.active = active;
        self.looks += 1;
    }

    fn scraped(&mut self, instance: &str, page: Option<&str>) {
        let samples = exposition::read(page.unwrap_or_default());
        let samples = samples.unwrap_or_else(|error| panic!("{instance}: {error}"));
        let speed = self.speed;
        let up = if page.is_some() { 1.0 } else { 0.0 };
        let of_target = samples.into_iter().map(|sample| {
            let name = &sample.labels["__name__"];
            let is_age = sample.is_gauge && name.ends_with("_seconds") && !name.contains("_start_");
            let value = if is_age {
                sample.value * speed
            } else {
                sample.value
            };
            (sample.labels, value)
        });
        let up = (Labels::from([("__name__".to_owned(), "up".to_owned())]), up);
        let labelled = of_target.chain([up]).map(|(mut labels, value)| {
            labels.insert("instance".to_owned(), instance.to_owned());
            (labels, value)
        });
        let owner = |labels: &Labels| labels.get("instance").is_some_and(|of| of == instance);
        self.history.take(self.now, owner, labelled);
    }

    fn knows(&self, alarm: &str) -> bool {
        self.rules.alerts.iter().any(|alert| alert.alarm == alarm)
    }

    /// Since when an alert of this alarm has been true, and how long it must be.
    fn active_for(&self, alarm: &str) -> Option<(f64, f64)> {
        let of_alarm = self
            .rules
            .alerts
            .iter()
            .filter(|alert| alert.alarm == alarm);
        let active = of_alarm.flat_map(|alert| {
            let of_alert = self
                .active
                .iter()
                .filter(|((name, _), _)| *name == alert.name);
            of_alert.map(|(_, since)| (*since, alert.lasts.as_secs_f64()))
        });
        // The one that will fire first.
        active.min_by(|(a, a_lasts), (b, b_lasts)| (a + a_lasts).total_cmp(&(b + b_lasts)))
    }
}

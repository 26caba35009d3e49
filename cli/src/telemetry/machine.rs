//! What runs, and what it takes of the machine: this process, and the previews' on the local
//! platform. On AWS the previews' is `CloudWatch`'s to say.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use metrics::gauge;
use metrics_process::Collector;
use tempus_engine::Store;
use tempus_model::PreviewId;
use tempus_steps::local::LocalPlatform;
use tokio::time::Instant;

use super::list::{BUILD, CORES, MEMORY};
use crate::server::Role;

/// The program's version.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The commit that it was built from, as `--version` has it, or `unknown`.
pub(super) const COMMIT: &str = env!("BUILD_COMMIT");

/// Shows what runs.
pub(super) fn show_build(role: Role) {
    let role = match role {
        Role::All => "all",
        Role::Api => "api",
        Role::Worker => "worker",
    };
    gauge!(BUILD, "version" => VERSION, "commit" => COMMIT, "role" => role).set(1.0);
}

/// Looks at processes.
pub(super) struct Machine {
    own: Collector,
    platform: Option<Arc<LocalPlatform>>,
    store: Arc<dyn Store>,
    names: HashMap<PreviewId, String>,
    last: Option<Look>,
}

/// What was seen.
struct Look {
    at: Instant,
    cpu: HashMap<(PreviewId, u32), Duration>,
}

impl Machine {
    pub(super) fn new(platform: Option<Arc<LocalPlatform>>, store: Arc<dyn Store>) -> Self {
        Self {
            own: Collector::default(),
            platform,
            store,
            names: HashMap::new(),
            last: None,
        }
    }

    pub(super) async fn look(&mut self) {
        self.own.collect();
        let Some(platform) = &self.platform else {
            return;
        };
        let usage = match platform.usage().await {
            Ok(usage) => usage,
            Err(error) => {
                tracing::debug!(%error, "what previews take could not be looked at");
                return;
            }
        };
        let look = Look {
            at: Instant::now(),
            cpu: usage
                .iter()
                .map(|of| ((of.preview, of.pid), of.cpu))
                .collect(),
        };
        // Those that were there and are gone take nothing.
        let mut taken: HashMap<_, _> = self.names.keys().map(|id| (*id, (0.0, 0.0))).collect();
        for of in usage {
            let (cores, bytes) = taken.entry(of.preview).or_default();
            *cores += self.busy(&look, (of.preview, of.pid), of.cpu);
            // Memory of more than 2^53 bytes would be shown a little wrong.
            #[expect(clippy::cast_precision_loss, reason = "see above")]
            let memory = of.memory as f64;
            *bytes += memory;
        }
        for (preview, (cores, bytes)) in taken {
            let Some(name) = self.name(preview).await else {
                continue;
            };
            gauge!(CORES, "preview" => name.clone()).set(cores);
            gauge!(MEMORY, "preview" => name).set(bytes);
            if bytes == 0.0 {
                self.names.remove(&preview);
            }
        }
        self.last = Some(look);
    }

    /// How many cores a process has kept busy since the last look.
    fn busy(&self, look: &Look, process: (PreviewId, u32), cpu: Duration) -> f64 {
        let Some(last) = &self.last else { return 0.0 };
        let before = last.cpu.get(&process).copied().unwrap_or_default();
        let passed = look.at.saturating_duration_since(last.at).as_secs_f64();
        cpu.saturating_sub(before).as_secs_f64() / passed.max(0.001)
    }

    async fn name(&mut self, preview: PreviewId) -> Option<String> {
        if let Some(name) = self.names.get(&preview) {
            return Some(name.clone());
        }
        let snapshot = self.store.get(preview).await.ok()??;
        let name = snapshot.identity.name.to_string();
        self.names.insert(preview, name.clone());
        Some(name)
    }
}

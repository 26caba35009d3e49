//! What every handler is given.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRef;
use tempus_engine::{Clock, Filter, Queue, Store, StoreError};
use tempus_model::Timestamp;
use tempus_steps::Platform;
use tempus_steps::gate::Gate;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::books::{Books, Only, Range, Tally, standings};
use crate::census::Census;
use crate::gate::StoreDirectory;
use crate::identity::{Guard, Identity, OidcError};
use crate::overview::Lookout;
use crate::shape::OverviewView;
use crate::{Config, Metrics, Webhook, metrics};

/// How long a sum is waited for that nobody asked for in particular.
const SOON: Duration = Duration::from_secs(2);

/// What the API is made of.
pub struct Parts {
    /// The truth.
    pub store: Arc<dyn Store>,
    /// Where hints go.
    pub queue: Arc<dyn Queue>,
    /// Where previews run: what it would refuse, their logs and their resources.
    pub platform: Arc<dyn Platform>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What protects previews; without it, none can be protected.
    pub gate: Option<Arc<Gate>>,
    /// What is measured.
    pub metrics: Metrics,
    /// What is configured.
    pub config: Config,
    /// Whom it believes. Without it everybody is the administrator: only for an API that nobody
    /// else can reach.
    pub identity: Option<Identity>,
    /// By what GitHub's deliveries are known; without it none are taken.
    pub webhook: Option<Webhook>,
}

/// The API's state: cheap to clone, shared by all requests.
#[derive(Clone)]
pub struct Api {
    parts: Arc<Parts>,
    /// Ends the answers that have no end of their own, so that a shutdown need not wait for them.
    closing: CancellationToken,
    census: Arc<Census>,
    lookout: Arc<Lookout>,
    books: Arc<Books>,
    guard: Option<Arc<Guard>>,
}

impl Api {
    /// An API of these parts.
    pub fn new(mut parts: Parts) -> Result<Self, OidcError> {
        metrics::begin();
        Ok(Self {
            guard: Guard::new(parts.identity.take())?,
            parts: Arc::new(parts),
            closing: CancellationToken::new(),
            census: Arc::default(),
            lookout: Arc::default(),
            books: Arc::default(),
        })
    }

    /// Ends every stream that an answer is made of: log lines being followed, a job's events.
    pub fn close(&self) {
        self.closing.cancel();
    }

    /// Counts what the store and the queue hold, for whoever looks at the metrics next. What cannot
    /// be counted now shows as it last was: the rest is still worth reading, most of all when
    /// something is wrong.
    pub async fn count(&self) {
        let prices = self.config().costs.prices.as_ref();
        match self.census.take(self.store(), prices).await {
            Ok(count) => metrics::previews(&count),
            Err(error) => warn!(%error, "previews not counted"),
        }
        self.count_costs().await;
        match self.queue().depth().await {
            Ok(depth) => metrics::queue(&depth),
            Err(error) => warn!(%error, "queue not measured"),
        }
    }

    /// How the installation stands.
    pub(crate) async fn overview(&self) -> Result<Arc<OverviewView>, StoreError> {
        self.lookout.look(self).await
    }

    /// How much there is that needs a person, up to so many: asked for with every page, it reads no
    /// more than it counts.
    pub(crate) async fn letters(&self, most: usize) -> Result<usize, StoreError> {
        let parked = Filter {
            parked: true,
            ..Filter::default()
        };
        let store = self.store();
        let (parked, letters) =
            tokio::try_join!(store.list(&parked, None, most), store.dead_letters(most))?;
        Ok(most.min(parked.items.len() + letters.len()))
    }

    /// Adds up what previews cost on these days.
    pub(crate) async fn tally(&self, range: Range, only: &Only) -> Result<Tally, StoreError> {
        let costs = &self.config().costs;
        let tally = self
            .books
            .tally(&self.parts.store, costs, range, only, self.now());
        tally.await
    }

    /// The same of everybody's in this month, for whoever cannot wait for it: what is not added up
    /// soon goes on being added up, and is there for the next who asks.
    pub(crate) async fn month_soon(&self) -> Option<(Range, Tally)> {
        let (api, month) = (self.clone(), Range::month_of(self.now()));
        let adding = tokio::spawn(async move { api.tally(month, &Only::default()).await });
        match tokio::time::timeout(SOON, adding).await {
            Ok(Ok(Ok(tally))) => return Some((month, tally)),
            Ok(Ok(Err(error))) => warn!(%error, "costs not added up"),
            Ok(Err(error)) => warn!(%error, "costs not added up"),
            Err(_) => warn!("costs not added up yet"),
        }
        None
    }

    async fn count_costs(&self) {
        let costs = &self.config().costs;
        if costs.prices.is_none() {
            return;
        }
        if let Some((month, tally)) = self.month_soon().await {
            let standings = standings(&costs.budgets, &tally, month);
            metrics::costs(tally.all.dollars, costs.budgets.total, &standings);
        }
    }

    pub(crate) fn closing(&self) -> CancellationToken {
        self.closing.clone()
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.parts.store
    }

    /// Where previews stand.
    pub(crate) fn directory(&self) -> StoreDirectory {
        let parts = &self.parts;
        StoreDirectory::new(
            Arc::clone(&parts.store),
            Arc::clone(&parts.queue),
            Arc::clone(&parts.clock),
        )
    }

    pub(crate) fn gate(&self) -> Option<&Gate> {
        self.parts.gate.as_deref()
    }

    pub(crate) fn webhook(&self) -> Option<&Webhook> {
        self.parts.webhook.as_ref()
    }

    pub(crate) fn queue(&self) -> &dyn Queue {
        &*self.parts.queue
    }

    pub(crate) fn platform(&self) -> &dyn Platform {
        &*self.parts.platform
    }

    pub(crate) fn config(&self) -> &Config {
        &self.parts.config
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.parts.metrics
    }

    /// What callers prove themselves to, unless they need not.
    pub(crate) fn guard(&self) -> Option<&Guard> {
        self.guard.as_deref()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }
}

/// The document that `/openapi.json` serves, made once with the router.
#[derive(Clone)]
pub(crate) struct Document(pub Arc<str>);

/// The router's state: the API, and the document that describes the router.
#[derive(Clone)]
pub(crate) struct Shared {
    pub api: Api,
    pub document: Document,
}

impl FromRef<Shared> for Api {
    fn from_ref(shared: &Shared) -> Self {
        shared.api.clone()
    }
}

impl FromRef<Shared> for Document {
    fn from_ref(shared: &Shared) -> Self {
        shared.document.clone()
    }
}

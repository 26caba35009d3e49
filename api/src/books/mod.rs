//! What previews have cost: what the rows say ran, read now and then and kept meanwhile, so that many
//! may ask. An estimate is none the worse for being some seconds old.
//!
//! All of it is read once. From then on only what may have changed is: what is not gone, and what is
//! new.

mod budget;
mod tally;

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use tempus_engine::{Filter, Store, StoreError};
use tempus_model::{Owner, Phase, PreviewId, Snapshot, Spans, Timestamp};

pub(crate) use budget::standings;
pub use budget::{Budgets, Costs};
pub(crate) use tally::{Line, Only, Range, Tally};

use crate::kept::Kept;
use crate::live;

/// A list may not have yet what is as young as this.
const LAG: Duration = Duration::from_mins(1);
/// What is gone is counted if it was created no longer than this before the time that is asked about.
const BEFORE: Duration = Duration::from_hours(90 * 24);
/// How much longer than is asked for what is gone is kept.
const KEPT: Duration = Duration::from_hours(62 * 24);

/// What is known of what previews ran.
#[derive(Debug, Default)]
pub(crate) struct Books(Kept<Book>);

#[derive(Debug, Clone)]
struct Book {
    /// When it was read.
    at: Timestamp,
    /// What was created since then is known, and whatever is not gone.
    since: Timestamp,
    accounts: BTreeMap<PreviewId, Account>,
}

/// What is known of one preview.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub name: String,
    pub owner: Owner,
    pub repository: Option<String>,
    created_at: Timestamp,
    pub spans: Spans,
    /// Whether nothing will run any more.
    gone: bool,
}

impl From<Snapshot> for Account {
    fn from(Snapshot { identity, row }: Snapshot) -> Self {
        Self {
            name: identity.name.to_string(),
            owner: identity.owner,
            repository: identity.origin.repository,
            created_at: identity.created_at,
            gone: row.is_gone(),
            spans: row.spans,
        }
    }
}

impl Books {
    /// Adds up what this shall be counted of.
    pub async fn tally(
        &self,
        store: &Arc<dyn Store>,
        costs: &Costs,
        range: Range,
        only: &Only,
        now: Timestamp,
    ) -> Result<Tally, StoreError> {
        let (since, store) = (before(range.from.begins(), BEFORE), Arc::clone(store));
        let serves = |book: &Book| book.since <= since;
        let read = |known: Option<Arc<Book>>| async move {
            match known.filter(|book| book.since <= since) {
                Some(book) => book.follow(&*store, since, now).await,
                None => Book::begin(&*store, since, now).await,
            }
        };
        let book = self.0.get(costs.fresh, serves, read).await?;
        let prices = costs.prices.as_ref();
        Ok(tally::of(&book.accounts, prices, range, only, now))
    }
}

impl Book {
    /// Reads all of it.
    async fn begin(
        store: &dyn Store,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let mut book = Self {
            at: now,
            since,
            accounts: BTreeMap::new(),
        };
        book.read(store, since).await?;
        Ok(book)
    }

    /// Reads what may have changed: what is not gone, what was not, and what is new.
    async fn follow(
        &self,
        store: &dyn Store,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let mut book = self.clone();
        let live = book.read(store, before(self.at, LAG)).await?;
        let open = self.accounts.iter().filter(|(_, account)| !account.gone);
        for (id, _) in open.filter(|(id, _)| !live.contains(id)) {
            match store.get(*id).await? {
                Some(snapshot) => book.put(vec![snapshot]),
                // Its history is over.
                None => drop(book.accounts.remove(id)),
            }
        }
        book.at = now;
        book.forget(since);
        Ok(book)
    }

    /// Reads what is not gone, which it names, and then what is and was created since then: whatever
    /// goes in between is read twice, and nothing not at all.
    async fn read(
        &mut self,
        store: &dyn Store,
        since: Timestamp,
    ) -> Result<BTreeSet<PreviewId>, StoreError> {
        let mut live = BTreeSet::new();
        let mut pages = pin!(live::pages(store));
        while let Some(page) = pages.try_next().await? {
            live.extend(page.iter().map(|snapshot| snapshot.identity.id));
            self.put(page);
        }
        let gone = Filter {
            phases: Phase::GONE.to_vec(),
            ..Filter::default()
        };
        let mut pages = pin!(live::pages_of(store, gone));
        while let Some(mut page) = pages.try_next().await? {
            let read = page.len();
            page.retain(|snapshot| snapshot.identity.created_at >= since);
            let is_last = page.len() < read;
            self.put(page);
            if is_last {
                break;
            }
        }
        Ok(live)
    }

    fn put(&mut self, page: Vec<Snapshot>) {
        let accounts = page
            .into_iter()
            .map(|snapshot| (snapshot.identity.id, snapshot.into()));
        self.accounts.extend(accounts);
    }

    /// Lets go of what nobody asks about, once that is much.
    fn forget(&mut self, since: Timestamp) {
        if self.since.after(KEPT) < since {
            self.since = since;
            self.accounts
                .retain(|_, account| !account.gone || account.created_at >= since);
        }
    }
}

fn before(time: Timestamp, duration: Duration) -> Timestamp {
    let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(time.millis().saturating_sub(millis))
}

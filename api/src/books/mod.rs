//! What previews have cost: what the rows say ran, read now and then and kept meanwhile, so that many
//! may ask. An estimate is none the worse for being some seconds old.
//!
//! All of it is read once. From then on only what may have changed is: what is not gone, and what is
//! new.

mod budget;
mod tally;

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use futures::TryStreamExt;
use tempus_engine::{Filter, Store, StoreError};
use tempus_model::{Day, Owner, PreviewId, Snapshot, Spans, Timestamp};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

pub(crate) use budget::standings;
pub use budget::{Budgets, Costs};
pub(crate) use tally::{Line, Only, Range, Tally};

use crate::live;

/// A list may not have yet what is as young as this.
const LAG: Duration = Duration::from_mins(1);
/// What is gone is counted if it was created no longer than this before the time that is asked about.
const BEFORE: Duration = Duration::from_hours(90 * 24);
/// How much longer than is asked for what is gone is kept.
const KEPT: Duration = Duration::from_hours(62 * 24);

/// What is known of what previews ran.
#[derive(Debug, Default)]
pub(crate) struct Books(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    last: Option<Last>,
    accounts: BTreeMap<PreviewId, Account>,
}

/// The last look.
#[derive(Debug, Clone, Copy)]
struct Last {
    at: Instant,
    now: Timestamp,
    /// What was created since then is known.
    since: Timestamp,
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
    /// What is known now, of a time that begins with this day.
    async fn read(
        &self,
        store: &dyn Store,
        fresh: Duration,
        from: Day,
        now: Timestamp,
    ) -> Result<MutexGuard<'_, Kept>, StoreError> {
        let mut kept = self.0.lock().await;
        let since = before(from.begins(), BEFORE);
        match kept.last {
            Some(last) if last.since <= since && last.at.elapsed() < fresh => return Ok(kept),
            Some(last) if last.since <= since => kept.follow(store, last, now).await?,
            _ => kept.begin(store, since, now).await?,
        }
        kept.forget(since);
        Ok(kept)
    }

    /// Adds up what this shall be counted of.
    pub async fn tally(
        &self,
        store: &dyn Store,
        costs: &Costs,
        range: Range,
        only: &Only,
        now: Timestamp,
    ) -> Result<Tally, StoreError> {
        let kept = self.read(store, costs.fresh, range.from, now).await?;
        Ok(tally::of(
            &kept.accounts,
            costs.prices.as_ref(),
            range,
            only,
            now,
        ))
    }
}

impl Kept {
    /// Reads what was created since then, and whatever is not gone.
    async fn begin(
        &mut self,
        store: &dyn Store,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let at = Instant::now();
        self.last = None;
        self.accounts.clear();
        self.list(store, since).await?;
        let mut live = pin!(live::pages(store));
        while let Some(page) = live.try_next().await? {
            self.put(page);
        }
        self.last = Some(Last { at, now, since });
        Ok(())
    }

    /// Reads what is new, and what was not gone.
    async fn follow(
        &mut self,
        store: &dyn Store,
        last: Last,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let at = Instant::now();
        let open = |(id, account): (&PreviewId, &Account)| (!account.gone).then_some(*id);
        let open: Vec<_> = self.accounts.iter().filter_map(open).collect();
        let new = before(last.now, LAG);
        self.list(store, new).await?;
        for id in open {
            let seen = self.accounts.get(&id);
            if seen.is_some_and(|seen| seen.created_at >= new) {
                continue;
            }
            match store.get(id).await? {
                Some(snapshot) => {
                    self.accounts.insert(id, snapshot.into());
                }
                // Its history is over.
                None => {
                    self.accounts.remove(&id);
                }
            }
        }
        self.last = Some(Last { at, now, ..last });
        Ok(())
    }

    /// Reads what was created since then.
    async fn list(&mut self, store: &dyn Store, since: Timestamp) -> Result<(), StoreError> {
        let mut pages = pin!(live::pages_of(store, Filter::default()));
        while let Some(mut page) = pages.try_next().await? {
            let read = page.len();
            page.retain(|snapshot| snapshot.identity.created_at >= since);
            let is_last = page.len() < read;
            self.put(page);
            if is_last {
                break;
            }
        }
        Ok(())
    }

    fn put(&mut self, page: Vec<Snapshot>) {
        let accounts = page
            .into_iter()
            .map(|snapshot| (snapshot.identity.id, snapshot.into()));
        self.accounts.extend(accounts);
    }

    /// Lets go of what nobody asks about, once that is much.
    fn forget(&mut self, since: Timestamp) {
        let Some(last) = &mut self.last else { return };
        if last.since.after(KEPT) < since {
            last.since = since;
            self.accounts
                .retain(|_, account| !account.gone || account.created_at >= since);
        }
    }
}

fn before(time: Timestamp, duration: Duration) -> Timestamp {
    let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(time.millis().saturating_sub(millis))
}

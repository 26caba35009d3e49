//! Create and reserve: what takes something that there is a limited number of.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use tempus_engine::{
    Accepted, CreateError, Listener, NewPreview, Repeat, Reserve, ReserveError, StoreError,
};
use tempus_model::transition::accept::{self, NameStands};
use tempus_model::{Identity, PreviewId, Route};
use tokio::time::Instant;

use super::slots::Pool;
use super::state::{Kept, State};
use crate::sim::witness::Watch;

impl State {
    /// Accepts a create, or the update that it is.
    pub(super) fn create(
        &mut self,
        watch: &dyn Watch,
        new: NewPreview,
    ) -> Result<Accepted, CreateError> {
        if let Some(first) = self.first_answer(new.key.as_ref(), new.job.now)? {
            return Ok(first);
        }
        let (key, now) = (new.key.clone(), new.job.now);
        let holder = self.names.get(&new.identity.name);
        let holder = holder.and_then(|preview| self.snapshot(*preview));
        let (owner, origin) = (&new.identity.owner, &new.identity.origin);
        let accepted = match accept::name_stands(holder.as_ref(), owner, origin, now) {
            NameStands::Free => self.fresh(watch, new, None)?,
            NameStands::After(old) => self.fresh(watch, new, Some(old))?,
            NameStands::Expired(preview, expires_at) => {
                return Err(CreateError::Expired {
                    preview,
                    expires_at,
                });
            }
            NameStands::Ours(preview) => {
                let current = holder.map(|held| held.row.expires_unpinned_at());
                let expires_at = current.map_or(new.expires_at, |at| at.max(new.expires_at));
                self.converge(watch, preview, &new.spec, Some(expires_at), &new.job)?
            }
            NameStands::Taken => {
                let login = holder.map(|held| held.identity.owner.login);
                return Err(CreateError::NameTaken(login.unwrap_or_default()));
            }
        };
        self.keep(key.as_ref(), &accepted, now);
        Ok(accepted)
    }

    fn fresh(
        &mut self,
        watch: &dyn Watch,
        new: NewPreview,
        predecessor: Option<PreviewId>,
    ) -> Result<Accepted, CreateError> {
        new.within_budget()?;
        let owner = &new.identity.owner;
        let of_owner = Pool::Owner(owner.id.clone());
        let own_slot = self.quota_slot(&of_owner, new.quotas.per_owner, &owner.login)?;
        let slot = self.quota_slot(&Pool::All, new.quotas.total, "this installation")?;
        if self.shorts.contains_key(&new.identity.short()) {
            return Err(CreateError::ShortTaken);
        }
        let route = if new.spec.has_url() {
            Some(self.choose(&new.listeners).ok_or(CreateError::NoListener)?)
        } else {
            None
        };
        let identity = Identity {
            route,
            predecessor,
            ..new.identity
        };
        let change = accept::create(
            &identity,
            new.spec.id(),
            new.expires_at,
            new.warn_before,
            &new.job,
        );
        let preview = identity.id;
        self.slots.take(of_owner, own_slot, preview, "");
        self.slots.take(Pool::All, slot, preview, "");
        if let Some((listener, slot)) = identity.slot() {
            let listener = Pool::Listener(listener.to_owned());
            self.slots.take(listener, slot, preview, "");
        }
        self.names.insert(identity.name.clone(), preview);
        self.shorts.insert(identity.short(), preview);
        let accepted = Accepted {
            preview,
            job: change.row.last_job,
            url: identity.url().map(str::to_owned),
            expires_at: change.row.expires_at,
            repeat: Repeat::No,
        };
        let number = u64::try_from(self.previews.len()).unwrap_or(u64::MAX);
        let mut kept = Kept {
            identity,
            row: Arc::new(change.row),
            before: VecDeque::new(),
            specs: BTreeMap::from([(new.spec.id(), new.spec)]),
            jobs: change.jobs.iter().map(|job| job.id).collect(),
            receipt: None,
            deeds: Vec::new(),
            number,
        };
        if !self.lag.is_zero() {
            kept.before.push_back((Instant::now(), None));
        }
        let row = Arc::clone(&kept.row);
        self.previews.insert(preview, kept);
        let jobs: Vec<_> = change.jobs.into_iter().map(|job| (None, job)).collect();
        for (_, job) in &jobs {
            self.jobs.insert(job.id, job.clone());
        }
        self.tell(watch, "create", None, None, &row, &jobs, None);
        Ok(accepted)
    }

    fn quota_slot(&self, pool: &Pool, most: u32, whose: &str) -> Result<u32, CreateError> {
        self.slots.lowest_free(pool, most).ok_or_else(|| {
            let holders = self.slots.holders(pool).into_iter();
            CreateError::Quota {
                whose: whose.to_owned(),
                most,
                holders: holders
                    .filter_map(|preview| {
                        Some(self.previews.get(&preview)?.identity.name.to_string())
                    })
                    .collect(),
            }
        })
    }

    /// The first listener that has room.
    fn choose(&self, listeners: &[Listener]) -> Option<Route> {
        listeners.iter().find_map(|listener| {
            let slot = match listener.slots {
                None => None,
                Some(most) => {
                    let pool = Pool::Listener(listener.name.clone());
                    Some(self.slots.lowest_free(&pool, most)?)
                }
            };
            Some(Route {
                listener: listener.name.clone(),
                slot,
                url: listener.url.clone(),
            })
        })
    }

    /// Gives an item its number; asked again, the same one, unless it is to be avoided.
    pub(super) fn reserve(&mut self, ask: &Reserve) -> Result<u32, ReserveError> {
        let row = self.row(ask.preview);
        if row.is_none_or(|row| row.receipt_at.is_some()) {
            let gone = format!("preview {} can hold nothing any more", ask.preview);
            return Err(StoreError::Unavailable(gone).into());
        }
        let pool = Pool::Reserved(ask.pool.clone());
        let held = self.slots.held(&pool, ask.preview, &ask.item);
        if let Some(number) = held
            && !ask.avoid.contains(&number)
        {
            return Ok(number);
        }
        let mut numbers = ask.range.clone();
        let free = numbers
            .find(|number| !ask.avoid.contains(number) && !self.slots.is_taken(&pool, *number));
        let number = free.ok_or_else(|| ReserveError::Exhausted(ask.pool.clone()))?;
        if let Some(old) = held {
            self.slots.give_back(&pool, old);
        }
        self.slots.take(pool, number, ask.preview, &ask.item);
        Ok(number)
    }
}

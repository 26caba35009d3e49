//! Create: everything that a new preview takes, in one transaction.

use std::collections::BTreeMap;

use tempus_model::transition::accept::{self, NameStands};
use tempus_model::{DnsName, Identity, JobKind, JobRef, PreviewId, Route, Row, ShortId, Snapshot};

use super::super::table::index;
use super::super::table::item::{BODY, Item, Key, json, text};
use super::super::table::write::{ABSENT, Verdict, Write};
use super::DynamoStore;
use super::decide::{breathe, contended};
use super::idempotency;
use super::row::{self, Stored, TRIES};
use super::slots::{self, Slot};
use crate::{Accepted, CreateError, Listener, NewPreview, Repeat, StoreError};

/// The preview that a name points to.
const POINTS_TO: &str = "preview";

/// Who had a name when the decision was made.
struct Holder {
    /// The preview that the name pointed to, be it forgotten by now.
    id: Option<PreviewId>,
    whole: Option<(Identity, Stored)>,
}

impl DynamoStore {
    /// Accepts a create, or the update that it is. Whatever it was decided on is a condition of
    /// the transaction; where that fails, it is decided again.
    pub(super) async fn accept_create(&self, new: &NewPreview) -> Result<Accepted, CreateError> {
        for attempt in 0..TRIES {
            breathe(attempt).await;
            if let Some(first) = self.first_answer(new.key.as_ref(), new.job.now).await? {
                return Ok(first);
            }
            let holder = self.holder_of(&new.identity.name).await?;
            // A transaction of ours whose answer was lost is no refusal.
            if let Some((identity, stored)) = &holder.whole
                && identity.id == new.identity.id
            {
                return Ok(answer(identity, &stored.row, new));
            }
            let snapshot = holder.whole.as_ref().map(|(identity, stored)| Snapshot {
                identity: identity.clone(),
                row: stored.row.clone(),
            });
            let (owner, origin) = (&new.identity.owner, &new.identity.origin);
            let accepted = match (
                accept::name_stands(snapshot.as_ref(), owner, origin, new.job.now),
                holder.whole,
            ) {
                (NameStands::Free, _) => Box::pin(self.fresh(new, holder.id, None)).await?,
                (NameStands::After(old), _) => {
                    Box::pin(self.fresh(new, holder.id, Some(old))).await?
                }
                (NameStands::Expired(preview, expires_at), _) => {
                    return Err(CreateError::Expired {
                        preview,
                        expires_at,
                    });
                }
                (NameStands::Ours(_), Some(whole)) => {
                    let expires_at = Some(whole.1.row.expires_unpinned_at().max(new.expires_at));
                    let (spec, key) = (&new.spec, new.key.as_ref());
                    self.converge(&whole, spec, expires_at, &new.job, key)
                        .await?
                }
                (_, holder) => {
                    let login = holder.map(|(identity, _)| identity.owner.login);
                    return Err(CreateError::NameTaken(login.unwrap_or_default()));
                }
            };
            if let Some(accepted) = accepted {
                return Ok(accepted);
            }
        }
        Err(contended(new.identity.id).into())
    }

    /// A new preview. `None` if something that it was to take has been taken meanwhile.
    async fn fresh(
        &self,
        new: &NewPreview,
        name_was: Option<PreviewId>,
        predecessor: Option<PreviewId>,
    ) -> Result<Option<Accepted>, CreateError> {
        new.within_budget()?;
        let (id, owner) = (new.identity.id, &new.identity.owner);
        let of_owner = slots::quota_of(&owner.id);
        let own = self.quota_slot(of_owner, new.quotas.per_owner, &owner.login);
        let all = self.quota_slot(
            slots::QUOTA_ALL.to_owned(),
            new.quotas.total,
            "this installation",
        );
        let route = async {
            if new.spec.has_url() {
                self.choose(&new.listeners).await.map(Some)
            } else {
                Ok(None)
            }
        };
        let (own, all, route) = tokio::join!(own, all, route);
        let (mut taken, route) = (vec![own?, all?], route?);
        let identity = Identity {
            route,
            predecessor,
            ..new.identity.clone()
        };
        if let Some((listener, number)) = identity.slot() {
            let pool = slots::listener(listener);
            taken.push(Slot { pool, number });
        }

        let change = accept::create(
            &identity,
            new.spec.id(),
            new.expires_at,
            new.warn_before,
            &new.job,
        );
        let accepted = answer(&identity, &change.row, new);
        // Neither the spec nor the job needs a part in the transaction: they are nobody's until
        // there is a row that names them.
        let spec = self.keep_spec(id, &new.spec);
        let jobs = async {
            for job in &change.jobs {
                self.keep_begun(None, job).await?;
            }
            Ok::<_, StoreError>(())
        };
        tokio::try_join!(spec, jobs)?;
        let mut fixed = index::of_identity(&identity);
        fixed.extend([(BODY, json(&identity)?), (slots::TAKEN, json(&taken)?)]);
        let mut writes = vec![
            row::insert(&identity, &change)?,
            Write::put(Key::identity(id), fixed),
            point(Key::name(&identity.name), name_was, id),
        ];
        writes.extend(taken.iter().map(|slot| slot.take(id)));
        writes.extend(idempotency::keep(new.key.as_ref(), &accepted, new.job.now)?);
        match self.table.write(&writes).await? {
            Verdict::Written => Ok(Some(accepted)),
            Verdict::Refused(refusals) => {
                let row = refusals.into_iter().find(|refusal| refusal.place == 0);
                match row.and_then(|refusal| refusal.item) {
                    Some(row) if Stored::of(&row)?.row.preview != id => {
                        Err(CreateError::ShortTaken)
                    }
                    _ => Ok(None),
                }
            }
        }
    }

    async fn quota_slot(&self, pool: String, most: u32, whose: &str) -> Result<Slot, CreateError> {
        let mut taken = slots::taken(self, &pool).await?;
        if let Some(number) = slots::any_free(&taken, 0..most) {
            return Ok(Slot { pool, number });
        }
        slots::reclaim(self, &pool, &mut taken, Row::is_gone).await?;
        if let Some(number) = slots::any_free(&taken, 0..most) {
            return Ok(Slot { pool, number });
        }
        Err(CreateError::Quota {
            whose: whose.to_owned(),
            most,
            holders: self.names_of(&taken).await?,
        })
    }

    /// The names of a handful of previews that hold slots.
    async fn names_of(&self, taken: &BTreeMap<u32, PreviewId>) -> Result<Vec<String>, StoreError> {
        let keys: Vec<_> = taken
            .values()
            .take(5)
            .map(|id| Key::identity(*id))
            .collect();
        let read = |item: Item| Ok(item.body::<Identity>()?.name.to_string());
        self.table
            .get_all(&keys)
            .await?
            .into_iter()
            .map(read)
            .collect()
    }

    /// The first listener that has room.
    async fn choose(&self, listeners: &[Listener]) -> Result<Route, CreateError> {
        for listener in listeners {
            let slot = match listener.slots {
                None => None,
                Some(most) => {
                    let pool = slots::listener(&listener.name);
                    let mut taken = slots::taken(self, &pool).await?;
                    let mut free = slots::any_free(&taken, 0..most);
                    if free.is_none() {
                        slots::reclaim(self, &pool, &mut taken, slots::has_receipt).await?;
                        free = slots::any_free(&taken, 0..most);
                    }
                    match free {
                        Some(slot) => Some(slot),
                        None => continue,
                    }
                }
            };
            return Ok(Route {
                listener: listener.name.clone(),
                slot,
                url: listener.url.clone(),
            });
        }
        Err(CreateError::NoListener)
    }

    /// The preview that a name points to.
    async fn holder_of(&self, name: &DnsName) -> Result<Holder, StoreError> {
        let item = self.table.get(&Key::name(name)).await?;
        let id = item.map(|item| item.parse(POINTS_TO)).transpose()?;
        let whole = match id {
            Some(id) => self.load_whole(id).await?,
            None => None,
        };
        Ok(Holder { id, whole })
    }

    /// The latest preview of this name.
    pub(super) async fn named(&self, name: &DnsName) -> Result<Option<Snapshot>, StoreError> {
        Ok(self.holder_of(name).await?.whole.map(as_snapshot))
    }

    /// The preview of this short id.
    pub(super) async fn short(&self, short: ShortId) -> Result<Option<Snapshot>, StoreError> {
        Ok(self.load_short(short).await?.map(as_snapshot))
    }
}

/// Makes a name point to a preview, if it still points to where it did.
fn point(key: Key, was: Option<PreviewId>, id: PreviewId) -> Write {
    let put = Write::put(key, vec![(POINTS_TO, text(id.to_string()))]);
    match was {
        None => put.on(ABSENT),
        Some(old) => put.only_if("#preview = :old", vec![("old", text(old.to_string()))]),
    }
}

fn as_snapshot((identity, stored): (Identity, Stored)) -> Snapshot {
    Snapshot {
        identity,
        row: stored.row,
    }
}

fn answer(identity: &Identity, row: &Row, new: &NewPreview) -> Accepted {
    Accepted {
        preview: identity.id,
        job: JobRef {
            id: new.job.id,
            kind: JobKind::Create,
        },
        url: identity.url().map(str::to_owned),
        expires_at: row.expires_at,
        repeat: Repeat::No,
    }
}

//! Create: everything that a new preview takes, in one transaction.

use tempus_model::transition::accept::{self, NameStands};
use tempus_model::{Identity, PreviewId, Route};

use super::super::desk::Desk;
use super::super::tables::{idempotency, previews, rows, slots, specs};
use super::want;
use crate::{Accepted, CreateError, Listener, NewPreview, Repeat, StoreError};

/// Accepts a create, or the update that it is.
pub(crate) fn create(db: &Desk, new: &NewPreview) -> Result<Accepted, CreateError> {
    if let Some(first) = idempotency::first_answer(db, new.key.as_ref(), new.job.now)? {
        return Ok(first);
    }
    let holder = previews::by_name(db, &new.identity.name)?;
    let (owner, origin) = (&new.identity.owner, &new.identity.origin);
    let stands = accept::name_stands(holder.as_ref(), owner, origin, new.job.now);
    let accepted = match (stands, holder) {
        (NameStands::Free, _) => fresh(db, new, None)?,
        (NameStands::After(old), _) => fresh(db, new, Some(old))?,
        (NameStands::Expired(preview, expires_at), _) => {
            return Err(CreateError::Expired {
                preview,
                expires_at,
            });
        }
        (NameStands::Ours(preview), Some(holder)) => {
            let expires_at = holder.row.expires_unpinned_at().max(new.expires_at);
            want::converge(db, preview, &new.spec, Some(expires_at), &new.job)?
        }
        (_, holder) => {
            let login = holder
                .map(|holder| holder.identity.owner.login)
                .unwrap_or_default();
            return Err(CreateError::NameTaken(login));
        }
    };
    idempotency::keep(db, new.key.as_ref(), &accepted, new.job.now)?;
    Ok(accepted)
}

fn fresh(
    db: &Desk,
    new: &NewPreview,
    predecessor: Option<PreviewId>,
) -> Result<Accepted, CreateError> {
    new.within_budget()?;
    let owner = &new.identity.owner;
    let of_owner = slots::quota_of(&owner.id);
    let own_slot = quota_slot(db, &of_owner, new.quotas.per_owner, &owner.login)?;
    let slot = quota_slot(db, slots::QUOTA_ALL, new.quotas.total, "this installation")?;
    if previews::is_short_used(db, new.identity.short())? {
        return Err(CreateError::ShortTaken);
    }
    let route = if new.spec.has_url() {
        Some(choose(db, &new.listeners)?)
    } else {
        None
    };
    let identity = Identity {
        route,
        predecessor,
        ..new.identity.clone()
    };

    let change = accept::create(
        &identity,
        new.spec.id(),
        new.expires_at,
        new.warn_before,
        &new.job,
    );
    let key = previews::insert(db, &identity, &change.row)?;
    rows::insert(db, key, &change)?;
    specs::put(db, key, &new.spec)?;
    slots::take(db, &of_owner, own_slot, key)?;
    slots::take(db, slots::QUOTA_ALL, slot, key)?;
    if let Some((listener, slot)) = identity.slot() {
        slots::take(db, &slots::listener(listener), slot, key)?;
    }
    Ok(Accepted {
        preview: identity.id,
        job: change.row.last_job,
        url: identity.route.map(|route| route.url),
        expires_at: change.row.expires_at,
        repeat: Repeat::No,
    })
}

fn quota_slot(db: &Desk, pool: &str, most: u32, whose: &str) -> Result<u32, CreateError> {
    if let Some(slot) = slots::lowest_free(db, pool, most)? {
        return Ok(slot);
    }
    let holders = slots::holders(db, pool)?;
    let names = holders
        .into_iter()
        .map(|key| Ok(previews::identity(db, key)?.name.to_string()));
    Err(CreateError::Quota {
        whose: whose.to_owned(),
        most,
        holders: names.collect::<Result<_, StoreError>>()?,
    })
}

/// The first listener that has room.
fn choose(db: &Desk, listeners: &[Listener]) -> Result<Route, CreateError> {
    for listener in listeners {
        let slot = match listener.slots {
            None => None,
            Some(most) => match slots::lowest_free(db, &slots::listener(&listener.name), most)? {
                Some(slot) => Some(slot),
                None => continue,
            },
        };
        return Ok(Route {
            listener: listener.name.clone(),
            slot,
            url: listener.url.clone(),
        });
    }
    Err(CreateError::NoListener)
}

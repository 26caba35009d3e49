//! List: pages of previews, newest first.
//!
//! A page is a walk along one index that ends in `(created_at, key)`, from where the last page
//! ended: previews that arrive meanwhile are newer, so they move nothing. An index that also has the
//! phase is walked once per phase, one that tells the living from the gone once for each, and the walks
//! are merged.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use tempus_model::{Phase, Snapshot};

use super::super::tables::packed::Body;
use super::super::tables::{all, decode};
use crate::{Cursor, Filter, Page, StoreError};

/// Where a page ended. Its text is opaque to clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    created_at: i64,
    key: i64,
}

/// A page of the previews that match.
pub(crate) fn list(
    db: &Connection,
    filter: &Filter,
    after: Option<&Cursor>,
    most: usize,
) -> Result<Page<Snapshot>, StoreError> {
    let after = after.map(Place::read).transpose()?;
    // One read transaction, so that a preview whose phase changes meanwhile is seen once.
    let snapshot = db
        .unchecked_transaction()
        .map_err(super::super::error::sql)?;
    let mut found = Vec::new();
    for one in walks(filter) {
        found.extend(walk(&snapshot, filter, one, after, most.saturating_add(1))?);
    }
    found.sort_unstable_by_key(|(place, ..)| std::cmp::Reverse(*place));
    let more = found.len() > most;
    found.truncate(most);
    let next = found
        .last()
        .filter(|_| more)
        .map(|(place, ..)| place.write());
    let read = |(_, identity, row): (Place, String, Body)| {
        Ok(Snapshot {
            identity: decode(&identity)?,
            row: decode(&row)?,
        })
    };
    let items = found
        .into_iter()
        .map(read)
        .collect::<Result<_, StoreError>>()?;
    Ok(Page { items, next })
}

/// The index that serves a filter best: the one with the fewest previews to a value. What it does
/// not cover is checked preview by preview.
fn index(filter: &Filter) -> &'static str {
    match filter {
        Filter { parked: true, .. } => "previews_parked",
        Filter {
            pr_number: Some(_), ..
        } => "previews_pr",
        Filter {
            repository: Some(_),
            ..
        } => "previews_repository",
        Filter { owner: Some(_), .. } => "previews_owner",
        Filter { phases, .. } if !phases.is_empty() => "previews_phase",
        _ => "previews_newest",
    }
}

/// What one walk goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Walk {
    All,
    /// Those of one phase.
    Phase(Phase),
    /// The gone ones, or those that are not.
    Gone(bool),
}

/// The walks that together find what is asked for.
fn walks(filter: &Filter) -> Vec<Walk> {
    let phases = &filter.phases;
    match index(filter) {
        "previews_owner" | "previews_repository" => {
            let wanted = |is_gone: &bool| {
                phases.is_empty() || phases.iter().any(|phase| phase.is_gone() == *is_gone)
            };
            let groups = [false, true].into_iter().filter(wanted);
            groups.map(Walk::Gone).collect()
        }
        _ if phases.is_empty() => vec![Walk::All],
        _ => {
            let wanted = Phase::ALL.into_iter().filter(|one| phases.contains(one));
            wanted.map(Walk::Phase).collect()
        }
    }
}

fn walk(
    db: &Connection,
    filter: &Filter,
    one: Walk,
    after: Option<Place>,
    most: usize,
) -> Result<Vec<(Place, String, Body)>, StoreError> {
    let (statement, values) = query(filter, one, after, most);
    all(db, &statement, params_from_iter(values), |record| {
        let place = Place {
            created_at: record.get(0)?,
            key: record.get(1)?,
        };
        Ok((place, record.get(2)?, record.get(3)?))
    })
}

/// One walk. There are few filters, so the statements stay prepared.
fn query(filter: &Filter, one: Walk, after: Option<Place>, most: usize) -> (String, Vec<Value>) {
    let mut conditions = Vec::<String>::new();
    let mut values = Vec::<Value>::new();
    if let Some(owner) = &filter.owner {
        conditions.push("owner = ?".to_owned());
        values.push(owner.clone().into());
    }
    if let Some(repository) = &filter.repository {
        conditions.push("repository = ?".to_owned());
        values.push(repository.clone().into());
    }
    if let Some(number) = filter.pr_number {
        conditions.push("pr = ?".to_owned());
        values.push(number.cast_signed().into());
    }
    match one {
        Walk::All => {}
        Walk::Phase(phase) => {
            conditions.push("phase = ?".to_owned());
            values.push(phase.as_str().to_owned().into());
        }
        Walk::Gone(is_gone) => {
            conditions.push("is_gone = ?".to_owned());
            values.push(is_gone.into());
            if !filter.phases.is_empty() {
                let places = vec!["?"; filter.phases.len()].join(", ");
                conditions.push(format!("phase IN ({places})"));
                let phases = filter.phases.iter();
                values.extend(phases.map(|phase| Value::from(phase.as_str().to_owned())));
            }
        }
    }
    if filter.parked {
        conditions.push("parked = 1".to_owned());
    }
    if let Some(place) = after {
        conditions.push("(created_at, previews.key) < (?, ?)".to_owned());
        values.extend([place.created_at.into(), place.key.into()]);
    }
    values.push(i64::try_from(most).unwrap_or(i64::MAX).into());
    let conditions = match conditions.join(" AND ") {
        none if none.is_empty() => none,
        some => format!("WHERE {some}"),
    };
    let statement = format!(
        "SELECT created_at, previews.key, identity, rows.body
         FROM previews INDEXED BY {} CROSS JOIN rows USING (key)
         {conditions} ORDER BY created_at DESC, previews.key DESC LIMIT ?",
        index(filter),
    );
    (statement, values)
}

impl Place {
    const WIDTH: usize = 16;

    fn write(self) -> Cursor {
        Cursor(format!("{:016x}{:016x}", self.created_at, self.key))
    }

    fn read(cursor: &Cursor) -> Result<Self, StoreError> {
        let text = &cursor.0;
        let hex = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() != 2 * Self::WIDTH || !hex {
            return Err(StoreError::BadCursor);
        }
        let (created_at, key) = text.split_at(Self::WIDTH);
        let number = |digits| u64::from_str_radix(digits, 16).map(u64::cast_signed);
        match (number(created_at), number(key)) {
            (Ok(created_at), Ok(key)) => Ok(Self { created_at, key }),
            _ => Err(StoreError::BadCursor),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever is asked for, SQLite walks one index, in its order, to one preview's row each: it
    /// sorts nothing and reads no history that does not match.
    #[test]
    fn every_filter_is_one_walk_along_an_index() {
        let db = super::super::super::schema::in_memory().unwrap();
        let after = Place {
            created_at: 1,
            key: 1,
        };
        for bits in 0..32 {
            let chosen = |bit: u32| bits & (1 << bit) != 0;
            let filter = Filter {
                owner: chosen(0).then(|| "ada".to_owned()),
                repository: chosen(1).then(|| "ada/app".to_owned()),
                pr_number: chosen(2).then_some(7),
                phases: if chosen(3) {
                    vec![Phase::Ready, Phase::Failed]
                } else {
                    Vec::new()
                },
                parked: chosen(4),
            };
            for one in walks(&filter) {
                let (statement, values) = query(&filter, one, Some(after), 10);
                let explain = format!("EXPLAIN QUERY PLAN {statement}");
                let plan: Vec<String> = all(&db, &explain, params_from_iter(values), |record| {
                    record.get(3)
                })
                .unwrap();
                let [outer, inner] = &plan[..] else {
                    panic!("{filter:?}: {plan:?}")
                };
                assert!(
                    outer.starts_with("SEARCH previews USING INDEX"),
                    "{filter:?}: {plan:?}"
                );
                assert!(
                    inner.starts_with("SEARCH rows USING INTEGER PRIMARY KEY"),
                    "{plan:?}"
                );
            }
        }
    }
}

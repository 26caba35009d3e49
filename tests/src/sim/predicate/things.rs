//! What exists, and what the rows say of it.

use std::collections::BTreeMap;

use tempus_steps::Resource;
use tempus_steps::sim::{Item, Kind, Life};

use super::super::witness::Written;
use super::{Around, Came, Landed};

/// What exists, as a ledger's entry would name it.
pub fn resource_of(item: &Item) -> Resource {
    let versioned = matches!(item.kind, Kind::Definition | Kind::Service);
    Resource {
        kind: item.kind.as_str().to_owned(),
        name: item.name.clone(),
        revision: versioned.then(|| item.revision.clone()),
    }
}

pub(super) fn what_exists_is_wanted(around: &dyn Around) -> Result<(), String> {
    let mut expected = BTreeMap::new();
    for row in around.rows() {
        for entry in row.ledger.entries() {
            if !entry.done {
                return Err(format!(
                    "{} is in the ledger of {} at rest, not done",
                    entry.step, row.preview
                ));
            }
            if let Some(resource) = around.resource(entry)
                && resource.kind != "timer"
            {
                *expected.entry(resource).or_insert(0) += 1;
            }
        }
        let (alarms, now) = (around.alarms(row.preview), around.now());
        let soon = row.expires_at <= now.after(around.bounds().alarm_off_by);
        let wanted = usize::from(row.desired.is_present());
        if alarms > wanted || (alarms < wanted && !soon) {
            return Err(format!(
                "{wanted} alarm should stand for {}, but {alarms} do",
                row.preview
            ));
        }
    }
    let mut actual = BTreeMap::new();
    for item in around.things() {
        if item.life == Life::Draining {
            return Err(format!("{} still drains at rest", item.name));
        }
        *actual.entry(resource_of(&item)).or_insert(0) += 1;
    }
    let difference = |a: &BTreeMap<Resource, i32>, b: &BTreeMap<Resource, i32>| {
        let more = a
            .iter()
            .filter(|(what, count)| b.get(*what).unwrap_or(&0) < *count);
        let more = more.map(|(what, _)| {
            let revision = what.revision.as_deref().unwrap_or_default();
            format!("{} {} {revision}", what.kind, what.name)
        });
        more.collect::<Vec<_>>().join(", ")
    };
    if expected == actual {
        return Ok(());
    }
    Err(format!(
        "missing: [{}], left behind: [{}]",
        difference(&expected, &actual),
        difference(&actual, &expected)
    ))
}

pub(super) fn one_lives(landed: &Landed, around: &dyn Around) -> Result<(), String> {
    if landed.item.kind != Kind::Service || landed.came != Came::InTime {
        return Ok(());
    }
    let service = |item: &Item| item.name.rsplit('-').next().unwrap_or_default().to_owned();
    let (name, is) = (around.name(landed.item.tags.1), service(&landed.item));
    let others = around.things().into_iter().filter(|other| {
        other.kind == Kind::Service
            && other.life == Life::Active
            && other.number != landed.item.number
            && !around.is_late(other)
            && service(other) == is
            && around.name(other.tags.1) == name
    });
    match others.map(|other| other.name).next() {
        Some(other) => Err(format!("{} came to live beside {other}", landed.item.name)),
        None => Ok(()),
    }
}

pub(super) fn struck_out_when_gone(
    written: &Written<'_>,
    around: &dyn Around,
) -> Result<(), String> {
    let Some(before) = written.before else {
        return Ok(());
    };
    let entries = before.ledger.entries().iter();
    let struck: Vec<_> = entries
        .filter(|entry| written.after.ledger.get(&entry.step).is_none())
        .filter_map(|entry| around.resource(entry))
        .filter(|resource| resource.kind != "timer")
        .collect();
    if struck.is_empty() {
        return Ok(());
    }
    let things = around.things();
    let left = things.iter().find(|item| {
        item.life == Life::Active
            && item.age() > around.bounds().lag
            && !around.is_late(item)
            && struck.contains(&resource_of(item))
    });
    left.map_or(Ok(()), |item| {
        Err(format!(
            "{} {} {} was struck out of its ledger and exists",
            item.kind.as_str(),
            item.name,
            item.revision
        ))
    })
}

pub(super) fn listed_first(landed: &Landed, around: &dyn Around) -> Result<(), String> {
    if landed.came != Came::InTime {
        return Ok(());
    }
    let is = resource_of(&landed.item);
    let mut entries = landed.row.ledger.entries().iter();
    // A call may land while its step is turned to another revision: what is listed is the name.
    let listed = entries.any(|entry| {
        around
            .resource(entry)
            .is_some_and(|r| r.kind == is.kind && r.name == is.name)
    });
    if listed {
        return Ok(());
    }
    Err(format!(
        "{} {} came to exist and is in no ledger",
        is.kind, is.name
    ))
}

pub(super) fn recorded_when_made(written: &Written<'_>, around: &dyn Around) -> Result<(), String> {
    for entry in written
        .after
        .ledger
        .entries()
        .iter()
        .filter(|entry| entry.done)
    {
        let was = written
            .before
            .and_then(|before| before.ledger.get(&entry.step));
        if was.is_some_and(|was| was.done && was.planned.get() == entry.planned.get()) {
            continue;
        }
        if let Some(resource) = around.resource(entry)
            && resource.kind != "timer"
            && !around.has_existed(&resource)
        {
            return Err(format!("{} is recorded as made and never was", entry.step));
        }
    }
    Ok(())
}

pub(super) fn proven_when_gone(written: &Written<'_>, around: &dyn Around) -> Result<(), String> {
    let Some(receipt) = written.receipt else {
        return Ok(());
    };
    let preview = written.preview();
    if let Some(check) = receipt.checks.iter().find(|check| !check.found.is_empty()) {
        return Err(format!("the receipt of {preview} finds {check:?}"));
    }
    let left = around
        .things()
        .into_iter()
        .find(|item| item.tags.1 == preview);
    if let Some(item) = left {
        return Err(format!("{preview} has a receipt, and {} exists", item.name));
    }
    match around.alarms(preview) {
        0 => Ok(()),
        alarms => Err(format!("{preview} has a receipt, and {alarms} alarms")),
    }
}

pub(super) fn nothing_comes(landed: &Landed, around: &dyn Around) -> Result<(), String> {
    match landed.row.receipt_at {
        Some(at) if landed.came != Came::Overdue => Err(format!(
            "{} came to exist at {}, after the receipt of {at}",
            landed.item.name,
            around.now()
        )),
        _ => Ok(()),
    }
}

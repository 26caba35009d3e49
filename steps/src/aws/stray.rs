//! What exists, in the words that all platforms share.

use std::collections::BTreeSet;

use tempus_model::{PreviewId, Timestamp};

use super::client::{Life, Seen};
use super::listing::{ListedGroup, ListedRule};
use super::names::{last_part, preview_of, preview_of_parameter};
use super::tags::{NAME, Tags};
use crate::{Resource, Stray};

/// A service; one that is gone and only still shown is nothing.
pub(super) fn service(seen: &Seen) -> Option<Stray> {
    if seen.life == Life::Inactive {
        return None;
    }
    let preview = preview_of(&seen.name).or_else(|| seen.tags.preview());
    let family = Some(seen.family.clone());
    Some(stray(
        "service",
        &seen.name,
        family,
        preview,
        seen.created_at,
    ))
}

/// A target group.
pub(super) fn group(group: &ListedGroup) -> Stray {
    let (preview, since) = whose(&group.tags);
    stray("target-group", &group.name, None, preview, since)
}

/// Rules, of which two of one name are one too many; the ones to be kept come first. One that was
/// listed twice, because the pages shifted while they were read, is one.
pub(super) fn rules(mut rules: Vec<ListedRule>, is_kept: impl Fn(&str) -> bool) -> Vec<Stray> {
    let mut arns = BTreeSet::new();
    rules.retain(|rule| arns.insert(rule.arn.clone()));
    rules.sort_by_key(|rule| !is_kept(&rule.arn));
    let mut names = BTreeSet::new();
    rules
        .iter()
        .map(|rule| {
            let name = rule.tags.get(NAME).unwrap_or(last_part(&rule.arn));
            let again = !names.insert(name.to_owned());
            let (preview, since) = whose(&rule.tags);
            let revision = again.then(|| rule.arn.clone());
            stray("rule", name, revision, preview, since)
        })
        .collect()
}

/// A security group; its name says whose it is.
pub(super) fn security_group(name: &str) -> Stray {
    stray("security-group", name, None, preview_of(name), None)
}

/// A parameter that holds a database's URL; its name says whose it is.
pub(super) fn parameter(name: &str) -> Stray {
    stray("database-url", name, None, preview_of_parameter(name), None)
}

/// A log group; the last part of its name says whose it is.
pub(super) fn log_group(name: &str) -> Stray {
    stray("log-group", name, None, preview_of(last_part(name)), None)
}

/// What moves a service's count; the service's name says whose it is.
pub(super) fn scaling(service: &str) -> Stray {
    stray("scaling", service, None, preview_of(service), None)
}

/// A schedule; its name says whose it is.
pub(super) fn schedule(name: &str) -> Stray {
    stray("task-schedule", name, None, preview_of(name), None)
}

fn whose(tags: &Tags) -> (Option<PreviewId>, Option<Timestamp>) {
    (tags.preview(), tags.since())
}

pub(super) fn stray(
    kind: &str,
    name: &str,
    revision: Option<String>,
    preview: Option<PreviewId>,
    since: Option<Timestamp>,
) -> Stray {
    Stray {
        resource: Resource {
            kind: kind.to_owned(),
            name: name.to_owned(),
            revision,
        },
        preview,
        since,
    }
}

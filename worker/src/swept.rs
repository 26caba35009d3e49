//! What one sweep remembers for the next: how much there was, and whose turn it is.

use std::collections::{BTreeMap, BTreeSet};

use tempus_model::PreviewId;
use tempus_steps::{Resource, Stray};

/// How many of a kind there must have been for that kind's own listing to be called shrunk: of
/// fewer, half are gone whenever one preview is.
const OF_NOTE: usize = 4;
/// What a worker's sweeps remember of each other.
#[derive(Debug, Default)]
pub(crate) struct Swept {
    /// How many there were of each kind.
    listed: Option<BTreeMap<String, usize>>,
    /// The preview that was marked last: the next sweep begins behind it, so that those which
    /// always differ do not keep the others from their turn.
    pub(crate) marked: Option<PreviewId>,
}

impl Swept {
    /// Whether much less is listed than the time before; the first time, than the rows say. The
    /// second time it is how things are.
    pub(crate) fn has_shrunk(
        &mut self,
        listed: &[Stray],
        ready: &BTreeMap<PreviewId, BTreeSet<Resource>>,
    ) -> bool {
        let now = count(listed.iter().map(|stray| &stray.resource));
        let before = self.listed.replace(now.clone());
        let before = before.unwrap_or_else(|| count(ready.values().flatten()));
        let (total, total_before): (usize, usize) = (now.values().sum(), before.values().sum());
        if is_under_half(total, total_before) {
            tracing::warn!(
                listed = total,
                before = total_before,
                "the inventory is unexpectedly small: nothing is concluded from this one"
            );
            return true;
        }
        for (kind, before) in before {
            let listed = now.get(&kind).copied().unwrap_or_default();
            if before >= OF_NOTE && is_under_half(listed, before) {
                tracing::warn!(
                    kind,
                    listed,
                    before,
                    "the inventory is unexpectedly small: nothing is concluded from this one"
                );
                return true;
            }
        }
        false
    }
}

fn count<'r>(resources: impl Iterator<Item = &'r Resource>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for resource in resources {
        *counts.entry(resource.kind.clone()).or_default() += 1;
    }
    counts
}

fn is_under_half(now: usize, before: usize) -> bool {
    now < before.div_ceil(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(kinds: &[(&str, usize)]) -> Vec<Stray> {
        let of = |(kind, number): &(&str, usize)| {
            let kind = (*kind).to_owned();
            (0..*number).map(move |n| Stray {
                resource: Resource {
                    kind: kind.clone(),
                    name: n.to_string(),
                    revision: None,
                },
                preview: None,
                since: None,
            })
        };
        kinds.iter().flat_map(of).collect()
    }

    #[test]
    fn less_than_half_is_believed_the_second_time() {
        let mut memory = Swept::default();
        let mut has_shrunk =
            |kinds: &[(&str, usize)]| memory.has_shrunk(&listed(kinds), &BTreeMap::new());
        assert!(!has_shrunk(&[("rule", 10), ("service", 10)]));
        assert!(!has_shrunk(&[("rule", 5), ("service", 5)]), "half");
        assert!(has_shrunk(&[]), "empty");
        assert!(!has_shrunk(&[]), "empty again");
        assert!(!has_shrunk(&[("rule", 4), ("service", 40)]), "more");
        assert!(has_shrunk(&[("service", 40)]), "all of one kind");
        assert!(!has_shrunk(&[("service", 40)]), "again");
        assert!(!has_shrunk(&[("rule", 3), ("service", 40)]));
        assert!(!has_shrunk(&[("service", 40)]), "few of one kind");
    }

    /// A worker that has just started holds the listing against the rows.
    #[test]
    fn the_first_is_held_against_what_the_rows_say() {
        let resources = listed(&[("rule", 6)]).into_iter().map(|of| of.resource);
        let preview = PreviewId::new(uuid::Uuid::from_u128(1));
        let ready = BTreeMap::from([(preview, resources.collect())]);
        let mut memory = Swept::default();
        assert!(memory.has_shrunk(&listed(&[("rule", 2)]), &ready));
        assert!(!memory.has_shrunk(&listed(&[("rule", 2)]), &ready));
    }
}

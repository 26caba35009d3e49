//! Queries of the table and of its indexes.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::item::{Item, Key, text};
use super::write::names_in;

/// A walk along a partition of the table, or of one of its indexes.
#[derive(Debug, Clone)]
pub(in crate::aws) struct Query {
    /// The index; `None` is the table itself, read as it is now.
    pub(in crate::aws) index: Option<&'static str>,
    /// Which part of the partition.
    pub(in crate::aws) keys: String,
    /// What of it.
    pub(in crate::aws) filter: Option<String>,
    /// What the expressions mention as `:name`.
    pub(in crate::aws) values: HashMap<String, AttributeValue>,
    /// Which end it begins at.
    pub(in crate::aws) order: Order,
    /// How many items a page looks at.
    pub(in crate::aws) limit: Option<usize>,
    /// Where it begins.
    pub(in crate::aws) start: Option<Item>,
}

/// Which end a walk begins at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::aws) enum Order {
    /// The lowest sort key.
    Up,
    /// The highest sort key.
    Down,
}

impl Query {
    /// Along one partition of an index.
    pub(in crate::aws) fn index(
        index: &'static str,
        attribute: &'static str,
        partition: AttributeValue,
        order: Order,
    ) -> Self {
        Self {
            index: Some(index),
            keys: format!("#{attribute} = :partition"),
            filter: None,
            values: HashMap::from([(":partition".to_owned(), partition)]),
            order,
            limit: None,
            start: None,
        }
    }

    /// Along one partition of the table.
    pub(in crate::aws) fn partition(partition: String) -> Self {
        Self {
            index: None,
            keys: "#pk = :partition".to_owned(),
            filter: None,
            values: HashMap::from([(":partition".to_owned(), text(partition))]),
            order: Order::Up,
            limit: None,
            start: None,
        }
    }

    /// A slice of it.
    pub(in crate::aws) fn and(mut self, keys: &str, values: &[(&str, AttributeValue)]) -> Self {
        self.keys.push_str(" AND ");
        self.keys.push_str(keys);
        self.with(values)
    }

    /// Only those whose sort key begins so.
    pub(in crate::aws) fn beginning(self, prefix: &str) -> Self {
        self.and("begins_with(#sk, :prefix)", &[("prefix", text(prefix))])
    }

    /// Only those that match.
    pub(in crate::aws) fn matching(
        mut self,
        filter: &str,
        values: &[(&str, AttributeValue)],
    ) -> Self {
        self.filter = Some(match self.filter {
            Some(others) => format!("{others} AND {filter}"),
            None => filter.to_owned(),
        });
        self.with(values)
    }

    /// Looks at this many items a page.
    pub(in crate::aws) fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit.max(1));
        self
    }

    fn with(mut self, values: &[(&str, AttributeValue)]) -> Self {
        let values = values.iter();
        self.values
            .extend(values.map(|(name, value)| (format!(":{name}"), value.clone())));
        self
    }

    pub(in crate::aws) fn ascending(&self) -> bool {
        self.order == Order::Up
    }

    pub(in crate::aws) fn names(&self) -> HashMap<String, String> {
        let filter = self.filter.as_deref().unwrap_or_default();
        names_in(&self.keys).chain(names_in(filter)).collect()
    }
}

/// Both halves of the preview of this short id.
pub(in crate::aws) fn halves(short: tempus_model::ShortId) -> Query {
    Query::partition(Key::preview(short)).beginning(super::item::HALVES)
}

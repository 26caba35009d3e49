//! Conditional writes of items, alone or several in one transaction.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};

use super::item::{Item, Key};

/// A write of one item.
#[derive(Debug, Clone)]
pub(in crate::aws) struct Write {
    pub(in crate::aws) key: Key,
    pub(in crate::aws) change: Change,
    pub(in crate::aws) condition: Option<Condition>,
}

/// What becomes of the item.
#[derive(Debug, Clone)]
pub(in crate::aws) enum Change {
    /// It is this, whatever it was.
    Put(Vec<(&'static str, AttributeValue)>),
    /// These attributes are set, those removed, the others stay.
    Update {
        set: Vec<(&'static str, AttributeValue)>,
        remove: Vec<&'static str>,
    },
    /// It goes.
    Delete,
}

/// What must hold of the item as it is. Attributes are written `#name`, values `:name`.
#[derive(Debug, Clone)]
pub(in crate::aws) struct Condition {
    pub(in crate::aws) expression: &'static str,
    pub(in crate::aws) values: Vec<(&'static str, AttributeValue)>,
}

/// The condition that no item is there yet.
pub(in crate::aws) const ABSENT: Condition = Condition {
    expression: "attribute_not_exists(#pk)",
    values: Vec::new(),
};

impl Write {
    fn of(key: Key, change: Change) -> Self {
        Self {
            key,
            change,
            condition: None,
        }
    }

    pub(in crate::aws) fn put(key: Key, attributes: Vec<(&'static str, AttributeValue)>) -> Self {
        Self::of(key, Change::Put(attributes))
    }

    pub(in crate::aws) fn update(key: Key, set: Vec<(&'static str, AttributeValue)>) -> Self {
        let remove = Vec::new();
        Self::of(key, Change::Update { set, remove })
    }

    pub(in crate::aws) fn delete(key: Key) -> Self {
        Self::of(key, Change::Delete)
    }

    /// Makes it conditional.
    pub(in crate::aws) fn only_if(
        self,
        expression: &'static str,
        values: Vec<(&'static str, AttributeValue)>,
    ) -> Self {
        self.on(Condition { expression, values })
    }

    /// Makes it conditional.
    pub(in crate::aws) fn on(mut self, condition: Condition) -> Self {
        self.condition = Some(condition);
        self
    }

    /// The item that a put makes.
    pub(in crate::aws) fn item(&self) -> HashMap<String, AttributeValue> {
        let mut item = self.key.attributes();
        if let Change::Put(attributes) = &self.change {
            item.extend(attributes.iter().map(|(k, v)| ((*k).to_owned(), v.clone())));
        }
        item
    }

    /// The expressions that carry it out.
    pub(in crate::aws) fn expressions(&self) -> Expressions {
        let mut made = Expressions::default();
        match &self.change {
            Change::Put(_) | Change::Delete => {}
            Change::Update { set, remove } => {
                let mut sets = Vec::new();
                for (name, value) in set {
                    sets.push(format!("#{name} = :set_{name}"));
                    made.values.insert(format!(":set_{name}"), value.clone());
                }
                let mut update = format!("SET {}", sets.join(", "));
                if !remove.is_empty() {
                    let removes: Vec<_> = remove.iter().map(|name| format!("#{name}")).collect();
                    update = format!("{update} REMOVE {}", removes.join(", "));
                }
                made.update = Some(update);
            }
        }
        if let Some(condition) = &self.condition {
            made.condition = Some(condition.expression.to_owned());
            for (name, value) in &condition.values {
                made.values.insert(format!(":{name}"), value.clone());
            }
        }
        for text in [&made.update, &made.condition].into_iter().flatten() {
            made.names.extend(names_in(text));
        }
        made
    }

    /// As a part of a transaction.
    pub(in crate::aws) fn in_transaction(
        &self,
        table: &str,
    ) -> Result<TransactWriteItem, BuildError> {
        let made = self.expressions();
        let all_old = ReturnValuesOnConditionCheckFailure::AllOld;
        let part = TransactWriteItem::builder();
        Ok(match &self.change {
            Change::Put(_) => part.put(
                Put::builder()
                    .table_name(table)
                    .set_item(Some(self.item()))
                    .set_condition_expression(made.condition.clone())
                    .set_expression_attribute_names(made.some_names())
                    .set_expression_attribute_values(made.some_values())
                    .return_values_on_condition_check_failure(all_old)
                    .build()?,
            ),
            Change::Delete => part.delete(
                Delete::builder()
                    .table_name(table)
                    .set_key(Some(self.key.attributes()))
                    .set_condition_expression(made.condition.clone())
                    .set_expression_attribute_names(made.some_names())
                    .set_expression_attribute_values(made.some_values())
                    .return_values_on_condition_check_failure(all_old)
                    .build()?,
            ),
            Change::Update { .. } => part.update(
                Update::builder()
                    .table_name(table)
                    .set_key(Some(self.key.attributes()))
                    .set_update_expression(made.update.clone())
                    .set_condition_expression(made.condition.clone())
                    .set_expression_attribute_names(made.some_names())
                    .set_expression_attribute_values(made.some_values())
                    .return_values_on_condition_check_failure(all_old)
                    .build()?,
            ),
        }
        .build())
    }
}

/// The expressions of one call, with every name in them behind a `#`: no attribute's name can be
/// one of the several hundred words that DynamoDB reserves.
#[derive(Debug, Default)]
pub(in crate::aws) struct Expressions {
    pub(in crate::aws) update: Option<String>,
    pub(in crate::aws) condition: Option<String>,
    pub(in crate::aws) names: HashMap<String, String>,
    pub(in crate::aws) values: HashMap<String, AttributeValue>,
}

impl Expressions {
    /// DynamoDB refuses empty maps.
    pub(in crate::aws) fn some_names(&self) -> Option<HashMap<String, String>> {
        (!self.names.is_empty()).then(|| self.names.clone())
    }

    /// DynamoDB refuses empty maps.
    pub(in crate::aws) fn some_values(&self) -> Option<HashMap<String, AttributeValue>> {
        (!self.values.is_empty()).then(|| self.values.clone())
    }
}

/// The names that an expression mentions as `#name`.
pub(in crate::aws) fn names_in(expression: &str) -> impl Iterator<Item = (String, String)> {
    expression.split('#').skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let name = &rest[..end.unwrap_or(rest.len())];
        (format!("#{name}"), name.to_owned())
    })
}

/// What became of writes that were carried out together.
#[derive(Debug)]
pub(in crate::aws) enum Verdict {
    /// All of them were made.
    Written,
    /// None was made: the conditions of these, by their place, did not hold.
    Refused(Vec<Refusal>),
}

/// A condition that did not hold.
#[derive(Debug)]
pub(in crate::aws) struct Refusal {
    /// Which write's.
    pub(in crate::aws) place: usize,
    /// The item as it is, if there is one.
    pub(in crate::aws) item: Option<Item>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_in_an_expression_is_named() {
        let mut names: Vec<_> = names_in("attribute_not_exists(#pk) OR (#kept_at<=:t AND #b = :b)")
            .map(|(_, name)| name)
            .collect();
        names.sort();
        assert_eq!(names, ["b", "kept_at", "pk"]);
    }
}

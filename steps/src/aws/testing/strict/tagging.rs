//! The tagging API, which still lists what was deleted.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{page, xml};

type Tags = BTreeMap<String, String>;

/// The tags that things were made with, by ARN.
#[derive(Default)]
pub(super) struct Tagged(BTreeMap<String, Tags>);

impl Tagged {
    pub(super) fn note_json(&mut self, operation: &str, input: &Value, output: &Value) {
        let arn = match operation {
            "CreateService" => &output["service"]["serviceArn"],
            "RegisterTaskDefinition" => &output["taskDefinition"]["taskDefinitionArn"],
            _ => return,
        };
        let tags = input["tags"].as_array().into_iter().flatten();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let tags = tags.map(|tag| (text(&tag["key"]), text(&tag["value"])));
        self.0.insert(text(arn), tags.collect());
    }

    pub(super) fn note_query(&mut self, operation: &str, input: &[(String, String)], output: &str) {
        let (arn, prefix) = match operation {
            "CreateTargetGroup" => (xml::text(output, "TargetGroupArn"), "Tags.member."),
            "CreateRule" => (xml::text(output, "RuleArn"), "Tags.member."),
            _ => return,
        };
        let of = |part: &str| {
            let part = format!(".{part}");
            let of = input
                .iter()
                .filter(move |(key, _)| key.starts_with(prefix) && key.ends_with(&part));
            of.map(|(_, value)| value.clone())
        };
        let tags = of("Key").zip(of("Value")).collect();
        self.0.insert(arn.unwrap().to_owned(), tags);
    }

    pub(super) fn get(&self, input: &Value) -> Value {
        let filters = input["TagFilters"].as_array().cloned().unwrap_or_default();
        let fits = |tags: &Tags| {
            filters.iter().all(|filter| {
                let value = tags.get(filter["Key"].as_str().unwrap());
                let values = filter["Values"].as_array().unwrap();
                value.is_some_and(|value| values.contains(&json!(value)))
            })
        };
        let all = self.0.iter().filter(|(_, tags)| fits(tags));
        let all: Vec<_> = all
            .map(|(arn, tags)| {
                let tags = tags.iter();
                let tags = tags.map(|(key, value)| json!({ "Key": key, "Value": value }));
                json!({ "ResourceARN": arn, "Tags": tags.collect::<Vec<_>>() })
            })
            .collect();
        let token = input["PaginationToken"]
            .as_str()
            .filter(|token| !token.is_empty());
        let (page, next) = page(&all, token, 0);
        json!({ "ResourceTagMappingList": page, "PaginationToken": next.unwrap_or_default() })
    }
}

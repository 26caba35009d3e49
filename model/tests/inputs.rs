//! What the fuzz targets check, on inputs that are made from what is really stored: any part of it
//! replaced by anything, removed, or cut off.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "../../fuzz/src/stored.rs"]
mod fuzz;

use proptest::prelude::*;
use serde_json::{Value, json};
use tempus_model::repository_file::RepositoryFile;

const STORED: [&str; 5] = [
    include_str!("golden/row-waiting.json"),
    include_str!("golden/row-full.json"),
    include_str!("golden/row-parked.json"),
    include_str!("golden/row-gone.json"),
    include_str!("golden/row-failed.json"),
];
const HINTS: &str = include_str!("golden/hints.json");
const SPEC: &str = include_str!("golden/spec.json");

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|n| json!(n)),
        "\\PC{0,12}".prop_map(Value::from),
        prop_oneof![
            Just("9999-12-30T22:00:00.999Z"),
            Just("-009999-01-02T01:59:59Z"),
            Just("1970-01-01T00:00:00Z"),
            Just("create@0"),
            Just("verify@65535"),
            Just("unwind"),
            Just(":"),
            Just(""),
            Just("ready"),
        ]
        .prop_map(Value::from),
        prop_oneof![Just(u64::MAX), Just(u64::from(u32::MAX)), Just(0)].prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,8}", inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Every place in a document.
fn places(value: &Value, at: String, all: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                places(value, format!("{at}/{key}"), all);
            }
        }
        Value::Array(list) => {
            for (i, value) in list.iter().enumerate() {
                places(value, format!("{at}/{i}"), all);
            }
        }
        _ => {}
    }
    all.push(at);
}

/// The document with up to three places changed.
fn changed(mut document: Value, changes: &[(prop::sample::Index, Value)]) -> String {
    for (which, with) in changes {
        let mut all = Vec::new();
        places(&document, String::new(), &mut all);
        let place: &String = which.get(&all);
        if let Some(place) = document.pointer_mut(place) {
            *place = with.clone();
        }
    }
    document.to_string()
}

fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, Value)>> {
    prop::collection::vec((any::<prop::sample::Index>(), anything()), 0..4)
}

/// A line of a repository's file, or what nearly is one. Every value has a word in it that no message may repeat.
fn line() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "command",
        "port",
        "container_port",
        "ttl",
        "template",
        "autoscale",
        "max",
        "secrets",
        "labels",
        "health_path",
        "environment",
        "services",
        "path",
        "name",
        "image",
        "schedule",
        "seed",
        "- name",
        "<<",
    ]);
    let value = prop_oneof![
        Just("hunter2".to_owned()),
        any::<i64>().prop_map(|n| n.to_string()),
        "\\PC{0,20}".prop_map(|text| format!("hunter2{text}")),
        Just(String::new()),
        Just("&a hunter2".to_owned()),
        Just("*a".to_owned()),
        Just("!!binary hunter2".to_owned()),
        Just("[hunter2, 1.5h]".to_owned()),
        Just("|".to_owned()),
    ];
    (0..4_usize, key, value)
        .prop_map(|(depth, key, value)| format!("{}{key}: {value}", "  ".repeat(depth)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn rows(which in 0..STORED.len(), changes in changes()) {
        let document: Value = serde_json::from_str(STORED[which]).unwrap();
        fuzz::rows(&changed(document, &changes));
    }

    #[test]
    fn hints(which in 0..9_usize, changes in changes(), cut in any::<prop::sample::Index>()) {
        let all: Vec<Value> = serde_json::from_str(HINTS).unwrap();
        let body = changed(all[which].clone(), &changes);
        fuzz::hints(&body);
        fuzz::hints(&body.chars().take(cut.index(body.len().max(1))).collect::<String>());
    }

    #[test]
    fn specs(changes in changes(), ttl in "[0-9.]{0,6}[smhdx ]{0,2}[0-9]{0,4}[smhd]?") {
        let document: Value = serde_json::from_str(SPEC).unwrap();
        fuzz::specs(&changed(document, &changes));
        fuzz::specs(&ttl);
    }

    #[test]
    fn names(text in ".{0,80}\n?.{0,80}") {
        fuzz::names(&text);
    }

    #[test]
    fn files(lines in prop::collection::vec(line(), 0..8), noise in ".{0,40}") {
        for text in [lines.join("\n"), noise] {
            fuzz::files(&text);
            if let Err(mistakes) = RepositoryFile::read("file", &text) {
                prop_assert!(!mistakes.to_string().contains("hunter2"), "{mistakes}");
            }
        }
    }
}

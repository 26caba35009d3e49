//! What AWS would bill for writes, worked out from the requests themselves and from what they made
//! of the table: an emulator charges a transaction nothing for the indexes, and AWS does.
//!
//! An item costs a unit for each kilobyte of what it was or is, whichever is longer; twice that in
//! a transaction. An index costs the same for its copy of the item when it comes, goes or changes,
//! and twice when it moves.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;

use super::super::table::index;
use super::super::{AwsEngine, AwsOptions, bootstrap};
use super::{access, wanted};
use crate::testing::emulator::Emulator;
use crate::testing::wire::{Fate, Request, Wire};

type Item = HashMap<String, AttributeValue>;
type Key = (String, String);

/// What a part of the story cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Billed {
    /// Requests to DynamoDB.
    pub(super) requests: usize,
    /// Write units of the table and its indexes.
    pub(super) units: f64,
}

/// A write as it was asked for.
struct Asked {
    key: Key,
    each: f64,
}

/// An engine whose writes are all seen.
pub(super) struct Bill {
    pub(super) engine: AwsEngine,
    seen: Arc<Mutex<Vec<Request>>>,
    items: BTreeMap<Key, Item>,
    table: String,
    sum: Billed,
    wrong: Vec<String>,
    _wire: Wire,
}

impl Bill {
    pub(super) async fn open(emulator: &Emulator) -> Self {
        let seen: Arc<Mutex<Vec<Request>>> = Arc::default();
        let noted = Arc::clone(&seen);
        let judge = move |request: &Request| {
            noted.lock().unwrap().push(request.clone());
            Fate::Passes
        };
        let wire = Wire::to(emulator.endpoint(), judge).await.unwrap();
        let mut made = bootstrap(&wanted(emulator.endpoint())).await.unwrap();
        for url in [&mut made.names.queue_url, &mut made.names.dead_letter_url] {
            *url = url.replace(emulator.endpoint(), wire.endpoint());
        }
        let table = made.names.table.clone();
        let options = AwsOptions::new(access(wire.endpoint()), made.names);
        let mut bill = Self {
            engine: AwsEngine::open(options).await.unwrap(),
            seen,
            items: BTreeMap::new(),
            table,
            sum: Billed {
                requests: 0,
                units: 0.0,
            },
            wrong: Vec::new(),
            _wire: wire,
        };
        bill.forget().await;
        bill
    }

    /// Leaves out what there has been since the last part.
    pub(super) async fn forget(&mut self) {
        self.items = self.scan().await;
        self.seen.lock().unwrap().clear();
    }

    /// What the story cost since the last part: no more and no less than this, with a row of a
    /// kilobyte at most.
    pub(super) async fn took(&mut self, part: &str, expected: Billed) {
        let seen = std::mem::take(&mut *self.seen.lock().unwrap());
        let dynamo: Vec<_> = seen
            .iter()
            .filter(|request| request.call.starts_with("dynamodb."))
            .collect();
        let now = self.scan().await;
        let asked = dynamo.iter().flat_map(|request| asked(request));
        let units = asked
            .map(|Asked { key, each }| {
                let (old, new) = (self.items.get(&key), now.get(&key));
                each * of_table(old, new) + of_indexes(old, new)
            })
            .sum();
        let row = now.iter().find(|((_, sk), _)| sk == "preview#row");
        let row = row.map_or(0, |(_, item)| size(item));
        let billed = Billed {
            requests: dynamo.len(),
            units,
        };
        println!(
            "| {part:<30} | {:>2} | {units:>4} | {row:>4} |",
            billed.requests
        );
        if billed != expected || row > 1024 {
            let wrong = format!("{part}: {billed:?}, the row has {row} bytes");
            self.wrong.push(wrong);
        }
        self.sum.requests += billed.requests;
        self.sum.units += units;
        self.items = now;
        self.seen.lock().unwrap().clear();
    }

    /// Every part cost what it should, and a life no more than what is published.
    pub(super) fn total(&self, published: f64) {
        println!("{:?}", self.sum);
        assert!(self.wrong.is_empty(), "{:#?}", self.wrong);
        assert!(self.sum.units <= published, "{:?}", self.sum);
        // The emulator says less, because of the indexes, and never more.
        let usage = self.engine.usage();
        println!("the emulator says {}", usage.write_units);
        assert!(usage.write_units <= self.sum.units, "{usage:?}");
    }

    async fn scan(&self) -> BTreeMap<Key, Item> {
        let scan = self.engine.clients.reads.scan().table_name(&self.table);
        let found = scan.consistent_read(true).send().await.unwrap();
        assert!(found.last_evaluated_key().is_none(), "a small table");
        let items = found.items.unwrap_or_default().into_iter();
        items.map(|item| (key(&item), item)).collect()
    }
}

fn key(item: &Item) -> Key {
    let part = |name| item[name].as_s().unwrap().clone();
    (part("pk"), part("sk"))
}

/// The writes of a request.
fn asked(request: &Request) -> Vec<Asked> {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let one = |write: &Value, each: f64| {
        let key = write.get("Key").or_else(|| write.get("Item")).unwrap();
        let part = |name: &str| key[name]["S"].as_str().unwrap().to_owned();
        let key = (part("pk"), part("sk"));
        Asked { key, each }
    };
    match request.call.rsplit('.').next().unwrap() {
        "PutItem" | "UpdateItem" | "DeleteItem" => vec![one(&body, 1.0)],
        "TransactWriteItems" => {
            let parts = body["TransactItems"].as_array().unwrap().iter();
            let parts = parts.flat_map(|part| part.as_object().unwrap().values());
            parts.map(|write| one(write, 2.0)).collect()
        }
        _ => Vec::new(),
    }
}

fn of_table(old: Option<&Item>, new: Option<&Item>) -> f64 {
    let bytes = old.map_or(0, size).max(new.map_or(0, size));
    kilobytes(bytes)
}

fn of_indexes(old: Option<&Item>, new: Option<&Item>) -> f64 {
    use index::{
        COPIED, DUE, DUE_AT, DUE_SHARD, LIST_AT, LIST_KEY, LISTED, NEWEST, NEWEST_KEY, PARKED,
        PARKED_KEY,
    };
    let indexes: [(&str, [&str; 2], &[&str]); 4] = [
        (DUE, [DUE_SHARD, DUE_AT], &[]),
        (LISTED, [LIST_KEY, LIST_AT], &COPIED),
        (NEWEST, [NEWEST_KEY, LIST_AT], &COPIED),
        (PARKED, [PARKED_KEY, LIST_AT], &[]),
    ];
    let units = indexes.iter().map(|(_, keys, copied)| {
        let copy = |item: Option<&Item>| -> Option<Item> {
            let item = item.filter(|item| keys.iter().all(|key| item.contains_key(*key)))?;
            let names = keys.iter().chain(*copied).chain(&["pk", "sk"]);
            let kept =
                names.filter_map(|name| Some(((*name).to_owned(), item.get(*name)?.clone())));
            Some(kept.collect())
        };
        match (copy(old), copy(new)) {
            (None, None) => 0.0,
            (Some(one), None) | (None, Some(one)) => kilobytes(size(&one)),
            (Some(old), Some(new)) if old == new => 0.0,
            (Some(old), Some(new)) if keys.iter().any(|key| old[*key] != new[*key]) => {
                kilobytes(size(&old)) + kilobytes(size(&new))
            }
            (Some(old), Some(new)) => kilobytes(size(&old).max(size(&new))),
        }
    });
    units.sum()
}

fn kilobytes(bytes: usize) -> f64 {
    f64::from(u32::try_from(bytes.div_ceil(1024).max(1)).unwrap())
}

/// An item's size as AWS counts it: names and values.
fn size(item: &Item) -> usize {
    let value = |value: &AttributeValue| match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        other => panic!("{other:?}"),
    };
    item.iter().map(|(name, v)| name.len() + value(v)).sum()
}

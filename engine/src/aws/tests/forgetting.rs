//! What is gone is forgotten, and nothing that is alive.

use std::collections::BTreeMap;

use tempus_model::transition::Seen;
use tempus_model::transition::accept::{DestroyReason, NewJob};
use tempus_model::transition::settle::Settle;
use tempus_model::transition::vouch::Vouch;
use tempus_model::{Actor, JobId, PreviewId, Receipt, Row};
use uuid::Uuid;

use super::super::AwsEngine;
use super::super::table::item::{Key, TTL};
use super::fresh;
use crate::conformance::{at, claim, new_preview, next_write};
use crate::testing::emulator::Emulator;
use crate::{Extended, Idempotency, NewPreview};

/// The times after which items may go, in days after the beginning, by their sort keys.
async fn times(engine: &AwsEngine) -> BTreeMap<String, Option<i64>> {
    let table = &engine.store.table;
    let scan = engine.clients.reads.scan().table_name(&table.name);
    let found = scan.consistent_read(true).send().await.unwrap();
    let items = found.items.unwrap_or_default().into_iter();
    let begin = at(0).millis() / 1000;
    let times = items.filter(|item| !item["pk"].as_s().unwrap().starts_with("name#"));
    let times = times.map(|item| {
        let sk = item["sk"].as_s().unwrap().clone();
        let time = item
            .get(TTL)
            .map(|time| time.as_n().unwrap().parse().unwrap());
        (sk, time.map(|time: i64| (time - begin) / 86_400))
    });
    times.filter(|(sk, _)| sk != "installation").collect()
}

async fn claimed(engine: &AwsEngine, preview: PreviewId, now: i64) -> Row {
    let store = engine.store();
    let row = store.get(preview).await.unwrap().unwrap().row;
    store.claim(preview, &claim(&row, at(now))).await.unwrap()
}

async fn settled(engine: &AwsEngine, preview: PreviewId, now: i64) {
    let row = claimed(engine, preview, now).await;
    let job = row.saga.as_ref().unwrap().job.unwrap();
    let settle = Settle {
        checkpoint: next_write(&row, at(now)),
        job: engine.store().job(job.id).await.unwrap(),
        seen: Seen::of(&row),
        verify_at: at(now),
        now: at(now),
    };
    engine.store().settle(&settle).await.unwrap();
}

/// From the receipt on, everything that tells of a preview has an end; until then only the answer
/// to its idempotency key. A receipt that is doubted keeps its row.
#[tokio::test]
async fn history_ends_and_life_does_not() {
    let engine = fresh(Emulator::shared().endpoint()).await;
    let store = engine.store();
    let key = Idempotency {
        owner: "ada".to_owned(),
        key: "k".to_owned(),
        body_hash: "b".to_owned(),
    };
    let new = NewPreview {
        key: Some(key),
        ..new_preview("app", at(0))
    };
    let preview = store.create(new).await.unwrap().preview;
    settled(&engine, preview, 1).await;
    let end = NewJob {
        id: JobId::new(Uuid::new_v4()),
        by: Actor::Worker,
        now: at(2),
    };
    let longer = Extended::To(at(9000));
    let extended = store.extend(preview, longer, Actor::Timer, at(2));
    extended.await.unwrap();
    let why = DestroyReason::Asked;
    store.destroy(preview, why, end, None).await.unwrap();
    let mortal = |times: &BTreeMap<String, Option<i64>>| -> Vec<String> {
        let mortal = times.iter().filter(|(_, time)| time.is_some());
        mortal.map(|(sk, _)| sk.clone()).collect()
    };
    assert_eq!(mortal(&times(&engine).await), ["k"]);
    settled(&engine, preview, 3).await;

    let row = claimed(&engine, preview, 4).await;
    let receipt = Receipt {
        preview_id: preview,
        installation: engine.installation(),
        generation: row.generation,
        destroyed_at: at(3),
        verified_at: at(4),
        checks: Vec::new(),
        removed: Vec::new(),
        found_late: Vec::new(),
    };
    let vouch = Vouch {
        checkpoint: next_write(&row, at(4)),
        seen: Seen::of(&row),
        receipt: Some(receipt),
        verify_at: at(5),
        now: at(4),
    };
    store.vouch(&vouch).await.unwrap();
    let times_then = times(&engine).await;
    assert!(times_then.keys().any(|sk| sk.starts_with("deed#")));
    for (sk, time) in times_then {
        assert_eq!(time, Some(if sk == "k" { 1 } else { 90 }), "{sk}");
    }
    store.doubt(preview, at(5)).await.unwrap();
    assert_eq!(times(&engine).await["preview#row"], None);
}

/// A name whose last preview has been forgotten is free.
#[tokio::test]
async fn a_forgotten_name_is_free() {
    let engine = fresh(Emulator::shared().endpoint()).await;
    let store = engine.store();
    let old = store
        .create(new_preview("app", at(0)))
        .await
        .unwrap()
        .preview;
    for key in [Key::row(old), Key::identity(old)] {
        let delete = engine.clients.writes.delete_item();
        let delete = delete.table_name(&engine.store.table.name);
        delete.set_key(Some(key.attributes())).send().await.unwrap();
    }
    let new = store
        .create(new_preview("app", at(1)))
        .await
        .unwrap()
        .preview;
    let name = "app".parse().unwrap();
    let found = store.get_by_name(&name).await.unwrap().unwrap();
    assert_eq!(found.identity.id, new);
    assert!(
        store
            .list(&crate::Filter::default(), None, 10)
            .await
            .unwrap()
            .items
            .len()
            == 1
    );
}

/// A bootstrapped table clears away what has an end.
#[tokio::test]
async fn the_table_forgets() {
    let engine = fresh(Emulator::shared().endpoint()).await;
    let reads = &engine.clients.reads;
    let asked = reads
        .describe_time_to_live()
        .table_name(&engine.store.table.name);
    let answer = asked
        .send()
        .await
        .unwrap()
        .time_to_live_description
        .unwrap();
    assert_eq!(answer.attribute_name(), Some(TTL));
    assert_eq!(answer.time_to_live_status().unwrap().as_str(), "ENABLED");
}

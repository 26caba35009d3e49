//! The queue: at least once, no earlier than asked for, and gone only when it is deleted.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Harness;
use super::world::World;
use crate::{Delivery, Outgoing, Queue, TraceContext};

fn message(body: &str, delay: Duration) -> Outgoing {
    Outgoing {
        body: body.to_owned(),
        group: None,
        delay,
        trace: None,
    }
}

async fn send(queue: &Arc<dyn Queue>, body: &str, delay: Duration) {
    queue.send(&[message(body, delay)]).await.unwrap();
}

/// Waits up to `wait` for one message.
async fn one(queue: &Arc<dyn Queue>, wait: Duration) -> Option<Delivery> {
    let mut received = queue.receive(1, wait).await.unwrap();
    assert!(received.len() <= 1);
    received.pop()
}

/// Whoever waits gets it without polling, however long they would have waited.
pub async fn a_message_arrives_at_once(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let (queue, tick) = (&world.ports.queue, harness.tick());
    let waiting = Arc::clone(queue);
    let receiver = tokio::spawn(async move { one(&waiting, tick * 20).await });
    tokio::time::sleep(tick).await;
    let sent = Instant::now();
    send(queue, "hello", Duration::ZERO).await;
    let answer = receiver.await.unwrap().unwrap();
    assert!(sent.elapsed() < tick * 5, "{:?}", sent.elapsed());
    assert_eq!((answer.body.as_str(), answer.receives), ("hello", 1));
    queue.delete(&[answer.handle]).await.unwrap();
}

/// The trace that a message belongs to comes with it, every time that it is delivered.
pub async fn what_is_sent_along_arrives(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let (queue, tick) = (&world.ports.queue, harness.tick());
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let plain = TraceContext::parse(parent, None);
    let with_state = TraceContext::parse(parent, Some("vendor=opaque, other=1"));
    assert_ne!(plain, with_state);
    for trace in [None, plain, with_state] {
        let message = Outgoing {
            trace: trace.clone(),
            ..message("hello", Duration::ZERO)
        };
        queue.send(&[message]).await.unwrap();
        let first = one(queue, tick * 20).await.unwrap();
        assert_eq!(first.trace, trace);
        queue.hide(&[first.handle], Duration::ZERO).await.unwrap();
        let again = one(queue, tick * 20).await.unwrap();
        assert_eq!((again.trace, again.receives), (trace, 2));
        queue.delete(&[again.handle]).await.unwrap();
    }
}

/// A delayed message waits for its time, and does not hold up others.
pub async fn a_delay_is_respected(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let (queue, tick) = (&world.ports.queue, harness.tick());
    let sent = Instant::now();
    send(queue, "later", tick * 4).await;
    send(queue, "now", Duration::ZERO).await;
    let first = one(queue, tick * 2).await.unwrap();
    assert_eq!(first.body, "now");
    queue.delete(&[first.handle]).await.unwrap();
    let second = one(queue, tick * 20).await.unwrap();
    assert_eq!(second.body, "later");
    let took = sent.elapsed();
    assert!(took >= tick * 4 && took < tick * 15, "{took:?}");
    queue.delete(&[second.handle]).await.unwrap();
}

/// Not deleted in time it is delivered again: the same message, counted.
pub async fn an_unfinished_message_comes_back(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let (queue, tick) = (&world.ports.queue, harness.tick());
    send(queue, "work", Duration::ZERO).await;
    let first = one(queue, tick).await.unwrap();
    queue
        .hide(std::slice::from_ref(&first.handle), tick * 3)
        .await
        .unwrap();
    assert!(one(queue, tick).await.is_none(), "in flight");
    let second = one(queue, tick * 20).await.unwrap();
    assert_eq!((second.id.clone(), second.receives), (first.id, 2));
    assert_ne!(second.handle, first.handle);
    queue.delete(&[second.handle]).await.unwrap();
    assert!(one(queue, tick * 5).await.is_none(), "deleted for good");
}

/// A holder keeps its message for as long as it needs, and gives it back at once.
pub async fn a_hidden_message_stays_hidden_until_it_is_shown(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let (queue, tick) = (&world.ports.queue, harness.tick());
    send(queue, "work", Duration::ZERO).await;
    let first = one(queue, tick).await.unwrap();
    for _ in 0..3 {
        queue
            .hide(std::slice::from_ref(&first.handle), tick * 3)
            .await
            .unwrap();
        assert!(one(queue, tick * 2).await.is_none());
    }
    queue
        .hide(std::slice::from_ref(&first.handle), tick * 1000)
        .await
        .unwrap();
    let shown = Instant::now();
    queue.hide(&[first.handle], Duration::ZERO).await.unwrap();
    let second = one(queue, tick * 20).await.unwrap();
    assert_eq!((second.id, second.receives), (first.id, 2));
    assert!(shown.elapsed() < tick * 5, "{:?}", shown.elapsed());
    queue.delete(&[second.handle]).await.unwrap();
}

/// A worker that lost its lease may still delete: it deletes nothing that another has by now.
pub async fn a_stale_handle_does_no_harm(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let (queue, tick) = (&world.ports.queue, harness.tick());
    send(queue, "work", Duration::ZERO).await;
    let first = one(queue, tick).await.unwrap();
    queue
        .hide(std::slice::from_ref(&first.handle), Duration::ZERO)
        .await
        .unwrap();
    let second = one(queue, tick * 20).await.unwrap();
    queue
        .delete(std::slice::from_ref(&first.handle))
        .await
        .unwrap();
    queue.hide(&[second.handle], Duration::ZERO).await.unwrap();
    let third = one(queue, tick * 20).await.expect("still there");
    assert_eq!(third.id, second.id);
    queue
        .delete(std::slice::from_ref(&third.handle))
        .await
        .unwrap();
    queue.delete(&[third.handle, first.handle]).await.unwrap();
}

/// Many send and many receive: every message is delivered, and once when it is deleted in time.
pub async fn nothing_is_lost_or_multiplied(harness: &dyn Harness) {
    const EACH: usize = 50;
    let world = World::of(harness).await;
    let tick = harness.tick();
    let left = Arc::new(AtomicUsize::new(4 * EACH));
    let mut senders = JoinSet::new();
    for sender in 0..4 {
        let queue = Arc::clone(&world.ports.queue);
        senders.spawn(async move {
            for n in 0..EACH {
                let delay = if n % 5 == 0 { tick } else { Duration::ZERO };
                let group = Some(format!("owner-{}", n % 3));
                let body = format!("{sender}/{n}");
                queue
                    .send(&[Outgoing {
                        group,
                        ..message(&body, delay)
                    }])
                    .await
                    .unwrap();
                tokio::task::yield_now().await;
            }
        });
    }
    let mut receivers = JoinSet::new();
    for _ in 0..4 {
        let (queue, left) = (Arc::clone(&world.ports.queue), Arc::clone(&left));
        receivers.spawn(async move {
            let mut seen = Vec::new();
            let mut quiet = 0;
            while left.load(Ordering::SeqCst) > 0 && quiet < 50 {
                let received = queue.receive(10, tick * 2).await.unwrap();
                quiet = if received.is_empty() { quiet + 1 } else { 0 };
                let handles: Vec<_> = received.iter().map(|d| d.handle.clone()).collect();
                queue.delete(&handles).await.unwrap();
                left.fetch_sub(received.len(), Ordering::SeqCst);
                seen.extend(received.into_iter().map(|delivery| delivery.body));
            }
            seen
        });
    }
    senders.join_all().await;
    let mut counts = BTreeMap::<String, usize>::new();
    for body in receivers.join_all().await.into_iter().flatten() {
        *counts.entry(body).or_default() += 1;
    }
    assert_eq!(counts.len(), 4 * EACH);
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
    assert!(one(&world.ports.queue, tick * 3).await.is_none());
}

/// Nothing comes: the answer is nothing, about when it was asked for.
pub async fn an_empty_queue_answers_in_time(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let (queue, tick) = (&world.ports.queue, harness.tick());
    assert!(one(queue, Duration::ZERO).await.is_none());
    let asked = Instant::now();
    assert!(one(queue, tick * 3).await.is_none());
    assert!(asked.elapsed() < tick * 20, "{:?}", asked.elapsed());
    assert!(queue.longest_delay() >= Duration::from_mins(15));
}

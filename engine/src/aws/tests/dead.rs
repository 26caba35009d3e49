//! What SQS puts aside comes back: hints as hints, the rest as dead letters.

use std::time::Duration;

use tempus_model::{Hint, PreviewId, Timestamp};
use uuid::Uuid;

use super::super::{AwsEngine, AwsOptions, Bootstrap, Drained, bootstrap};
use super::{access, wanted};
use crate::Outgoing;
use crate::testing::emulator::Emulator;

/// Received too often, a message is drained, once, to where it belongs.
#[tokio::test]
async fn what_was_put_aside_is_drained() {
    let endpoint = Emulator::shared().endpoint();
    let asked = Bootstrap {
        receives: 1,
        ..wanted(endpoint)
    };
    let made = bootstrap(&asked).await.unwrap();
    let options = AwsOptions::new(access(endpoint), made.names);
    let engine = AwsEngine::open(options).await.unwrap();
    let (queue, store) = (engine.queue(), engine.store());

    let hint = Hint::look(PreviewId::new(Uuid::new_v4()));
    let unreadable = Outgoing {
        body: "{\"kind\": \"nonsense\"}".to_owned(),
        ..Outgoing::now(&Hint::Sweep)
    };
    let both = [Outgoing::now(&hint), unreadable.clone()];
    queue.send(&both).await.unwrap();
    // Each is received once and given back; the next receive finds that this was once too often.
    let mut shown = 0;
    while shown < 2 {
        let received = queue.receive(10, Duration::from_secs(2)).await.unwrap();
        let handles: Vec<_> = received.into_iter().map(|message| message.handle).collect();
        queue.hide(&handles, Duration::ZERO).await.unwrap();
        shown += handles.len();
    }
    assert!(queue.receive(10, Duration::ZERO).await.unwrap().is_empty());

    let now = Timestamp::from_millis(1_800_000_000_000);
    let drained = engine.drain_dead_letters(now).await.unwrap();
    assert_eq!(
        drained,
        Drained {
            replayed: 1,
            kept: 1
        }
    );
    let letters = store.dead_letters(10).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!((&letters[0].body, letters[0].at), (&unreadable.body, now));
    let back = queue.receive(10, Duration::from_secs(2)).await.unwrap();
    assert_eq!(Hint::decode(&back[0].body).unwrap(), hint);
    let again = engine.drain_dead_letters(now).await.unwrap();
    assert_eq!(again, Drained::default());
}

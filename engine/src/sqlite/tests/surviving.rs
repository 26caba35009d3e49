//! What outlives a process: its leases end, its hints and alarms come back.

use tempus_model::transition::claim::Claim;
use tempus_model::transition::doubt::Stop;
use tempus_model::{Hint, Nonce, PreviewId, WorkerId};
use tokio::time::advance;

use super::opening::{clock, create, open};
use super::*;
use crate::{Alarm, ClaimError, Clock};

async fn claim(
    engine: &SqliteEngine,
    preview: PreviewId,
    clock: &TokioClock,
) -> Result<tempus_model::Row, ClaimError> {
    let row = engine.store().get(preview).await.unwrap().unwrap().row;
    let claim = Claim {
        worker: WorkerId("worker".to_owned()),
        nonce: Nonce(7),
        message: None,
        looked_at: row.version,
        fresh: None,
        now: clock.now(),
        lease: Duration::from_hours(1),
        margin: Duration::ZERO,
    };
    engine.store().claim(preview, &claim).await
}

#[tokio::test(start_paused = true)]
async fn a_clean_stop_ends_leases_uncounted_and_a_crash_counts() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let engine = open(folder.path(), &clock);
    let preview = create(&engine, &clock).await;
    claim(&engine, preview, &clock).await.unwrap();
    assert!(claim(&engine, preview, &clock).await.is_err());
    engine.close().await.unwrap();

    let engine = open(folder.path(), &clock);
    let row = claim(&engine, preview, &clock).await.unwrap();
    assert_eq!((row.attempts, row.suspicion), (0, 0), "closed");
    drop(engine);

    let engine = open(folder.path(), &clock);
    let row = claim(&engine, preview, &clock).await.unwrap();
    assert_eq!((row.attempts, row.suspicion), (1, 1), "not closed");
    let engine = engine.restarted(Stop::Crash).await.unwrap();
    let row = claim(&engine, preview, &clock).await.unwrap();
    assert_eq!((row.attempts, row.suspicion), (2, 2));
    let engine = engine.restarted(Stop::Clean).await.unwrap();
    let row = claim(&engine, preview, &clock).await.unwrap();
    assert_eq!((row.attempts, row.suspicion), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn the_queue_knows_what_was_due_and_what_will_be() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let engine = open(folder.path(), &clock);
    let preview = create(&engine, &clock).await;
    let looks = Duration::from_secs(1);
    assert!(
        engine.queue().receive(10, looks).await.unwrap().is_empty(),
        "whoever accepts sends"
    );
    drop(engine);

    let engine = open(folder.path(), &clock);
    let received = engine.queue().receive(10, looks).await.unwrap();
    assert_eq!(received.len(), 1);
    assert_eq!(
        Hint::decode(&received[0].body).unwrap(),
        Hint::look(preview)
    );
    let first = received[0].id.clone();

    let crash = engine.restarted(Stop::Crash).await.unwrap();
    let received = crash.queue().receive(10, looks).await.unwrap();
    assert_ne!(
        received[0].id, first,
        "another message, whatever a lease says of the first"
    );

    let later = |row: &tempus_model::Row| {
        let now = row.due_at.unwrap();
        let seen = tempus_model::transition::Seen::of(row);
        (seen, now.after(Duration::from_mins(10)))
    };
    let row = claim(&crash, preview, &clock).await.unwrap();
    let (seen, until) = later(&row);
    let write = crate::conformance::next_write(&row, clock.now());
    crash.store().wait(&write, seen, until).await.unwrap();
    let engine = crash.restarted(Stop::Clean).await.unwrap();
    assert!(
        engine
            .queue()
            .receive(10, Duration::from_secs(500))
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        engine
            .queue()
            .receive(10, Duration::from_secs(200))
            .await
            .unwrap()
            .len(),
        1
    );
    assert!(clock.now() >= until);
}

/// A start takes as long however many previews wait for tomorrow: their hints are the reminder's to send.
#[tokio::test(start_paused = true)]
async fn what_is_due_much_later_is_left_to_the_reminder() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let engine = open(folder.path(), &clock);
    let preview = create(&engine, &clock).await;
    let row = claim(&engine, preview, &clock).await.unwrap();
    let seen = tempus_model::transition::Seen::of(&row);
    let until = clock.now().after(Duration::from_mins(90));
    let write = crate::conformance::next_write(&row, clock.now());
    engine.store().wait(&write, seen, until).await.unwrap();

    let engine = engine.restarted(Stop::Clean).await.unwrap();
    let until_then = Duration::from_mins(91);
    let received = engine.queue().receive(10, until_then).await.unwrap();
    assert!(received.is_empty(), "{received:?}");
    let due = engine.store().due(clock.now(), 10).await.unwrap();
    assert_eq!(due, [preview]);
}

#[tokio::test(start_paused = true)]
async fn alarms_survive() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let engine = open(folder.path(), &clock);
    let preview = PreviewId::new(uuid::Uuid::from_u128(1));
    for (name, seconds) in [("missed", 60), ("to come", 7200)] {
        let fires_at = clock.now().after(Duration::from_secs(seconds));
        engine
            .timer()
            .set(&Alarm {
                name: name.to_owned(),
                preview,
                fires_at,
                set_by: None,
            })
            .await
            .unwrap();
    }
    drop(engine);
    advance(Duration::from_mins(10)).await;

    let engine = open(folder.path(), &clock);
    let fires = |within| {
        let queue = engine.queue();
        async move {
            queue
                .receive(10, Duration::from_secs(within))
                .await
                .unwrap()
                .len()
        }
    };
    assert_eq!(fires(1).await, 1, "late, but at once");
    assert_eq!(fires(20).await, 0);
    assert_eq!(engine.timer().list(preview).await.unwrap(), ["to come"]);
    let engine = engine.restarted(Stop::Crash).await.unwrap();
    assert_eq!(
        engine
            .queue()
            .receive(10, Duration::from_secs(7000))
            .await
            .unwrap()
            .len(),
        1
    );
    assert!(engine.timer().list(preview).await.unwrap().is_empty());
}

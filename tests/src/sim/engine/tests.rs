//! The conformance suite on this engine, and that it can be told to behave badly.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tempus_engine::conformance::{Harness, Ports};
use tempus_engine::{Outgoing, Queue, TokioClock};
use tempus_model::{Hint, InstallationId, PreviewId, Timestamp};

use super::{Habits, SimEngine};

tempus_engine::conformance! { { #[tokio::test(start_paused = true)] } super::Good }

struct Good;

#[async_trait]
impl Harness for Good {
    async fn fresh(&self) -> Ports {
        let clock = Arc::new(TokioClock::starting_at(Timestamp::from_millis(
            1_800_000_000_000,
        )));
        let engine = SimEngine::new(InstallationId::new(7), Habits::GOOD, clock.clone());
        Ports {
            store: engine.store.clone(),
            queue: engine.queue.clone(),
            timer: engine.timer.clone(),
            clock,
            keep: Box::new(engine),
        }
    }

    fn timer_bound(&self) -> Duration {
        Duration::from_millis(10)
    }

    fn tick(&self) -> Duration {
        Duration::from_millis(100)
    }
}

#[tokio::test(start_paused = true)]
async fn what_it_is_told_to_lose_or_to_double_it_does() {
    let clock = Arc::new(TokioClock::starting_at(Timestamp::default()));
    let arrive = async |habits| {
        let engine = SimEngine::new(InstallationId::new(7), habits, clock.clone());
        let hint = Hint::look(PreviewId::new(uuid::Uuid::from_u128(1)));
        engine.queue.send(&[Outgoing::now(&hint)]).await.unwrap();
        let received = engine.queue.receive(10, Duration::from_secs(1)).await;
        received.unwrap().len()
    };
    let lost = Habits {
        lost: 1000,
        ..Habits::GOOD
    };
    let doubled = Habits {
        doubled: 1000,
        ..Habits::GOOD
    };
    assert_eq!(
        (
            arrive(Habits::GOOD).await,
            arrive(lost).await,
            arrive(doubled).await
        ),
        (1, 0, 2)
    );
}

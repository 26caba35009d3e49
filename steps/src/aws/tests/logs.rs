//! What a preview's services wrote, read from streams as the `awslogs` driver names them.

use std::time::Duration;

use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use futures::StreamExt;
use serde_json::json;
use tempus_model::Timestamp;

use super::world::World;
use crate::aws::options::ListenerMode;
use crate::aws::testing::{Answer, Emulator, Kind, Script, Strict, TestCtx, service, spec};
use crate::{Ctx, LogQuery, LogStream, StepError};

fn all(tail: usize) -> LogQuery {
    LogQuery {
        service: None,
        tail,
        follow: false,
    }
}

fn of(service: &str) -> LogQuery {
    LogQuery {
        service: Some(service.to_owned()),
        ..all(100)
    }
}

/// A group of its own, and streams in it.
struct Group<'w>(&'w World);

impl Group<'_> {
    /// Lines, with how long ago they were written, in milliseconds.
    async fn write(&self, stream: &str, lines: &[(i64, &str)]) {
        let (logs, group) = (&self.0.client.logs, &self.0.options.log_group);
        let made = logs.create_log_stream().log_group_name(group);
        // Its second lines find it there.
        drop(made.log_stream_name(stream).send().await);
        let events = lines.iter().map(|(ago, text)| {
            let at = self.0.ctx.now().millis() - ago;
            let event = InputLogEvent::builder().timestamp(at).message(*text);
            event.build().unwrap()
        });
        let put = logs.put_log_events().log_group_name(group);
        let put = put
            .log_stream_name(stream)
            .set_log_events(Some(events.collect()));
        put.send().await.unwrap();
    }
}

/// A preview of two services on an account whose pages hold two lines.
async fn world(strict: &Strict) -> World {
    let mut world = World::new(strict.endpoint(), ListenerMode::Path).await;
    world.ctx.identity.created_at = Timestamp::from_millis(world.ctx.now().millis() - 3_600_000);
    let wanted = spec(vec![service("web", 80, Some("/")), service("db", 82, None)]);
    world.converge(&wanted).await.unwrap();
    world
}

async fn made(world: &World) -> Group<'_> {
    let group = &world.options.log_group;
    let made = world.client.logs.create_log_group().log_group_name(group);
    made.send().await.unwrap();
    Group(world)
}

async fn read(world: &World, query: &LogQuery) -> LogStream {
    world.lines(query).await.unwrap()
}

async fn texts(world: &World, query: &LogQuery) -> Vec<String> {
    let lines = read(world, query).await;
    let lines = lines.map(|line| {
        let line = line.unwrap();
        format!("{} {}", line.service, line.text)
    });
    lines.collect().await
}

#[tokio::test]
async fn lines_of_several_services_come_in_order_and_nobody_else_s() {
    let emulator = Emulator::start(Kind::Ministack);
    let strict = Strict::over(emulator.endpoint()).await;
    let world = world(&strict).await;
    assert_eq!(texts(&world, &all(10)).await, [""; 0], "no group");
    let group = made(&world).await;
    assert_eq!(texts(&world, &all(10)).await, [""; 0], "no stream");

    let id = world.ctx.identity.id;
    let (web, db) = (format!("{id}/web/task-1"), format!("{id}/db/task-2"));
    group
        .write(&web, &[(5000, "one"), (3000, "three"), (1000, "five\n")])
        .await;
    group.write(&db, &[(4000, "two"), (2000, "four")]).await;
    group
        .write("somebody/web/task-3", &[(2500, "secret")])
        .await;
    let whole = ["web one", "db two", "web three", "db four", "web five"];
    assert_eq!(texts(&world, &all(100)).await, whole);
    assert_eq!(texts(&world, &all(2)).await, whole[3..]);
    assert_eq!(texts(&world, &of("db")).await, ["db two", "db four"]);

    let unknown = of("cache");
    let refused = world.lines(&unknown).await;
    assert!(matches!(refused, Err(StepError::Rejected { .. })));
}

#[tokio::test]
async fn who_follows_gets_each_line_once_as_it_comes() {
    let emulator = Emulator::start(Kind::Ministack);
    let strict = Strict::over(emulator.endpoint()).await;
    let world = world(&strict).await;
    let group = made(&world).await;
    let web = format!("{}/web/task-1", world.ctx.identity.id);
    group.write(&web, &[(1000, "before")]).await;
    let query = LogQuery {
        follow: true,
        ..all(100)
    };
    let mut lines = read(&world, &query).await;
    let mut next = async || lines.next().await.unwrap().unwrap().text;
    assert_eq!(next().await, "before");
    // The second is stamped before the first, and comes after it.
    group.write(&web, &[(0, "after")]).await;
    assert_eq!(next().await, "after");
    group.write(&web, &[(500, "late")]).await;
    assert_eq!(next().await, "late");
}

#[tokio::test]
async fn a_throttled_look_is_an_error_and_a_throttled_follower_goes_on() {
    let throttled = || Answer::Error(400, "ThrottlingException", "Rate exceeded");
    let script = Script::new().await.on("FilterLogEvents", throttled());
    let world = World::scripted(&script, TestCtx::new()).await;
    let refused = world.lines(&all(10)).await;
    assert!(matches!(refused, Err(StepError::Throttled(_))));

    let stream = format!("{}/web/task-1", world.ctx.identity.id);
    let line = json!({ "eventId": "1", "logStreamName": stream, "message": "here",
        "timestamp": world.ctx.now().millis() });
    let script = Script::new()
        .await
        .on("FilterLogEvents", Answer::Json(json!({ "events": [] })))
        .on("FilterLogEvents", throttled())
        .on("FilterLogEvents", Answer::Json(json!({ "events": [line] })));
    let mut world = World::scripted(&script, TestCtx::new()).await;
    world.ctx.identity.id = stream.split('/').next().unwrap().parse().unwrap();
    let query = LogQuery {
        follow: true,
        ..all(10)
    };
    let mut lines = read(&world, &query).await;
    let line = tokio::time::timeout(Duration::from_mins(1), lines.next()).await;
    assert_eq!(line.unwrap().unwrap().unwrap().text, "here");
}

//! W7: the AWS path against an emulated account whose calls take 100 ms and whose services take 30 s to
//! start: the time to ready over the time in which a call was under way or the service was starting; what
//! a whole life asks of each service; and the same of many that live at once. A life before shows the
//! worker that ECS tells it what happens.

use std::time::{Duration, Instant};

use futures::future::try_join_all;
use tempus_model::{Row, State};

use crate::account::{Conditions, Ledger, Site};
use crate::arguments::Arguments;
use crate::machine::count;
use crate::report::{Report, round};

/// How long a preview lives: it is ready for about a minute.
const LIFE: Duration = Duration::from_secs(95);
/// How long the one before it does.
const FIRST_LIFE: Duration = Duration::from_secs(40);
/// How long after a receipt there may be something left on the queue.
const QUIET: Duration = Duration::from_secs(10);
/// How long anything may take.
const PATIENCE: Duration = Duration::from_mins(15);
/// How many live at once.
const TOGETHER: u32 = 50;
const CONDITIONS: Conditions = Conditions {
    latency: Duration::from_millis(100),
    start: Duration::from_secs(30),
    rates: false,
    verify_delay: Duration::from_mins(6),
    in_flight: 64,
};

/// Runs it.
pub async fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    let mut report = Report::new("w7", arguments);
    report.set("engine", "aws (ministack)");
    report.set("call_ms", 100);
    report.set("service_start_s", 30);
    report.set("verify_delay_s", 360);
    report.set("ready_for_s", 60);
    report.set("log", "error");
    report.show_settings();
    let site = Site::start(CONDITIONS).await?;

    let before = site.create(0, FIRST_LIFE).await?;
    let gone = |row: &Row| row.receipt_at.is_some();
    site.until(before, PATIENCE, gone).await?;
    tokio::time::sleep(QUIET).await;
    let _ = site.manners.take();

    let (began, units, brought) = (Instant::now(), site.write_units(), site.brought());
    let preview = site.create(1, LIFE).await?;
    let ready = site.until(preview, PATIENCE, is_ready).await?;
    let made = site.manners.take();
    let critical = made.critical(began, ready);
    let took = (ready - began).as_secs_f64();
    report.number("ready_s", took, 2);
    report.number("critical_path_s", critical.as_secs_f64(), 2);
    report.number("of_critical_path", took / critical.as_secs_f64(), 3);
    site.until(preview, PATIENCE, gone).await?;
    // What the queue still has to say about it.
    tokio::time::sleep(QUIET).await;
    let life = made.and(site.manners.take());
    report.number("write_units_emulated", site.write_units() - units, 1);
    show(&mut report, "life", &life, site.brought() - brought, 1);

    let began = site.brought();
    let created = (2..u64::from(TOGETHER) + 2).map(|number| site.create(number, LIFE));
    let previews = try_join_all(created).await?;
    for preview in previews {
        site.until(preview, PATIENCE, gone).await?;
    }
    tokio::time::sleep(QUIET).await;
    let lives = site.manners.take();
    show(
        &mut report,
        "together",
        &lives,
        site.brought() - began,
        TOGETHER,
    );
    site.stop().await;
    Ok(report)
}

/// What each life asked for, of so many.
fn show(report: &mut Report, name: &str, lives: &Ledger, brought: u64, of: u32) {
    let each = |calls: u64| round(count(calls) / f64::from(of), 2);
    // Polls that found nothing are a worker's, however many previews there are. What the timer sends
    // goes past the wire, once in a life.
    let polls = lives.calls.get("sqs.ReceiveMessage").copied();
    let polls = polls.unwrap_or(0).saturating_sub(brought);
    let told = lives.told + u64::from(of);
    let sqs = lives.of("sqs") + told - polls;
    report.figure(&format!("{name}_sqs_requests"), each(sqs));
    report.figure(&format!("{name}_sqs_sent_by_aws"), each(told));
    report.figure(&format!("{name}_empty_polls"), each(polls));
    for service in ["dynamodb", "ecs", "elb", "scheduler"] {
        report.figure(
            &format!("{name}_{service}_requests"),
            each(lives.of(service)),
        );
    }
    for (call, times) in &lives.calls {
        report.figure(&format!("{name}_{call}"), each(*times));
    }
}

fn is_ready(row: &Row) -> bool {
    row.settled.state == State::Ready
}

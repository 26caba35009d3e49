//! W8: many creates at once under the request rates that AWS grants an account by default: the time until all
//! are ready over the least that those rates allow, and how many calls were refused.

use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt, TryStreamExt};
use tempus_model::State;

use crate::account::{BALANCERS, Conditions, DEFINITIONS, SERVICES, Site};
use crate::arguments::Arguments;
use crate::machine::count;
use crate::report::Report;

/// Longer than the run.
const LIFE: Duration = Duration::from_hours(4);
/// How many requests are accepted side by side: an emulated DynamoDB does not take all of them at once.
const AT_ONCE: usize = 32;
/// How long a service takes to start.
const START: Duration = Duration::from_secs(30);

/// Runs it.
pub async fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    let mut report = Report::new("w8", arguments);
    report.set("engine", "aws (ministack)");
    report.set("creates", arguments.creates);
    report.set("call_ms", 100);
    report.set("service_start_s", START.as_secs());
    report.set("rates", "AWS's defaults, as token buckets");
    report.set("log", "error");
    report.show_settings();
    let site = Site::start(Conditions {
        latency: Duration::from_millis(100),
        start: START,
        rates: true,
        verify_delay: Duration::from_mins(6),
        in_flight: 64,
    })
    .await?;
    let creates = count(arguments.creates);
    // A target group and a rule; a task definition; a service.
    let least = [
        (BALANCERS, 2.0 * creates),
        (DEFINITIONS, creates),
        (SERVICES, creates),
    ];
    let least = least.map(|(bucket, calls)| (bucket.least(calls), bucket.family));
    let (bound, family) = least.into_iter().max().unwrap_or_default();
    let bound = (bound + START).as_secs_f64();
    report.set("limited_by", family);

    let began = Instant::now();
    let asked = (0..arguments.creates).map(|number| site.create(number, LIFE));
    let asked = stream::iter(asked).buffer_unordered(AT_ONCE);
    let previews: Vec<_> = asked.try_collect().await?;
    report.number("accepted_s", began.elapsed().as_secs_f64(), 1);
    let patience = Duration::from_secs_f64(bound * 3.0);
    let mut last = began;
    for preview in previews {
        let ready = site.until(preview, patience, |row| row.settled.state == State::Ready);
        last = last.max(ready.await?);
    }
    let (took, ledger) = ((last - began).as_secs_f64(), site.manners.take());
    report.number("ready_s", took, 1);
    report.number("bound_s", bound, 1);
    report.number("of_bound", took / bound, 3);
    report.figure("calls", ledger.all());
    report.figure("throttled", ledger.throttled);
    let share = count(ledger.throttled) / count(ledger.all());
    report.number("throttled_percent", share * 100.0, 3);
    for (call, times) in &ledger.calls {
        report.number(call, count(*times) / creates, 2);
    }
    site.stop().await;
    Ok(report)
}

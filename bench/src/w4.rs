//! W4: many previews that wait at once in one worker, their leases given back: what they need while they
//! wait, and how late one is picked up whose time has come.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt, stream};
use tempus_engine::{Clock, SystemClock};
use tempus_model::{PreviewId, Timestamp};

use crate::arguments::Arguments;
use crate::machine::{count, fsyncs_per_second};
use crate::noop::{But, Noop, UNTIL, Witness};
use crate::process::memory;
use crate::report::Report;
use crate::rig::{Env, Rig};
use crate::sample::Sample;
use crate::w1::{IN_FLIGHT, idle_cpu, settings};

/// How many are looked at whose time comes.
const DUE: u32 = 200;
/// How far apart their times are.
const APART: Duration = Duration::from_millis(25);
/// How long those wait that are only there: longer than the run.
const LONG: Duration = Duration::from_hours(2);

/// How late a step was called again that had waited.
#[derive(Default)]
struct Lateness(Mutex<Sample>);

impl Witness for Lateness {
    fn executes(&self, _preview: PreviewId, step: &Noop, now: Timestamp) {
        if let Some(But::Wait(until)) = step.but
            && until <= now
        {
            let mut sample = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            sample.add(until.until(now));
        }
    }
}

/// Runs it.
pub async fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    let mut report = Report::new("w4", arguments);
    report.set("waiting", arguments.waiting);
    settings(&mut report);
    let folder = arguments.folder()?;
    let lateness = Arc::new(Lateness::default());
    let witness = Arc::clone(&lateness) as Arc<dyn Witness>;
    let rig = Rig::start(folder.path(), witness, IN_FLIGHT)?;
    report.number("fsync_per_s", fsyncs_per_second(&arguments.data)?, 0);
    report.number("idle_mib", memory()?.resident, 1);

    let long = wait_until(SystemClock.now().after(LONG));
    let asked = stream::iter(0..arguments.waiting).map(|_| rig.create(&long));
    let asked = asked.buffer_unordered(IN_FLIGHT).map_ok(drop);
    asked.try_collect::<()>().await?;
    while rig.engine.queue().depth().await?.delayed < arguments.waiting {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    quiet(&rig).await;
    let (before, began) = (rig.engine.stats().requests, Instant::now());
    let cpu = idle_cpu().await?;
    let wrote = count(rig.engine.stats().requests - before);
    report.number("waiting_mib", memory()?.resident, 1);
    report.number("peak_mib", memory()?.peak, 1);
    report.number("waiting_cpu_percent", cpu, 3);
    report.number("writes_per_s", wrote / began.elapsed().as_secs_f64(), 2);

    // Longer than what is slept with the lease held.
    let first = SystemClock.now().after(Duration::from_secs(6));
    for number in 0..DUE {
        rig.create(&wait_until(first.after(APART * number))).await?;
    }
    let all = Duration::from_secs(8) + APART * DUE;
    tokio::time::sleep(all).await;
    let mut late = {
        let mut sample = lateness.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *sample)
    };
    report.figure("due", late.len());
    report.number("late_p50_ms", late.percentile_ms(0.5), 1);
    report.number("late_p99_ms", late.percentile_ms(0.99), 1);
    report.number("late_most_ms", late.most_ms(), 1);
    rig.stop().await?;
    Ok(report)
}

/// Waits until nothing more is written: the last claims are given back some time after their hints are sent.
async fn quiet(rig: &Rig) {
    let written = || rig.engine.stats().requests;
    let mut before = None;
    while before != Some(written()) {
        before = Some(written());
        tokio::time::sleep(Duration::from_secs(3)).await;
    }
}

fn wait_until(time: Timestamp) -> Env {
    Env::from([(UNTIL.to_owned(), time.millis().to_string())])
}

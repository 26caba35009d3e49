//! W5: a worker is stopped in the middle of W1, and killed; its successor goes on. On the sqlite engine that
//! is the same server started again on the same store, as a supervisor would: a process of its own, of
//! which nothing is left but its files. How long until the next checkpoint, and what was done twice.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tempus_model::{PreviewId, Timestamp};
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::Arguments;
use crate::child;
use crate::load::flood;
use crate::machine::fsyncs_per_second;
use crate::noop::{Noop, Witness};
use crate::report::Report;
use crate::rig::{Env, Rig};
use crate::sample::Sample;
use crate::w1::{IN_FLIGHT, settings};

/// How long the first server works before it is stopped.
const WORKS: Duration = Duration::from_secs(2);
/// How long the second one may take to go on.
const PATIENCE: Duration = Duration::from_mins(1);
/// What the files are called that calls are written down in.
const CALLS: &str = "calls";

/// Runs it.
pub async fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    let mut report = Report::new("w5", arguments);
    settings(&mut report);
    report.number("fsync_per_s", fsyncs_per_second(&arguments.data)?, 0);
    for (name, how) in [("sigterm", Signal::TERM), ("sigkill", Signal::KILL)] {
        let (mut next, mut stopped, mut twice, mut gone_on) =
            (Sample::default(), Sample::default(), 0, 0);
        for _ in 0..arguments.rounds {
            let one = stop_once(arguments, how).await?;
            next.add(one.next);
            stopped.add(one.stopped);
            twice += one.twice;
            gone_on += one.gone_on;
            ensure!(
                one.wrong == 0,
                "{} steps with a checkpoint were done again",
                one.wrong
            );
        }
        report.number(&format!("{name}_stopped_ms"), stopped.percentile_ms(0.5), 1);
        report.number(
            &format!("{name}_next_checkpoint_ms"),
            next.percentile_ms(0.5),
            1,
        );
        report.number(
            &format!("{name}_next_checkpoint_most_ms"),
            next.most_ms(),
            1,
        );
        report.figure(&format!("{name}_sagas_gone_on_with"), gone_on);
        report.figure(&format!("{name}_calls_made_again"), twice);
        report.figure(&format!("{name}_checkpoints_done_twice"), 0);
    }
    Ok(report)
}

/// What came of one stop.
struct Stop {
    /// From the signal to the end of the process.
    stopped: Duration,
    /// From the signal to the first checkpoint that the next process was answered.
    next: Duration,
    /// Calls that were under way when it ended and had no checkpoint: each is made again.
    twice: usize,
    /// Calls that were made again although there was a checkpoint after them.
    wrong: usize,
    /// Sagas that one process began and the other went on with.
    gone_on: usize,
}

async fn stop_once(arguments: &Arguments, how: Signal) -> anyhow::Result<Stop> {
    let folder = arguments.folder()?;
    let mut first = serve(arguments, folder.path(), "first", true)?;
    while calls(folder.path(), "first").is_ok_and(|calls| calls.is_empty()) {
        ensure!(first.0.try_wait()?.is_none(), "the first server has ended");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(WORKS).await;
    let (asked, began) = (now(), Instant::now());
    first.signal(how)?;
    let status = tokio::task::spawn_blocking(move || first.0.wait()).await??;
    ensure!(
        how == Signal::KILL || status.success(),
        "it ended with {status}"
    );
    let stopped = began.elapsed();
    let mut second = serve(arguments, folder.path(), "second", false)?;
    let next = loop {
        let seen = calls(folder.path(), "second")?;
        if let Some(at) = first_checkpoint(&seen) {
            break at.saturating_sub(asked);
        }
        ensure!(
            second.0.try_wait()?.is_none(),
            "the second server has ended"
        );
        if began.elapsed() > PATIENCE {
            bail!("nothing went on within {PATIENCE:?}");
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    // What was left by the first is done by now.
    tokio::time::sleep(Duration::from_secs(2)).await;
    second.signal(Signal::TERM)?;
    tokio::task::spawn_blocking(move || second.0.wait()).await??;
    let (before, after) = (
        by_preview(folder.path(), "first")?,
        by_preview(folder.path(), "second")?,
    );
    let (mut twice, mut wrong, mut gone_on) = (0, 0, 0);
    for (preview, steps) in &after {
        let Some(done) = before.get(preview) else {
            continue;
        };
        gone_on += 1;
        for step in steps.iter().filter(|step| done.contains(step)) {
            if done.last() == Some(step) && steps.first() == Some(step) {
                twice += 1;
            } else {
                wrong += 1;
            }
        }
    }
    if how == Signal::TERM {
        wrong += std::mem::take(&mut twice);
    }
    Ok(Stop {
        stopped,
        next,
        twice,
        wrong,
        gone_on,
    })
}

/// A server of ours, which ends with the run.
struct Server(Child);

impl Server {
    fn signal(&self, how: Signal) -> anyhow::Result<()> {
        let id = i32::try_from(self.0.id())?;
        let id = Pid::from_raw(id).context("a process has a number")?;
        Ok(kill_process(id, how)?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(arguments: &Arguments, folder: &Path, name: &str, loaded: bool) -> anyhow::Result<Server> {
    let log = log_file(folder, name);
    File::create(&log)?;
    let (store, log) = (folder.to_string_lossy(), log.to_string_lossy());
    let loaded = if loaded { "64" } else { "0" };
    let mut command = child::command(arguments, &["serve", &store, &log, loaded])?;
    Ok(Server(command.spawn()?))
}

fn log_file(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.{CALLS}"))
}

/// The process that is stopped: a server on this store, with as much load of its own, until it is told.
pub async fn server(store: &Path, log: &Path, in_flight: usize) -> anyhow::Result<()> {
    let mut told = signal(SignalKind::terminate())?;
    let witness = Arc::new(Calls(File::options().append(true).open(log)?));
    let rig = Arc::new(Rig::start(store, witness, IN_FLIGHT)?);
    let load = Arc::clone(&rig);
    let load = tokio::spawn(async move {
        if in_flight > 0 {
            // Its jobs are cut short, as it is.
            let _ = flood(&load, in_flight, Duration::from_hours(1), &Env::new()).await;
        }
    });
    told.recv().await;
    load.abort();
    let _ = load.await;
    // Its clients end with it, each when its task is next looked at.
    while Arc::strong_count(&rig) > 1 {
        tokio::task::yield_now().await;
    }
    let rig = Arc::into_inner(rig).context("nobody else has the rig")?;
    rig.stop().await
}

/// Writes down each call as it begins. What was written is there though the process is killed.
struct Calls(File);

impl Witness for Calls {
    fn executes(&self, preview: PreviewId, step: &Noop, _now: Timestamp) {
        let line = format!("{} {preview} {}\n", now().as_micros(), step.number);
        // A file of this machine that cannot be written to shows when it is read.
        let _ = (&self.0).write_all(line.as_bytes());
    }
}

/// A call, as it was written down.
struct Call {
    at: Duration,
    preview: String,
    step: usize,
}

fn calls(folder: &Path, name: &str) -> anyhow::Result<Vec<Call>> {
    let text = std::fs::read_to_string(log_file(folder, name))?;
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let call = |line: &str| {
        let mut words = line.split(' ');
        Some(Call {
            at: Duration::from_micros(words.next()?.parse().ok()?),
            preview: words.next()?.to_owned(),
            step: words.next()?.parse().ok()?,
        })
    };
    let calls = whole
        .lines()
        .map(|line| call(line).context(line.to_owned()));
    calls.collect()
}

fn by_preview(folder: &Path, name: &str) -> anyhow::Result<BTreeMap<String, Vec<usize>>> {
    let mut by_preview: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for call in calls(folder, name)? {
        by_preview.entry(call.preview).or_default().push(call.step);
    }
    Ok(by_preview)
}

/// When a checkpoint is known to have been answered: a saga's next step is not called before.
fn first_checkpoint(calls: &[Call]) -> Option<Duration> {
    let goes_on = |(place, call): (usize, &Call)| {
        let before = calls[..place].iter();
        let mut same = before.filter(|earlier| earlier.preview == call.preview);
        same.any(|earlier| earlier.step < call.step)
            .then_some(call.at)
    };
    calls.iter().enumerate().find_map(goes_on)
}

fn now() -> Duration {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default()
}

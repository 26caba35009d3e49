//! W2: W1 with the sixth step refused. The five before it are compensated, and the sixth too, which the
//! ledger lists: it was started.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tempus_model::{JobStatus, PreviewId, Timestamp};

use crate::arguments::Arguments;
use crate::load::flood;
use crate::machine::{count, fsyncs_per_second};
use crate::noop::{Noop, REFUSED, Witness};
use crate::report::Report;
use crate::rig::{Env, Rig};
use crate::w1::{IN_FLIGHT, settings};

/// The step that is refused.
const REFUSED_STEP: usize = 6;

/// Counts compensations.
#[derive(Default)]
struct Compensations(AtomicU64);

impl Witness for Compensations {
    fn executes(&self, _preview: PreviewId, _step: &Noop, _now: Timestamp) {}

    fn compensates(&self, _preview: PreviewId) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Runs it.
pub async fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    let mut report = Report::new("w2", arguments);
    settings(&mut report);
    let folder = arguments.folder()?;
    let compensations = Arc::new(Compensations::default());
    let witness = Arc::clone(&compensations) as Arc<dyn Witness>;
    let rig = Arc::new(Rig::start(folder.path(), witness, IN_FLIGHT)?);
    let refused = Env::from([(REFUSED.to_owned(), REFUSED_STEP.to_string())]);

    let (mut w1, mut w2, mut jobs, mut writes, mut fsync) = (0_f64, 0_f64, 0, 0, 0_f64);
    for _ in 0..arguments.rounds {
        fsync = fsync.max(fsyncs_per_second(&arguments.data)?);
        let done = flood(&rig, IN_FLIGHT, arguments.seconds(), &Env::new()).await?;
        done.must_be(&rig, JobStatus::Succeeded).await?;
        w1 = w1.max(done.jobs_per_second());

        let before = rig.engine.stats().requests;
        let undone = flood(&rig, IN_FLIGHT, arguments.seconds(), &refused).await?;
        writes += rig.engine.stats().requests - before;
        undone.must_be(&rig, JobStatus::Failed).await?;
        w2 = w2.max(undone.jobs_per_second());
        jobs += undone.jobs.len() as u64;
    }
    report.number("fsync_per_s", fsync, 0);
    report.number("w1_jobs_per_s", w1, 0);
    report.number("jobs_per_s", w2, 0);
    report.number("of_w1", w2 / w1, 3);
    report.number("writes_per_job", count(writes) / count(jobs), 2);
    let compensated = count(compensations.0.load(Ordering::Relaxed));
    report.number("compensations_per_job", compensated / count(jobs), 3);
    if let Ok(rig) = Arc::try_unwrap(rig) {
        rig.stop().await?;
    }
    Ok(report)
}

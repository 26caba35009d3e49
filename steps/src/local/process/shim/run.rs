//! The shim: takes the lock, runs the command, runs it again if it is a service, ends it when told.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tempus_model::{Timestamp, Timetable};
use tokio::signal::unix::{Signal as SignalStream, SignalKind, signal};
use tokio::time::sleep;

use super::ShimCommand;
use super::app::{App, Children};
use super::backoff::Backoff;
use super::orders::Orders;
use super::output::Log;
use crate::local::process::folder::{Held, ResourceFolder, Take};
use crate::local::process::launch::{AtEnd, Order};
use crate::local::process::log::{LogSource, LogWriter};
use crate::local::process::processes::{self, ProcessId, Whom};
use crate::local::process::runs::Runs;
use crate::local::process::state::{Phase, State, now};

/// How long to try for the lock. A supervisor that looks at it holds it for an instant.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How often a shim that waits for a time looks at the clock.
const CLOCK_EVERY: Duration = Duration::from_secs(1);
/// How many of the command's ends are remembered.
const ENDS: usize = 8;
/// How long what an earlier shim left may take to die.
const SWEEP_TIMEOUT: Duration = Duration::from_secs(5);

/// What a shim that cannot go on says; its supervisor passes it to the user.
type Complaint = Box<dyn std::error::Error>;

pub(super) fn main(own: &ShimCommand, folder: PathBuf) -> ExitCode {
    // One thread: what starts the command must be the thread that lives as long as the process.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let ran = match runtime {
        Ok(runtime) => runtime.block_on(run(own, ResourceFolder::new(folder))),
        Err(error) => Err(error.into()),
    };
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(complaint) => {
            eprintln!("{complaint}");
            ExitCode::FAILURE
        }
    }
}

/// Decides, with the lock held, whether there is something to do.
async fn run(own: &ShimCommand, folder: ResourceFolder) -> Result<(), Complaint> {
    let Some(lock) = take(&folder).await? else {
        return Ok(());
    };
    if !lock.is_current() || folder.tombstone()?.is_some() {
        return Ok(());
    }
    let Some(order) = folder.order()? else {
        return Ok(());
    };
    // Before it says that it runs: from then on it gets signals, and children.
    let children = signal(SignalKind::child())?;
    // A write beyond the limit on a file's size fails, as on a full disk, and ends nobody.
    let _too_large = signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()))?;
    let orders = Orders::listen(folder.clone(), lock, &order)?;
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    sweep(&order).await?;
    let log = Log::new(LogWriter::open(folder.logs(), order.launch.keeps)?);
    let _expiry = order
        .launch
        .keeps
        .map(|keeps| log.clone().expire_every(keeps));
    let shim = Shim {
        own,
        folder,
        order,
        log,
        children,
        orders,
        restarts: 0,
        last_exit: None,
        ends: VecDeque::with_capacity(ENDS),
    };
    match shim.order.launch.at_end.clone() {
        AtEnd::Wait(timetable) => shim.keep_to(&timetable).await,
        AtEnd::StartAgain | AtEnd::Rest => shim.look_after().await,
    }
}

async fn take(folder: &ResourceFolder) -> Result<Option<Held>, Complaint> {
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        match folder.take()? {
            Take::Taken(lock) => return Ok(Some(lock)),
            Take::NoFile => return Ok(None),
            Take::Busy if Instant::now() > deadline => return Ok(None),
            Take::Busy => sleep(LOOK_EVERY).await,
        }
    }
}

/// Ends what a killed shim left. With the lock held, nothing that carries the resource's name may
/// be running.
async fn sweep(order: &Order) -> Result<(), Complaint> {
    let deadline = Instant::now() + SWEEP_TIMEOUT;
    let mut killed = Vec::new();
    loop {
        let resource = &order.launch.resource;
        let found = processes::kill_tagged(order.installation, resource, Whom::Apps)?;
        if found.is_empty() && killed.iter().all(|process: &ProcessId| process.has_ended()) {
            return Ok(());
        }
        killed.extend(found);
        if Instant::now() > deadline {
            return Err(format!("processes {killed:?} of an earlier run are still there").into());
        }
        sleep(LOOK_EVERY).await;
    }
}

/// Without certainty that one run is over there must not be another.
fn all_gone(left: Children) -> Result<(), Complaint> {
    match left {
        Children::None => Ok(()),
        Children::Some => Err("what the command started survives SIGKILL".into()),
    }
}

/// How one run of the command ended.
struct Run {
    /// In words.
    exit: String,
    succeeded: bool,
}

struct Shim<'a> {
    own: &'a ShimCommand,
    folder: ResourceFolder,
    order: Order,
    log: Log,
    children: SignalStream,
    orders: Orders,
    restarts: u32,
    last_exit: Option<String>,
    /// Its newest ends, oldest first.
    ends: VecDeque<Timestamp>,
}

impl Shim<'_> {
    async fn look_after(mut self) -> Result<(), Complaint> {
        let mut backoff = Backoff::default();
        loop {
            let started = Instant::now();
            let Some(Run { exit, succeeded }) = self.run_once().await? else {
                return Ok(());
            };
            if self.order.launch.at_end == AtEnd::Rest {
                self.log.write(LogSource::Shim, vec![exit.clone()]);
                let at = now();
                return self.say(Phase::Ended {
                    exit,
                    succeeded,
                    at,
                });
            }
            let wait = backoff.after(started.elapsed(), &self.order.policy);
            let said = format!("{exit}; starting again in {:.1} s", wait.as_secs_f64());
            self.log.write(LogSource::Shim, vec![said]);
            self.last_exit = Some(exit.clone());
            if self.ends.len() == ENDS {
                self.ends.pop_front();
            }
            self.ends.push_back(now());
            let waiting = Phase::BackingOff {
                last_exit: exit,
                ends: self.ends.iter().copied().collect(),
                until: now().after(wait),
            };
            if let Err(error) = self.say(waiting)
                && self.restarts == 0
            {
                return Err(error);
            }
            tokio::select! {
                biased;
                () = self.orders.told_to_end() => return Ok(()),
                () = sleep(wait) => {}
            }
            self.restarts = self.restarts.saturating_add(1);
        }
    }

    /// Runs the command whenever its time has come, one run at a time.
    async fn keep_to(mut self, timetable: &Timetable) -> Result<(), Complaint> {
        let revision = self.order.launch.revision.clone();
        let mut runs = self.folder.runs()?;
        runs.end(now(), "ended with what looked after it");
        let mut due = runs.first(&revision, timetable, now());
        // Later, an out-of-date state is better than no runs.
        self.say(Phase::Scheduled { next: due })?;
        loop {
            if !self.until(due).await {
                return Ok(());
            }
            let began = due.unwrap_or_else(now);
            runs.begin(&revision, began, now());
            self.note(&runs);
            let exit = self.run_once().await?.map(|run| run.exit);
            let told = "told to end, as its preview was changed or the server stopped";
            runs.end(now(), exit.as_deref().unwrap_or(told));
            self.note(&runs);
            let Some(exit) = exit else { return Ok(()) };
            let (next, skipped) = timetable.after_run(began, now());
            let after = next.map_or("never again".to_owned(), |next| format!("next at {next}"));
            let mut said = vec![format!("{exit}; {after}")];
            if skipped > 0 {
                let why = "the run before was still under way";
                said.push(format!("{skipped} times to run were skipped, as {why}"));
            }
            self.log.write(LogSource::Shim, said);
            self.last_exit = Some(exit);
            due = next;
            self.restarts = self.restarts.saturating_add(1);
            // Only for people to see.
            let _ = self.say(Phase::Scheduled { next });
        }
    }

    /// Waits for a time of day, which may be set meanwhile. `false` if the shim was told to end.
    async fn until(&mut self, due: Option<Timestamp>) -> bool {
        loop {
            let left = due.map_or(Duration::MAX, |due| now().until(due));
            if left.is_zero() {
                return true;
            }
            tokio::select! {
                biased;
                () = self.orders.told_to_end() => return false,
                () = sleep(left.min(CLOCK_EVERY)) => {}
            }
        }
    }

    /// What is written down of the runs is for people, and for a shim that comes after.
    fn note(&self, runs: &Runs) {
        if let Err(error) = self.folder.write_runs(runs) {
            let said = format!("the runs cannot be written down: {error}");
            self.log.write(LogSource::Shim, vec![said]);
        }
    }

    /// Runs the command until it ends, and leaves nothing of it. Returns how it ended; `None` if the
    /// shim was told to end.
    async fn run_once(&mut self) -> Result<Option<Run>, Complaint> {
        // A tombstone may have been laid while the command was down.
        if self.folder.tombstone()?.is_some() {
            return Ok(None);
        }
        let mut app = match App::start(self.own, &self.order, &self.log) {
            Ok(app) => app,
            Err(error) => {
                let dir = self.order.launch.dir.display();
                return Ok(Some(Run {
                    exit: format!("cannot start in {dir}: {error}"),
                    succeeded: false,
                }));
            }
        };
        let running = Phase::Running {
            pid: app.pid(),
            since: now(),
            last_exit: self.last_exit.clone(),
        };
        // Unless it is the first, an out-of-date state is better than no service.
        if let Err(error) = self.say(running)
            && self.restarts == 0
        {
            all_gone(app.finish().await)?;
            return Err(error);
        }
        tokio::select! {
            biased;
            () = self.orders.told_to_end() => {
                // Only for people to see.
                let _ = self.say(Phase::Ending);
                let grace = self.orders.grace(self.order.policy.grace);
                all_gone(app.end(grace, &mut self.children).await)?;
                Ok(None)
            }
            exit = app.ended(&mut self.children) => {
                all_gone(app.finish().await)?;
                Ok(Some(Run {
                    exit: exit.to_string(),
                    succeeded: exit.is_success(),
                }))
            }
        }
    }

    fn say(&self, phase: Phase) -> Result<(), Complaint> {
        let state = State {
            shim: std::process::id(),
            revision: self.order.launch.revision.clone(),
            restarts: self.restarts,
            phase,
        };
        Ok(self.folder.write_state(&state)?)
    }
}

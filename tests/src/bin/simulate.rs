//! Runs the simulation: many seeds, one of them step by step, or every breakage.

use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use clap::Parser;
use tempus_model::breakage::{self, Breakage};
use tempus_model::invariant::Predicate;
use tempus_tests::sim::storm::{self, Shown};

/// Simulates workers, an API and their users on everything that can go wrong, from seeds.
#[derive(Parser)]
#[command(name = "simulate")]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
struct Args {
    /// How many seeds to run
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// On how many threads
    #[arg(long)]
    jobs: Option<usize>,
    /// End with one line of JSON
    #[arg(long)]
    json: bool,
    /// Replay this seed, step by step
    #[arg(long, conflicts_with_all = ["seeds", "from", "jobs", "breakages"])]
    seed: Option<u64>,
    /// With --seed: also print what the workers log
    #[arg(long, requires = "seed")]
    verbose: bool,
    /// Break this rule
    #[arg(long = "break", value_parser = named)]
    broken: Option<Breakage>,
    /// Break every rule in turn, until a predicate notices
    #[arg(long, conflicts_with = "broken")]
    breakages: bool,
    /// Say what is held against the world, and which rules can be broken
    #[arg(long)]
    list: bool,
}

fn named(name: &str) -> Result<Breakage, String> {
    let all = Breakage::ALL.iter();
    let found = all.clone().find(|breakage| breakage.name() == name);
    found.copied().ok_or_else(|| {
        let names: Vec<_> = all.map(|breakage| breakage.name()).collect();
        format!("one of {}", names.join(", "))
    })
}

fn main() -> ExitCode {
    let args = Args::parse();
    if args.list {
        list();
        return ExitCode::SUCCESS;
    }
    if let Some(seed) = args.seed {
        return replay(seed, &args);
    }
    if args.breakages {
        return every_breakage(&args);
    }
    many(&args)
}

fn list() {
    for predicate in Predicate::ALL {
        println!("{predicate:16} {}", predicate.sentence());
    }
    println!();
    for breakage in Breakage::ALL {
        println!("{breakage:18} {}", breakage.what());
    }
}

fn replay(seed: u64, args: &Args) -> ExitCode {
    if args.verbose {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_target(false)
            .without_time()
            .init();
    }
    breakage::choose(args.broken);
    let report = storm::run_seed(seed, Shown::Steps);
    println!(
        "seed {seed}: {} moves, trace {:016x}, {} previews, {} events, at rest within {} s",
        report.moves,
        report.trace,
        report.previews,
        report.events,
        report.longest_rest.as_secs()
    );
    match report.violation {
        Some(violation) => {
            println!("seed {seed} violates {violation}");
            println!("{}", violation.predicate.sentence());
            ExitCode::FAILURE
        }
        None => ExitCode::SUCCESS,
    }
}

fn many(args: &Args) -> ExitCode {
    let (begun, told) = (Instant::now(), Mutex::new(Instant::now()));
    let jobs = args.jobs.unwrap_or_else(|| {
        std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
    });
    let totals = storm::run_seeds(
        args.from,
        args.seeds,
        jobs,
        args.broken,
        |report, totals| {
            if let Some(violation) = &report.violation {
                eprintln!("seed {} violates {violation}", report.seed);
                eprintln!("  {}", storm::replay(report.seed));
            }
            let mut told = told
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            if told.elapsed() >= Duration::from_secs(5) {
                *told = Instant::now();
                let (done, faults) = (totals.seeds, totals.faults_fired());
                let failed = totals.violations.len();
                eprintln!(
                    "{done} of {} seeds, {faults} faults, {failed} violations",
                    args.seeds
                );
            }
            true
        },
    );
    let took = begun.elapsed();
    if args.json {
        println!("{}", totals.json(took));
    } else {
        let (steps, calls) = (totals.steps(), totals.calls());
        println!("{} seeds in {:.1} s", totals.seeds, took.as_secs_f64());
        for (kind, count) in totals.by_kind() {
            println!("{count:>10} {kind}");
        }
        for (pairs, of) in [(steps, "step"), (calls, "call")] {
            let (all, fired) = (pairs.all, pairs.all - pairs.missing.len());
            println!("{fired} of {all} pairs of fault and {of}");
            for pair in pairs.missing {
                println!("  never: {pair}");
            }
        }
        println!("{} violations", totals.violations.len());
    }
    if totals.violations.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn every_breakage(args: &Args) -> ExitCode {
    let mut ended = ExitCode::SUCCESS;
    println!("{:18} {:16} {:>6}  seen", "breakage", "predicate", "seeds");
    for breakage in Breakage::ALL {
        let Some(caught) = storm::catch(*breakage, args.from, args.seeds) else {
            println!("{breakage:18} {:16} {:>6}", "not caught", args.seeds);
            ended = ExitCode::FAILURE;
            continue;
        };
        let expected = storm::caught_by(*breakage).contains(&caught.violation.predicate);
        let note = if expected {
            ""
        } else {
            ended = ExitCode::FAILURE;
            " (by another than expected)"
        };
        println!(
            "{breakage:18} {:16} {:>6}  {}{note}",
            caught.violation.predicate, caught.seeds, caught.violation.seen
        );
    }
    ended
}

//! What is said in the end: a report for people, and one line for programs.

use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::End;
use crate::faults::Kills;
use crate::gauge::{MOST, Windows};

/// What was found of both servers.
pub struct Report {
    seed: u64,
    minutes: f64,
    servers: Map<String, Value>,
    violations: Vec<String>,
}

impl Report {
    /// Nothing found yet.
    pub fn new(seed: u64, minutes: f64) -> Self {
        Self {
            seed,
            minutes,
            servers: Map::new(),
            violations: Vec::new(),
        }
    }

    /// Something must not be.
    pub fn violation(&mut self, what: String) {
        self.violations.push(what);
    }

    /// What became of one.
    pub fn add(&mut self, kills: Kills, end: End) {
        let name = kills.name();
        let previews = end.load.previews().len();
        println!("\n{name}: {previews} previews");
        for (what, count) in end.load.jobs() {
            println!("  {count:6}  {what}");
        }
        for (status, count) in end.load.put_off() {
            let what = match status {
                0 => "no answer".to_owned(),
                status => format!("answers of {status}"),
            };
            println!("  {count:6}  {what}, asked again");
        }
        for (what, count) in &end.tally {
            println!("  {count:6}  {what}");
        }
        let gauge = &end.gauge;
        let mut server = json!({
            "previews": previews, "jobs": end.load.jobs(), "put_off": end.load.put_off(),
            "faults": end.tally,
        });
        for (what, windows) in [
            ("memory_mib", gauge.memory()),
            ("descriptors", gauge.descriptors()),
        ] {
            println!(
                "  {what}: {:.1} in the second quarter, {:.1} in the last: {:.0} %",
                windows.early(),
                windows.late(),
                windows.ratio() * 100.0
            );
            server[what] = said(windows);
            // The other one is never old enough for it to mean anything.
            if kills == Kills::Previews && !windows.holds() {
                let ratio = windows.ratio();
                self.violation(format!(
                    "{name}: {what} is {ratio:.2} of before, and not {MOST}"
                ));
            }
        }
        self.servers.insert(name.to_owned(), server);
        let of = |what: String| format!("{name}: {what}");
        self.violations.extend(end.violations.into_iter().map(of));
    }

    /// Says it all.
    pub fn print(self, took: Duration) -> ExitCode {
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load = load.split(' ').nth(2).unwrap_or_default();
        println!("\nload of the machine over the last 15 minutes: {load}");
        for what in &self.violations {
            println!("VIOLATION {what}");
        }
        let holds = self.violations.is_empty();
        println!("{}", if holds { "it held" } else { "it did not hold" });
        let line = json!({
            "soak": if holds { "held" } else { "failed" },
            "seed": self.seed, "minutes": self.minutes, "seconds": took.as_secs(),
            "load_15": load, "servers": self.servers, "violations": self.violations,
        });
        println!("{line}");
        ExitCode::from(u8::from(!holds))
    }
}

fn said(windows: &Windows) -> Value {
    json!({"early": windows.early(), "late": windows.late(), "ratio": windows.ratio()})
}

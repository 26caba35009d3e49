//! Figures, as text for people and as the one JSON line that a run ends with.

use serde_json::{Map, Value, json};

use crate::arguments::Arguments;
use crate::machine::Machine;

/// What a workload found: figures by name, each with what it was taken under.
#[derive(Debug)]
pub struct Report {
    json: bool,
    figures: Map<String, Value>,
    settings: Map<String, Value>,
}

impl Report {
    /// Begins one with the machine's own settings.
    pub fn new(workload: &str, arguments: &Arguments) -> Self {
        let mut report = Self {
            json: arguments.json,
            figures: Map::new(),
            settings: Map::new(),
        };
        report.set("workload", workload);
        report.set("data", arguments.data.to_string_lossy());
        report.set("seconds", arguments.seconds);
        report.set("rounds", arguments.rounds);
        if let Ok(Value::Object(machine)) = serde_json::to_value(Machine::this()) {
            report.settings.extend(machine);
        }
        report
    }

    /// Adds a setting.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.settings.insert(name.to_owned(), value.into());
    }

    /// Adds a figure, and shows it.
    pub fn figure(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        self.show(&format!("{name:>32}  {value}"));
        self.figures.insert(name.to_owned(), value);
    }

    /// Adds a number of so many decimals.
    pub fn number(&mut self, name: &str, value: f64, decimals: i32) {
        self.figure(name, round(value, decimals));
    }

    /// Says under which settings figures are taken from here on.
    pub fn show_settings(&self) {
        for (name, value) in &self.settings {
            self.show(&format!("{name:>32}: {value}"));
        }
    }

    /// Text never comes between whoever reads JSON and it.
    fn show(&self, line: &str) {
        if self.json {
            eprintln!("{line}");
        } else {
            println!("{line}");
        }
    }

    /// The figures with their settings beside them.
    pub fn into_json(self) -> Value {
        let mut all = self.figures;
        all.insert("settings".to_owned(), json!(self.settings));
        Value::Object(all)
    }
}

/// Rounds to so many decimals.
pub fn round(value: f64, decimals: i32) -> f64 {
    let power = 10_f64.powi(decimals);
    (value * power).round() / power
}

//! `tempus completions`

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::failure::Failure;
use crate::output::{Format, Screen};

/// Print a completion script
#[derive(Debug, Clone, Args)]
pub struct Completions {
    /// For this shell
    shell: Shell,
}

impl Completions {
    /// Prints it.
    pub fn run(&self) -> Result<(), Failure> {
        // Through a buffer: the generator panics where a pipe breaks.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "tempus", &mut script);
        let script = String::from_utf8_lossy(&script);
        Ok(Screen::of_process(Format::Human).write(script)?)
    }
}

//! `tempus config`, and the flags that the server commands share.

use std::path::PathBuf;

use clap::Args;

use crate::config::{self, Assignment, ConfigErrors, Loaded, Sources};
use crate::failure::Failure;
use crate::output::{Format, Screen};

/// Flags that set configuration.
#[derive(Debug, Clone, Default, Args)]
pub struct Settings {
    /// The folder that holds all state [key: data]
    #[arg(long, value_name = "DIR", help_heading = "Configuration")]
    data: Option<String>,
    /// The configuration file
    #[arg(
        long,
        help = "The configuration file; tempus.toml in this folder if there is one [env: TEMPUS_CONFIG]",
        value_name = "FILE",
        help_heading = "Configuration"
    )]
    config: Option<PathBuf>,
    /// Where the API listens [key: api.listen]
    #[arg(long, value_name = "ADDR", help_heading = "Configuration")]
    listen: Option<String>,
    /// Where previews answer [key: previews.listen]
    #[arg(long, value_name = "ADDR", help_heading = "Configuration")]
    previews_listen: Option<String>,
    /// Which log lines are written [key: log.level]
    #[arg(long, value_name = "FILTER", help_heading = "Configuration")]
    log_level: Option<String>,
    /// Any key that `tempus config` lists
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment, help_heading = "Configuration")]
    set: Vec<(String, String)>,
}

impl Settings {
    /// The configuration in force.
    pub fn load(&self) -> Result<Loaded, Failure> {
        let file = self.config.clone().or_else(|| {
            let named = std::env::var_os("TEMPUS_CONFIG").filter(|name| !name.is_empty());
            named.map(PathBuf::from)
        });
        let sources = Sources::of_process(file, self.assignments())?;
        config::load(&sources).map_err(|errors: ConfigErrors| errors.into())
    }

    fn assignments(&self) -> Vec<Assignment> {
        let own = [
            ("data", "--data", &self.data),
            ("api.listen", "--listen", &self.listen),
            (
                "previews.listen",
                "--previews-listen",
                &self.previews_listen,
            ),
            ("log.level", "--log-level", &self.log_level),
        ];
        let set = self.set.iter().map(|(key, value)| Assignment {
            key: key.clone(),
            value: value.clone(),
            flag: "--set".to_owned(),
        });
        // A flag with a name of its own is the more deliberate one, so it comes last and holds.
        let own = own.into_iter().filter_map(|(key, flag, value)| {
            Some(Assignment {
                key: key.to_owned(),
                value: value.clone()?,
                flag: flag.to_owned(),
            })
        });
        set.chain(own).collect()
    }
}

fn assignment(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("must be KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// Print the server's configuration: every value in force, and where it came from
#[derive(Debug, Clone, Args)]
pub struct Config {
    #[command(flatten)]
    settings: Settings,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Config {
    /// Prints it.
    pub fn run(&self) -> Result<(), Failure> {
        let loaded = self.settings.load()?;
        if self.json {
            return Ok(Screen::of_process(Format::Json).json(&config::json(&loaded))?);
        }
        Ok(Screen::of_process(Format::Human).write(config::table(&loaded))?)
    }
}

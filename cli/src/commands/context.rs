//! `tempus context`

use clap::Subcommand;
use serde_json::json;

use crate::context::{Contexts, parse};
use crate::failure::Failure;
use crate::output::{Cell, Format, Screen, Table};

/// Named servers
#[derive(Debug, Clone, Subcommand)]
pub enum Context {
    /// List them
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Add one, or give it another address; the first one added is used from then on
    Add {
        /// Its name
        name: String,
        /// The server's address
        url: String,
    },
    /// Use one from now on
    Use {
        /// Its name
        name: String,
    },
    /// Remove one
    Remove {
        /// Its name
        name: String,
    },
}

impl Context {
    /// Does it.
    pub fn run(&self) -> Result<(), Failure> {
        let path = Contexts::path()?;
        let mut contexts = Contexts::load(&path)?;
        match self {
            Self::List { json } => {
                let format = if *json { Format::Json } else { Format::Human };
                return list(&contexts, &mut Screen::of_process(format));
            }
            Self::Add { name, url } => {
                contexts.add(name, &parse("the address", url)?)?;
                if contexts.current().is_none() {
                    contexts.choose(name)?;
                }
            }
            Self::Use { name } => contexts.choose(name)?,
            Self::Remove { name } => contexts.remove(name)?,
        }
        Ok(contexts.save(&path)?)
    }
}

fn list(contexts: &Contexts, screen: &mut Screen) -> Result<(), Failure> {
    let current = contexts.current().map(String::as_str);
    if screen.format() == Format::Json {
        let all: Vec<_> = contexts
            .all()
            .map(|(name, url)| json!({"name": name, "url": url, "current": Some(name) == current}))
            .collect();
        return Ok(screen.json(&json!({"contexts": all}))?);
    }
    let mut table = Table::new(["", "NAME", "URL"]);
    for (name, url) in contexts.all() {
        let mark = if Some(name) == current { "*" } else { " " };
        table.row([Cell::plain(mark), Cell::plain(name), Cell::plain(url)]);
    }
    if table.is_empty() {
        return Ok(screen.note("no contexts; add one with `tempus context add NAME URL`")?);
    }
    Ok(screen.write(table)?)
}

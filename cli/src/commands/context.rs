//! `tempus context`

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use crate::client::Token;
use crate::context::{self, ContextError, Contexts, parse};
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
    /// Add one, or replace it; the first one added is used from then on
    ///
    /// A token is never an argument, which everybody on the machine could read. It is kept in the
    /// file of contexts, which only you can read, and sent to this address alone.
    Add {
        /// Its name
        name: String,
        /// The server's address
        url: String,
        /// Read a token for it from standard input
        #[arg(long)]
        token_stdin: bool,
        /// Read a token for it from a file, once
        #[arg(long, value_name = "FILE", conflicts_with = "token_stdin")]
        token_file: Option<PathBuf>,
        /// The authorities to trust for it instead of the system's, in PEM
        #[arg(long, value_name = "FILE")]
        ca_file: Option<PathBuf>,
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
            Self::Add {
                name,
                url,
                token_stdin,
                token_file,
                ca_file,
            } => {
                let url = parse("the address", url)?;
                let context = context::Context {
                    token: token(*token_stdin, token_file.as_deref())?,
                    ca_file: ca_file.as_deref().map(absolute).transpose()?,
                    ..context::Context::at(&url)
                };
                contexts.add(name, context)?;
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

/// The token that was given, if one was.
fn token(stdin: bool, file: Option<&Path>) -> Result<Option<Token>, Failure> {
    let (what, text) = match (stdin, file) {
        (true, _) => {
            let mut text = String::new();
            io::stdin().take(LONGEST).read_to_string(&mut text)?;
            ("standard input".to_owned(), text)
        }
        (false, Some(path)) => {
            let what = path.display().to_string();
            let text = std::fs::read_to_string(path)
                .map_err(|error| Failure::usage(format!("{what}: {error}")))?;
            (what, text)
        }
        (false, None) => return Ok(None),
    };
    let token = Token::read(&text).map_err(|error| ContextError::Token { what, error })?;
    Ok(Some(token))
}

/// More than any token.
const LONGEST: u64 = 64 * 1024;

/// The file that is meant, wherever the context is used from.
fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| Failure::usage(error.to_string()))
}

fn list(contexts: &Contexts, screen: &mut Screen) -> Result<(), Failure> {
    let current = contexts.current().map(String::as_str);
    if screen.format() == Format::Json {
        let all: Vec<_> = contexts
            .all()
            .map(|(name, context)| {
                json!({
                    "name": name, "url": context.url, "current": Some(name) == current,
                    "has_token": context.token.is_some(), "ca_file": context.ca_file,
                })
            })
            .collect();
        return Ok(screen.json(&json!({"contexts": all}))?);
    }
    let mut table = Table::new(["", "NAME", "URL", "TOKEN"]);
    for (name, context) in contexts.all() {
        let mark = if Some(name) == current { "*" } else { " " };
        let token = if context.token.is_some() { "yes" } else { "no" };
        table.row([
            Cell::plain(mark),
            Cell::plain(name),
            Cell::plain(&context.url),
            Cell::plain(token),
        ]);
    }
    if table.is_empty() {
        return Ok(screen.note("no contexts; add one with `tempus context add NAME URL`")?);
    }
    Ok(screen.write(table)?)
}

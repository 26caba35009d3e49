//! `tempus dead-letters`

use clap::{Args, Subcommand};
use tempus_api::shape::{DeadLetterView, Outcome, ReplayRequest};
use tempus_engine::{Clock, SystemClock};
use tempus_model::Timestamp;

use super::{Remote, Session};
use crate::client::ClientError;
use crate::failure::Failure;
use crate::output::time::relative;
use crate::output::{Cell, Exit, Format, Table};

/// What needs a person: parked sagas, and messages that nobody could read
#[derive(Debug, Clone, Subcommand)]
pub enum DeadLetters {
    /// List them
    List(ListThem),
    /// Let parked sagas go on from where they stood
    Replay(Replay),
    /// Forget messages, or parked sagas that own nothing
    Discard(Discard),
}

/// `tempus dead-letters list`
#[derive(Debug, Clone, Args)]
pub struct ListThem {
    #[command(flatten)]
    remote: Remote,
}

/// `tempus dead-letters replay`
#[derive(Debug, Clone, Args)]
pub struct Replay {
    /// Which: a preview's id, short id or name
    #[arg(value_name = "ID", required_unless_present = "all")]
    ids: Vec<String>,
    /// Every parked saga
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    #[command(flatten)]
    remote: Remote,
}

/// `tempus dead-letters discard`
#[derive(Debug, Clone, Args)]
pub struct Discard {
    /// Which: the id that the list shows; a preview's short id or name will do
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    #[command(flatten)]
    remote: Remote,
}

impl DeadLetters {
    /// Which server is meant.
    pub const fn remote(&self) -> &Remote {
        match self {
            Self::List(list) => &list.remote,
            Self::Replay(replay) => &replay.remote,
            Self::Discard(discard) => &discard.remote,
        }
    }

    /// Does it.
    pub async fn run(&self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::List(_) => list(session).await,
            Self::Replay(replay) => replay.run(session).await,
            Self::Discard(discard) => discard.run(session).await,
        }
    }
}

async fn list(session: &mut Session) -> Result<(), Failure> {
    let answer = session.client.dead_letters().await?;
    if session.screen.format() == Format::Json {
        return Ok(session.screen.json(&answer.raw)?);
    }
    let letters = &answer.value.dead_letters;
    if letters.is_empty() {
        return Ok(session.screen.note("nothing needs a person")?);
    }
    session.screen.write(table(letters, SystemClock.now()))?;
    if answer.value.more {
        session.screen.note("there are more than are listed here")?;
    }
    Ok(())
}

fn table(letters: &[DeadLetterView], now: Timestamp) -> Table {
    let mut table = Table::new(["ID", "PREVIEW", "STUCK ON", "SINCE", "OWNS", "WHY"]);
    for letter in letters {
        let name = letter.preview.as_ref().map_or("-", |preview| &preview.name);
        table.row([
            Cell::plain(&letter.id),
            Cell::plain(name),
            Cell::plain(letter.step.as_deref().unwrap_or("-")),
            Cell::plain(relative(now, letter.since)),
            Cell::plain(if letter.owns.is_empty() {
                "-".to_owned()
            } else {
                letter.owns.join(",")
            }),
            Cell::plain(&letter.error),
        ]);
    }
    table
}

impl Replay {
    async fn run(&self, session: &mut Session) -> Result<(), Failure> {
        let request = if self.all {
            ReplayRequest {
                all: Some(true),
                ids: None,
            }
        } else {
            ReplayRequest {
                all: None,
                ids: Some(ids(session, &self.ids).await?),
            }
        };
        let answer = session.client.replay(&request).await?;
        let results = &answer.value.results;
        match session.screen.format() {
            Format::Json => session.screen.json(&answer.raw)?,
            Format::Human if results.is_empty() => session.screen.note("nothing is parked")?,
            Format::Human => {
                let mut table = Table::list();
                for result in results {
                    let detail = result.detail.as_deref().unwrap_or_default();
                    table.row([
                        Cell::plain(&result.id),
                        Cell::plain(words(result.outcome)),
                        Cell::plain(detail),
                    ]);
                }
                session.screen.write(table)?;
            }
        }
        let worst = results.iter().find_map(|result| exit(result.outcome));
        worst.map_or(Ok(()), |exit| {
            Err(Failure::new(exit, "not all were replayed"))
        })
    }
}

const fn words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Replayed => "goes on",
        Outcome::Removing => "is being removed",
        Outcome::NotParked => "is not parked",
        Outcome::NotFound => "is not there",
        Outcome::Unreadable => "cannot be replayed, only discarded",
        Outcome::Unavailable => "was not replayed: ask again",
    }
}

/// What is no success. That something is not parked any more is what was wanted.
const fn exit(outcome: Outcome) -> Option<Exit> {
    match outcome {
        Outcome::Replayed | Outcome::Removing | Outcome::NotParked => None,
        Outcome::NotFound => Some(Exit::NotFound),
        Outcome::Unreadable => Some(Exit::Refused),
        Outcome::Unavailable => Some(Exit::Unreachable),
    }
}

impl Discard {
    async fn run(&self, session: &mut Session) -> Result<(), Failure> {
        for id in ids(session, &self.ids).await? {
            session.client.discard(&id).await?;
            session.screen.note(format_args!("{id} discarded"))?;
        }
        Ok(())
    }
}

/// The ids that are meant: names and short ids become preview ids, anything else is taken as it
/// is, for a message's id has a form of its own.
async fn ids(session: &Session, given: &[String]) -> Result<Vec<String>, ClientError> {
    let mut ids = Vec::new();
    for one in given {
        ids.push(match session.client.resolve(one).await {
            Ok(preview) => preview.to_string(),
            Err(ClientError::NoPreview(_)) => one.clone(),
            Err(error) => return Err(error),
        });
    }
    Ok(ids)
}

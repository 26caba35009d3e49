//! What every client command has: a server, and a screen.

use std::path::PathBuf;

use clap::Args;

use crate::client::Client;
use crate::context::{Choice, Contexts};
use crate::failure::Failure;
use crate::output::{Format, Screen, clean_lines};
use crate::progress::{Progress, Stream};

/// Which server, and what the answer is for.
#[derive(Debug, Clone, Default, Args)]
pub struct Remote {
    /// The server's address
    #[arg(
        long,
        help = "The server's address, such as http://127.0.0.1:8080 [env: TEMPUS_URL]",
        value_name = "URL",
        help_heading = "Server"
    )]
    pub url: Option<String>,
    /// A named context
    #[arg(
        long,
        help = "A named context; see `tempus context` [env: TEMPUS_CONTEXT]",
        value_name = "NAME",
        conflicts_with = "url",
        help_heading = "Server"
    )]
    pub context: Option<String>,
    /// The authorities to trust instead of the system's
    #[arg(
        long,
        help = "Authorities to trust instead of the system's, in PEM [env: TEMPUS_CA_FILE]",
        value_name = "FILE",
        help_heading = "Server"
    )]
    pub ca_file: Option<PathBuf>,
    /// Print what the server answered, as JSON
    #[arg(long)]
    pub json: bool,
}

/// A command's surroundings.
pub struct Session {
    /// The server.
    pub client: Client,
    /// Where results go.
    pub screen: Screen,
}

impl Session {
    /// The server and the screen that these flags ask for.
    pub fn open(remote: &Remote) -> Result<Self, Failure> {
        let choice = Choice::of_process(
            remote.url.clone(),
            remote.context.clone(),
            remote.ca_file.clone(),
        );
        // A broken file of contexts must not stand in the way of an explicit address.
        let contexts = match Contexts::path().and_then(|path| Contexts::load(&path)) {
            Ok(contexts) => contexts,
            Err(_) if choice.is_explicit() => Contexts::default(),
            Err(crate::context::ContextError::NoFolder) => Contexts::default(),
            Err(error) => return Err(error.into()),
        };
        let format = if remote.json {
            Format::Json
        } else {
            Format::Human
        };
        Ok(Self {
            client: Client::new(choice.server(&contexts)?)?,
            screen: Screen::of_process(format),
        })
    }

    /// Says what whoever asks should know about a request.
    pub fn notes(&mut self, notes: &[String]) -> Result<(), Failure> {
        for note in notes {
            self.screen.note(clean_lines(&format!("note: {note}")))?;
        }
        Ok(())
    }

    /// Where to show progress: not where the result goes.
    pub fn progress(&self) -> Progress {
        Progress::on(Stream::Stderr)
    }
}

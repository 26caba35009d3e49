//! Where output goes: results to standard output, progress and errors to standard error.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use serde::Serialize;

/// For whom results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Tables and relative times.
    Human,
    /// What the server answered, as JSON.
    Json,
}

/// Who reads a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// A person, on a terminal.
    Terminal,
    /// A file or a program.
    Pipe,
}

/// Both streams. Colours reach terminals only, and none if `NO_COLOR` is set.
pub struct Screen {
    results: Box<dyn Write + Send>,
    notes: Box<dyn Write + Send>,
    reader: Audience,
    format: Format,
}

impl Screen {
    /// This process's streams.
    pub fn of_process(format: Format) -> Self {
        let terminal = io::stdout().is_terminal();
        Self {
            results: Box::new(anstream::AutoStream::auto(io::stdout())),
            notes: Box::new(anstream::AutoStream::auto(io::stderr())),
            reader: if terminal {
                Audience::Terminal
            } else {
                Audience::Pipe
            },
            format,
        }
    }

    /// For whom results are written.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// Who reads the results.
    pub const fn reader(&self) -> Audience {
        self.reader
    }

    /// Writes a result as it is, with no line end of its own.
    pub fn write(&mut self, text: impl Display) -> io::Result<()> {
        write!(self.results, "{text}")?;
        self.results.flush()
    }

    /// Writes a line of result.
    pub fn line(&mut self, text: impl Display) -> io::Result<()> {
        self.write(format_args!("{text}\n"))
    }

    /// Writes a line of somebody else's text to a pipe, byte for byte. For a terminal it must have
    /// been [cleaned](super::clean).
    pub fn verbatim(&mut self, line: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(line.as_bytes())?;
        out.write_all(b"\n")?;
        out.flush()
    }

    /// Writes a result as JSON, over several lines.
    pub fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut self.results, value)?;
        self.line("")
    }

    /// Writes a line about what is going on. Such lines never mix with results.
    pub fn note(&mut self, text: impl Display) -> io::Result<()> {
        writeln!(self.notes, "{text}")?;
        self.notes.flush()
    }
}

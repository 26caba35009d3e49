//! One line of a log.

use tempus_model::Timestamp;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When it was read from the command, to the millisecond.
    pub at: Timestamp,
    /// Who wrote it.
    pub source: LogSource,
    /// The line without its newline. Cut, and then ending in an ellipsis, if it was very long.
    pub text: String,
}

/// Who wrote a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogSource {
    /// The command, to its standard output.
    Stdout,
    /// The command, to its standard error.
    Stderr,
    /// The shim: how the command ended, and when it is started again.
    Shim,
}

impl LogSource {
    const fn letter(self) -> char {
        match self {
            Self::Stdout => 'o',
            Self::Stderr => 'e',
            Self::Shim => 's',
        }
    }
}

impl LogLine {
    /// Appends this line in the form of the file.
    pub(super) fn write_to(&self, batch: &mut String) {
        use std::fmt::Write;
        let (at, source) = (self.at.millis(), self.source.letter());
        // Writing to a string cannot fail.
        let _ = writeln!(batch, "{at} {source} {}", self.text);
    }

    /// Reads a line of a file. `None` for what is none, such as the rest of a write that a full
    /// disk cut short.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let (at, rest) = line.split_once(' ')?;
        let (source, text) = rest.split_once(' ')?;
        Some(Self {
            at: Timestamp::from_millis(at.parse().ok()?),
            source: match source {
                "o" => LogSource::Stdout,
                "e" => LogSource::Stderr,
                "s" => LogSource::Shim,
                _ => return None,
            },
            text: text.to_owned(),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_was_written() {
        for text in ["", " two  spaces ", "\u{1b}[31mred\r", "ümläut \0"] {
            let line = LogLine {
                at: Timestamp::from_millis(1_763_679_600_123),
                source: LogSource::Stderr,
                text: text.into(),
            };
            let mut file = String::new();
            line.write_to(&mut file);
            assert_eq!(LogLine::parse(file.strip_suffix('\n').unwrap()), Some(line));
        }
        assert_eq!(LogLine::parse("1763679600123 x text"), None);
        assert_eq!(LogLine::parse("600123"), None);
    }
}

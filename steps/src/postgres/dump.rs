//! Dumps: SQL as `pg_dump` writes it, read part by part.
//!
//! The server itself reads SQL, many statements at a time. What it cannot read is what `psql` does with a
//! file: the lines behind a `COPY … FROM stdin;`, which are sent as data, and the commands that begin
//! with a backslash. So a dump is cut at these and nowhere else.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// The longest dump. What is longer takes minutes, and is better copied from a template database.
pub(super) const LONGEST: u64 = 256 * 1024 * 1024;
/// How much data is sent at once.
const CHUNK: usize = 64 * 1024;
/// What `pg_dump`'s own formats begin with.
const CUSTOM: &[u8] = b"PGDMP";
/// The end of a `COPY`'s data.
const END: &[u8] = b"\\.";
/// Commands of `psql` around every dump of newer versions, which ask for nothing but themselves.
const RESTRICT: [&[u8]; 2] = [b"\\restrict ", b"\\unrestrict "];

/// A dump that is being read.
pub(super) struct Dump<R> {
    lines: R,
    /// The line that was read last, from 1.
    line: usize,
    /// A `COPY` that was met behind other statements.
    met: Option<Part>,
    /// Whether the end of a `COPY`'s data was met behind some of them.
    ended: bool,
}

/// A part of a dump, and the line that it begins with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Statements.
    Sql { line: usize, text: String },
    /// A `COPY … FROM stdin;`, whose data follow.
    Copy { line: usize, statement: String },
}

/// Why a dump cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub(super) enum DumpError {
    #[error("cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("is longer than {} MiB: make a template database of it, and give that instead", LONGEST / 1024 / 1024)]
    Long,
    #[error(
        "is no plain SQL but one of pg_dump's own formats: turn it into SQL with pg_restore --no-owner --no-privileges -f"
    )]
    Custom,
    #[error("line {0}: must be UTF-8")]
    Encoding(usize),
    #[error("line {0}: is a command of psql's, which is not run here: leave it out")]
    Command(usize),
    #[error("line {0}: the data of this COPY have no end (a line of \\.)")]
    Endless(usize),
}

impl Dump<BufReader<io::Take<File>>> {
    /// The dump in this file.
    pub fn open(path: &Path) -> Result<Self, DumpError> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::other("is no file").into());
        }
        if metadata.len() > LONGEST {
            return Err(DumpError::Long);
        }
        Self::of(BufReader::new(file.take(LONGEST)))
    }
}

impl<R: BufRead> Dump<R> {
    fn of(mut lines: R) -> Result<Self, DumpError> {
        if lines.fill_buf()?.starts_with(CUSTOM) {
            return Err(DumpError::Custom);
        }
        Ok(Self {
            lines,
            line: 0,
            met: None,
            ended: false,
        })
    }

    /// The next part. A `COPY`'s data must have been read to their end.
    pub fn next(&mut self) -> Result<Option<Part>, DumpError> {
        if let Some(copy) = self.met.take() {
            return Ok(Some(copy));
        }
        let (line, mut text) = (self.line + 1, String::new());
        while let Some(bytes) = self.read()? {
            if RESTRICT.iter().any(|command| bytes.starts_with(command)) {
                text.push('\n');
                continue;
            }
            if bytes.starts_with(b"\\") {
                return Err(DumpError::Command(self.line));
            }
            let read = String::from_utf8(bytes).map_err(|_| DumpError::Encoding(self.line))?;
            if is_copy(&read) {
                let copy = Part::Copy {
                    line: self.line,
                    statement: read,
                };
                if text.trim().is_empty() {
                    return Ok(Some(copy));
                }
                self.met = Some(copy);
                return Ok(Some(Part::Sql { line, text }));
            }
            text.push_str(&read);
        }
        Ok((!text.trim().is_empty()).then_some(Part::Sql { line, text }))
    }

    /// Some of the data of the `COPY` that was read last, as they are sent; `None` at their end.
    pub fn data(&mut self, copy: usize) -> Result<Option<Vec<u8>>, DumpError> {
        if std::mem::take(&mut self.ended) {
            return Ok(None);
        }
        let mut data = Vec::new();
        while data.len() < CHUNK {
            let line = self.read()?.ok_or(DumpError::Endless(copy))?;
            if line.trim_ascii_end() == END {
                self.ended = !data.is_empty();
                break;
            }
            data.extend(line);
        }
        Ok((!data.is_empty()).then_some(data))
    }

    fn read(&mut self) -> Result<Option<Vec<u8>>, DumpError> {
        let mut line = Vec::new();
        self.lines.read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(None);
        }
        self.line += 1;
        Ok(Some(line))
    }
}

/// Whether a line is what `pg_dump` writes before a table's data. It stands on a line of its own there,
/// and hardly anywhere else.
fn is_copy(line: &str) -> bool {
    let line = line.trim_end().to_ascii_lowercase();
    line.starts_with("copy ") && line.ends_with(" from stdin;")
}

/// The line of a part on which this character of it stands, the first being 1.
pub(super) fn line_of(line: usize, text: &str, character: u32) -> usize {
    let before = usize::try_from(character)
        .unwrap_or(usize::MAX)
        .saturating_sub(1);
    line + text.chars().take(before).filter(|c| *c == '\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &[u8]) -> Result<Vec<(String, Vec<u8>)>, DumpError> {
        let (mut dump, mut parts) = (Dump::of(text)?, Vec::new());
        while let Some(part) = dump.next()? {
            let mut data = Vec::new();
            let what = match part {
                Part::Sql { line, text } => format!("{line}: {}", text.trim()),
                Part::Copy { line, statement } => {
                    while let Some(more) = dump.data(line)? {
                        data.extend(more);
                    }
                    format!("{line}: {}", statement.trim())
                }
            };
            parts.push((what, data));
        }
        Ok(parts)
    }

    #[test]
    fn a_dump_is_cut_at_its_data_and_nowhere_else() {
        let text = b"\\restrict x\nCREATE TABLE a (x text);\nSELECT ';';\n\
            COPY public.a (x) FROM stdin;\none\n\\\\.\ntwo\n\\.\n\
            copy b from stdin;\n\\.\n\n-- done\n\\unrestrict x\n";
        let expected = [
            ("1: CREATE TABLE a (x text);\nSELECT ';';", &b""[..]),
            ("4: COPY public.a (x) FROM stdin;", b"one\n\\\\.\ntwo\n"),
            ("9: copy b from stdin;", b""),
            ("11: -- done", b""),
        ];
        let expected = expected.map(|(what, data)| (what.to_owned(), data.to_vec()));
        assert_eq!(parts(text).unwrap(), expected);
        assert!(parts(b"").unwrap().is_empty());
    }

    #[test]
    fn much_data_is_sent_in_pieces() {
        let rows = b"0123456789\n".repeat(3 * CHUNK / 11);
        let text = [b"COPY a FROM stdin;\n", &rows[..], b"\\.\nSELECT 1;\n"].concat();
        let read = parts(&text).unwrap();
        assert_eq!(read[0].1, rows);
        assert_eq!(read[1].0, format!("{}: SELECT 1;", 3 + rows.len() / 11));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (text, says) in [
            (&b"PGDMP\x01"[..], "pg_restore"),
            (
                b"SELECT 1;\n\\connect x\n",
                "line 2: is a command of psql's",
            ),
            (b"SELECT 1;\n'\xff';\n", "line 2: must be UTF-8"),
            (
                b"\nCOPY a FROM stdin;\none\n",
                "line 2: the data of this COPY",
            ),
        ] {
            let error = parts(text).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn a_character_is_on_a_line() {
        assert_eq!(line_of(7, "a\nb\nc", 1), 7);
        assert_eq!(line_of(7, "a\nb\nc", 3), 8);
        assert_eq!(line_of(7, "a\nb\nc", 99), 9);
    }
}

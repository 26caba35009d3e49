//! Cutting a stream of bytes into lines of bounded length.

/// What a line is cut to, in bytes.
const LONGEST_LINE: usize = 8 << 10;

/// Collects bytes until a line is complete. Holds one line at most.
#[derive(Debug, Default)]
pub(in crate::local::process) struct Splitter {
    line: Vec<u8>,
    rest: Rest,
}

/// What happens to further bytes of the line.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Rest {
    #[default]
    Kept,
    /// The line is full: they are dropped up to the newline.
    Dropped,
}

impl Splitter {
    /// Takes bytes and hands out the lines that they complete.
    pub(in crate::local::process) fn feed(&mut self, bytes: &[u8], mut line: impl FnMut(String)) {
        for part in bytes.split_inclusive(|b| *b == b'\n') {
            match part.strip_suffix(b"\n") {
                Some(end) => {
                    self.keep(end);
                    line(self.take());
                }
                None => self.keep(part),
            }
        }
    }

    /// The last line, if the stream ended without a newline.
    pub(in crate::local::process) fn finish(&mut self) -> Option<String> {
        let something = !self.line.is_empty();
        something.then(|| self.take())
    }

    fn keep(&mut self, part: &[u8]) {
        let room = LONGEST_LINE - self.line.len();
        self.line.extend_from_slice(&part[..part.len().min(room)]);
        if part.len() > room {
            self.rest = Rest::Dropped;
        }
    }

    fn take(&mut self) -> String {
        let mut text = String::from_utf8_lossy(&self.line).into_owned();
        if self.rest == Rest::Dropped {
            text.push('…');
        }
        self.line.clear();
        self.rest = Rest::Kept;
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(parts: &[&[u8]]) -> Vec<String> {
        let mut splitter = Splitter::default();
        let mut lines = Vec::new();
        for part in parts {
            splitter.feed(part, |line| lines.push(line));
        }
        lines.extend(splitter.finish());
        lines
    }

    #[test]
    fn lines_do_not_depend_on_how_they_arrive() {
        assert_eq!(lines(&[b"one\ntwo\n\nfour"]), ["one", "two", "", "four"]);
        assert_eq!(
            lines(&[b"o", b"ne", b"\ntwo\n", b"\n", b"four"]),
            ["one", "two", "", "four"]
        );
        assert!(lines(&[b""]).is_empty());
    }

    #[test]
    fn bytes_that_are_not_text_are_replaced_and_control_characters_stay() {
        assert_eq!(
            lines(&[b"a\xffb\n\x1b[0m\r\n"]),
            ["a\u{fffd}b", "\u{1b}[0m\r"]
        );
        assert_eq!(lines(&[b"\xc3", b"\xbc\n"]), ["ü"]);
    }

    #[test]
    fn a_long_line_is_cut_and_the_next_is_whole() {
        let long = vec![b'x'; 3 * LONGEST_LINE];
        let lines = lines(&[&long, &long, b"\nnext\n"]);
        assert_eq!(lines[0].len(), LONGEST_LINE + '…'.len_utf8());
        assert_eq!(lines[1], "next");
        let exact = vec![b'x'; LONGEST_LINE];
        assert_eq!(super::tests::lines(&[&exact, b"\n"])[0].len(), LONGEST_LINE);
    }
}

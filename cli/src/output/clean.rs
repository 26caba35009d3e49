//! Makes other people's text safe to print on a terminal.
//!
//! A log line, a branch name or an error message is written by whoever wrote the application.
//! On a terminal it could move the cursor, retitle the window, fill the clipboard or hide what it
//! really says, so everything but visible text is taken out.

use std::borrow::Cow;

/// One line of text: no escape sequences, no control characters, no invisible reordering.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_safe) {
        return Cow::Borrowed(text);
    }
    // The adapter takes out whole sequences; what is left of broken ones goes one by one.
    let stripped = anstream::adapter::strip_str(text).to_string();
    Cow::Owned(
        stripped
            .chars()
            .filter_map(|c| match c {
                '\t' | '\n' | '\r' => Some(' '),
                c if is_safe(c) => Some(c),
                _ => None,
            })
            .collect(),
    )
}

/// The same for text of several lines, which stay apart.
pub fn clean_lines(text: &str) -> String {
    text.lines().map(clean).collect::<Vec<_>>().join("\n")
}

fn is_safe(c: char) -> bool {
    // Characters that reverse or isolate the text after them make a line read otherwise than it is.
    let reorders =
        matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}');
    !c.is_control() && !reorders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_sequences_do_not_reach_the_terminal() {
        for (evil, seen) in [
            ("plain – ünïcode ✓", "plain – ünïcode ✓"),
            ("\x1b[31mred\x1b[0m", "red"),
            ("\x1b]0;title\x07after", "after"),
            ("\x1b]52;c;aGk=\x1b\\clip", "clip"),
            (
                "\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\",
                "link",
            ),
            ("a\rb\tc\x08\x7f", "a b c"),
            ("\u{9b}31mc1", "31mc1"),
            ("user\u{202e}txt.exe", "usertxt.exe"),
            ("\x1b[2J\x1b[H", ""),
            ("cut \x1b[", "cut "),
        ] {
            let cleaned = clean(evil);
            assert!(cleaned.chars().all(is_safe), "{evil:?} left {cleaned:?}");
            assert_eq!(cleaned, seen, "{evil:?}");
        }
        assert_eq!(clean_lines("a\x1b[1m\nb"), "a\nb");
    }
}

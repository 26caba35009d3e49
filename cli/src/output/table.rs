//! Tables without lines: easy to read, and easy to cut with `awk`.

use std::borrow::Cow;
use std::fmt;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

use super::clean;

/// One cell: text that is safe to print, and its style.
#[derive(Debug, Clone)]
pub struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    /// Text as it is. Whatever it was made from, it is safe to print and stays on one line.
    pub fn plain<'a>(text: impl Into<Cow<'a, str>>) -> Self {
        Self::styled(text, Style::new())
    }

    /// Text of minor interest.
    pub fn dim<'a>(text: impl Into<Cow<'a, str>>) -> Self {
        Self::styled(text, Style::new().dimmed())
    }

    /// Text in a colour.
    pub fn coloured<'a>(text: impl Into<Cow<'a, str>>, colour: AnsiColor) -> Self {
        Self::styled(text, colour.on_default())
    }

    /// Text in any style.
    pub fn styled<'a>(text: impl Into<Cow<'a, str>>, style: Style) -> Self {
        Self {
            text: clean(&text.into()).into_owned(),
            style,
        }
    }

    fn width(&self) -> usize {
        self.text.width()
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Anstyle writes nothing around a plain style, and the writer strips all of it where
        // colours are not wanted.
        write!(f, "{}{}{:#}", self.style, self.text, self.style)
    }
}

/// A table with as many columns as its head.
#[derive(Debug)]
pub struct Table {
    head: Vec<Cell>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// An empty table.
    pub fn new(head: impl Into<Vec<&'static str>>) -> Self {
        let bold = Style::new().bold();
        let head = head.into().into_iter();
        Self {
            head: head.map(|title| Cell::styled(title, bold)).collect(),
            rows: Vec::new(),
        }
    }

    /// A list of names and values, without a head.
    pub const fn list() -> Self {
        Self {
            head: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl Into<Vec<Cell>>) {
        self.rows.push(cells.into());
    }

    /// Adds a name and a value.
    pub fn item<'a>(&mut self, name: &'static str, value: impl Into<Cow<'a, str>>) {
        self.row([Cell::dim(name), Cell::plain(value)]);
    }

    /// Whether it has no rows.
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn lines(&self) -> impl Iterator<Item = &Vec<Cell>> {
        let head = (!self.head.is_empty()).then_some(&self.head);
        head.into_iter().chain(&self.rows)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.lines().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.lines().filter_map(|line| line.get(column));
            cells.map(Cell::width).max().unwrap_or(0)
        };
        let widths: Vec<_> = (0..columns).map(width).collect();
        for line in self.lines() {
            for (column, cell) in line.iter().enumerate() {
                write!(f, "{cell}")?;
                // Nothing is padded at a line's end: copied lines carry no trailing blanks.
                if column + 1 < line.len() {
                    let padding = widths[column] - cell.width() + 2;
                    write!(f, "{:padding$}", "")?;
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_is_in_them() {
        let mut table = Table::new(["NAME", "PHASE", "URL"]);
        table.row([
            Cell::plain("hello"),
            Cell::coloured("ready", AnsiColor::Green),
            Cell::plain("http://hello.localhost:8081/"),
        ]);
        table.row([
            Cell::plain("日本\x1b[2J\n"),
            Cell::plain("destroying"),
            Cell::dim("-"),
        ]);
        let seen = anstream::adapter::strip_str(&table.to_string()).to_string();
        insta::assert_snapshot!(seen, @r"
        NAME   PHASE       URL
        hello  ready       http://hello.localhost:8081/
        日本   destroying  -
        ");
    }
}

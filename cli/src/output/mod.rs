//! What people and scripts see: text, tables, times, colours.

mod clean;
mod exit;
mod screen;
mod table;
pub mod time;

pub use clean::{clean, clean_lines};
pub use exit::{Exit, HELP as EXIT_HELP};
pub use screen::{Audience, Format, Screen};
pub use table::{Cell, Table};

//! Pull requests drive previews: against a server that behaves like GitHub's API, with the real worker
//! on the real engine.
#![allow(clippy::unwrap_used, reason = "tests")]

mod busy_day;
mod checkout;
mod commands;
mod journey;
mod life;
mod limits;
mod passes;
mod seed;

/// A commit that is told from others by a letter.
fn sha(letter: char) -> String {
    letter.to_string().repeat(40)
}

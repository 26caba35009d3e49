//! The trace of a run: every step in order, as a hash, and on the screen when it is asked for.

use std::fmt::{self, Write};

/// Whether a run's steps are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// They are hashed only.
    No,
    /// Each is printed.
    Steps,
}

/// A trace.
pub(super) struct Trace {
    hash: Fnv,
    shown: Shown,
    /// How many there were.
    pub(super) moves: u64,
}

struct Fnv(u64);

impl Write for Fnv {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Ok(())
    }
}

impl Trace {
    pub(super) fn new(shown: Shown) -> Self {
        Self {
            hash: Fnv(0xcbf2_9ce4_8422_2325),
            shown,
            moves: 0,
        }
    }

    /// Notes a step, so many milliseconds after the beginning.
    pub(super) fn note(&mut self, millis: u128, step: fmt::Arguments<'_>) {
        self.moves += 1;
        let _ = writeln!(self.hash, "{millis} {step}");
        if self.shown == Shown::Steps {
            println!("{:>9} {step}", Seconds(millis));
        }
    }

    /// A hash of all steps.
    pub(super) fn hash(&self) -> u64 {
        self.hash.0
    }
}

struct Seconds(u128);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}.{:03}", self.0 / 1000, self.0 % 1000))
    }
}

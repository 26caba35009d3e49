//! Numbers of requests, read with messages that say what would be right.

use std::fmt;

use serde::Deserializer;
use serde::de::{Error, Unexpected, Visitor};

/// Reads a port; `null` is the same as leaving it out.
pub(super) fn port<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u16>, D::Error> {
    let number = from.deserialize_any(Whole {
        least: 1,
        most: u64::from(u16::MAX),
        what: "a port from 1 to 65535",
    })?;
    Ok(number.and_then(|number| u16::try_from(number).ok()))
}

/// Reads CPU units or MiB; `null` is the same as leaving it out.
pub(super) fn amount<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    let number = from.deserialize_any(Whole {
        least: 1,
        most: u64::from(u32::MAX),
        what: "a whole number, at least 1",
    })?;
    Ok(number.and_then(|number| u32::try_from(number).ok()))
}

struct Whole {
    least: u64,
    most: u64,
    what: &'static str,
}

impl Visitor<'_> for Whole {
    type Value = Option<u64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        match u64::try_from(value) {
            Ok(value) => self.visit_u64(value),
            Err(_) => Err(E::invalid_value(Unexpected::Signed(value), &self)),
        }
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        if (self.least..=self.most).contains(&value) {
            Ok(Some(value))
        } else {
            Err(E::invalid_value(Unexpected::Unsigned(value), &self))
        }
    }
}

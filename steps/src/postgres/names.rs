//! What databases and roles are called.

use std::str::FromStr;

use tempus_model::{InstallationId, PreviewId};

/// How many hex digits an id has.
const DIGITS: usize = 32;
/// Ends the name of a database that is not whole yet.
const UNFINISHED: &str = "_new";

/// The name of a preview's database and of its role.
///
/// Invariant: at most 63 bytes of `a-z`, `0-9` and `_`, which nothing needs to quote; with
/// [`UNFINISHED`] behind it too.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name(String);

/// What every name of an installation's begins with.
pub(super) fn of_installation(installation: InstallationId) -> String {
    format!("tempus_{installation}_")
}

impl Name {
    /// The one function that makes one.
    pub fn of(installation: InstallationId, preview: PreviewId) -> Self {
        let digits = preview.uuid().simple();
        Self(format!("{}{digits}", of_installation(installation)))
    }

    /// What a name says: whose it is, and whether it is that of a database that is not whole yet. `None`
    /// for what no preview of this installation is called.
    pub fn read(installation: InstallationId, name: &str) -> Option<(Self, Stage)> {
        let (whole, stage) = match name.strip_suffix(UNFINISHED) {
            Some(whole) => (whole, Stage::Unfinished),
            None => (name, Stage::Whole),
        };
        whole.strip_prefix(&of_installation(installation))?;
        let name = Self(whole.to_owned());
        name.preview()?;
        Some((name, stage))
    }

    /// Whose it is.
    pub fn preview(&self) -> Option<PreviewId> {
        let digits = self.0.rsplit('_').next()?;
        let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if digits.len() != DIGITS || !digits.bytes().all(is_hex) {
            return None;
        }
        let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| &digits[part]);
        PreviewId::from_str(&parts.join("-")).ok()
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What its database is called until it is whole.
    pub fn unfinished(&self) -> String {
        format!("{}{UNFINISHED}", self.0)
    }
}

/// How far a database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Being made, or left by whoever died over it.
    Unfinished,
    /// Whole.
    Whole,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_fits_says_whose_it_is_and_is_nobody_else_s() {
        let (ours, theirs) = (InstallationId::new(u32::MAX), InstallationId::new(7));
        let preview: PreviewId = "550e8400-e29b-41d4-a716-446655440000".parse().unwrap();
        let name = Name::of(ours, preview);
        assert_eq!(
            name.as_str(),
            "tempus_ffffffff_550e8400e29b41d4a716446655440000"
        );
        assert!(name.unfinished().len() <= 63);
        assert_eq!(name.preview(), Some(preview));
        let read = |name: &str| Name::read(ours, name);
        assert_eq!(read(name.as_str()), Some((name.clone(), Stage::Whole)));
        assert_eq!(
            read(&name.unfinished()),
            Some((name.clone(), Stage::Unfinished))
        );
        assert_eq!(Name::read(theirs, name.as_str()), None);
        for foreign in [
            "postgres",
            "tempus_ffffffff_",
            "tempus_ffffffff_550E8400E29B41D4A716446655440000",
            "tempus_ffffffff_550e8400e29b41d4a716446655440000_old",
            "tempus_ffffffff_x_550e8400e29b41d4a71644665544",
        ] {
            assert_eq!(read(foreign), None, "{foreign}");
        }
    }
}

//! The keys that the roles' passwords are derived from.

use super::names::Name;
use crate::gate::{GateKeys, KeyError};

/// What the text that is stored with a role begins with.
const NOTE: &str = "tempus key ";
/// How many hex digits tell one key from another. They tell nothing else about it.
const ID: usize = 8;

/// The keys of an installation's databases: long random texts as the gate's are, and others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseKeys(GateKeys);

/// A role's password, and which key it comes from.
pub(super) struct Derived {
    /// Never to be written anywhere.
    pub password: String,
    /// Stored with the role, so that whoever needs the password later takes the key that made it.
    pub note: String,
}

impl DatabaseKeys {
    /// Reads one key, or two with white space between them: new roles get a password of the first, and
    /// those of the second keep theirs.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        GateKeys::parse(text).map(Self)
    }

    /// The password of this role by each key, the one for new roles first.
    pub(super) fn derive(&self, name: &Name) -> Vec<Derived> {
        let passwords = self
            .0
            .derive(&format!("database\0password\0{}", name.as_str()));
        let ids = self.0.derive("database\0key");
        let both = passwords.into_iter().zip(ids);
        both.map(|(password, id)| Derived {
            password,
            note: format!("{NOTE}{}", &id[..ID]),
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_a_password_of_its_own_by_each_key() {
        let name = |short: &str| {
            let id = format!("{short}-e29b-41d4-a716-446655440000");
            Name::of(tempus_model::InstallationId::new(1), id.parse().unwrap())
        };
        let (one, other) = (name("550e8400"), name("550e8401"));
        let (old, new) = ("o".repeat(32), "n".repeat(32));
        let keys = DatabaseKeys::parse(&format!("{new} {old}")).unwrap();
        let before = DatabaseKeys::parse(&old).unwrap();
        let [now, then] = keys.derive(&one).try_into().ok().unwrap();
        assert_ne!(now.password, then.password);
        assert_ne!(now.note, then.note);
        assert_eq!(then.password, before.derive(&one)[0].password);
        assert_eq!(then.note, before.derive(&one)[0].note);
        assert_ne!(now.password, keys.derive(&other)[0].password);
        assert_eq!(now.note, keys.derive(&other)[0].note);
        assert_eq!(now.password.len(), 64);
        assert!(!now.password.contains(&now.note[NOTE.len()..]));
    }
}

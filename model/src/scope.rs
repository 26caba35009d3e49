//! What a caller may do.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How much a caller may do. Each scope includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Reads what its owner has.
    Viewer,
    /// Creates, updates, extends and destroys what its owner has.
    Deployer,
    /// Everything, of everybody.
    Admin,
}

/// What is no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be \"viewer\", \"deployer\" or \"admin\"")]
pub struct ScopeError;

impl Scope {
    /// Every scope, the least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Deployer, Self::Admin];

    /// The scope as it is written everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Deployer => "deployer",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let mut all = Self::ALL.into_iter();
        all.find(|scope| scope.as_str() == text).ok_or(ScopeError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_includes_those_before_it() {
        assert!(Scope::Viewer < Scope::Deployer && Scope::Deployer < Scope::Admin);
        for scope in Scope::ALL {
            assert_eq!(scope.to_string().parse(), Ok(scope));
        }
        for wrong in ["", "Admin", "root", "viewer "] {
            assert_eq!(wrong.parse::<Scope>(), Err(ScopeError), "{wrong}");
        }
    }
}

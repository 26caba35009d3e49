//! One caller at a time for each name.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::ResourceName;

/// Whose turn it is, by name. Spares concurrent calls each other's retries.
#[derive(Debug, Default)]
pub(in crate::local) struct Turns(Mutex<HashMap<ResourceName, Weak<tokio::sync::Mutex<()>>>>);

impl Turns {
    /// What is held by whoever is at work on this name.
    pub(in crate::local) fn of(&self, name: &ResourceName) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(name).and_then(Weak::upgrade) {
            return turn;
        }
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::default();
        turns.insert(name.clone(), Arc::downgrade(&turn));
        turn
    }
}

//! Whose turn it is, of a service's processes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::routes::Backend;

/// For how long a process that was not there is passed over: it is being started again, and asked
/// when it may be there.
const PASSED_OVER: Duration = Duration::from_secs(1);

/// Hands requests round.
#[derive(Debug, Default)]
pub(super) struct Turns {
    next: AtomicUsize,
    /// Ports that refused a connection, and when.
    refused: Mutex<HashMap<u16, Instant>>,
}

impl Turns {
    /// The next of these that was there when it was asked last, or else just the next.
    pub(super) fn next<'b>(&self, of: &[&'b Backend]) -> Option<&'b Backend> {
        if let [only] = of {
            return Some(only);
        }
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let order = (0..of.len()).map(|ahead| of[turn.wrapping_add(ahead) % of.len()]);
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let is_there = |backend: &&Backend| {
            let since = refused.get(&backend.port);
            since.is_none_or(|since| since.elapsed() >= PASSED_OVER)
        };
        order.clone().find(is_there).or(order.into_iter().next())
    }

    /// This port refused a connection.
    pub(super) fn pass_over(&self, port: u16) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.insert(port, Instant::now());
    }
}

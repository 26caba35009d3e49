//! How busy a preview is: counted by the way, for whoever lets idle previews sleep. Whoever is
//! stopped at the gate is in flight for as long as that takes, and does not count as use.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How busy a preview is, seen at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// Requests whose answer has not been sent whole, open tunnels included.
    pub in_flight: usize,
    /// Requests let in since the preview got its first route. Never decreases.
    pub requests: u64,
    /// When a request that was let in last began or ended, or when the first route was set if none
    /// has come.
    /// Never goes back. To judge idleness, look at `in_flight` as well: a long stream begins once.
    pub last_active: Instant,
}

/// The counters behind [`Activity`]. They outlive a change of route: a restarted service is the
/// same preview.
#[derive(Debug)]
pub(super) struct Counters {
    since: Instant,
    /// Milliseconds from `since` to the last beginning or end of a request.
    last_active: AtomicU64,
    in_flight: AtomicUsize,
    requests: AtomicU64,
}

impl Counters {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            since: Instant::now(),
            last_active: AtomicU64::new(0),
            in_flight: AtomicUsize::new(0),
            requests: AtomicU64::new(0),
        })
    }

    /// Counts a request as in flight until the returned value is dropped, which keeps `of`, its
    /// route's mark, as well.
    pub(super) fn begin(self: &Arc<Self>, of: &Arc<()>) -> InFlight {
        self.in_flight.fetch_add(1, Ordering::AcqRel);
        InFlight {
            counters: Arc::clone(self),
            let_in: false,
            _of: Arc::clone(of),
        }
    }

    pub(super) fn seen(&self) -> Activity {
        Activity {
            in_flight: self.in_flight.load(Ordering::Acquire),
            requests: self.requests.load(Ordering::Relaxed),
            last_active: self.since
                + Duration::from_millis(self.last_active.load(Ordering::Relaxed)),
        }
    }

    /// Whether somebody uses it, or has within this time.
    pub(super) fn used_within(&self, time: Duration) -> bool {
        let seen = self.seen();
        seen.in_flight > 0 || seen.requests > 0 && seen.last_active.elapsed() < time
    }

    fn touch(&self) {
        // 2^64 ms outlast every process.
        let elapsed = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_active.fetch_max(elapsed, Ordering::Relaxed);
    }
}

/// One request in flight. Travels with the response body, or with the tunnel, to its end.
#[derive(Debug)]
pub(super) struct InFlight {
    counters: Arc<Counters>,
    let_in: bool,
    _of: Arc<()>,
}

impl InFlight {
    /// Whoever asks may: from now on it counts as use.
    pub(super) fn let_in(&mut self) {
        self.let_in = true;
        self.counters.requests.fetch_add(1, Ordering::Relaxed);
        self.counters.touch();
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if self.let_in {
            self.counters.touch();
        }
        self.counters.in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}

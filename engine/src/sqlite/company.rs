//! Who shares a commit. Whoever was answered by the last one tends to be back at once: were the first of
//! them not to wait for the others, it would have a commit to itself, and they one more each time.

use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// A commit that takes no longer is not worth waiting for: what it costs is the processor's time, of which
/// there is none to lose.
const CHEAP: Duration = Duration::from_millis(1);

/// How long the first waits for the others at most, on the slowest disk.
const PATIENCE: Duration = Duration::from_millis(2);

/// What a transaction was.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Transacted {
    /// How many requests it carried out.
    pub(super) requests: usize,
    /// How long the disk took to have it for good.
    pub(super) commit: Duration,
}

/// Who is still expected.
pub(super) struct Company {
    /// How many are still expected.
    expected: usize,
    /// How long they are waited for: a small part of what a commit of their own would take.
    until: Instant,
}

impl Company {
    /// Those that the last commit answered, but for the first, who has come.
    pub(super) fn after(last: Transacted) -> Self {
        Self {
            expected: last.requests.saturating_sub(1),
            until: Instant::now() + (last.commit.saturating_sub(CHEAP) / 4).min(PATIENCE),
        }
    }

    /// The next request: one that is there, or one that comes in time.
    pub(super) fn next<M>(&mut self, inbox: &Receiver<M>) -> Option<M> {
        let come = inbox.try_recv().ok().or_else(|| {
            let left = self.until.saturating_duration_since(Instant::now());
            let waits = self.expected > 0 && !left.is_zero();
            waits.then(|| inbox.recv_timeout(left).ok()).flatten()
        });
        self.expected = self.expected.saturating_sub(1);
        come
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn company(requests: usize) -> Company {
        let last = Transacted {
            requests,
            commit: HOUR,
        };
        Company {
            until: Instant::now() + HOUR,
            ..Company::after(last)
        }
    }

    #[test]
    fn those_of_the_last_commit_are_waited_for_and_nobody_else() {
        let (send, inbox) = mpsc::channel();
        let mut company = company(2);
        let late = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            send.send(()).unwrap();
            send
        });
        assert!(company.next(&inbox).is_some(), "it was expected");
        assert!(company.next(&inbox).is_none(), "nobody else is");
        let send = late.join().unwrap();
        send.send(()).unwrap();
        assert!(company.next(&inbox).is_some(), "who is there is not left");
    }

    #[test]
    fn who_is_alone_waits_for_nobody() {
        let (_send, inbox) = mpsc::channel::<()>();
        for alone in [0, 1] {
            assert!(company(alone).next(&inbox).is_none());
        }
        let quick = Transacted {
            requests: 9,
            commit: Duration::ZERO,
        };
        assert!(Company::after(quick).next(&inbox).is_none());
        let slow = Transacted {
            requests: 9,
            commit: HOUR,
        };
        assert!(Company::after(slow).until <= Instant::now() + PATIENCE);
    }
}

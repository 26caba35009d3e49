//! How often each caller may call, and how often an address may fail to prove anything.
//!
//! A token that is good is never refused for what others at its address did: many callers may
//! share one. Failing is limited much harder, though nobody finds 256 random bits by trying: it
//! keeps the log readable and the store's bill small.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use super::{Rate, Who};
use crate::refusal::Refusal;

/// How many keys are remembered. What has been quiet for long enough to be as good as new is
/// forgotten before this many are; if so many are not quiet, the rest share one allowance.
const MOST: usize = 10_000;

type Keyed<K> = RateLimiter<
    Option<K>,
    HashMapStateStore<Option<K>>,
    MonotonicClock,
    NoOpMiddleware<std::time::Instant>,
>;

/// The allowances of callers and of strangers.
pub(super) struct Limits {
    calls: Limit<Who>,
    failures: Limit<IpAddr>,
}

impl Limits {
    pub fn new(calls: Rate, failures: Rate) -> Self {
        Self {
            calls: Limit::new(calls),
            failures: Limit::new(failures),
        }
    }

    /// Counts a call.
    pub fn called(&self, who: &Who) -> Result<(), Refusal> {
        self.calls.take(Some(who.clone())).map_err(|wait| {
            Refusal::too_many(
                "rate",
                "this caller calls too often; wait, and call less",
                wait,
            )
        })
    }

    /// Counts a request that proved nothing.
    pub fn failed(&self, peer: Option<IpAddr>) -> Result<(), Refusal> {
        self.failures.take(peer.map(network)).map_err(|wait| {
            Refusal::too_many(
                "failures",
                "too many requests from this address proved nothing; check the token, and wait",
                wait,
            )
        })
    }
}

/// What one subscriber has: a single address, or the 64 bits that an IPv6 network is given by.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) >> 64 << 64;
            IpAddr::V6(network.into())
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// An allowance for each key. `None` is the key of all that there is no room for.
struct Limit<K: Hash + Eq + Clone> {
    limiter: Keyed<K>,
}

impl<K: Hash + Eq + Clone> Limit<K> {
    fn new(rate: Rate) -> Self {
        let quota = Quota::with_period(rate.every)
            .unwrap_or_else(|| Quota::per_second(NonZeroU32::MIN))
            .allow_burst(rate.burst);
        Self {
            limiter: RateLimiter::new(quota, HashMapStateStore::default(), MonotonicClock),
        }
    }

    /// Takes one, or says how long until there is one again.
    fn take(&self, key: Option<K>) -> Result<(), Duration> {
        let mut key = key;
        if self.limiter.len() >= MOST {
            self.limiter.retain_recent();
            if self.limiter.len() >= MOST {
                key = None;
            }
        }
        self.limiter
            .check_key(&key)
            .map_err(|until| until.wait_time_from(MonotonicClock.now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOW: Rate = Rate {
        burst: NonZeroU32::new(2).unwrap(),
        every: Duration::from_hours(1),
    };

    #[test]
    fn each_key_has_an_allowance_of_its_own() {
        let limit = Limit::new(SLOW);
        for key in ["a", "b"] {
            assert_eq!(limit.take(Some(key)), Ok(()));
            assert_eq!(limit.take(Some(key)), Ok(()));
            let wait = limit.take(Some(key)).unwrap_err();
            assert!(wait > Duration::from_secs(3500), "{wait:?}");
        }
    }

    #[test]
    fn memory_is_bounded_and_the_rest_shares() {
        let limit = Limit::new(SLOW);
        for key in 0..MOST + 100 {
            let _ = limit.take(Some(key));
        }
        assert!(limit.limiter.len() <= MOST + 1, "{}", limit.limiter.len());
        assert!(limit.take(Some(MOST * 3)).is_err());
        let quick = Limit::new(Rate {
            every: Duration::from_nanos(1),
            ..SLOW
        });
        for key in 0..MOST + 100 {
            assert_eq!(quick.take(Some(key)), Ok(()), "what was quiet is forgotten");
        }
    }

    #[test]
    fn an_ipv6_network_is_one_address() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1:2:3"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("10.0.0.1"), of("10.0.0.2"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
    }
}

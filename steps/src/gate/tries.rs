//! How often an address may be wrong about a preview's password.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Caller;

/// Wrong passwords that are heard one after the other.
const AT_ONCE: u32 = 5;
/// How long until another one is heard after that.
const EACH: Duration = Duration::from_secs(10);
/// How many pairs of a preview and an address are remembered.
const MOST: usize = 10_000;

/// Counts wrong tries by preview and address.
///
/// For each it remembers the time at which all its tries are forgotten: each moves that by
/// [`EACH`], and it may not be further away than [`AT_ONCE`] of those.
#[derive(Debug, Default)]
pub(super) struct Tries(Mutex<HashMap<(String, Caller), Instant>>);

impl Tries {
    /// Counts a try; how long to wait if it is not heard. One that turns out to be right is
    /// [forgotten](Self::forget) with all before it.
    pub(super) fn begin(
        &self,
        preview: &str,
        caller: Caller,
        now: Instant,
    ) -> Result<(), Duration> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (preview.to_owned(), caller.map(network));
        let known = all.get(&key).copied();
        let next = known.map_or(now, |until| until.max(now)) + EACH;
        let wait = next.saturating_duration_since(now + EACH * AT_ONCE);
        if !wait.is_zero() {
            return Err(wait);
        }
        if known.is_none() && all.len() >= MOST {
            make_room(&mut all, now);
        }
        all.insert(key, next);
        Ok(())
    }

    /// Forgets the tries of who turned out to know the password.
    pub(super) fn forget(&self, preview: &str, caller: Caller) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&(preview.to_owned(), caller.map(network)));
    }
}

/// What is over goes, and if nothing is, whatever is over soonest.
fn make_room(all: &mut HashMap<(String, Caller), Instant>, now: Instant) {
    all.retain(|_, until| *until > now);
    if all.len() < MOST {
        return;
    }
    let soonest = all.iter().min_by_key(|(_, until)| **until);
    if let Some(key) = soonest.map(|(key, _)| key.clone()) {
        all.remove(&key);
    }
}

/// Whoever has one IPv6 address mostly has 2^64 of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => {
            let bits = six.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from_bits(bits))
        }
        four @ IpAddr::V4(_) => four,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(address: &str) -> IpAddr {
        address.parse().unwrap()
    }

    #[test]
    fn after_a_few_wrong_tries_one_waits_and_others_do_not() {
        let (tries, now) = (Tries::default(), Instant::now());
        let here = Some(from("192.0.2.7"));
        for _ in 0..AT_ONCE {
            assert_eq!(tries.begin("a", here, now), Ok(()));
        }
        assert_eq!(tries.begin("a", here, now), Err(EACH));
        assert_eq!(tries.begin("a", here, now + EACH / 2), Err(EACH / 2));
        assert_eq!(tries.begin("a", Some(from("192.0.2.8")), now), Ok(()));
        assert_eq!(tries.begin("b", here, now), Ok(()));
        assert_eq!(tries.begin("a", here, now + EACH), Ok(()));
        assert_eq!(tries.begin("a", here, now + EACH), Err(EACH));
        tries.forget("a", here);
        assert_eq!(tries.begin("a", here, now + EACH), Ok(()));
    }

    #[test]
    fn a_whole_network_is_one_address() {
        let (tries, now) = (Tries::default(), Instant::now());
        for last in 0..AT_ONCE {
            let address = format!("2001:db8::{last:x}");
            assert_eq!(tries.begin("a", Some(from(&address)), now), Ok(()));
        }
        assert!(
            tries
                .begin("a", Some(from("2001:db8::ffff:1")), now)
                .is_err()
        );
        assert!(tries.begin("a", Some(from("2001:db8:0:1::1")), now).is_ok());
    }

    #[test]
    fn memory_is_bounded() {
        let (tries, now) = (Tries::default(), Instant::now());
        for number in 0..MOST + 50 {
            let preview = number.to_string();
            assert_eq!(tries.begin(&preview, None, now), Ok(()));
        }
        assert_eq!(tries.0.lock().unwrap().len(), MOST);
        assert_eq!(tries.begin("x", None, now + EACH * 2), Ok(()));
        assert_eq!(tries.0.lock().unwrap().len(), 1);
    }
}

//! What kind of world a seed makes: how much goes wrong, and what.

use std::ops::Range;
use std::time::Duration;

use tempus_engine::chance;
use tempus_steps::sim::Habits as CloudHabits;

use crate::sim::FaultKind;
use crate::sim::engine::{Habits, Order};
use crate::sim::predicate::{Bounds, Weather};

/// How many workers there are.
pub(super) const WORKERS: usize = 3;
/// How many things users do in a run.
pub const EVENTS: usize = 200;
/// In how long.
pub(super) const WINDOW: Duration = Duration::from_mins(40);
/// How far each clock is from the true time at most: any two are less than the workers' `skew`
/// (2 s) apart, which is what the design tolerates.
pub(super) const CLOCK_OFF_BY: i64 = 900;
/// Later than any call can land of a process that stood still for no longer than [`PAUSE`].
pub(super) const VERIFY_DELAY: Duration = Duration::from_secs(90);
/// How long a process stands still, in seconds.
pub(super) const PAUSE: Range<u64> = 35..60;
/// How long one stands still that is found by the sweep only.
pub(super) const LONG_PAUSE: Range<u64> = 200..900;
/// A call that lands so long after it was begun is later than a verify reckons with.
pub(super) const OVERDUE: Duration = Duration::from_secs(75);
/// How often the inventory is swept.
pub(super) const SWEEP_EVERY: Duration = Duration::from_mins(15);
/// How often due rows are looked for.
pub(super) const REMIND_EVERY: Duration = Duration::from_mins(1);
/// How long a lease lasts.
pub(super) const LEASE: Duration = Duration::from_secs(30);
/// How far two clocks may be apart.
pub(super) const SKEW: Duration = Duration::from_secs(2);

/// What kind of world it is.
#[derive(Debug, Clone)]
pub(super) struct Climate {
    pub(super) weather: Weather,
    /// How many calls in ten thousand go wrong.
    pub(super) faults: u32,
    /// What goes wrong with them.
    pub(super) kinds: Vec<FaultKind>,
    /// How many calls in a thousand take as long as a call may.
    pub(super) slow: u32,
    /// How many calls in ten thousand users follow on the heels of.
    pub(super) heels: u32,
    /// What befalls the world, and how often in all.
    pub(super) world: Vec<(FaultKind, u32)>,
    pub(super) engine: Habits,
    pub(super) cloud: CloudHabits,
    /// Waits up to this long are slept with the lease held.
    pub(super) in_place: Duration,
}

fn millis(range: Range<u64>) -> Duration {
    Duration::from_millis(chance::within(range))
}

impl Climate {
    /// This seed's climate.
    pub(super) fn draw() -> Self {
        let mut climate = Self {
            weather: Weather::Calm,
            faults: 0,
            kinds: Vec::new(),
            slow: 0,
            heels: 20,
            world: Vec::new(),
            engine: Habits::GOOD,
            cloud: CloudHabits {
                latency: Duration::ZERO,
                lag: Duration::from_millis(300),
                start: millis(500..6000),
                drain: millis(200..4000),
                tells_within: None,
            },
            in_place: Duration::from_millis(if chance::within(0..2) == 0 { 200 } else { 2000 }),
        };
        match chance::within(0..6) {
            0 => return climate,
            // One or two kinds of trouble, and much of it.
            1 | 2 => {
                for _ in 0..chance::within(1..=2) {
                    climate
                        .kinds
                        .push(FaultKind::ALL[chance::within(0..FaultKind::ALL.len())]);
                }
                climate.faults = chance::within(20..200);
            }
            // A bit of everything.
            _ => {
                climate.kinds = FaultKind::ALL.to_vec();
                climate.faults = chance::within(5..80);
            }
        }
        climate.weather = Weather::Rough;
        climate.slow = chance::within(0..10);
        let often = |kind, most| (kind, chance::within(0..=most));
        climate.world = vec![
            often(FaultKind::Outage, 3),
            often(FaultKind::Killed, 6),
            often(FaultKind::Deployed, 4),
            often(FaultKind::Paused, 3),
            often(FaultKind::ClockSet, 6),
            often(FaultKind::LongPaused, u32::from(chance::within(0..8) == 0)),
            often(
                FaultKind::Drift,
                if chance::within(0..4) == 0 { 3 } else { 0 },
            ),
        ];
        let per_mille = |most| {
            if chance::within(0..2) == 0 {
                0
            } else {
                chance::within(0..most)
            }
        };
        climate.engine = Habits {
            list_lag: millis(0..3000),
            // A claim hides what comes back too soon.
            visibility: millis(30_000..50_000),
            lost: per_mille(40),
            doubled: per_mille(40),
            late: per_mille(60),
            late_by: Duration::from_secs(40),
            order: if chance::within(0..3) == 0 {
                Order::Kept
            } else {
                Order::Any
            },
            alarm_off_by: Duration::from_mins(1),
            alarms_lost: per_mille(300),
            alarms_doubled: per_mille(300),
        };
        climate
    }

    pub(super) fn bounds(&self) -> Bounds {
        Bounds {
            remind_every: REMIND_EVERY,
            skew: SKEW,
            hint: Duration::from_secs(15),
            unwind: Duration::from_mins(10),
            alarm_off_by: self.engine.alarm_off_by,
            messages: 400,
            lag: Duration::from_secs(1),
        }
    }

    /// How long a call is on its way there, or back.
    pub(super) fn latency(&self, call: &str) -> Duration {
        let usual = millis(2..20);
        if self.weather == Weather::Calm || call == "queue.receive" {
            return usual;
        }
        match chance::within(0..100) {
            0 => millis(500..1500),
            1..6 => millis(50..400),
            _ => usual,
        }
    }
}

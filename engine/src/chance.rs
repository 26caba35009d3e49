//! Chance: the random numbers of whatever decides by them. The system's own, unless a simulation
//! has seeded this thread (the feature `simulation`), so that the same seed gives the same run.

use rand::distr::uniform::{SampleRange, SampleUniform};
use rand::distr::{Distribution, StandardUniform};

/// A random value.
pub fn random<T>() -> T
where
    StandardUniform: Distribution<T>,
{
    #[cfg(feature = "simulation")]
    if let Some(value) = seeded::with(rand::RngExt::random) {
        return value;
    }
    rand::random()
}

/// A random value of a range.
pub fn within<T: SampleUniform>(range: impl SampleRange<T>) -> T {
    #[cfg(feature = "simulation")]
    {
        seeded::within(range)
    }
    #[cfg(not(feature = "simulation"))]
    {
        rand::random_range(range)
    }
}

#[cfg(feature = "simulation")]
pub use seeded::seed;

#[cfg(feature = "simulation")]
mod seeded {
    use std::cell::RefCell;

    use rand::distr::uniform::{SampleRange, SampleUniform};
    use rand::rngs::Xoshiro256PlusPlus;
    use rand::{RngExt, SeedableRng};

    thread_local! {
        static SEEDED: RefCell<Option<Xoshiro256PlusPlus>> = const { RefCell::new(None) };
    }

    /// Seeds this thread; `None` gives it back to the system.
    pub fn seed(seed: Option<u64>) {
        SEEDED.set(seed.map(Xoshiro256PlusPlus::seed_from_u64));
    }

    pub(super) fn with<T>(draw: impl FnOnce(&mut Xoshiro256PlusPlus) -> T) -> Option<T> {
        SEEDED.with_borrow_mut(|rng| rng.as_mut().map(draw))
    }

    pub(super) fn within<T: SampleUniform>(range: impl SampleRange<T>) -> T {
        SEEDED.with_borrow_mut(|rng| match rng {
            Some(rng) => rng.random_range(range),
            None => rand::random_range(range),
        })
    }
}

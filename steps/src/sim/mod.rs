//! The `sim` platform: a simulated cloud, for tests and benchmarks.

//! What a metric is called and what it says. Each crate that measures has one list of its own; what
//! shows them, describes them and watches over them goes by the lists.

/// A metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What can be done with it.
    pub kind: MetricKind,
    /// What it is counted in.
    pub unit: MetricUnit,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it says.
    pub about: &'static str,
}

/// What can be done with a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// Only grows while a process lives.
    Counter,
    /// Goes up and down.
    Gauge,
    /// How often which size was met.
    Histogram,
}

/// What a metric is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricUnit {
    /// Things.
    Count,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// Cores.
    Cores,
    /// US dollars.
    Dollars,
    /// US dollars an hour.
    DollarsPerHour,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $kind:ident;)+) => {
        impl Metric {
            $($(#[$doc])*
            pub const fn $name(
                name: &'static str,
                unit: MetricUnit,
                labels: &'static [&'static str],
                about: &'static str,
            ) -> Self {
                Self { name, kind: MetricKind::$kind, unit, labels, about }
            })+
        }
    };
}

kinds! {
    /// One that only grows.
    counter = Counter;
    /// One that goes up and down.
    gauge = Gauge;
    /// One that sorts by size.
    histogram = Histogram;
}

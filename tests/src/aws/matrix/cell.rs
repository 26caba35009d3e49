//! One cell: a story with one fault at one request, from the first process to rest.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;

use super::fault::FaultKind;
use super::lane::Lane;
use super::story::Story;

/// Where a fault strikes: the `nth` request (from 0) of this name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Strike {
    /// The request's name, such as `ecs.CreateService`.
    pub call: String,
    /// Which of its name.
    pub nth: u32,
    /// What goes wrong.
    pub kind: FaultKind,
}

/// A story and its fault.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    /// The story.
    pub story: Story,
    /// The fault; none in a clean run.
    pub strike: Option<Strike>,
}

/// What a run has shown.
#[derive(Debug, Clone, Default)]
pub struct Ran {
    /// How often each request was made by the process on the wire.
    pub calls: BTreeMap<String, u32>,
    /// Whether the fault struck.
    pub struck: bool,
}

/// Why a cell does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed(pub String);

impl Cell {
    /// About how long it takes, on two cores.
    pub(super) fn lasts(&self) -> Duration {
        let strike = self.strike.as_ref();
        let waits_for_a_lease = strike.is_some_and(|s| s.kind.kills() || s.kind.freezes());
        Duration::from_secs(match (self.story, waits_for_a_lease) {
            (Story::Expire, true) => 45,
            (Story::Expire, false) => 22,
            (_, true) => 20,
            (_, false) => 9,
        })
    }

    /// Runs it. The lane is for another one afterwards if, and only if, it held.
    pub(super) async fn run(&self, lane: &mut Lane) -> Result<Ran, Failed> {
        let played = AssertUnwindSafe(self.story.play(lane, self.strike.clone()));
        // Whatever a story finds to be wrong, it says by a panic, as any test.
        played.catch_unwind().await.map_err(|panic| {
            let said = panic.downcast_ref::<String>().cloned();
            let said = said.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()));
            Failed(said.unwrap_or_else(|| "a panic without words".to_owned()))
        })
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.strike {
            Some(strike) => write!(
                f,
                "{:?},{},{},{}",
                self.story, strike.call, strike.nth, strike.kind
            ),
            None => write!(f, "{:?}", self.story),
        }
    }
}

impl std::str::FromStr for Cell {
    type Err = String;

    /// As it is printed.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(',');
        let name = parts.next().unwrap_or_default();
        let story = Story::ALL.into_iter().find(|s| format!("{s:?}") == name);
        let story = story.ok_or_else(|| format!("{name}: one of {:?}", Story::ALL))?;
        let Some(call) = parts.next() else {
            return Ok(Self {
                story,
                strike: None,
            });
        };
        let nth = parts.next().and_then(|nth| nth.parse().ok());
        let kind = parts.next().unwrap_or_default();
        let known = FaultKind::ALL.into_iter().find(|k| k.to_string() == kind);
        Ok(Self {
            story,
            strike: Some(Strike {
                call: call.to_owned(),
                nth: nth.ok_or("which of its name: a number from 0")?,
                kind: known.ok_or_else(|| {
                    let all = FaultKind::ALL.map(|kind| kind.to_string());
                    format!("{kind:?}: one of {}", all.join(", "))
                })?,
            }),
        })
    }
}

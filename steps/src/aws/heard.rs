//! What ECS tells by itself, so that little need be asked: EventBridge puts its events on the queue, and
//! each wakes the preview that it is about.
//!
//! A memo of this process, not a truth. Where no event has come for a while, perhaps because none is sent,
//! services are asked about as often as if there were none.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tempus_model::PreviewId;
use tokio::time::Instant;

/// How long after its last event ECS counts as telling.
const TELLS_FOR: Duration = Duration::from_hours(1);
/// How long after an event about a preview the next one is near: its task runs, its targets are asked.
const NEAR_FOR: Duration = Duration::from_mins(1);
/// When a deployment that nothing was heard of is looked at: most are up by then.
const FIRST_LOOK: Duration = Duration::from_secs(45);
/// Between two looks, at least and at most.
const LOOKS: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(10));
/// The most where ECS tells.
const SELDOM: Duration = Duration::from_secs(30);
/// How many previews and deployments are remembered before all are forgotten.
const MOST: usize = 10_000;

/// What was heard.
#[derive(Debug, Default)]
pub(in crate::aws) struct Heard(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: Option<Instant>,
    /// The last event about each preview.
    about: BTreeMap<PreviewId, Instant>,
    /// When this process had a service's first deployment begun, by its name.
    begun: BTreeMap<String, Instant>,
}

impl Heard {
    /// An event about a preview has come.
    pub(in crate::aws) fn of(&self, preview: PreviewId, now: Instant) {
        let mut state = self.lock();
        state.last = Some(now);
        if state.about.len() >= MOST {
            state.about.clear();
        }
        state.about.insert(preview, now);
    }

    /// A service was made, whose first deployment begins now.
    pub(in crate::aws) fn begins(&self, service: &str, now: Instant) {
        let mut state = self.lock();
        if state.begun.len() >= MOST {
            state.begun.clear();
        }
        state.begun.insert(service.to_owned(), now);
    }

    /// For how long a service need not be looked at, since it was made a moment ago and nothing was heard
    /// of its preview.
    pub(in crate::aws) fn too_early(
        &self,
        preview: PreviewId,
        service: &str,
        now: Instant,
    ) -> Option<Duration> {
        let state = self.lock();
        let begun = *state.begun.get(service)?;
        let heard = state.about.get(&preview).is_some_and(|at| *at >= begun);
        let left = FIRST_LOOK.checked_sub(now.duration_since(begun))?;
        (state.tells(now) && !heard && left >= LOOKS.0).then_some(left)
    }

    /// How long after a look the next one comes, when this was waited for so long.
    pub(in crate::aws) fn next_look(
        &self,
        preview: PreviewId,
        waited: Duration,
        now: Instant,
    ) -> Duration {
        let state = self.lock();
        let last = state.about.get(&preview);
        let near = last
            .map(|at| now.duration_since(*at))
            .filter(|age| *age < NEAR_FOR);
        match near {
            Some(age) => (age / 2).clamp(LOOKS.0, LOOKS.1),
            None if state.tells(now) => {
                let first = FIRST_LOOK.saturating_sub(waited);
                first.max((waited / 2).clamp(LOOKS.0, SELDOM))
            }
            None => (waited / 2).clamp(LOOKS.0, LOOKS.1),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn tells(&self, now: Instant) -> bool {
        let last = self.last;
        last.is_some_and(|last| now.duration_since(last) < TELLS_FOR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn preview(number: u8) -> PreviewId {
        format!("550e8400-e29b-41d4-a716-4466554400{number:02x}")
            .parse()
            .unwrap()
    }

    #[test]
    fn where_nothing_is_told_services_are_asked_about_often() {
        let (heard, now) = (Heard::default(), Instant::now());
        heard.begins("web", now);
        assert_eq!(heard.too_early(preview(1), "web", now), None);
        let looks = [0, 6, 60].map(|waited| heard.next_look(preview(1), SECOND * waited, now));
        assert_eq!(looks, [2, 3, 10].map(|seconds| SECOND * seconds));
        heard.of(preview(2), now);
        let later = now + TELLS_FOR;
        assert_eq!(heard.next_look(preview(1), SECOND * 6, later), SECOND * 3);
    }

    #[test]
    fn where_ecs_tells_a_service_that_was_made_is_left_alone_until_it_does() {
        let (heard, now) = (Heard::default(), Instant::now());
        heard.of(preview(2), now);
        heard.begins("web", now);
        let asked = |at| heard.too_early(preview(1), "web", at);
        assert_eq!(asked(now + SECOND), FIRST_LOOK.checked_sub(SECOND));
        assert_eq!(asked(now + FIRST_LOOK), None);
        assert_eq!(heard.too_early(preview(1), "api", now), None, "not by us");
        heard.of(preview(1), now + SECOND);
        assert_eq!(asked(now + SECOND * 2), None, "it is about to change");
    }

    #[test]
    fn what_was_heard_of_is_looked_at_closely_and_what_was_not_is_seldom() {
        let (heard, now) = (Heard::default(), Instant::now());
        heard.of(preview(2), now);
        let look = |number, waited: u32, after: u32| {
            heard.next_look(preview(number), SECOND * waited, now + SECOND * after)
        };
        assert_eq!([look(2, 50, 0), look(2, 50, 8)], [SECOND * 2, SECOND * 4]);
        assert_eq!([look(1, 0, 0), look(1, 40, 0)], [FIRST_LOOK, SECOND * 20]);
        assert_eq!(look(1, 300, 0), SELDOM);
        assert_eq!(look(2, 300, 60), SELDOM, "that was long ago");
    }
}

//! How much a worker does at once: a budget for each class of work, so that none starves another,
//! and owners sharing a budget take turns.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tempus_model::{MessageId, PreviewId};
use tokio::sync::oneshot;
use tokio::time::Instant;

/// The longest that somebody for whom there was no room stays away.
const LONGEST_AWAY: Duration = Duration::from_secs(20);

/// How many sagas of each class are carried out at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budgets {
    /// Creates, updates and extends.
    pub builds: usize,
    /// Destroys, and creates that unwind.
    pub destroys: usize,
    /// Verifies and sweeps.
    pub maintenance: usize,
    /// Receivers that are told something.
    pub notify: usize,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            builds: 64,
            destroys: 64,
            maintenance: 16,
            notify: 16,
        }
    }
}

/// A class of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Build,
    Destroy,
    Maintenance,
    Notify,
}

/// The budgets in use.
#[derive(Debug, Clone)]
pub(crate) struct Lanes {
    build: Lane,
    destroy: Lane,
    maintenance: Lane,
    notify: Lane,
}

/// A preview waits for a place until this is dropped.
#[derive(Debug)]
pub(crate) struct Waits {
    lane: Lane,
    preview: PreviewId,
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.lane.state().looked_at.remove(&self.preview);
    }
}

impl Lanes {
    pub(crate) fn new(budgets: Budgets) -> Self {
        Self {
            build: Lane::new(budgets.builds),
            destroy: Lane::new(budgets.destroys),
            maintenance: Lane::new(budgets.maintenance),
            notify: Lane::new(budgets.notify),
        }
    }

    /// Notes that a preview begins to wait; if it does already, the message that it does for.
    pub(crate) fn wait(
        &self,
        class: Class,
        preview: PreviewId,
        message: &MessageId,
    ) -> Result<Waits, MessageId> {
        let lane = self.of(class);
        match lane.state().looked_at.entry(preview) {
            Entry::Occupied(first) => Err(first.get().clone()),
            Entry::Vacant(entry) => {
                entry.insert(message.clone());
                let lane = lane.clone();
                Ok(Waits { lane, preview })
            }
        }
    }

    /// A place in the class's budget. Waits its owner's turn; `None` if too many wait already.
    pub(crate) async fn enter(&self, class: Class, owner: &str) -> Option<Place> {
        self.of(class).enter(owner).await
    }

    /// How long to stay away when there was no room: half as long as a place is taken for. Who came later
    /// stays away no shorter, so nobody is passed over for having waited long.
    pub(crate) fn away(&self, class: Class) -> Duration {
        (self.of(class).state().taken_for / 2).min(LONGEST_AWAY)
    }

    const fn of(&self, class: Class) -> &Lane {
        match class {
            Class::Build => &self.build,
            Class::Destroy => &self.destroy,
            Class::Maintenance => &self.maintenance,
            Class::Notify => &self.notify,
        }
    }
}

#[derive(Debug, Clone)]
struct Lane(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    free: usize,
    /// How many may wait here; more are sent back to the queue, where other workers see them.
    waiting_most: usize,
    waiting: usize,
    /// Which previews wait, and the message that each was looked at for.
    looked_at: BTreeMap<PreviewId, MessageId>,
    /// For how long a place was taken lately, on an average.
    taken_for: Duration,
    /// Who waits, by owner, and the owners in the order of their turns.
    by_owner: BTreeMap<String, VecDeque<oneshot::Sender<Place>>>,
    turns: VecDeque<String>,
}

/// A place in a budget. Given on, or back, when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    lane: Option<Lane>,
    since: Instant,
}

impl Place {
    fn of(lane: &Lane) -> Self {
        Self {
            lane: Some(lane.clone()),
            since: Instant::now(),
        }
    }
}

impl Lane {
    fn new(places: usize) -> Self {
        let places = places.max(1);
        Self(Arc::new(Mutex::new(State {
            free: places,
            waiting_most: places * 2,
            waiting: 0,
            looked_at: BTreeMap::new(),
            taken_for: Duration::ZERO,
            by_owner: BTreeMap::new(),
            turns: VecDeque::new(),
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn enter(&self, owner: &str) -> Option<Place> {
        let waits = {
            let mut state = self.state();
            if state.free > 0 {
                state.free -= 1;
                return Some(Place::of(self));
            }
            if state.waiting >= state.waiting_most {
                return None;
            }
            state.waiting += 1;
            let (turn, waits) = oneshot::channel();
            let queue = state.by_owner.entry(owner.to_owned()).or_default();
            queue.push_back(turn);
            if queue.len() == 1 {
                state.turns.push_back(owner.to_owned());
            }
            waits
        };
        waits.await.ok()
    }

    fn was_taken_for(&self, time: Duration) {
        let mut state = self.state();
        state.taken_for = state.taken_for * 7 / 8 + time / 8;
    }

    /// Gives a place to whoever's turn it is.
    fn leave(&self) {
        loop {
            let next = {
                let mut state = self.state();
                let Some(owner) = state.turns.pop_front() else {
                    state.free += 1;
                    return;
                };
                state.waiting -= 1;
                let queue = state.by_owner.entry(owner.clone()).or_default();
                let next = queue.pop_front();
                if queue.is_empty() {
                    state.by_owner.remove(&owner);
                } else {
                    state.turns.push_back(owner);
                }
                next
            };
            let Some(next) = next else { continue };
            match next.send(Place::of(self)) {
                Ok(()) => return,
                // Nobody waits any more: the place is not given back twice.
                Err(mut place) => place.lane = None,
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(lane) = self.lane.take() {
            lane.was_taken_for(self.since.elapsed());
            lane.leave();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn owners_take_turns_and_no_place_is_lost() {
        let lane = Lane::new(2);
        let first = lane.enter("a").await.unwrap();
        let second = lane.enter("a").await.unwrap();
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut waiting = Vec::new();
        for owner in ["a", "a", "a", "b"] {
            let (lane, order) = (lane.clone(), Arc::clone(&order));
            waiting.push(tokio::spawn(async move {
                let _place = lane.enter(owner).await.unwrap();
                order.lock().unwrap().push(owner);
            }));
            tokio::task::yield_now().await;
        }
        assert!(lane.enter("c").await.is_none(), "as many wait as may");
        drop(first);
        for task in waiting {
            task.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), ["a", "b", "a", "a"]);
        drop(second);
        assert_eq!(lane.state().free, 2);
        assert_eq!(lane.state().waiting, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_no_room_stays_away_for_half_of_what_a_place_is_taken_for() {
        let lanes = Lanes::new(Budgets {
            builds: 1,
            ..Budgets::default()
        });
        assert_eq!(lanes.away(Class::Build), Duration::ZERO);
        for _ in 0..100 {
            let place = lanes.enter(Class::Build, "a").await.unwrap();
            tokio::time::sleep(Duration::from_secs(20)).await;
            drop(place);
        }
        let off = lanes.away(Class::Build).abs_diff(Duration::from_secs(10));
        assert!(off < Duration::from_millis(1), "{off:?}");
        let place = lanes.enter(Class::Build, "a").await.unwrap();
        tokio::time::sleep(Duration::from_hours(1)).await;
        drop(place);
        assert_eq!(lanes.away(Class::Build), LONGEST_AWAY);
    }

    #[test]
    fn a_preview_waits_once_in_a_class() {
        let lanes = Lanes::new(Budgets::default());
        let preview = PreviewId::new(uuid::Uuid::from_u128(7));
        let [first, second] = ["first", "second"].map(|id| MessageId(id.to_owned()));
        let waits = lanes.wait(Class::Build, preview, &first).unwrap();
        let twice = lanes.wait(Class::Build, preview, &second);
        assert_eq!(twice.unwrap_err(), first);
        let destroys = lanes.wait(Class::Destroy, preview, &second);
        assert!(destroys.is_ok(), "a destroy waits for no build");
        drop(waits);
        assert!(lanes.wait(Class::Build, preview, &second).is_ok());
    }

    #[tokio::test]
    async fn a_place_meant_for_somebody_who_left_goes_on() {
        let lane = Lane::new(1);
        let place = lane.enter("a").await.unwrap();
        let impatient = tokio::spawn({
            let lane = lane.clone();
            async move { lane.enter("b").await }
        });
        tokio::task::yield_now().await;
        impatient.abort();
        assert!(impatient.await.is_err());
        drop(place);
        assert_eq!(lane.state().free, 1);
    }
}

//! Breadth first through every state. What does not hold comes with a shortest way to it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt::Write as _;

use tempus_model::invariant::{Predicate, Violation};

use crate::acts::Act;
use crate::heal::{Order, heal};
use crate::key::{Key, full_key, key};
use crate::predicate;
use crate::scope::Scope;
use crate::world::World;

/// What was found.
#[derive(Debug, Clone, Copy)]
pub struct Explored {
    /// Distinct states.
    pub states: usize,
    /// Acts tried that led somewhere.
    pub steps: usize,
    /// The longest of the shortest ways.
    pub depth: usize,
    /// States from which the preview was brought to its end.
    pub healed: usize,
    /// States in which nothing more would happen before the expiry.
    pub at_rest: usize,
}

/// A predicate that does not hold, and how it comes to that.
#[derive(Debug)]
pub struct Counterexample {
    /// Which, and what was seen.
    pub violation: Violation,
    /// A shortest way there.
    pub way: String,
    /// States looked at before it was found.
    pub states: usize,
}

/// How many acts a world without faults may take to its end.
const PATIENCE: usize = 600;

struct Search<'a> {
    scope: &'a Scope,
    seen: HashSet<Key>,
    heals: HashMap<Order, HashSet<Key>>,
    /// How each state was reached: the state before, and the act.
    came: Vec<(u32, Act)>,
    most: usize,
    explored: Explored,
}

/// Explores the scope. `most` bounds the states: to exceed it is an error of the scope.
pub fn explore(scope: &Scope, most: usize) -> Result<Explored, Counterexample> {
    let mut search = Search {
        scope,
        seen: HashSet::new(),
        heals: HashMap::new(),
        came: Vec::new(),
        most,
        explored: Explored {
            states: 0,
            steps: 0,
            depth: 0,
            healed: 0,
            at_rest: 0,
        },
    };
    search.run()
}

impl Search<'_> {
    fn run(&mut self) -> Result<Explored, Counterexample> {
        let first = World::new(self.scope);
        let mut open = VecDeque::new();
        self.meet(&first, 0, Act::Pass)?;
        open.push_back((first, 0_u32, 0_usize));
        let mut acts = Vec::new();
        while let Some((world, number, depth)) = open.pop_front() {
            self.explored.depth = depth;
            world.acts(&mut acts);
            for act in &acts {
                let Some(next) = world.after(*act, self.scope) else {
                    continue;
                };
                self.explored.steps += 1;
                if let Some(new) = self.meet(&next, number, *act)? {
                    assert!(
                        new as usize <= self.most,
                        "{}: more than {} states",
                        self.scope.name,
                        self.most
                    );
                    open.push_back((next, new, depth + 1));
                }
            }
        }
        self.explored.states = self.seen.len();
        self.explored.healed = self.heals.get(&Order::First).map_or(0, HashSet::len);
        Ok(self.explored)
    }

    /// Meets a state: its number if it is new and every predicate holds.
    fn meet(&mut self, world: &World, from: u32, act: Act) -> Result<Option<u32>, Counterexample> {
        let bare = key(world);
        if !self.seen.insert(full_key(world, bare)) {
            return Ok(None);
        }
        let number = u32::try_from(self.came.len()).unwrap();
        self.came.push((from, act));
        if let Err(violation) = predicate::hold(world) {
            return Err(self.counterexample(violation, number, Vec::new()));
        }
        self.explored.at_rest += usize::from(predicate::is_at_rest(world));
        let lossless = world.left.lost == self.scope.budget.lost && !world.lost_one;
        for order in [Order::First, Order::Last, Order::Unreminded] {
            if order == Order::Unreminded && !lossless {
                continue;
            }
            if let Err((violation, way)) = self.heals(world, bare, order) {
                return Err(self.counterexample(violation, number, way));
            }
        }
        Ok(Some(number))
    }

    /// Lets the faults stop here.
    fn heals(
        &mut self,
        from: &World,
        bare: Key,
        order: Order,
    ) -> Result<(), (Violation, Vec<Act>)> {
        let healed = self.heals.entry(order).or_default();
        if healed.contains(&bare) {
            return Ok(());
        }
        let mut world = from.clone();
        let (mut way, mut passed) = (Vec::new(), HashSet::from([bare]));
        while way.len() < PATIENCE {
            match heal(&mut world, order, self.scope) {
                Err(violation) => return Err((violation, way)),
                Ok(None) => {
                    healed.extend(passed);
                    return Ok(());
                }
                Ok(Some(act)) => way.push(act),
            }
            if let Err(violation) = predicate::hold(&world) {
                return Err((violation, way));
            }
            let now = key(&world);
            if healed.contains(&now) {
                healed.extend(passed);
                return Ok(());
            }
            if !passed.insert(now) {
                return Err((Predicate::Rest.violated("it goes round in a circle"), way));
            }
        }
        let seen = format!("not over after {PATIENCE} acts");
        Err((Predicate::Rest.violated(seen), way))
    }

    fn counterexample(
        &self,
        violation: Violation,
        number: u32,
        healing: Vec<Act>,
    ) -> Counterexample {
        let mut acts = Vec::new();
        let mut at = number;
        while at != 0 {
            let (from, act) = self.came[at as usize];
            acts.push(act);
            at = from;
        }
        acts.reverse();
        let mut way = String::new();
        let mut world = World::new(self.scope);
        for act in acts {
            world.happens(act, self.scope);
            let _ = writeln!(way, "  {act:?}");
        }
        if !healing.is_empty() {
            let _ = writeln!(way, "  -- the faults stop --");
        }
        for act in healing {
            let _ = writeln!(way, "  {act:?}");
        }
        let _ = writeln!(way, "  there: {:?}", world.row);
        let _ = writeln!(way, "  queue: {:?}", world.queue);
        let _ = writeln!(way, "  calls: {:?}, cloud: {:?}", world.calls, world.cloud);
        Counterexample {
            violation,
            way,
            states: self.seen.len(),
        }
    }
}

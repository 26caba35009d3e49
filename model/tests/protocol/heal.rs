//! The faults stop: workers work, messages arrive, time passes. Does the preview come to rest?

use tempus_model::invariant::{Predicate, Violation};
use tempus_model::transition::replay;

use crate::acts::Act;
use crate::predicate;
use crate::scope::{Breakage, Budget, Scope};
use crate::world::World;

/// In which order things happen that could happen in any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// The first worker and the oldest message first; what nobody waits for never lands.
    First,
    /// The other way round; what nobody waits for lands as late as it can.
    Last,
    /// As the first, but nobody reminds.
    Unreminded,
}

/// How the world goes on without faults. `None` when the preview has come to its end.
pub fn heal(world: &mut World, order: Order, scope: &Scope) -> Result<Option<Act>, Violation> {
    world.left = Budget::default();
    if predicate::is_over(world) {
        return Ok(None);
    }
    if world.row.parked.is_some()
        && let Some(change) = replay::replay(&world.row, tempus_model::Actor::Worker, world.now)
    {
        world.apply(change);
        world.hint();
        return Ok(Some(Act::Remind));
    }
    for act in routine(world, order) {
        if let Some(next) = world.after(act, scope) {
            *world = next;
            return Ok(Some(act));
        }
    }
    let reminds = order != Order::Unreminded && !scope.lacks(Breakage::NoReminder);
    if reminds && world.queue.is_empty() && world.remind() {
        return Ok(Some(Act::Remind));
    }
    if order == Order::Last
        && let Some(i) = world.calls.iter().position(|call| call.by.is_none())
        && will_be_dropped(world)
    {
        return world
            .happens(Act::Land(i), scope)
            .then_some(Some(Act::Land(i)))
            .ok_or_else(|| Predicate::Rest.violated("a call that may land does not"));
    }
    let due = world.row.due_at.is_some_and(|due| due <= world.now);
    if order == Order::Unreminded && due && world.queue.is_empty() {
        return Err(Predicate::HintKept.violated("it is due, and no message is on its way"));
    }
    if world.pass(true) {
        return Ok(Some(Act::Pass));
    }
    Err(Predicate::Rest.violated("nothing will happen any more, and it is not over"))
}

fn will_be_dropped(world: &World) -> bool {
    let mut later = world.clone();
    later.pass(true) && later.calls.len() < world.calls.len()
}

fn routine(world: &World, order: Order) -> Vec<Act> {
    let mut acts = Vec::new();
    acts.extend((0..world.calls.len()).map(Act::Answer));
    acts.extend([0, 1].map(Act::Go));
    acts.push(Act::Fire);
    for w in [0, 1] {
        let visible = |i: &usize| world.queue[*i].at <= world.now;
        if world.workers[w].is_idle() {
            acts.extend(
                (0..world.queue.len())
                    .filter(visible)
                    .map(|i| Act::Receive(w, i)),
            );
        }
    }
    if order == Order::Last {
        acts.reverse();
    }
    acts
}

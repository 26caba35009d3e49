//! Everything that may happen next.

use tempus_model::transition::{doubt, replay};
use tempus_model::{Failure, Hint, StepId, StepState, Timestamp};

use crate::cloud::{Effect, Thing};
use crate::drive::raw_null;
use crate::held::{Direction, Doing, Held, Steps};
use crate::scope::{Breakage, Scope};
use crate::worker::Phase;
use crate::world::{SKEW, SPACING, WAIT, World};

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Somebody asks for the other spec.
    Update,
    /// Somebody asks for the preview's end.
    Destroy,
    /// Somebody asks for the other expiry.
    Extend,
    /// What was asked for last was accepted, and its hint was never sent: the API died.
    Silently(Ask),
    /// A worker receives a message and looks at the row.
    Receive(usize, usize),
    /// A worker receives a message and has no room for it.
    Decline(usize, usize),
    /// A worker goes on.
    Go(usize),
    /// A worker makes its next write, and the answer is lost.
    GoUnheard(usize),
    /// A call lands and is answered.
    Answer(usize),
    /// A call lands, and its step must be looked at again.
    AnswerWait(usize),
    /// A call is refused.
    Refuse(usize),
    /// A call is not answered; it may land later.
    TimeOut(usize),
    /// A call that nobody waits for lands.
    Land(usize),
    /// A holder keeps its lease beside a call.
    Renew(usize),
    /// A worker dies.
    Crash(usize),
    /// A worker is told to stop.
    Stop(usize),
    /// A message is lost.
    Lose(usize),
    /// A message is delivered once more.
    Double(usize),
    /// An alarm fires.
    Fire,
    /// The reminder sends a hint.
    Remind,
    /// The sweep doubts the row.
    Doubt,
    /// The platform reports an event.
    Event,
    /// Time passes, to the next moment at which something changes.
    Pass,
    /// A worker stands still from now on, until it goes on.
    Pause(usize),
}

/// What may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    Update,
    Destroy,
    Extend,
}

impl World {
    /// Everything that may happen next, whether or not it changes anything.
    pub fn acts(&self, acts: &mut Vec<Act>) {
        acts.clear();
        let left = &self.left;
        let asks = [
            (left.updates, Act::Update, Ask::Update),
            (left.destroys, Act::Destroy, Ask::Destroy),
            (left.extends, Act::Extend, Ask::Extend),
        ];
        for (left_of, act, ask) in asks {
            if left_of > 0 {
                acts.push(act);
                if left.lost > 0 {
                    acts.push(Act::Silently(ask));
                }
            }
        }
        for (w, worker) in self.workers.iter().enumerate() {
            if worker.is_idle() {
                let visible = |i: &usize| self.queue[*i].at <= self.now;
                let visible = (0..self.queue.len()).filter(visible);
                for i in visible {
                    acts.push(Act::Receive(w, i));
                    if left.declines > 0 {
                        acts.push(Act::Decline(w, i));
                    }
                }
                continue;
            }
            acts.push(Act::Go(w));
            acts.push(Act::Renew(w));
            if left.unheard > 0 {
                acts.push(Act::GoUnheard(w));
            }
            if left.crashes > 0 {
                acts.push(Act::Crash(w));
            }
            if left.stops > 0 {
                acts.push(Act::Stop(w));
            }
            if left.pauses > 0 && !self.paused[w] {
                acts.push(Act::Pause(w));
            }
        }
        for (i, call) in self.calls.iter().enumerate() {
            if call.by.is_none() {
                acts.push(Act::Land(i));
                continue;
            }
            acts.push(Act::Answer(i));
            let more = [
                (left.waits, Act::AnswerWait(i)),
                (left.refusals, Act::Refuse(i)),
                (left.timeouts, Act::TimeOut(i)),
            ];
            acts.extend(
                more.iter()
                    .filter(|(left, _)| *left > 0)
                    .map(|(_, act)| *act),
            );
        }
        for i in 0..self.queue.len() {
            if left.lost > 0 {
                acts.push(Act::Lose(i));
            }
            if left.doubled > 0 {
                acts.push(Act::Double(i));
            }
        }
        acts.push(Act::Fire);
        let more = [
            (left.reminders, Act::Remind),
            (left.doubts, Act::Doubt),
            (left.events, Act::Event),
        ];
        acts.extend(
            more.iter()
                .filter(|(left, _)| *left > 0)
                .map(|(_, act)| *act),
        );
        acts.push(Act::Pass);
    }

    /// The world after this; `None` if it cannot happen or changes nothing.
    pub fn after(&self, act: Act, scope: &Scope) -> Option<Self> {
        let mut world = self.clone();
        world.happens(act, scope).then_some(world)
    }

    /// Lets this happen. False if it cannot, or changes nothing.
    pub fn happens(&mut self, act: Act, scope: &Scope) -> bool {
        match act {
            Act::Update => spend(&mut self.left.updates) && self.update() && self.hinted(),
            Act::Destroy => spend(&mut self.left.destroys) && self.destroy() && self.hinted(),
            Act::Extend => spend(&mut self.left.extends) && self.extend() && self.hinted(),
            Act::Silently(ask) => {
                spend(&mut self.left.lost)
                    && match ask {
                        Ask::Update => spend(&mut self.left.updates) && self.update(),
                        Ask::Destroy => spend(&mut self.left.destroys) && self.destroy(),
                        Ask::Extend => spend(&mut self.left.extends) && self.extend(),
                    }
            }
            Act::Receive(w, position) => {
                self.receive(w, position, scope);
                true
            }
            Act::Decline(w, position) => {
                spend(&mut self.left.declines) && self.decline(w, position, scope)
            }
            Act::Go(w) => self.go(w, true, scope),
            Act::GoUnheard(w) => {
                self.causes += 1;
                spend(&mut self.left.unheard) && self.go(w, false, scope)
            }
            Act::Answer(i) => self.answer(i, Answer::Done, scope),
            Act::AnswerWait(i) => {
                spend(&mut self.left.waits) && self.answer(i, Answer::Wait, scope)
            }
            Act::Refuse(i) => {
                spend(&mut self.left.refusals) && self.answer(i, Answer::Refused, scope)
            }
            Act::TimeOut(i) => {
                spend(&mut self.left.timeouts) && self.answer(i, Answer::None, scope)
            }
            Act::Land(i) => {
                let call = self.calls.remove(i);
                self.cloud.land(call.effect);
                true
            }
            Act::Renew(w) => self.renew(w, scope),
            Act::Crash(w) => {
                self.causes += 1;
                self.let_go(w);
                self.lost_one |= self.workers[w].takes_a_hint_along(&self.queue);
                self.workers[w] = Phase::Idle;
                self.paused[w] = false;
                spend(&mut self.left.crashes)
            }
            Act::Stop(w) => spend(&mut self.left.stops) && self.stop(w, scope),
            Act::Lose(i) => {
                self.queue.remove(i);
                spend(&mut self.left.lost)
            }
            Act::Double(i) => {
                self.double(i);
                spend(&mut self.left.doubled)
            }
            Act::Fire => self.fire(),
            Act::Remind => spend(&mut self.left.reminders) && self.remind(),
            Act::Doubt => {
                let change = doubt::doubt(&self.row, self.now);
                self.apply(change);
                spend(&mut self.left.doubts) && self.hinted()
            }
            Act::Event => {
                self.causes += 1;
                let event = Hint::Event {
                    preview: self.row.preview,
                    again: false,
                };
                self.send(event, self.now);
                spend(&mut self.left.events)
            }
            Act::Pass => {
                let (slow, late) = (self.is_slow(), self.is_late());
                (!slow || spend(&mut self.left.slow))
                    && (!late || spend(&mut self.left.late))
                    && self.pass(scope.expires)
            }
            Act::Pause(w) => {
                self.causes += 1;
                self.paused[w] = true;
                spend(&mut self.left.pauses)
            }
        }
    }

    fn hinted(&mut self) -> bool {
        self.hint();
        true
    }

    fn go(&mut self, w: usize, heard: bool, scope: &Scope) -> bool {
        self.paused[w] = false;
        match self.workers[w].clone() {
            Phase::Idle => false,
            Phase::Claiming(claiming) => self.claim(w, &claiming, heard, scope),
            Phase::Driving(held) => self.drive(w, &held, heard, scope),
            Phase::Closing(closing) => {
                self.close(w, closing, scope);
                heard
            }
        }
    }

    fn renew(&mut self, w: usize, scope: &Scope) -> bool {
        let Phase::Driving(held) = self.workers[w].clone() else {
            return false;
        };
        let waits = self.calls.iter().any(|call| call.by == Some(w));
        if !waits || held.unheard.is_some() || self.now < held.renewal_due() {
            return false;
        }
        self.paused[w] = false;
        let write = self.renewal(&held);
        self.make(w, *held, write, true, scope)
    }

    fn stop(&mut self, w: usize, scope: &Scope) -> bool {
        let Phase::Driving(held) = self.workers[w].clone() else {
            return false;
        };
        let waits = self.calls.iter().any(|call| call.by == Some(w));
        let free = matches!(held.doing, Doing::Thinking | Doing::Steps(_));
        if waits || !free || held.unheard.is_some() || held.has_moved() {
            return false;
        }
        let write = crate::store::Write::HandOver(held.progress(), held.seen);
        self.make(w, *held, write, true, scope)
    }

    /// The reminder sends a hint, if the row is due and nobody holds it.
    pub fn remind(&mut self) -> bool {
        match replay::remind(&self.row, self.now, SPACING) {
            Some(change) => {
                self.apply(change);
                self.hinted()
            }
            None => false,
        }
    }

    /// The first alarm whose time has come fires.
    pub fn fire(&mut self) -> bool {
        let Some(at) = self
            .cloud
            .alarms
            .first()
            .copied()
            .filter(|at| *at <= self.now)
        else {
            return false;
        };
        self.cloud.land(Effect::Remove(Thing::Alarm(at)));
        self.causes += 1;
        let expire = Hint::expire(self.row.preview, at, None);
        self.send(expire, self.now);
        true
    }

    /// A call of a worker comes back.
    fn answer(&mut self, i: usize, answer: Answer, scope: &Scope) -> bool {
        let Some(w) = self.calls[i].by else {
            return false;
        };
        let Phase::Driving(held) = self.workers[w].clone() else {
            return false;
        };
        if held.unheard.is_some() {
            return false;
        }
        let effect = self.calls[i].effect;
        match answer {
            Answer::Done | Answer::Wait => {
                self.calls.remove(i);
                self.cloud.land(effect);
            }
            Answer::Refused => {
                self.calls.remove(i);
            }
            Answer::None => {
                self.calls[i].by = None;
                self.calls.sort_by_key(|call| (call.lands_by, call.effect));
            }
        }
        let mut held = *held;
        if answer == Answer::None && !scope.lacks(Breakage::SilenceIsNoSuspicion) {
            held.lost_answers += 1;
        }
        let again = self.now.after(WAIT);
        match &mut held.doing {
            Doing::Removing => match answer {
                Answer::Done => held.doing = Doing::Thinking,
                Answer::None => {
                    self.wait(w, held, again, scope);
                    return true;
                }
                Answer::Wait | Answer::Refused => return false,
            },
            Doing::Steps(steps) => {
                let (Effect::Make(thing) | Effect::Remove(thing)) = effect;
                let mut steps = steps.clone();
                note(
                    &mut held,
                    &mut steps,
                    &thing.step(),
                    answer,
                    (self.now, again),
                );
                held.doing = Doing::Steps(steps);
            }
            Doing::Thinking | Doing::Releasing(_) => return false,
        }
        self.workers[w] = Phase::Driving(Box::new(held));
        true
    }

    /// Whether a worker that does not stand still waits for a call.
    fn is_slow(&self) -> bool {
        let moves = |by: Option<usize>| by.is_some_and(|w| !self.paused[w]);
        self.calls.iter().any(|call| moves(call.by))
    }

    /// Whether a message could be received now.
    fn is_late(&self) -> bool {
        let idle = (0..2).any(|w| self.workers[w].is_idle() && !self.paused[w]);
        idle && self.queue.iter().any(|message| message.at <= self.now)
    }

    /// Whether the worker is in the middle of something that takes no time by itself.
    fn is_busy(&self, w: usize, then: Timestamp) -> bool {
        let waits = self.calls.iter().any(|call| call.by == Some(w));
        match &self.workers[w] {
            Phase::Idle => false,
            _ if self.paused[w] => false,
            Phase::Driving(held) => !waits || then >= held.lease_ends || held.unheard.is_some(),
            Phase::Claiming(_) | Phase::Closing(_) => true,
        }
    }

    /// Time passes to the next moment at which something changes. Not while a worker is in the
    /// middle of something: that takes no time, unless it stands still.
    pub fn pass(&mut self, to_expiry: bool) -> bool {
        let Some(then) = self.next_moment(to_expiry) else {
            return false;
        };
        let busy = (0..2).any(|w| self.is_busy(w, then));
        let awaited = self
            .calls
            .iter()
            .any(|call| call.by.is_some() && call.lands_by < then);
        if busy || awaited {
            return false;
        }
        self.now = then;
        self.calls.retain(|call| call.lands_by >= then);
        true
    }

    fn next_moment(&self, to_expiry: bool) -> Option<Timestamp> {
        let row = &self.row;
        let lease = row.lease.as_ref().map(|lease| lease.until);
        let near = |at: &Timestamp| to_expiry || !self.expiries.contains(at);
        let renewals = (0..2).filter_map(|w| {
            let waits = self.calls.iter().any(|call| call.by == Some(w));
            let held = self.workers[w].held().filter(|_| waits)?;
            Some(held.renewal_due())
        });
        row.due_at
            .into_iter()
            .chain(lease)
            .chain(lease.map(|until| until.after(SKEW)))
            .chain(row.reminded_at.map(|at| at.after(SPACING)))
            .chain(self.queue.iter().map(|message| message.at))
            .chain(self.cloud.alarms.iter().copied())
            .chain(renewals)
            .filter(near)
            .filter(|at| *at > self.now)
            .min()
    }
}

/// How a call comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Done,
    Wait,
    Refused,
    None,
}

/// Notes how a call of a group ended.
fn note(
    held: &mut Held,
    steps: &mut Steps,
    step: &StepId,
    answer: Answer,
    (now, again): (Timestamp, Timestamp),
) {
    let Some(at) = steps.open.iter().position(|slot| slot.step == *step) else {
        return;
    };
    steps.open[at].called = false;
    let execute = steps.direction == Direction::Execute;
    let mut finished = true;
    match answer {
        Answer::Done => {
            steps.open.remove(at);
            let state = if execute {
                held.ledger.finish(step, raw_null());
                StepState::Done
            } else {
                held.ledger.strike_out(step);
                StepState::Removed
            };
            if let Some(progress) = held.saga.progress_mut(step) {
                progress.state = state;
                progress.retry_at = None;
            }
        }
        Answer::Refused => {
            steps.open.remove(at);
            if let Some(progress) = held.saga.progress_mut(step) {
                progress.retry_at = None;
                progress.state = if execute {
                    StepState::Failed
                } else {
                    StepState::Stuck
                };
            }
            if execute {
                let failure = Failure::rejected(step, "no");
                steps.rejected.get_or_insert(failure);
            }
        }
        Answer::Wait => {
            finished = false;
            steps.open[at].ready = again;
            if let Some(progress) = held.saga.progress_mut(step) {
                progress.retry_at = Some(again);
                if execute {
                    progress.state = StepState::Waiting;
                }
            }
        }
        Answer::None => {
            finished = false;
            steps.open[at].ready = now;
        }
    }
    let last = steps.open.is_empty() || steps.rejected.is_some();
    steps.dirty = finished && !last;
}

fn spend(left: &mut u8) -> bool {
    if *left == 0 {
        return false;
    }
    *left -= 1;
    true
}
